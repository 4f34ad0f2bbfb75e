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


class SessionClaims(msgspec.Struct, frozen=True, kw_only=True):
    """All custom claims of a session, in its token and left out of it: an addition of ours."""

    object: Literal["session_claims"] = "session_claims"
    session_id: str
    organization_id: str | None
    """The organization that they are of; `null`: none."""
    claims: JsonObject
    omitted: tuple[str, ...]
    """As `_omitted` of the token that this caller would be given now; `["*"]`: every custom claim."""
    failed: tuple[str, ...]
    """Claims of the template that could not be rendered, and so are not in `claims`."""


def session_out(session: Session) -> BackendSession:
    """A session for the Backend API."""
    return msgspec.convert(session, BackendSession, from_attributes=True)
