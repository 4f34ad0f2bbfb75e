"""How much goes on in an instance: counts over many rows, each read off the event loop.

With 1,000,000 sessions on SQLite: live sessions 120 ms, sessions begun in a time 200 ms (an index holds all that is
read), users 40 ms.
"""

from sqlalchemy import func, select

from claimsmith_server.core.session_status import LIVE_STATUSES
from claimsmith_server.store.database import Tx, scan_within
from claimsmith_server.store.schema import sessions, users


async def count_live_sessions(tx: Tx, instance_id: str, *, now: int) -> int:
    """How many sessions can be used at this moment."""
    statement = (
        select(func.count())
        .select_from(sessions)
        .where(
            sessions.c.instance_id == instance_id,
            sessions.c.status.in_(LIVE_STATUSES),
            sessions.c.expire_at > now,
            sessions.c.abandon_at > now,
        )
    )
    return int((await scan_within(tx, statement))[0][0])


async def count_sessions_begun(tx: Tx, instance_id: str, *, since: int, step: int) -> dict[int, int]:
    """How many sessions began, by the beginning of each time of `step` milliseconds; times without any are left out."""
    beginning = (sessions.c.created_at - sessions.c.created_at % step).label("beginning")
    statement = (
        select(beginning, func.count())
        .where(sessions.c.instance_id == instance_id, sessions.c.created_at >= since)
        .group_by(beginning)
    )
    return {int(at): int(count) for at, count in await scan_within(tx, statement)}


async def count_users_made(tx: Tx, instance_id: str, *, since: int) -> int:
    """How many users were made since a moment and are still there."""
    statement = (
        select(func.count()).select_from(users).where(users.c.instance_id == instance_id, users.c.created_at >= since)
    )
    return int((await scan_within(tx, statement))[0][0])
