"""Clients and their sessions as browsers see them (contract 4.2)."""

from typing import Any, Literal

import msgspec

from claimsmith_server.core.models import Activity, Client, JsonObject, Membership, Organization, Role, Session, User
from claimsmith_server.wire.organization import PublicUserData, public_user_data_out
from claimsmith_server.wire.session import Token
from claimsmith_server.wire.user import ClientUser, client_user_out

_MINUTE_MS = 60 * 1000


class ClientSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session of this browser."""

    id: str
    object: Literal["session"] = "session"
    status: str
    expire_at: int
    abandon_at: int
    last_active_at: int
    last_active_organization_id: str | None
    actor: JsonObject | None
    tasks: None = None
    factor_verification_age: tuple[int, int]
    user: ClientUser | None
    public_user_data: PublicUserData | None
    last_active_token: Token | None
    created_at: int
    updated_at: int


class SessionActivity(msgspec.Struct, frozen=True, kw_only=True):
    """Where a session was last used (contract 4.5)."""

    object: Literal["session_activity"] = "session_activity"
    id: str
    is_mobile: bool
    device_type: str | msgspec.UnsetType
    browser_name: str | msgspec.UnsetType
    browser_version: str | msgspec.UnsetType
    ip_address: str | msgspec.UnsetType


class UserSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session of the user in some browser, as the list of devices tells it."""

    id: str
    object: Literal["session"] = "session"
    status: str
    expire_at: int
    abandon_at: int
    last_active_at: int
    last_active_organization_id: str | None
    actor: JsonObject | None
    factor_verification_age: tuple[int, int]
    public_user_data: PublicUserData
    latest_activity: SessionActivity
    created_at: int
    updated_at: int


class WireClient(msgspec.Struct, frozen=True, kw_only=True):
    """A browser."""

    id: str
    object: Literal["client"] = "client"
    sessions: tuple[ClientSession, ...]
    sign_in: Any
    sign_up: Any
    last_active_session_id: str | None
    last_authentication_strategy: str | None
    cookie_expires_at: int | None = None
    captcha_bypass: bool
    created_at: int
    updated_at: int


def client_session_out(
    session: Session,
    user: User,
    memberships: tuple[tuple[Membership, Organization, Role], ...],
    jwt: str | None,
    now: int,
) -> ClientSession:
    """A session for its own browser; `jwt` is a token minted just now."""
    return ClientSession(
        id=session.id,
        status=session.status,
        expire_at=session.expire_at,
        abandon_at=session.abandon_at,
        last_active_at=session.last_active_at,
        last_active_organization_id=session.last_active_organization_id,
        actor=session.actor,
        factor_verification_age=_factor_age(session, now),
        user=client_user_out(user, memberships, now),
        public_user_data=public_user_data_out(user),
        last_active_token=None if jwt is None else Token(jwt=jwt),
        created_at=session.created_at,
        updated_at=session.updated_at,
    )


def user_session_out(session: Session, user: User, now: int) -> UserSession:
    """A session for the list of its user's devices."""
    activity = session.activity or Activity()
    return UserSession(
        id=session.id,
        status=session.status,
        expire_at=session.expire_at,
        abandon_at=session.abandon_at,
        last_active_at=session.last_active_at,
        last_active_organization_id=session.last_active_organization_id,
        actor=session.actor,
        factor_verification_age=_factor_age(session, now),
        public_user_data=public_user_data_out(user),
        latest_activity=SessionActivity(
            id=session.id.replace("sess_", "sess_activity_", 1),
            device_type=activity.device_type or msgspec.UNSET,
            is_mobile=activity.is_mobile,
            browser_name=activity.browser_name or msgspec.UNSET,
            browser_version=activity.browser_version or msgspec.UNSET,
            ip_address=activity.ip_address or msgspec.UNSET,
        ),
        created_at=session.created_at,
        updated_at=session.updated_at,
    )


def client_out(
    client: Client,
    sessions: tuple[ClientSession, ...],
    *,
    sign_in: Any = None,
    sign_up: Any = None,
    captcha_bypass: bool = False,
) -> WireClient:
    """A client; `updated_at` is floored to a second, since browsers compare it with a token's `iat` (pitfall 5)."""
    live = {session.id for session in sessions}
    return WireClient(
        id=client.id,
        sessions=sessions,
        sign_in=sign_in,
        sign_up=sign_up,
        last_active_session_id=client.last_active_session_id if client.last_active_session_id in live else None,
        last_authentication_strategy=client.last_authentication_strategy,
        captcha_bypass=captcha_bypass,
        created_at=client.created_at,
        updated_at=client.updated_at // 1000 * 1000,
    )


def _factor_age(session: Session, now: int) -> tuple[int, int]:
    return (
        _minutes_since(session.first_factor_verified_at, now),
        _minutes_since(session.second_factor_verified_at, now),
    )


def _minutes_since(verified_at: int | None, now: int) -> int:
    return -1 if verified_at is None else max(0, (now - verified_at) // _MINUTE_MS)
