"""Sessions that end from outside their browser: through the Backend API, or with what becomes of their user.

Whoever ends them does it in the transaction of the cause, so that once that is answered nothing mints (cases S-016 to
S-019); the clients that lose them have another live session as their active one, or none.
"""

from collections.abc import Sequence

from claimsmith_server.core.errors import RESOURCE_NOT_FOUND
from claimsmith_server.core.models import Instance, Session
from claimsmith_server.services.audit import SECRET_KEY_ACTOR, record
from claimsmith_server.services.client_sessions import leave_session
from claimsmith_server.services.context import Service
from claimsmith_server.services.sessions import load_session
from claimsmith_server.store import sessions, users
from claimsmith_server.store.database import Tx


async def revoke_session(
    service: Service, instance: Instance, session_id: str, *, actor: str = SECRET_KEY_ACTOR
) -> Session:
    """The session, revoked: once this returns, no process mints for it again. One that has ended stays as it is.

    Raises:
        ServiceError: `resource_not_found`.
    """
    now = service.clock.now()

    async def work(tx: Tx) -> None:
        ended = await sessions.end_session(tx, instance.id, session_id, "revoked", now=now)
        if ended is not None:
            await leave_session(service, tx, ended, by_itself=False)
            await record(service, tx, instance.id, "session.revoked", session_id, {}, actor=actor)

    await service.database.transact(work)
    return await load_session(service, instance, session_id)


async def revoke_sessions_of_user(
    service: Service, instance: Instance, user_id: str, *, actor: str = SECRET_KEY_ACTOR
) -> Sequence[str]:
    """The ids of all live sessions of a user, revoked: the user is signed out everywhere.

    Raises:
        ServiceError: `resource_not_found`.
    """

    async def work(tx: Tx) -> Sequence[str]:
        if await users.hold_user(tx, instance.id, user_id) is None:
            raise RESOURCE_NOT_FOUND(resource="user", by="id", id=user_id[:64])
        ended = await end_sessions_of_user(service, tx, instance.id, user_id)
        if ended:
            told = {"sessions": len(ended)}
            await record(service, tx, instance.id, "user.sessions_revoked", user_id, told, actor=actor)
        return ended

    return await service.database.transact(work)


async def end_sessions_of_user(
    service: Service, tx: Tx, instance_id: str, user_id: str, *, but: str | None = None
) -> Sequence[str]:
    """The ids of all live sessions of a user, revoked in this transaction; `but` names one to leave alone.

    Whoever calls holds the user's row, so that no sign-in of the same moment escapes.
    """
    now = service.clock.now()
    ended = await sessions.end_sessions_of_user(tx, instance_id, user_id, "revoked", now=now, but=but)
    if ended:
        await sessions.leave_clients_of_user(tx, instance_id, user_id, now=now)
    return ended
