"""Browsers that administrators signed in with: found by the SHA-256 of their cookie's value."""

from sqlalchemy import bindparam, delete, insert, select, update

from claimsmith_server.core.models import Administrator, AdministratorSession
from claimsmith_server.store.database import Tx
from claimsmith_server.store.rows import Shape
from claimsmith_server.store.schema import administrator_sessions, administrators

_SHAPE = Shape(AdministratorSession, administrator_sessions)
_OWNER = Shape(Administrator, administrators)
_INSERT = insert(administrator_sessions)
_BY_TOKEN = (
    select(*_SHAPE.columns, *_OWNER.columns)
    .join_from(
        administrator_sessions,
        administrators,
        (administrators.c.instance_id == administrator_sessions.c.instance_id)
        & (administrators.c.id == administrator_sessions.c.administrator_id),
    )
    .where(
        administrator_sessions.c.instance_id == bindparam("instance", required=False),
        administrator_sessions.c.token_hash == bindparam("hash", required=False),
    )
)


async def insert_administrator_session(tx: Tx, session: AdministratorSession) -> None:
    """Nothing; the session is stored.

    Raises:
        ForeignKeyViolation: the administrator is gone.
    """
    await tx.run(_INSERT, _SHAPE.values(session))


async def load_administrator_session(
    tx: Tx, instance_id: str, token_hash: bytes
) -> tuple[AdministratorSession, Administrator] | None:
    """The session with the administrator as they are now: one read. Whether it has expired is for the caller to say."""
    row = await tx.one(_BY_TOKEN, {"instance": instance_id, "hash": token_hash})
    if row is None:
        return None
    width = len(_SHAPE.columns)
    return _SHAPE.build(row[:width]), _OWNER.build(row[width:])


async def touch_administrator_session(tx: Tx, session: AdministratorSession, *, now: int) -> None:
    """Nothing; the session was active at `now`, if it is still there and nobody noted it meanwhile."""
    statement = (
        update(administrator_sessions)
        .where(
            administrator_sessions.c.instance_id == session.instance_id,
            administrator_sessions.c.token_hash == session.token_hash,
            administrator_sessions.c.last_active_at == session.last_active_at,
        )
        .values(last_active_at=now)
    )
    await tx.run(statement)


async def delete_administrator_session(tx: Tx, instance_id: str, token_hash: bytes) -> str | None:
    """The id of the administrator whose session is gone now; None: there was none."""
    statement = (
        delete(administrator_sessions)
        .where(administrator_sessions.c.instance_id == instance_id, administrator_sessions.c.token_hash == token_hash)
        .returning(administrator_sessions.c.administrator_id)
    )
    row = await tx.one(statement)
    return None if row is None else str(row[0])


async def delete_sessions_of_administrator(
    tx: Tx, instance_id: str, administrator_id: str, *, but: bytes | None = None
) -> int:
    """How many sessions of an administrator are gone now; the one with the hash `but` stays."""
    statement = delete(administrator_sessions).where(
        administrator_sessions.c.instance_id == instance_id,
        administrator_sessions.c.administrator_id == administrator_id,
    )
    if but is not None:
        statement = statement.where(administrator_sessions.c.token_hash != but)
    return await tx.run(statement)
