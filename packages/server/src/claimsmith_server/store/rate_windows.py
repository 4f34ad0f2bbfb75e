"""Rate limits that all processes count together: one row a caller, one statement a request (case A-014)."""

from typing import Any

from sqlalchemy import case, insert, update

from claimsmith_server.store.database import Database
from claimsmith_server.store.errors import UniqueViolation
from claimsmith_server.store.schema import rate_windows

_INSERT = insert(rate_windows)


async def count_in_window(db: Database, instance_id: str, key: str, *, started_at: int) -> int:
    """How many times this key was counted in the window that started then, this time included.

    `db` is a database and no transaction: what was counted stays counted, whatever becomes of the request.
    """
    row = await db.one(_count(instance_id, key, started_at))
    if row is None:
        try:
            values = {"instance_id": instance_id, "key": key, "started_at": started_at, "count": 1}
            await db.run(_INSERT, values)
        except UniqueViolation:  # another request was first
            row = await db.one(_count(instance_id, key, started_at))
    return 1 if row is None else int(row[0])


def _count(instance_id: str, key: str, started_at: int) -> Any:
    is_same = rate_windows.c.started_at == started_at
    return (
        update(rate_windows)
        .where(rate_windows.c.instance_id == instance_id, rate_windows.c.key == key)
        .values(started_at=started_at, count=case((is_same, rate_windows.c.count + 1), else_=1))
        .returning(rate_windows.c.count)
    )
