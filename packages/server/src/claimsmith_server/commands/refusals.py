"""Failures that an operator can act on: each with a code, a cause and a remedy, instead of a traceback."""

from typing import NamedTuple

from claimsmith_server.commands.dev_directory import DirectoryUnusable
from claimsmith_server.core.errors import ServiceError
from claimsmith_server.core.jose import KeyRefused
from claimsmith_server.server import CannotListen
from claimsmith_server.services.bundles import BundleDamagedError
from claimsmith_server.services.bundles.fetch import BundleRefused, BundlesUnusable
from claimsmith_server.services.bundles.npm import NpmFailedError, NpmMissingError
from claimsmith_server.services.key_ring import SealedKeyError
from claimsmith_server.settings import SettingsError
from claimsmith_server.store import errors


class Refusal(NamedTuple):
    """A code that scripts may match, and what happened with what to do."""

    code: str
    message: str


_CODES: tuple[tuple[type[Exception], str], ...] = (
    (SettingsError, "settings_invalid"),
    (DirectoryUnusable, "directory_unusable"),
    (CannotListen, "cannot_listen"),
    (SealedKeyError, "master_key_wrong"),
    (KeyRefused, "key_refused"),
    (NpmMissingError, "npm_missing"),
    (NpmFailedError, "npm_failed"),
    (BundleRefused, "bundle_refused"),
    (BundleDamagedError, "bundle_damaged"),
    (BundlesUnusable, "bundles_unusable"),
)
"""Errors whose message is a sentence with the remedy already."""

REFUSALS: tuple[tuple[str, str], ...] = (
    ("settings_invalid", "A setting, a file of settings, or an id on the command line can't be used."),
    (
        "directory_unusable",
        "The folder of `claimsmith dev`, or its ready file, can't be written; or its master key is gone.",
    ),
    ("cannot_listen", "The port is taken, or the address is none of this machine."),
    ("master_key_wrong", "The master key does not open the database's keys. Nothing is made in their place."),
    ("key_refused", "A key is too weak, or not one for its algorithm."),
    ("npm_missing", "There is no npm on the path, which fetches bundles."),
    (
        "npm_failed",
        "npm could not download a bundle: no network, no such version, or another hash than the registry's.",
    ),
    ("bundle_refused", "What npm brought is not the bundle that was asked for, or not what was published."),
    ("bundle_damaged", "Files of a bundle are gone, or are not those that were fetched."),
    ("bundles_unusable", "The bundle directory can't be written, or its disk is full."),
    ("schema_too_new", "A newer version has migrated the database."),
    ("schema_too_old", "The database needs `claimsmith migrate`."),
    ("name_taken", "Another instance has this slug."),
    ("database_unavailable", "The database does not answer, or is none."),
)
"""Every code of a refusal and when it comes, for the reference page; besides, commands tell the codes of the API."""


def explain_refusal(error: Exception) -> Refusal | None:
    """What to tell of an error; `None` when it is no refusal but a defect."""
    for kind, code in _CODES:
        if isinstance(error, kind):
            return Refusal(code, str(error))
    match error:
        case errors.SchemaTooNew():
            return Refusal(
                "schema_too_new",
                f"The database is at schema {error.found}, newer than this version knows ({error.known}). "
                "Install the version that made it, or use another database.",
            )
        case errors.SchemaTooOld():
            return Refusal(
                "schema_too_old",
                f"The database is at schema {error.found or 'none'}, this version needs {error.needed}. "
                "Run: claimsmith migrate",
            )
        case errors.UniqueViolation():
            return Refusal("name_taken", f"This {error.field} is taken. Choose another one.")
        case errors.Busy() | errors.Unavailable():
            return Refusal(
                "database_unavailable", f"The database does not answer: {error}. Check its address and state."
            )
        case ServiceError():
            return Refusal(error.items[0].code, error.items[0].long_message)
        case _:
            return None
