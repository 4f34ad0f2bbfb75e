"""Answers: JSON with a content type of exactly `application/json`, never cached (contract pitfall 1, case C-016)."""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Response

from claimsmith_server.core.errors import ErrorItem, ServiceError

JSON = b"application/json"
_COMMON: dict[str, str] = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}
_RAW_COMMON = [(name.lower().encode(), value.encode()) for name, value in _COMMON.items()]


class ErrorBody(msgspec.Struct, frozen=True):
    """The wire's error body (contract 5.3)."""

    errors: tuple[ErrorItem, ...]
    clerk_trace_id: str
    meta: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET


class Json(Response[bytes]):
    """An answer whose body is `content` as JSON."""

    def __init__(self, content: Any, *, status_code: int = 200, headers: Mapping[str, str] | None = None) -> None:
        """`content` is anything that msgspec encodes; `headers` win over the common ones."""
        super().__init__(
            msgspec.json.encode(content),
            status_code=status_code,
            media_type="application/json",
            headers=_COMMON | dict(headers or {}),
        )


def encode_error(error: ServiceError, trace_id: str) -> bytes:
    """The body of a refusal."""
    return msgspec.json.encode(ErrorBody(error.items, trace_id, error.meta or msgspec.UNSET))


def error_answer(error: ServiceError, trace_id: str) -> Response[bytes]:
    """The answer that tells a refusal."""
    return Response(
        encode_error(error, trace_id),
        status_code=error.status,
        media_type="application/json",
        headers=_COMMON | error.headers,
    )


def raw_headers(body: bytes, extra: Mapping[str, str] | None = None) -> list[tuple[bytes, bytes]]:
    """ASGI headers of a JSON body, for the routes that answer without the framework."""
    headers = [(b"content-type", JSON), (b"content-length", str(len(body)).encode()), *_RAW_COMMON]
    return headers + [(name.lower().encode(), value.encode()) for name, value in (extra or {}).items()]


def jwks_answer(document: bytes) -> Response[bytes]:
    """A JWKS document, cacheable as CASES (c) says: 5 minutes, a day when the service is away."""
    headers = _COMMON | {"Cache-Control": "public, max-age=300, stale-if-error=86400"}
    return Response(document, media_type="application/json", headers=headers)


def text_answer(text: str) -> Response[str]:
    """An answer of plain text."""
    return Response(text, media_type="text/plain", headers=_COMMON)
