"""Form bodies of the Frontend API: `application/x-www-form-urlencoded`, as browsers' SDKs send them (contract 4.0)."""

from typing import TypeVar
from urllib.parse import parse_qsl

import msgspec

from claimsmith_server.core import parameters
from claimsmith_server.core.errors import CONTENT_TYPE_UNSUPPORTED, REQUEST_BODY_INVALID, REQUEST_BODY_TOO_LARGE
from claimsmith_server.http.requests import ApiRequest

S = TypeVar("S", bound=msgspec.Struct)

_FORM = "application/x-www-form-urlencoded"
_MAX_FIELDS = 1000


async def read_form(request: ApiRequest, kind: type[S]) -> S:
    """The struct that the request's form holds; every problem is a refusal with `param_name`.

    Unknown fields are ignored: SDKs send fields of features that are off. An empty value is an empty string; a service
    decides what that means. JSON is taken too, for clients that are no browsers.
    """
    octets = await _read_octets(request)
    content_type = request.headers.get("content-type", _FORM).partition(";")[0].strip().lower()
    if content_type == "application/json":
        return parameters.convert_known(parameters.parse_json_object(octets or b"{}"), kind)
    if content_type not in (_FORM, "text/plain") and octets:
        raise CONTENT_TYPE_UNSUPPORTED(content_type=content_type[:80])
    try:
        pairs = parse_qsl(octets.decode(), keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except UnicodeDecodeError as error:
        raise REQUEST_BODY_INVALID(problem="it is not UTF-8") from error
    except ValueError as error:
        raise REQUEST_BODY_INVALID(problem=f"it has more than {_MAX_FIELDS} fields") from error
    return parameters.decode_query(pairs, kind)


async def _read_octets(request: ApiRequest) -> bytes:
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise CONTENT_TYPE_UNSUPPORTED(content_type=request.headers["content-encoding"][:80])
    octets = bytearray()
    async for chunk in request.stream():
        octets += chunk
        if len(octets) > parameters.MAX_BODY_BYTES:
            raise REQUEST_BODY_TOO_LARGE(limit=parameters.MAX_BODY_BYTES)
    return bytes(octets)
