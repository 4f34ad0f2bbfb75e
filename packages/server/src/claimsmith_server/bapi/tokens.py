"""`POST /v1/sessions/{id}/tokens` and `/tokens/{template}`: the busiest routes, plain ASGI beside the framework.

They share services, errors and limits with the rest; only routing and the request object are spared (ADR 0002).
"""

import re
from typing import Annotated

import msgspec

from claimsmith_server.core.errors import METHOD_NOT_ALLOWED, REQUEST_BODY_TOO_LARGE
from claimsmith_server.core.parameters import MAX_BODY_BYTES, decode_body
from claimsmith_server.http.answers import encode_error, raw_headers
from claimsmith_server.http.asgi import Receive, Scope, Send
from claimsmith_server.http.errors import explain
from claimsmith_server.http.limits import RateLimit
from claimsmith_server.http.requests import check_headers, read_secret_key_hash
from claimsmith_server.observability import TRACE_ID_BYTES, make_trace_id
from claimsmith_server.services import session_tokens
from claimsmith_server.services.context import Service

PATH = re.compile(r"/v1/sessions/([^/]+)/tokens(?:/([^/]+))?/?")
_PREFIX = b'{"object":"token","jwt":"'
_POSTFIX = b'"}'


class MintBody(msgspec.Struct, frozen=True):
    """The body of both routes; may be absent."""

    expires_in_seconds: Annotated[int, msgspec.Meta(ge=30, le=315_360_000)] | None = None


_DEFAULT_BODY = MintBody()


class TokenRoutes:
    """The two routes as one ASGI application; `scope["path"]` matches `PATH`."""

    def __init__(self, service: Service, rate_limit: RateLimit) -> None:
        """Shares the Backend API's service and limit."""
        self._service = service
        self._rate_limit = rate_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request; a failure becomes the wire's error body."""
        try:
            status, body = 200, await self._mint(scope, receive)
            sent = raw_headers(body)
        except Exception as error:  # noqa: BLE001 - the edge: every failure becomes an answer
            trace_id = make_trace_id(self._service.clock.entropy(TRACE_ID_BYTES))
            method, path = scope["method"], scope["path"]
            refusal = explain(error, self._service.log, trace_id, method=method, path=path)
            status, body = refusal.status, encode_error(refusal, trace_id)
            sent = raw_headers(body, refusal.headers)
        await send({"type": "http.response.start", "status": status, "headers": sent})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    async def _mint(self, scope: Scope, receive: Receive) -> bytes:
        found = PATH.fullmatch(scope["path"])
        assert found is not None  # noqa: S101 - the dispatcher matched it
        if scope["method"] != "POST":
            allowed = {"Allow": "POST"}
            raise METHOD_NOT_ALLOWED(method=scope["method"], path=scope["path"], allowed="POST", headers=allowed)
        key_hash = read_secret_key_hash(scope["headers"])
        self._rate_limit.count(key_hash, self._service.clock.now())
        asked = session_tokens.Asked(
            session_id=found[1],
            template_name=found[2],
            lifetime_seconds=(await _read_body(scope, receive)).expires_in_seconds,
        )
        minted = await session_tokens.mint_for_secret_key(self._service, key_hash, asked)
        return _PREFIX + minted.jwt.encode("ascii") + _POSTFIX


async def _read_body(scope: Scope, receive: Receive) -> MintBody:
    message = await receive()
    octets = bytes(message.get("body", b""))
    while message.get("more_body"):
        message = await receive()
        octets += bytes(message.get("body", b""))
        if len(octets) > MAX_BODY_BYTES:
            raise REQUEST_BODY_TOO_LARGE(limit=MAX_BODY_BYTES)
    if not octets:
        return _DEFAULT_BODY
    check_headers({name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]})
    return decode_body(octets, MintBody)
