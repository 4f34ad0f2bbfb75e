"""The server's commands, joined to `claimsmith` by entry points.

Exit codes: 0 done; 1 refused, with a cause and a remedy on standard error; 2 wrong use of the command line.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click
import msgspec

from claimsmith_server.core.bundles import CLERK_JS, UI
from claimsmith_server.settings import Settings, describe_settings, load_settings

T = TypeVar("T")

EXIT_REFUSED = 1
_CONFIG = click.option(
    "--config",
    "config_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="TOML file with settings; CLAIMSMITH_* variables win over it.",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_ALGORITHM = click.option(
    "--algorithm",
    type=click.Choice(["RS256", "ES256", "EdDSA"]),
    default="RS256",
    show_default=True,
    help="What the key signs. Verifiers that pin CLERK_JWT_KEY read RS256 only.",
)


@click.command(short_help="Serve a development instance; nothing to set up.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=4000, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Folder of the database [.claimsmith].")
@click.option("--ephemeral", is_flag=True, help="Keep nothing after the end.")
@click.option("--ready-file", type=click.Path(dir_okay=False, path_type=Path), help="Write addresses and keys as JSON.")
@click.option("--token-lifetime", type=click.IntRange(20, 3600), help="Seconds that a session token lives [60].")
@click.option("--demo/--no-demo", default=True, help="Seed demo users and an organization.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes.")
@click.option(
    "--bundles",
    envvar="CLAIMSMITH_BUNDLES_DIRECTORY",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder that `claimsmith bundles fetch --dir` filled [one of this user].",
)
def dev(**options: Any) -> None:
    """Serve a development instance: everything on one port, embedded SQLite, nothing to set up."""
    from claimsmith_server.commands import dev as development  # noqa: PLC0415 - `claimsmith --help` should not wait for it

    if options["data"] and options["ephemeral"]:
        raise click.UsageError("--data and --ephemeral exclude each other.")
    folder = options.pop("data")
    ephemeral = options.pop("ephemeral")
    path = Path(tempfile.mkdtemp(prefix="claimsmith-")) if ephemeral else folder or Path(".claimsmith")
    try:
        _refusing(lambda: development.serve(development.Options(path=path, ephemeral=ephemeral, **options)))
    finally:
        if ephemeral:
            shutil.rmtree(path, ignore_errors=True)


def _settings_help() -> str:
    rows = "\n".join(
        f"  {row.variable:<32} {row.description.split('. ')[0].rstrip('.')}" for row in describe_settings()
    )
    return f"\b\nSettings:\n{rows}"


@click.command(epilog=_settings_help(), short_help="Serve in production, from settings.")
@_CONFIG
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on.")
@click.option("--workers", type=click.IntRange(1, 64), help="Processes.")
def serve(config_file: Path | None, **options: Any) -> None:
    """Serve in production: settings from a TOML file and CLAIMSMITH_* variables."""
    from claimsmith_server.commands import production  # noqa: PLC0415 - as above

    _refusing(lambda: production.serve(_load(config_file, **options)))


@click.command()
@_CONFIG
@click.option("--database-url", help="The database, when it is not in the settings.")
def migrate(config_file: Path | None, database_url: str | None) -> None:
    """Bring the database's schema to this version's."""
    from claimsmith_server.store import migration  # noqa: PLC0415 - as above

    settings = _load(config_file, database_url=database_url)

    async def work() -> tuple[str | None, str | None]:
        before = await migration.schema_version(settings.database_url)
        await migration.migrate(settings.database_url)
        return before, await migration.schema_version(settings.database_url)

    before, after = _refusing(lambda: asyncio.run(work()))
    if before == after:
        click.echo(f"Nothing to do: the schema is at {after}.")
    else:
        click.echo(f"Migrated the schema from {before or 'nothing'} to {after}. Next: claimsmith doctor")


@click.group()
def keys() -> None:
    """Instances, signing keys and secret keys."""


@keys.command("init", short_help="Make an instance with its keys.")
@_CONFIG
@click.option("--slug", required=True, help="Short name of the instance.")
@click.option("--frontend-api", required=True, metavar="HOST", help="Host of the Frontend API; the issuer of tokens.")
@click.option(
    "--environment",
    type=click.Choice(["development", "production"]),
    default="production",
    show_default=True,
    help="Kind of keys: pk_test_ and sk_test_, or pk_live_ and sk_live_.",
)
@_ALGORITHM
def keys_init(config_file: Path | None, slug: str, **options: str) -> None:
    """Make an instance: its signing key and its secret key, which is shown this once."""
    from claimsmith_server.commands import operator  # noqa: PLC0415 - as above

    settings = _load(config_file)
    made = _refusing(lambda: asyncio.run(operator.init_instance(settings, slug, **options)))  # type: ignore[arg-type]
    click.echo(f"Made the instance {made.instance.slug} ({made.instance.id}).")
    click.echo(f"CLERK_PUBLISHABLE_KEY={made.publishable_key}")
    click.echo(f"CLERK_SECRET_KEY={made.secret_key}")
    click.echo("The secret key is stored as a hash only: keep it now.\nNext: claimsmith serve")


@keys.command("list", short_help="List signing keys and secret keys.")
@_CONFIG
@_JSON
@click.option("--instance", "slug", default="", help="Slug of the instance, when there is more than one.")
def keys_list(config_file: Path | None, slug: str, *, as_json: bool) -> None:
    """List the signing keys and the secret keys of an instance."""
    from claimsmith_server.commands import operator  # noqa: PLC0415 - as above

    settings = _load(config_file)
    rows = _refusing(lambda: asyncio.run(operator.list_keys(settings, slug)))
    if as_json:
        click.echo(msgspec.json.encode(rows))
        return
    for row in rows:
        click.echo(f"{row.kind:<12} {row.id:<34} {row.status:<10} {row.about}")


@keys.command("rotate", short_help="Publish a new signing key, then sign with it.")
@_CONFIG
@click.option("--instance", "slug", default="", help="Slug of the instance, when there is more than one.")
@_ALGORITHM
@click.option("--activate", is_flag=True, help="Sign with the pending key from now on; without it, only publish one.")
@click.confirmation_option(prompt="Applications that pin CLERK_JWT_KEY must be given the new key. Go on?")
def keys_rotate(config_file: Path | None, slug: str, algorithm: str, *, activate: bool) -> None:
    """Publish a new signing key; ten minutes later, with --activate, sign with it."""
    from claimsmith_server.commands import operator  # noqa: PLC0415 - as above

    settings = _load(config_file)
    told = _refusing(
        lambda: asyncio.run(operator.rotate_key(settings, slug, algorithm, activate=activate))  # type: ignore[arg-type]
    )
    click.echo(told)


@keys.command("add-secret", short_help="Make a further secret key.")
@_CONFIG
@click.option("--instance", "slug", default="", help="Slug of the instance, when there is more than one.")
def keys_add_secret(config_file: Path | None, slug: str) -> None:
    """Make a further secret key, shown this once; older ones stay valid until revoked."""
    from claimsmith_server.commands import operator  # noqa: PLC0415 - as above

    settings = _load(config_file)
    secret_key = _refusing(lambda: asyncio.run(operator.add_secret_key(settings, slug)))
    # Only the variable goes to standard output, so that it can be appended to a file of them.
    click.echo("Made a secret key; it is stored as a hash only: keep it now.", err=True)
    click.echo(f"CLERK_SECRET_KEY={secret_key}")
    click.echo("Next, when applications use it: claimsmith keys revoke-secret OLD_ID", err=True)


@keys.command("revoke-secret", short_help="Revoke a secret key at once.")
@_CONFIG
@click.argument("key_id")
@click.option("--instance", "slug", default="", help="Slug of the instance, when there is more than one.")
def keys_revoke_secret(config_file: Path | None, slug: str, key_id: str) -> None:
    """Revoke a secret key at once, by its id from `claimsmith keys list`."""
    from claimsmith_server.commands import operator  # noqa: PLC0415 - as above

    settings = _load(config_file)
    _refusing(lambda: asyncio.run(operator.revoke_secret_key(settings, slug, key_id)))
    click.echo(f"Revoked {key_id}. Requests with it are refused from now on.")


@click.group(short_help="Who may use the dashboard.")
def administrators() -> None:
    """The administrators of an instance's dashboard."""


