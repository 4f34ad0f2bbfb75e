"""`POST /v1/sessions/{id}/tokens` and `/tokens/{template}`: the busiest routes, plain ASGI beside the framework.

They share services, errors and limits with the rest; only routing and the request object are spared (ADR 0002).
"""

import re
from typing import Annotated

import msgspec

from claimsmith_server.core.parameters import decode_body
from claimsmith_server.http.asgi import Receive, Scope, Send
from claimsmith_server.http.limits import RateLimit
from claimsmith_server.http.requests import check_headers, read_secret_key_hash
from claimsmith_server.http.token_edge import answer_token, read_octets
from claimsmith_server.services import session_tokens
from claimsmith_server.services.context import Service

PATH = re.compile(r"/v1/sessions/([^/]+)/tokens(?:/([^/]+))?/?")


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
        await answer_token(self._service, scope, send, lambda: self._mint(scope, receive))

    async def _mint(self, scope: Scope, receive: Receive) -> str:
        found = PATH.fullmatch(scope["path"])
        assert found is not None  # noqa: S101 - the dispatcher matched it
        key_hash = read_secret_key_hash(scope["headers"])
        self._rate_limit.count(key_hash, self._service.clock.now())
        asked = session_tokens.Asked(
            session_id=found[1],
            template_name=found[2],
            lifetime_seconds=(await _read_body(scope, receive)).expires_in_seconds,
        )
        minted = await session_tokens.mint_for_secret_key(self._service, key_hash, asked)
        return minted.jwt


async def _read_body(scope: Scope, receive: Receive) -> MintBody:
    octets = await read_octets(receive)
    if not octets:
        return _DEFAULT_BODY
    check_headers({name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]})
    return decode_body(octets, MintBody)
