"""The `claimsmith` command: `types`, `verify`, `whoami`; other distributions add theirs in `claimsmith.commands`.

Exit codes: 0 done; 1 the token does not verify, or the environment is not right; 2 wrong use of the command line.
"""

import sys
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, NoReturn

import click
import msgspec

from claimsmith.errors import ApiError, ConfigurationError, TokenError

EXIT_REFUSED = 1
LANGUAGES = ("typescript", "python", "json-schema")
STYLES = ("typeddict", "msgspec", "pydantic", "dataclass")
COMMANDS_GROUP = "claimsmith.commands"
SERVER_COMMANDS = frozenset({"administrators", "bundles", "dev", "doctor", "keys", "migrate", "serve"})


class PluginGroup(click.Group):
    """A group whose further commands come from entry points: each is loaded only when it is called or listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of our own commands and of all that are installed."""
        return sorted({*super().list_commands(ctx), *_load_entry_points()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command; one that can't be loaded is warned of and counts as absent."""
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        entry = _load_entry_points().get(cmd_name)
        return _load_command(entry) if entry else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is called; one of the server's that is not here is said to be the server's."""
        if args[0] in SERVER_COMMANDS - {*self.list_commands(ctx)}:
            raise click.UsageError(
                f"`claimsmith {args[0]}` comes with claimsmith-server, which is not installed here. In a clone of "
                f"Claimsmith run `make setup`, then `.venv/bin/claimsmith {args[0]}`.",
                ctx,
            )
        return super().resolve_command(ctx, args)


@click.group(cls=PluginGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="claimsmith")
def main() -> None:
    """Session tokens that carry your own claims."""


@main.command(short_help="Verify a token and print what it says.")
@click.argument("token", required=False)
@click.option("--pem", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="File with a PEM public key.")
@click.option("--jwks", metavar="URL|FILE", help="Key set: an address or a file.")
@click.option("--authorized-party", "parties", multiple=True, metavar="ORIGIN", help="azp must be one of these.")
@click.option("--template", is_flag=True, help="The token is of a JWT template, not a session token.")
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as JSON.")
def verify(  # noqa: PLR0913 - one per option of the command
    *,
    token: str | None,
    pem: Path | None,
    jwks: str | None,
    parties: tuple[str, ...],
    template: bool,
    as_json: bool,
) -> None:
    """Verify TOKEN (or standard input) and print what it says.

    Keys come from --pem or --jwks, else from CLERK_JWT_KEY or CLERK_API_URL and CLERK_SECRET_KEY.
    Exit codes: 0 the token is genuine and current, 1 it is not, 2 wrong use.
    """
    from claimsmith.verification.tokens import verify_token  # noqa: PLC0415 - `claimsmith --help` should not wait for it

    if token is None and sys.stdin.isatty():
        raise click.UsageError("Name the TOKEN, or pipe it to standard input.")
    text = (token or sys.stdin.read()).strip().removeprefix("Bearer ")
    try:
        keys = _load_keys(pem, jwks)
        claims = verify_token(
            text,
            keys,
            authorized_parties=parties,
            kind="jwt_template" if template else "session",
        )
    except TokenError as error:
        _refuse(error.reason, error.message, error.remedy, as_json=as_json)
    except (ConfigurationError, ValueError) as error:
        _refuse("configuration", str(error), "See `claimsmith verify --help`.", as_json=as_json)
    if as_json:
        click.echo(msgspec.json.encode({"verified": True, "claims": claims}))
        return
    _print_token(text)


@main.command(short_help="Say which instance the variables name.")
@click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON.")
def whoami(*, as_json: bool) -> None:
    """Say which instance the environment variables name, and whether it answers.

    Exit codes: 0 tokens can be verified, 1 they can't.
    """
    from claimsmith.settings import load_settings, make_keys  # noqa: PLC0415 - see verify

    try:
        settings = load_settings()
        facts = _describe(settings)
        keys = make_keys(settings)
        facts["keys"] = ["pinned by CLERK_JWT_KEY"] if settings.jwt_key else _load_kids(keys)
    except TokenError as error:
        _refuse(error.reason, error.message, error.remedy, as_json=as_json)
    except ConfigurationError as error:
        _refuse("configuration", str(error), "Set the variable and run `claimsmith whoami` again.", as_json=as_json)
    if as_json:
        click.echo(msgspec.json.encode(facts))
        return
    click.echo("Tokens of this instance can be verified here.")
    for name, value in facts.items():
        click.echo(f"  {name:<20}{(', '.join(value) if isinstance(value, list) else value) or 'not set'}")
    click.echo("Next: claimsmith verify TOKEN")


@main.command(short_help="Declare the session claims in your language.")
@click.option(
    "--lang",
    "language",
    type=click.Choice(LANGUAGES),
    default="typescript",
    show_default=True,
    help="Language of the declarations.",
)
@click.option(
    "--style", type=click.Choice(STYLES), help="What Python classes are [typeddict]; only with --lang python."
)
@click.option(
    "--from", "origin", metavar="URL|FILE", help="Backend API of an instance [CLERK_API_URL], or file with a template."
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="File to write; without it, print.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 with a diff when the file is not current.")
@click.option("--observe", is_flag=True, help="Type metadata as they are in use, where the instance declares nothing.")
def types(  # noqa: PLR0913 - one per option of the command
    *, language: str, style: str | None, origin: str | None, out: Path | None, check: bool, observe: bool
) -> None:
    """Declare the session claims of an instance, or of a template in a file, in your language.

    CLERK_SECRET_KEY gives access to the instance; a file is read by claimsmith-server, which must be installed.
    Exit codes: 0 done, 1 drift, no answer or errors in the template, 2 wrong use.
    """
    is_file = origin is not None and "://" not in origin
    if check and out is None:
        raise click.UsageError("--check needs --out, the file to compare.")
    if style and language != "python":
        raise click.UsageError("--style needs --lang python; other languages have one style.")
    if observe and is_file:
        raise click.UsageError("--observe asks an instance; a file has no metadata.")
    current = _load_types(origin, language, style or STYLES[0], is_file=is_file, observe=observe)
    if out is None:
        click.echo(current, nl=False)
    else:
        _keep_current(out, current, origin if is_file and origin else "live session claims", check=check)


def _load_types(origin: str | None, language: str, style: str, *, is_file: bool, observe: bool) -> str:
    from claimsmith.cli.session_claims_types import compile_types, fetch_types  # noqa: PLC0415 - see verify
    from claimsmith.settings import load_settings  # noqa: PLC0415 - see verify

    try:
        if is_file and origin:
            return compile_types(Path(origin), language, style=style)
        return fetch_types(load_settings(), language, origin, style=style, observe=observe)
    except (ApiError, ConfigurationError) as error:
        remedy = "See `claimsmith types --help`." if is_file else "See `claimsmith whoami`."
        _refuse("no_types", str(error), remedy, as_json=False)


def _keep_current(out: Path, current: str, origin: str, *, check: bool) -> None:
    """The file is current, or was written, or (with `check`) its drift is told and the command ends with 1."""
    from claimsmith.cli.declarations import compare_declarations, write_declarations  # noqa: PLC0415 - see verify

    try:
        drift = compare_declarations(out, current, origin)
        if check and drift:
            _print_drift(drift)
            message = f"{out} is not what the session claims are now."
            _refuse("drift", message, "Run it again without --check to write it.", as_json=False)
        if drift:
            write_declarations(out, current)
    except OSError as error:
        _refuse("cannot_write", f"{out} can't be written: {error.strerror}.", "Name another file.", as_json=False)
    click.echo(f"Wrote {out}. Next: commit it, and let CI run this with --check." if drift else f"{out} is current.")


def _print_drift(drift: str) -> None:
    from rich.console import Console  # noqa: PLC0415 - see _print_token

    from claimsmith.cli.declarations import draw_drift  # noqa: PLC0415 - see above

    Console(highlight=False).print(draw_drift(drift), end="", soft_wrap=True)


def _describe(settings: Any) -> dict[str, Any]:
    """What the variables say, without the secret key itself."""
    key = settings.publishable_key
    return {
        "instance": key and f"{key.frontend_api} ({key.environment})",
        "issuer": key and key.issuer,
        "cookie": key and f"__session_{key.cookie_suffix}",
        "secret_key": settings.secret_key and f"{settings.secret_key[:8]}…",
        "api_url": settings.api_url,
        "frontend_api": settings.proxy_url or (key and f"https://{key.frontend_api}"),
        "sign_in_url": settings.sign_in_url,
        "authorized_parties": list(settings.authorized_parties),
    }


def _load_kids(keys: Any) -> list[str]:
    """The names of the keys that the instance publishes; asks it."""
    found = list(keys.snapshot(None).kids)
    if not found:
        keys.find(None)  # Raises for the reason why there are none.
    return found


def _load_keys(pem: Path | None, jwks: str | None) -> Any:
    """The keys that the options name, else those that the environment names."""
    from claimsmith.settings import load_settings, make_keys  # noqa: PLC0415 - see verify
    from claimsmith.verification.keys import StaticKeys  # noqa: PLC0415 - see verify
    from claimsmith.verification.remote_keys import RemoteKeys  # noqa: PLC0415 - see verify

    if pem is not None:
        return StaticKeys.from_pem(pem.read_text())
    if jwks is None:
        return make_keys(load_settings())
    if "://" in jwks:
        return RemoteKeys(jwks)
    try:
        return StaticKeys.from_jwks(Path(jwks).read_bytes())
    except OSError as error:
        raise ConfigurationError(f"The key set {jwks} cannot be read: {error.strerror}.") from error


def _print_token(token: str) -> None:
    from rich.console import Console  # noqa: PLC0415 - 40 ms that only this command pays for

    from claimsmith.cli.terminal import draw_token  # noqa: PLC0415 - see above

    console = Console(highlight=False)
    console.print("The token is genuine and current.\n", style="bold")
    console.print(draw_token(token))


def _refuse(code: str, message: str, remedy: str, *, as_json: bool) -> NoReturn:
    """Say why not, on standard error (or as JSON on standard output), and leave with 1."""
    if as_json:
        click.echo(msgspec.json.encode({"verified": False, "reason": code, "message": message, "remedy": remedy}))
    else:
        click.echo(f"{click.style(code, bold=True)}: {message}\n{remedy}", err=True)
    sys.exit(EXIT_REFUSED)


def _load_entry_points() -> Mapping[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=COMMANDS_GROUP)}


def _load_command(entry: EntryPoint) -> click.Command | None:
    """The command behind an entry point; a broken one must not break the others."""
    try:
        command = entry.load()
    except Exception as error:  # noqa: BLE001 - whatever a distribution of others does while it is imported
        problem = f"{type(error).__name__}: {error}"
    else:
        if isinstance(command, click.Command):
            return command
        problem = "it is not a click command"
    origin = entry.dist.name if entry.dist else "an unknown distribution"
    click.echo(f"warning: the command {entry.name} of {origin} cannot be loaded ({problem}). Reinstall it.", err=True)
    return None


if __name__ == "__main__":
    main(prog_name="claimsmith")
