"""`POST /v1/client/sessions/{id}/tokens` and `/tokens/{template}`: what browsers ask for most (contract 4.5).

Plain ASGI beside the framework, as their twins in `bapi.tokens` (ADR 0002).
"""

import re
from urllib.parse import parse_qsl

import msgspec

from claimsmith_server.core.errors import REQUEST_BODY_INVALID, SIGNED_OUT, ServiceError
from claimsmith_server.core.parameters import decode_query
from claimsmith_server.fapi.access import find_caller, tell_signed_out
from claimsmith_server.http.asgi import Receive, Scope, Send
from claimsmith_server.http.token_edge import answer_token, read_octets
from claimsmith_server.services import session_tokens
from claimsmith_server.services.context import Service

PATH = re.compile(r"/v1/client/sessions/([^/]+)/tokens(?:/([^/]+))?/?")
_MAX_FIELDS = 100


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
        await answer_token(self._service, scope, send, lambda: self._mint(scope, receive))

    async def _mint(self, scope: Scope, receive: Receive) -> str:
        found = PATH.fullmatch(scope["path"])
        assert found is not None  # noqa: S101 - the dispatcher matched it
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
            tell_signed_out(refusal)
        return minted.jwt


async def _read_form(receive: Receive) -> TokenForm:
    octets = await read_octets(receive)
    if not octets:
        return _DEFAULT_FORM
    try:
        pairs = parse_qsl(octets.decode(), keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError as error:  # a UnicodeDecodeError is one
        raise REQUEST_BODY_INVALID(problem=f"it is no form of at most {_MAX_FIELDS} fields") from error
    return decode_query(pairs, TokenForm)
