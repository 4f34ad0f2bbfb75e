"""Sessions, their claims, and the browsers that they are in."""

import msgspec

from claimsmith.backend.models.lists import JsonObject


class SessionActivity(msgspec.Struct, frozen=True, kw_only=True):
    """Where a session was last used.

    Example: `[one.latest_activity for one in backend.sessions.list(user_id=user_id).data]`.
    """

    id: str
    is_mobile: bool = False
    device_type: str | None = None
    browser_name: str | None = None
    browser_version: str | None = None
    ip_address: str | None = None
    city: str | None = None
    country: str | None = None


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A session of a user.

    Example: `backend.sessions.get(session_id).status` is `active`.
    """

    id: str
    """For example `sess_2abc`."""
    user_id: str
    client_id: str = ""
    status: str
    """`active`, `pending`, `ended`, `expired`, `removed`, `abandoned`, `replaced` or `revoked`."""
    actor: JsonObject | None = None
    """Who acts as the user, `{"sub": ...}`."""
    last_active_organization_id: str | None = None
    latest_activity: SessionActivity | None = None
    tasks: tuple[JsonObject, ...] | None = None
    """What the user still has to do while the session is `pending`."""
    last_active_at: int
    """Unix milliseconds."""
    expire_at: int
    """Unix milliseconds."""
    abandon_at: int
    """Unix milliseconds."""
    created_at: int
    """Unix milliseconds."""
    updated_at: int
    """Unix milliseconds."""


class SessionClaims(msgspec.Struct, frozen=True, kw_only=True):
    """All custom claims of a session, those too that its token leaves out for size. Claimsmith only.

    Example: `backend.sessions.get_claims(session_id).claims`.
    """

    session_id: str
    organization_id: str | None = None
    """The organization that they are of; `None`: of no organization."""
    claims: JsonObject
    omitted: tuple[str, ...] = ()
    """What the token leaves out; `("*",)`: every custom claim."""
    failed: tuple[str, ...] = ()
    """Claims of the template that could not be rendered; they are not in `claims`."""


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """A browser with its sessions.

    Example: `backend.clients.get(client_id).session_ids`.
    """

    id: str
    """For example `client_2abc`."""
    session_ids: tuple[str, ...] = ()
    sessions: tuple[Session, ...] = ()
    sign_in_id: str | None = None
    sign_up_id: str | None = None
    last_active_session_id: str | None = None
    last_authentication_strategy: str | None = None
    created_at: int
    """Unix milliseconds."""
    updated_at: int
    """Unix milliseconds."""
