"""What handlers read of a request: body, query, secret key."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec
from litestar import Request

from claimsmith_server.core import parameters
from claimsmith_server.core.errors import (
    AUTHENTICATION_INVALID,
    CONTENT_TYPE_UNSUPPORTED,
    REQUEST_BODY_INVALID,
    REQUEST_BODY_TOO_LARGE,
    SECRET_KEY_INVALID,
)
from claimsmith_server.core.secrets import hash_secret

S = TypeVar("S", bound=msgspec.Struct)
ApiRequest = Request[Any, Any, Any]

_SCHEME = "bearer "
_KEY_PREFIX = "sk_"
_MAX_KEY_CHARACTERS = 256
_MAX_QUERY_FIELDS = 1000


async def read_body(request: ApiRequest, kind: type[S]) -> S:
    """The struct that the request's JSON body holds; every problem is a refusal with `param_name`."""
    return parameters.decode_body(await read_octets(request), kind)


async def read_octets(request: ApiRequest) -> bytes:
    """The request's body, once its headers say that it is JSON, uncompressed and not too large."""
    check_headers(request.headers)
    octets = bytearray()
    async for chunk in request.stream():
        octets += chunk
        if len(octets) > parameters.MAX_BODY_BYTES:
            raise REQUEST_BODY_TOO_LARGE(limit=parameters.MAX_BODY_BYTES)
    return bytes(octets)


def read_query(request: ApiRequest, kind: type[S]) -> S:
    """The struct that the request's query holds."""
    octets: bytes = request.scope["query_string"]
    try:
        pairs = parse_qsl(octets.decode("latin-1"), keep_blank_values=True, max_num_fields=_MAX_QUERY_FIELDS)
    except ValueError as error:
        raise REQUEST_BODY_INVALID(problem=f"its query has more than {_MAX_QUERY_FIELDS} fields") from error
    return parameters.decode_query(pairs, kind)


def read_secret_key_hash(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The SHA-256 of the secret key in the request's one Authorization header (case Z-003).

    Raises:
        ServiceError: `authentication_invalid` without a header, `clerk_key_invalid` with anything but one secret key.
    """
    given = [value for name, value in headers if name == b"authorization"]
    if not given:
        raise AUTHENTICATION_INVALID()
    text = given[0].decode("latin-1")
    key = text[len(_SCHEME) :]
    if len(given) > 1 or not text.lower().startswith(_SCHEME) or not key.startswith(_KEY_PREFIX):
        raise SECRET_KEY_INVALID()
    if len(key) > _MAX_KEY_CHARACTERS:
        raise SECRET_KEY_INVALID()
    return hash_secret(key)


def check_headers(headers: Mapping[str, str]) -> None:
    """Refuse a body that is too large by its own word, compressed, or not JSON (cases D-001, D-005)."""
    declared = headers.get("content-length", "0")
    if declared.isdecimal() and int(declared[:20]) > parameters.MAX_BODY_BYTES:
        raise REQUEST_BODY_TOO_LARGE(limit=parameters.MAX_BODY_BYTES)
    content_type = headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    encoding = headers.get("content-encoding", "identity").lower()
    if content_type != "application/json" or encoding != "identity":
        told = content_type if encoding == "identity" else f"{content_type} ({encoding})"
        raise CONTENT_TYPE_UNSUPPORTED(content_type=told[:80])
