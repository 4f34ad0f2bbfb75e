"""Refreshing: an expired session token and the refresh token of its session for a new one (contract 5.5).

Application servers ask for it, so it needs no redirect and works for requests of scripts. A refresh token is a keyed
hash of the session's id: nothing is stored, and it is worth what the session is worth, which each mint reads.
"""

from typing import Literal

import msgspec

from claimsmith.errors import TokenError
from claimsmith.verification.keys import StaticKeys
from claimsmith.verification.tokens import prove_claims
from claimsmith_server.core.codes import is_same_mac
from claimsmith_server.core.errors import (
    EXPIRED_TOKEN_INVALID,
    REFRESH_TOKEN_INVALID,
    REQUEST_ORIGIN_INVALID,
    SIGNED_OUT,
)
from claimsmith_server.core.handshake import Place, session_directives
from claimsmith_server.core.models import Instance, JsonObject
from claimsmith_server.core.origins import is_allowed, parse_origin
from claimsmith_server.core.secrets import encode_secret
from claimsmith_server.services.callers import instance_suffix
from claimsmith_server.services.context import Service
from claimsmith_server.services.session_tokens import Asked, mint_for_client
from claimsmith_server.store import sessions

_PURPOSE = "refresh_token"


class RefreshSession(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /v1/sessions/{id}/refresh`."""

    expired_token: str
    refresh_token: str
    request_origin: str
    """Of the application's own address: it becomes `azp`."""
    format: Literal["token", "cookie"] | None = None
    request_headers: JsonObject | None = None
    request_originating_ip: str | None = None


def make_refresh_token(service: Service, instance: Instance, session_id: str) -> str:
    """The session's refresh token, always the same: 43 URL-safe characters."""
    return encode_secret(service.keys.mac(_PURPOSE, f"{instance.id}:{session_id}"))


async def refresh_session(service: Service, instance: Instance, session_id: str, asked: RefreshSession) -> str:
    """A new session token.

    It is no activity of the user's: scripts that poll would keep a session from ever being abandoned.

    Raises:
        ServiceError: 401 for anything that is not right, which makes SDKs fall back to a handshake:
            `refresh_token_invalid`, `expired_token_invalid`, `request_origin_invalid`, `session_not_active`,
            `user_not_allowed`, `authentication_invalid`.
    """
    expected = make_refresh_token(service, instance, session_id)
    if not is_same_mac(expected.encode(), asked.refresh_token.encode("utf-8", "surrogatepass")):
        raise REFRESH_TOKEN_INVALID()
    origin = _check_origin(instance, asked.request_origin)
    await _check_expired_token(service, instance, session_id, asked.expired_token)
    now = service.clock.now()
    session = await sessions.load_session(service.database, instance.id, session_id, now=now)
    if session is None:  # deleted with its user since: the refresh token proves that there was one
        raise SIGNED_OUT()
    minting = Asked(session_id=session_id, authorized_party=origin)
    return (await mint_for_client(service, instance.id, session.client_id, minting)).jwt


def refresh_directives(instance: Instance, asked: RefreshSession, token: str) -> tuple[str, ...]:
    """The `Set-Cookie` values for the token of a refresh."""
    place = Place(
        environment=instance.environment,
        suffix=instance_suffix(instance),
        is_secure=asked.request_origin.startswith("https://"),
    )
    return session_directives(token, place)


def _check_origin(instance: Instance, text: str) -> str:
    origin = parse_origin(text)
    if origin is None or not is_allowed(
        origin,
        environment=instance.environment,
        frontend_api=instance.frontend_api,
        allowed_origins=instance.settings.allowed_origins,
        base_url="",  # pages of this service don't ask for a refresh
    ):
        raise REQUEST_ORIGIN_INVALID(origin=text[:128])
    return origin


async def _check_expired_token(service: Service, instance: Instance, session_id: str, token: str) -> None:
    """Refuse what is no session token that this instance signed for this session; its dates don't matter."""
    try:
        keys = StaticKeys.from_jwks(await service.keys.load_jwks(instance.id))
        claims = prove_claims(token, keys)
    except TokenError as error:
        raise EXPIRED_TOKEN_INVALID(reason=error.reason) from error
    if claims.get("sid") != session_id:
        raise EXPIRED_TOKEN_INVALID(reason="its `sid` names another session")
