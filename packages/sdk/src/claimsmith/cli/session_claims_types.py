"""Declarations of session claims: those of an instance, fetched from it, or those of a template in a file."""

from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import cast

from claimsmith.errors import ApiError, ConfigurationError, ConnectionFailed
from claimsmith.settings import Settings

COMPILERS_GROUP = "claimsmith.types"
"""Entry points that compile a template: text, language and style to a source file. claimsmith-server has the one."""
_PATH = "/v1/session_claims/types"
_NOT_FOUND = 404
Compiler = Callable[[str, str, str], str]


def fetch_types(
    settings: Settings, language: str, url: str | None = None, *, style: str = "typeddict", observe: bool = False
) -> str:
    """The source file that declares the claims that are live now.

    Args:
        settings: where the instance is, and its secret key.
        language: `typescript`, `python` or `json-schema`.
        url: the Backend API, when it is not the one of the settings.
        style: what Python classes are: `typeddict`, `msgspec`, `pydantic` or `dataclass`.
        observe: whether metadata that the instance declares nothing of have the types that are in use.

    Raises:
        ConfigurationError: no address or secret key is known, a secret key must not travel there, nobody answers there,
            or what answers tells no types.
        ApiError: the instance refused.

    Example:
        ```python
        from claimsmith.cli.session_claims_types import fetch_types
        from claimsmith.settings import Settings

        try:
            source = fetch_types(Settings(), "typescript")
        except ConfigurationError as error:
            assert "CLERK_API_URL" in str(error)
        ```
    """
    from claimsmith.network.transport import Call, Transport  # noqa: PLC0415 - only what fetches pays for it

    address = url or settings.api_url
    if address is None or settings.secret_key is None:
        raise ConfigurationError("Set CLERK_API_URL and CLERK_SECRET_KEY, which `claimsmith dev` prints.")
    query = {"language": language, "style": style, "observe": str(observe).lower()}
    call = Call(method="GET", path=_PATH, query=query, returns=bytes, headers={"Accept": "*/*"})
    try:
        with Transport(address, settings.secret_key) as transport:
            return transport.send(call).decode()
    except ConnectionFailed as error:
        raise ConfigurationError(str(error)) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{address} answers what is not UTF-8 text.") from error
    except ApiError as error:
        if error.status != _NOT_FOUND:
            raise
        raise ConfigurationError(
            f"{address} tells no types; of Backend APIs only Claimsmith's does. Name a file with the template instead."
        ) from error


def compile_types(file: Path, language: str, *, style: str = "typeddict") -> str:
    """The source file that declares the claims of the template in a file; nothing is asked of an instance.

    Args:
        file: JSON, as in the dashboard's editor: `{"fullName": "{{user.full_name}}"}`.
        language: as in `fetch_types`.
        style: as in `fetch_types`.

    Raises:
        ConfigurationError: the file can't be read, its template has errors (a line for each, `FILE:line:column`), or
            claimsmith-server, which knows the language of templates, is not installed.

    Example:
        ```python
        from pathlib import Path

        from claimsmith.cli.session_claims_types import compile_types

        file = Path("session_claims.json")
        file.write_text('{"fullName": "{{user.full_name}}"}')
        assert "fullName: str | None" in compile_types(file, "python")
        ```
    """
    compiler = _load_compiler()
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        told = f"{file} can't be read: {error.strerror}. An address begins with http:// or https://."
        raise ConfigurationError(told) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{file} is not UTF-8 text.") from error
    try:
        return compiler(text, language, style)
    except ConfigurationError as error:
        lines = "\n".join(f"{file}:{line}" for line in str(error).splitlines())
        raise ConfigurationError(f"The template has errors.\n{lines}") from error


def _load_compiler() -> Compiler:
    for entry in entry_points(group=COMPILERS_GROUP):
        return cast("Compiler", entry.load())
    raise ConfigurationError(
        "To read a template from a file, install claimsmith-server beside claimsmith: it knows the claims language."
    )
