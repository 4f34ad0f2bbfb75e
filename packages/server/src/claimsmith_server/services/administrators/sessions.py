"""Who is signed in to the dashboard: half an hour without a request ends it, and twelve hours do (case X-008)."""

from typing import Final, NamedTuple

from claimsmith_server.core.models import Administrator, AdministratorSession, Instance
from claimsmith_server.core.secrets import hash_secret
from claimsmith_server.services.audit import record
from claimsmith_server.services.context import Service
from claimsmith_server.store import administrator_sessions
from claimsmith_server.store.database import Tx

IDLE_MS: Final = 30 * 60 * 1000
"""Counted from the last activity that was noted, so never more than this."""
SESSION_MS: Final = 12 * 3600 * 1000
_TOUCH_MS: Final = 60 * 1000
"""Activity is noted at most this often: other requests read only."""


class SignedIn(NamedTuple):
    """An administrator who just signed in, with the only sight there ever is of the cookie's value."""

    administrator: Administrator
    token: str


async def load_signed_in(service: Service, instance: Instance, token: str) -> Administrator | None:
    """The administrator whose browser holds this cookie's value, with the role of this moment; one read.

    At most once a minute it is a write too: the activity is noted.
    """
    if not token:
        return None
    now = service.clock.now()
    found = await administrator_sessions.load_administrator_session(service.database, instance.id, hash_secret(token))
    if found is None:
        return None
    session, administrator = found
    if now >= min(session.expire_at, session.last_active_at + IDLE_MS):
        return None
    if now >= session.last_active_at + _TOUCH_MS:
        await administrator_sessions.touch_administrator_session(service.database, session, now=now)
    return administrator


async def start_session(service: Service, tx: Tx, administrator: Administrator, *, replacing: str = "") -> str:
    """The value for the cookie of a browser that signs in.

    Args:
        service: the services.
        tx: the transaction of the sign-in.
        administrator: who.
        replacing: the cookie's value so far, which is of no use any more: a token that somebody planted is never the
            one that is signed in with.
    """
    now = service.clock.now()
    if replacing:
        await administrator_sessions.delete_administrator_session(tx, administrator.instance_id, hash_secret(replacing))
    token = service.make_secret()
    session = AdministratorSession(
        instance_id=administrator.instance_id,
        token_hash=hash_secret(token),
        administrator_id=administrator.id,
        last_active_at=now,
        expire_at=now + SESSION_MS,
        created_at=now,
    )
    await administrator_sessions.insert_administrator_session(tx, session)
    return token


async def sign_out(service: Service, instance: Instance, token: str) -> bool:
    """Whether a session ended: its row is gone, so the cookie's value is of no use to anybody."""

    async def work(tx: Tx) -> bool:
        administrator_id = await administrator_sessions.delete_administrator_session(
            tx, instance.id, hash_secret(token)
        )
        if administrator_id is None:
            return False
        await record(service, tx, instance.id, "administrator.signed_out", administrator_id, {}, actor=administrator_id)
        return True

    return await service.database.transact(work)
