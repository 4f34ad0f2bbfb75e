"""Settings of the service: a TOML file and `CLAIMSMITH_*` variables, every one documented here and checked at start.

A variable wins over the file. `Settings` is the one table: its annotations are the checks, its descriptions are the
reference page.
"""

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_type_hints

import msgspec

VARIABLE_PREFIX = "CLAIMSMITH_"
_OF_THE_SDK = {"publishable_key", "secret_key", "jwt_key", "api_url", "authorized_parties", "proxy_url"}
"""What applications may call their own variables; a server on the same machine overlooks them."""
_WITH_PASSWORDS = {"database_url", "smtp_url"}
"""Settings that are never repeated in a message."""
_CLOSE = 0.75


class SettingsError(Exception):
    """Settings that can't be used; the message names each one, what is wrong with it and what to do."""


def _about(description: str, **limits: Any) -> msgspec.Meta:
    return msgspec.Meta(description=description, **limits)


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an operator may set. Each field's description says what it does, with its unit."""

    host: Annotated[str, _about("Address to listen on. `localhost` listens on 127.0.0.1 and ::1.", min_length=1)] = (
        "127.0.0.1"
    )
    port: Annotated[int, _about("Port to listen on.", ge=0, le=65535)] = 4000
    public_url: Annotated[
        str,
        _about(
            "The address that browsers and applications use, e.g. `https://auth.example.com`; links and redirects are "
            "built from it, never from a request's headers. Empty: `http://localhost:<port>`.",
            pattern=r"^(https?://[^/?#\s]+)?$",
        ),
    ] = ""
    database_url: Annotated[
        str,
        _about(
            "Where everything is stored: `sqlite:///relative.db`, `sqlite:////absolute/path.db` or "
            "`postgresql://user:password@host/name`.",
            pattern=r"^(sqlite:///(?!:memory:)|postgresql://).+",
        ),
    ] = "sqlite:///claimsmith.db"
    database_pool_size: Annotated[int, _about("PostgreSQL connections of each worker.", ge=1, le=100)] = 10
    master_key_file: Annotated[
        str,
        _about(
            "File with the 32-byte master key in base64 that seals private keys at rest; only its owner may read it. "
            "Keep it outside the database and its backups.",
            min_length=1,
        ),
    ] = "master.key"
    workers: Annotated[int, _about("Processes that serve requests.", ge=1, le=64)] = 1
    instance: Annotated[
        str, _about("Slug of the instance that the Frontend API serves; empty: the only one there is.")
    ] = ""
    bundles_directory: Annotated[
        str,
        _about(
            "Folder of the scripts that browsers load from `/npm/…`, filled by `claimsmith bundles fetch`. Empty: "
            "`claimsmith/bundles` in `XDG_CACHE_HOME` or `~/.cache`."
        ),
    ] = ""
    backend_rate_limit: Annotated[
        int, _about("Requests that one secret key may make in 10 seconds, in each worker. 0: no limit.", ge=0)
    ] = 0
    trusted_proxies: Annotated[
        int,
        _about(
            "How many proxies stand before this service; a caller's address is that many from the right in "
            "X-Forwarded-For. 0: the address of the connection.",
            ge=0,
            le=10,
        ),
    ] = 0
    set_up_locally: Annotated[
        bool,
        _about(
            "Whether the dashboard's set-up links work only in a browser on this machine, as with `claimsmith dev`."
        ),
    ] = False
    sign_in_rate_limit: Annotated[
        int,
        _about("Sign-ins and sign-ups that one address may begin in 10 seconds, over all workers. 0: no limit.", ge=0),
    ] = 5
    attempt_rate_limit: Annotated[
        int,
        _about("Passwords and codes that one address may try in 10 seconds, over all workers. 0: no limit.", ge=0),
    ] = 3
    browser_rate_limit: Annotated[
        int,
        _about(
            "Browsers that were not known before and may come from one address in 10 seconds, over all workers. "
            "0: no limit.",
            ge=0,
        ),
    ] = 100
    smtp_url: Annotated[
        str,
        _about(
            "The mail server: `smtp://user:password@host:587` (STARTTLS) or `smtps://user:password@host:465` (TLS at "
            "once); certificates are verified. Empty: a development instance keeps its mails for `/dashboard/outbox`, "
            "others keep theirs waiting.",
            pattern=r"^(smtps?://.+)?$",
        ),
    ] = ""
    smtp_password_file: Annotated[
        str, _about("File with the mail server's password, in place of one in `smtp_url`.")
    ] = ""
    mail_from: Annotated[
        str,
        _about(
            "Whom mails come from: `no-reply@example.com` or `Acme <no-reply@example.com>`; needed with `smtp_url`.",
            max_length=320,
        ),
    ] = ""
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], _about("The least severe event that is logged.")
    ] = "info"
    log_format: Annotated[
        Literal["json", "console"], _about("`json`: one object a line, for machines. `console`: for people.")
    ] = "json"

    @property
    def base_url(self) -> str:
        """The public address, without a slash at its end."""
        return (self.public_url or f"http://localhost:{self.port}").rstrip("/")


