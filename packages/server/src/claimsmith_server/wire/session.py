"""Sessions as they go out."""

from typing import Literal

import msgspec

from claimsmith_server.core.models import JsonObject, Session, SessionStatus


class BackendSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session on the Backend API (contract 5.4)."""

    object: Literal["session"] = "session"
    id: str
    user_id: str
    client_id: str
    actor: JsonObject | None
    status: SessionStatus
    last_active_organization_id: str | None
    last_active_at: int
    expire_at: int
    abandon_at: int
    created_at: int
    updated_at: int
    tasks: tuple[JsonObject, ...] | None = None


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A minted token, unwrapped (contract 3.2)."""

    object: Literal["token"] = "token"
    jwt: str


def session_out(session: Session) -> BackendSession:
    """A session for the Backend API."""
    return msgspec.convert(session, BackendSession, from_attributes=True)