@administrators.command("invite", short_help="Make a link that makes an administrator.")
@_CONFIG
@_JSON
@click.option("--instance", "slug", default="", help="Slug of the instance, when there is more than one.")
@click.option(
    "--role",
    type=click.Choice(["owner", "editor", "viewer"]),
    default="owner",
    show_default=True,
    help="What the new administrator may do.",
)
def administrators_invite(config_file: Path | None, slug: str, role: str, *, as_json: bool) -> None:
    """Make a link to the dashboard that makes one administrator, once and within a day."""
    from claimsmith_server.commands import operator  # noqa: PLC0415 - as above

    settings = _load(config_file)
    made = _refusing(lambda: asyncio.run(operator.invite_administrator(settings, slug, role)))  # type: ignore[arg-type]
    if as_json:
        click.echo(msgspec.json.encode(made))
        return
    # Only the link goes to standard output, so that it can be piped to where it is needed.
    click.echo(f"Made a link for one {made.role}, good once and for a day; it is stored as a hash only.", err=True)
    click.echo(made.url)
    click.echo("Next: open it in a browser, or pass it on over a channel that you trust.", err=True)


@administrators.command("list", short_help="List them.")
@_CONFIG
@_JSON
@click.option("--instance", "slug", default="", help="Slug of the instance, when there is more than one.")
def administrators_list(config_file: Path | None, slug: str, *, as_json: bool) -> None:
    """List the administrators of an instance's dashboard."""
    from claimsmith_server.commands import operator  # noqa: PLC0415 - as above

    settings = _load(config_file)
    rows = _refusing(lambda: asyncio.run(operator.list_administrators(settings, slug)))
    if as_json:
        click.echo(msgspec.json.encode(rows))
        return
    for row in rows:
        signed_in = "never signed in" if row.last_sign_in_at is None else f"last {_day(row.last_sign_in_at)}"
        click.echo(f"{row.role:<7} {row.email_address:<40} {signed_in}")
    if not rows:
        click.echo("Nobody yet. Next: claimsmith administrators invite")