class SettingDescription(msgspec.Struct, frozen=True):
    """One row of the reference page."""

    name: str
    variable: str
    type: str
    default: Any
    description: str


def describe_settings() -> tuple[SettingDescription, ...]:
    """Every setting with its variable, type, default and meaning, in the order of the table."""
    hints = get_type_hints(Settings, include_extras=True)
    rows = []
    for field in msgspec.structs.fields(Settings):
        kind, meta = get_args(hints[field.name])
        options = get_args(kind)
        shown = " or ".join(f"`{option}`" for option in options) if options else kind.__name__
        rows.append(
            SettingDescription(field.name, VARIABLE_PREFIX + field.name.upper(), shown, field.default, meta.description)
        )
    return tuple(rows)


def load_settings(file: Path | None, environ: Mapping[str, str], **overrides: Any) -> Settings:
    """The settings of a file, variables over it, and `overrides` (command-line options, `None` is absent) over both.

    Raises:
        SettingsError: the file can't be read, a name is unknown, or a value breaks a rule.
    """
    values = _read_file(file) if file else {}
    values |= _read_variables(environ)
    values |= {name: value for name, value in overrides.items() if value is not None}
    return _convert(values)


def _read_file(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{file} can't be read: {error.strerror}. Name another file with --config.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} is not TOML: {error}.") from error


def _read_variables(environ: Mapping[str, str]) -> dict[str, Any]:
    """The settings among the variables; one whose name is a setting's with a slip is refused, not overlooked."""
    names = [field.name for field in msgspec.structs.fields(Settings)]
    given = {
        name.removeprefix(VARIABLE_PREFIX).lower(): value
        for name, value in environ.items()
        if name.startswith(VARIABLE_PREFIX)
    }
    for name in given:
        meant = difflib.get_close_matches(name, names, n=1, cutoff=_CLOSE)
        if name not in names and name not in _OF_THE_SDK and meant:
            raise SettingsError(
                f"{VARIABLE_PREFIX}{name.upper()} is not a setting; did you mean {VARIABLE_PREFIX}{meant[0].upper()}?"
            )
    return {name: value for name, value in given.items() if name in names}


def _convert(values: dict[str, Any]) -> Settings:
    problems = []
    known = {field.name for field in msgspec.structs.fields(Settings)}
    hints = get_type_hints(Settings, include_extras=True)
    converted: dict[str, Any] = {}
    for name, value in values.items():
        if name not in known:
            problems.append(f"`{name}` is not a setting; `claimsmith serve --help` lists them")
            continue
        try:
            converted[name] = msgspec.convert(value, hints[name], strict=False)
        except msgspec.ValidationError as error:
            given = "" if name in _WITH_PASSWORDS else f", got {value!r}"
            problems.append(f"`{name}` ({VARIABLE_PREFIX}{name.upper()}): {error}{given}")
    if problems:
        raise SettingsError("; ".join(problems) + ".")
    return Settings(**converted)
