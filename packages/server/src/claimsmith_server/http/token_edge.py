"""The edge of the token routes, which are plain ASGI beside the framework (ADR 0002)."""

from collections.abc import Awaitable, Callable

from claimsmith_server.core.errors import METHOD_NOT_ALLOWED, REQUEST_BODY_TOO_LARGE
from claimsmith_server.core.parameters import MAX_BODY_BYTES
from claimsmith_server.http.answers import encode_error, raw_headers
from claimsmith_server.http.asgi import Receive, Scope, Send
from claimsmith_server.http.errors import explain
from claimsmith_server.observability import TRACE_ID_BYTES, make_trace_id
from claimsmith_server.services.context import Service

_PREFIX = b'{"object":"token","jwt":"'
_POSTFIX = b'"}'
_ALLOW = {"Allow": "POST"}


async def answer_token(service: Service, scope: Scope, send: Send, mint: Callable[[], Awaitable[str]]) -> None:
    """Sends the token that `mint` gives; a failure, or a method other than POST, becomes the wire's error body."""
    method, path = scope["method"], scope["path"]
    try:
        if method != "POST":
            raise METHOD_NOT_ALLOWED(method=method, path=path, allowed="POST", headers=_ALLOW)  # noqa: TRY301 - answered below
        status, body = 200, _PREFIX + (await mint()).encode("ascii") + _POSTFIX
        sent = raw_headers(body)
    except Exception as error:  # noqa: BLE001 - the edge: every failure becomes an answer
        trace_id = make_trace_id(service.clock.entropy(TRACE_ID_BYTES))
        refusal = explain(error, service.log, trace_id, method=method, path=path)
        status, body = refusal.status, encode_error(refusal, trace_id)
        sent = raw_headers(body, refusal.headers)
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def read_octets(receive: Receive) -> bytes:
    """The request's body.

    Raises:
        ServiceError: `request_body_too_large` beyond 256 KiB.
    """
    message = await receive()
    octets = bytes(message.get("body", b""))
    while message.get("more_body"):
        message = await receive()
        octets += bytes(message.get("body", b""))
        if len(octets) > MAX_BODY_BYTES:
            raise REQUEST_BODY_TOO_LARGE(limit=MAX_BODY_BYTES)
    return octets
