"""Declarations of an instance's session claims, fetched from it, and how a file differs from them."""

import difflib
from pathlib import Path

import msgspec

from claimsmith.errors import ApiError, ApiErrorItem, ConfigurationError
from claimsmith.settings import Settings

_PATH = "/v1/session_claims/types"
_TIMEOUT_SECONDS = 10.0


class _ErrorBody(msgspec.Struct):
    errors: tuple[ApiErrorItem, ...] = ()
    clerk_trace_id: str | None = None


def fetch_types(settings: Settings, language: str, url: str | None = None) -> str:
    """The source file that declares the claims that are live now, in `typescript`, `python` or `json-schema`.

    Raises:
        ConfigurationError: no address or secret key is known, or nobody answers there.
        ApiError: the instance refused.
    """
    import httpx  # noqa: PLC0415 - only what fetches pays for it

    address = url or settings.api_url
    if address is None or settings.secret_key is None:
        raise ConfigurationError("Set CLERK_API_URL and CLERK_SECRET_KEY, which `claimsmith dev` prints.")
    try:
        answer = httpx.get(
            address.rstrip("/") + _PATH,
            params={"language": language},
            headers={"Authorization": f"Bearer {settings.secret_key}"},
            timeout=_TIMEOUT_SECONDS,
        )
    except httpx.HTTPError as error:
        raise ConfigurationError(f"{address} does not answer: {error}. Is the instance running?") from error
    if answer.is_success:
        return answer.text
    try:
        body = msgspec.json.decode(answer.content, type=_ErrorBody)
    except msgspec.MsgspecError:
        body = _ErrorBody()
    raise ApiError(answer.status_code, body.errors, body.clerk_trace_id)


def compare_types(file: Path, current: str) -> str:
    """A unified diff from the file to what is current; empty when they agree. A missing file is an empty one."""
    written = file.read_text(encoding="utf-8") if file.exists() else ""
    lines = difflib.unified_diff(
        written.splitlines(keepends=True), current.splitlines(keepends=True), str(file), "live session claims"
    )
    return "".join(lines)
