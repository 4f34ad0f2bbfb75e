"""`POST /v1/client/sessions/{id}/tokens` and `/tokens/{template}`: what browsers ask for most (contract 4.5).

Plain ASGI beside the framework, as their twins in `bapi.tokens` (ADR 0002).
"""

import re
from urllib.parse import parse_qsl

import msgspec

from claimsmith_server.core.errors import (
    METHOD_NOT_ALLOWED,
    REQUEST_BODY_INVALID,
    REQUEST_BODY_TOO_LARGE,
    SESSION_NOT_ACTIVE,
    SIGNED_OUT,
    USER_NOT_ALLOWED,
    ServiceError,
)
from claimsmith_server.core.parameters import MAX_BODY_BYTES, decode_query
from claimsmith_server.fapi.access import find_caller
from claimsmith_server.http.answers import encode_error, raw_headers
from claimsmith_server.http.asgi import Receive, Scope, Send
from claimsmith_server.http.errors import explain
from claimsmith_server.observability import TRACE_ID_BYTES, make_trace_id
from claimsmith_server.services import session_tokens
from claimsmith_server.services.context import Service

PATH = re.compile(r"/v1/client/sessions/([^/]+)/tokens(?:/([^/]+))?/?")
_PREFIX = b'{"object":"token","jwt":"'
_POSTFIX = b'"}'
_MAX_FIELDS = 100
_SIGNED_OUT_CODES = (SESSION_NOT_ACTIVE.code, USER_NOT_ALLOWED.code)


class TokenForm(msgspec.Struct, frozen=True):
    """The form of both routes; may be empty."""

    organization_id: str | None = None
    """Absent: the session's active organization. Empty: none."""


_DEFAULT_FORM = TokenForm()


class ClientTokenRoutes:
    """The two routes as one ASGI application; `scope["path"]` matches `PATH`."""

    def __init__(self, service: Service, trusted_proxies: int) -> None:
        """Shares the Frontend API's service."""
        self._service = service
        self._trusted_proxies = trusted_proxies

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
        form = await _read_form(receive)
        caller = await find_caller(self._service, scope, self._trusted_proxies)
        if caller.client is None:
            raise SIGNED_OUT()
        asked = session_tokens.Asked(
            session_id=found[1],
            template_name=found[2],
            authorized_party=caller.authorized_party,
            organization_id=form.organization_id,
        )
        try:
            minted = await session_tokens.mint_for_client(self._service, caller.instance.id, caller.client.id, asked)
        except ServiceError as refusal:
            if refusal.items[0].code in _SIGNED_OUT_CODES:  # the one code that pages sign out on (contract 4.5)
                raise SIGNED_OUT() from refusal
            raise
        return _PREFIX + minted.jwt.encode("ascii") + _POSTFIX


async def _read_form(receive: Receive) -> TokenForm:
    message = await receive()
    octets = bytes(message.get("body", b""))
    while message.get("more_body"):
        message = await receive()
        octets += bytes(message.get("body", b""))
        if len(octets) > MAX_BODY_BYTES:
            raise REQUEST_BODY_TOO_LARGE(limit=MAX_BODY_BYTES)
    if not octets:
        return _DEFAULT_FORM
    try:
        pairs = parse_qsl(octets.decode(), keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError as error:  # a UnicodeDecodeError is one
        raise REQUEST_BODY_INVALID(problem=f"it is no form of at most {_MAX_FIELDS} fields") from error
    return decode_query(pairs, TokenForm)
