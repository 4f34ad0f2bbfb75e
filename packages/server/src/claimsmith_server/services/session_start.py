"""A sign-in that is complete: a session on the browser's client, and a new client token (cases S-001, S-002)."""

from typing import NamedTuple

from claimsmith_server.core.devices import parse_device
from claimsmith_server.core.models import Activity, Client, JsonObject, Session, User
from claimsmith_server.services.audit import record
from claimsmith_server.services.callers import Caller, Credentials
from claimsmith_server.services.clients import change_client
from claimsmith_server.services.context import Service
from claimsmith_server.services.lockouts import require_allowed
from claimsmith_server.services.notices import tell_of_new_device
from claimsmith_server.services.sessions import abandoned_after
from claimsmith_server.store import clients, lockouts, sessions
from claimsmith_server.store.database import Tx


class Started(NamedTuple):
    """A session that just began, and the token that the browser is known by from now on."""

    session: Session
    client_token: str


async def start_session(  # noqa: PLR0913 - what a session is started with
    service: Service,
    tx: Tx,
    caller: Caller,
    client: Client,
    user: User,
    *,
    strategy: str,
    actor: JsonObject | None = None,
    max_duration_seconds: int | None = None,
) -> Started:
    """The user's new active session on this client, in the transaction of the attempt that it completes.

    The client's attempts are over, its token is replaced, and where an instance allows one session at a time, the
    other ones end. Whoever calls has checked the user's factors.

    Raises:
        ServiceError: `user_banned` or `user_locked`.
    """
    require_allowed(user)
    now = service.clock.now()
    instance = caller.instance
    await clients.hold_client(tx, instance.id, client.id)  # of two sign-ins at once, one sees the other's session
    live = await sessions.list_live_sessions(tx, instance.id, now=now, client_id=client.id)
    if live and instance.settings.session.single_session_mode:
        await sessions.end_sessions_of_client(tx, instance.id, client.id, "replaced", now=now)
    session = _new_session(service, caller, client, user, strategy, actor, max_duration_seconds)
    await sessions.insert_session(tx, session)
    changed = await change_client(
        service,
        tx,
        client,
        "start_session",
        was_signed_in=bool(live),
        last_active_session_id=session.id,
        last_authentication_strategy=strategy,
        sign_in_id=None,
        sign_up_id=None,
    )
    if actor is None:
        await lockouts.note_sign_in(tx, instance.id, user.id, now=now)
        await tell_of_new_device(service, tx, instance, user, session)
    told = {"user_id": user.id, "strategy": strategy, **({"actor": actor} if actor else {})}
    await record(service, tx, instance.id, "session.created", session.id, told, actor=_who(user, actor))
    return Started(session, changed.token or "")


def activity_of(credentials: Credentials) -> Activity:
    """Where a request comes from, as the user's list of sessions tells it (contract 4.5)."""
    device = parse_device(credentials.user_agent)
    return Activity(
        device_type=device.device_type,
        is_mobile=device.is_mobile,
        browser_name=device.browser_name,
        browser_version=device.browser_version,
        ip_address=credentials.address or None,
    )


def _who(user: User, actor: JsonObject | None) -> str:
    return str(actor["sub"]) if actor else user.id


def _new_session(  # noqa: PLR0913, PLR0917 - a row
    service: Service,
    caller: Caller,
    client: Client,
    user: User,
    strategy: str,
    actor: JsonObject | None,
    max_duration_seconds: int | None,
) -> Session:
    now = service.clock.now()
    # A one-time ticket is no factor of the user's own: it satisfies no step-up (case S-030).
    is_proved = actor is None and strategy != "ticket"
    settings = caller.instance.settings.session
    lifetime = min(settings.maximum_lifetime_seconds, max_duration_seconds or settings.maximum_lifetime_seconds)
    return Session(
        id=service.make_id("sess"),
        instance_id=caller.instance.id,
        client_id=client.id,
        user_id=user.id,
        status="active",
        actor=actor,
        last_active_organization_id=None,
        first_factor_verified_at=now if is_proved else None,
        second_factor_verified_at=None,
        last_active_at=now,
        expire_at=now + lifetime * 1000,
        abandon_at=now + abandoned_after(settings),
        created_at=now,
        updated_at=now,
        activity=activity_of(caller.credentials),
    )