@administrators.command("remove", short_help="Remove one at once.")
@_CONFIG
@click.argument("email_address")
@click.option("--instance", "slug", default="", help="Slug of the instance, when there is more than one.")
def administrators_remove(config_file: Path | None, slug: str, email_address: str) -> None:
    """Remove an administrator, by address; they are signed out everywhere at once."""
    from claimsmith_server.commands import operator  # noqa: PLC0415 - as above

    settings = _load(config_file)
    _refusing(lambda: asyncio.run(operator.remove_administrator(settings, slug, email_address)))
    click.echo(f"Removed {email_address}.")


@click.group(short_help="Clerk's scripts that browsers load.")
def bundles() -> None:
    """The scripts of Clerk that browsers load: clerk-js and its components."""


_BUNDLES_DIRECTORY = click.option(
    "--dir",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of bundles [the one in the settings, else one of this user].",
)


def _check_version(_: click.Context, option: click.Parameter, version: str) -> str:
    from claimsmith_server.core.bundles import is_version  # noqa: PLC0415 - as above

    if not is_version(version):
        raise click.BadParameter("a version is such as 6, 6.40, 6.40.0 or latest.", param=option)
    return version


@bundles.command("fetch", short_help="Download them with npm.")
@_CONFIG
@_BUNDLES_DIRECTORY
@click.option(
    "--clerk-js",
    metavar="VERSION",
    default=CLERK_JS.version,
    show_default=True,
    callback=_check_version,
    help="Version of @clerk/clerk-js.",
)
@click.option(
    "--ui",
    metavar="VERSION",
    default=UI.version,
    show_default=True,
    callback=_check_version,
    help="Version of @clerk/ui.",
)
def bundles_fetch(config_file: Path | None, directory: Path | None, clerk_js: str, ui: str) -> None:
    """Download clerk-js and its components with npm, check them, and keep what browsers need; nothing is installed."""
    from claimsmith_server.commands import bundles as bundle_commands  # noqa: PLC0415 - as above

    settings = _load(config_file, bundles_directory=directory and str(directory))
    asked = {"@clerk/clerk-js": clerk_js, "@clerk/ui": ui}
    _refusing(lambda: bundle_commands.fetch(settings, asked))


@bundles.command("list", short_help="List them; each file is checked.")
@_CONFIG
@_BUNDLES_DIRECTORY
@_JSON
def bundles_list(config_file: Path | None, directory: Path | None, *, as_json: bool) -> None:
    """List the bundles that are there, and compare each file with what was fetched."""
    from claimsmith_server.commands import bundles as bundle_commands  # noqa: PLC0415 - as above

    settings = _load(config_file, bundles_directory=directory and str(directory))
    _refusing(lambda: bundle_commands.print_list(settings, as_json=as_json))


@click.command(short_help="Check that settings, keys and database fit together.")
@_CONFIG
@_JSON
def doctor(config_file: Path | None, *, as_json: bool) -> None:
    """Check settings, master key, database, schema and keys; say what is wrong and what to do."""
    from claimsmith_server.commands import operator  # noqa: PLC0415 - as above

    findings = asyncio.run(operator.examine(config_file, os.environ))
    if as_json:
        click.echo(msgspec.json.encode(findings))
    for one in () if as_json else findings:
        click.echo(
            f"{click.style('ok  ' if one.ok else 'FAIL', fg='green' if one.ok else 'red')} {one.what}: {one.told}"
        )
    if not all(one.ok for one in findings):
        raise SystemExit(EXIT_REFUSED)
    if not as_json:
        click.echo("Everything fits together. Next: claimsmith serve")


def _day(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _load(config_file: Path | None, **overrides: Any) -> Settings:
    return _refusing(lambda: load_settings(config_file, os.environ, **overrides))


def _refusing(work: Callable[[], T]) -> T:
    """The result of `work`; a refusal that an operator can act on is told in one line, without a traceback."""
    from claimsmith_server.commands.refusals import explain_refusal  # noqa: PLC0415 - it imports what can refuse

    try:
        return work()
    except Exception as error:
        told = explain_refusal(error)
        if told is None:
            raise
        _refuse(told.code, told.message)


def _refuse(code: str, message: str) -> NoReturn:
    click.echo(f"{click.style('error', fg='red')} {code}: {message}", err=True)
    raise SystemExit(EXIT_REFUSED)
