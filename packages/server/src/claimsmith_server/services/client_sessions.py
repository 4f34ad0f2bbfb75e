"""Sessions as their own browser uses them: touch, end, remove; and those of its user elsewhere (contract 4.5)."""

from typing import Literal, NamedTuple

import msgspec

from claimsmith_server.core.client_state import ClientEvent
from claimsmith_server.core.errors import RESOURCE_NOT_FOUND, SIGNED_OUT
from claimsmith_server.core.models import Session
from claimsmith_server.services.account.access import require_recent_factor, who_acts
from claimsmith_server.services.acting import Acting, load_own_session, session_not_found
from claimsmith_server.services.audit import record
from claimsmith_server.services.callers import Caller
from claimsmith_server.services.clients import change_client
from claimsmith_server.services.context import Service
from claimsmith_server.services.session_start import activity_of
from claimsmith_server.services.sessions import abandoned_after
from claimsmith_server.store import clients, organizations, sessions
from claimsmith_server.store.database import Tx


class TouchSession(msgspec.Struct, frozen=True, kw_only=True):
    """The form of `POST …/touch`."""

    active_organization_id: str | None = None
    """Absent: stays. Empty: none."""
    intent: Literal["focus", "select_session", "select_org"] | None = None


class Ended(NamedTuple):
    """A session that was ended, and the client's new token; `None` when it had ended before."""

    session: Session
    client_token: str | None


async def touch_session(service: Service, caller: Caller, session_id: str, asked: TouchSession) -> Session:
    """The session with activity now; it is the client's active one.

    Raises:
        ServiceError: `resource_not_found` for another client's session, or an organization without the user;
            `authentication_invalid` when the session is not live.
    """
    before = await load_own_session(service, caller, session_id)
    now = service.clock.now()
    instance = caller.instance
    organization_id = await _find_organization(service, caller, before, asked.active_organization_id)

    async def work(tx: Tx) -> Session:
        session = await sessions.touch_session(
            tx,
            instance.id,
            session_id,
            now=now,
            abandon_at=now + abandoned_after(instance.settings.session),
            organization_id=organization_id,
            activity=activity_of(caller.credentials),
        )
        if session is None:
            raise SIGNED_OUT()
        await clients.update_client(tx, instance.id, session.client_id, last_active_session_id=session.id)
        return session

    return await service.database.transact(work)


async def end_session(service: Service, caller: Caller, session_id: str, status: Literal["ended", "removed"]) -> Ended:
    """The session, ended; the client's token is replaced, and another live session is its active one (case S-002).

    Raises:
        ServiceError: `resource_not_found` for another client's session.
    """
    before = await load_own_session(service, caller, session_id)
    now = service.clock.now()
    instance_id = caller.instance.id

    async def work(tx: Tx) -> Ended:
        ended = await sessions.end_session(tx, instance_id, session_id, status, now=now)
        if ended is None:
            return Ended(before, None)
        await record(service, tx, instance_id, f"session.{status}", session_id, {}, actor=before.user_id)
        return Ended(ended, await leave_session(service, tx, ended, by_itself=True))

    return await service.database.transact(work)


async def list_own_sessions(service: Service, acting: Acting, *, live_only: bool) -> list[Session]:
    """The acting user's sessions in every browser: the live ones, or the latest hundred."""
    database, now = service.database, service.clock.now()
    if live_only:
        return list(await sessions.list_live_sessions(database, acting.instance.id, now=now, user_id=acting.user.id))
    which = sessions.SessionFilter(user_id=acting.user.id)
    return list(await sessions.list_sessions(database, acting.instance.id, which, now=now, limit=100))


async def revoke_own_session(service: Service, acting: Acting, session_id: str) -> Session:
    """A session of the acting user, in whichever browser, revoked (case S-029).

    Raises:
        ServiceError: `resource_not_found` for another user's session, `session_reverification_required`.
    """
    require_recent_factor(service, acting)
    database, instance_id, now = service.database, acting.instance.id, service.clock.now()
    session = await sessions.load_session(database, instance_id, session_id, now=now)
    if session is None or session.user_id != acting.user.id:
        raise session_not_found(session_id)

    async def work(tx: Tx) -> Session | None:
        ended = await sessions.end_session(tx, instance_id, session_id, "revoked", now=now)
        if ended is not None:
            await leave_session(service, tx, ended, by_itself=False)
            await record(service, tx, instance_id, "session.revoked", session_id, {}, actor=who_acts(acting))
        return ended

    return await database.transact(work) or session


async def leave_session(service: Service, tx: Tx, session: Session, *, by_itself: bool) -> str | None:
    """The new token of the client whose session just ended; another live session is its active one, or none.

    `by_itself` says that the client ended it; one that lost it otherwise is not there to be given another token.
    """
    client = await clients.load_client(tx, session.instance_id, session.client_id)
    if client is None:
        return None
    now = service.clock.now()
    left = await sessions.list_live_sessions(tx, session.instance_id, now=now, client_id=client.id)
    active = client.last_active_session_id
    if active not in {one.id for one in left}:
        active = left[-1].id if left else None
    event: ClientEvent = ("end_session" if left else "end_last_session") if by_itself else _lost(bool(left))
    changed = await change_client(service, tx, client, event, was_signed_in=True, last_active_session_id=active)
    return changed.token


def _lost(has_more: bool) -> ClientEvent:  # noqa: FBT001 - the one thing that it depends on
    return "lose_session" if has_more else "lose_last_session"


async def _find_organization(service: Service, caller: Caller, session: Session, asked: str | None) -> str | None:
    if asked is None:
        return sessions.KEEP
    if not asked:
        return None
    found = await organizations.load_membership(service.database, caller.instance.id, asked, session.user_id)
    if found is None:
        raise RESOURCE_NOT_FOUND(
            param_name="active_organization_id", resource="membership", by="organization", id=asked[:64]
        )
    return asked
