"""Clients: browsers that hold sessions."""

from sqlalchemy import bindparam, delete, insert, select, update

from claimsmith_server.core.models import Client
from claimsmith_server.store.database import Tx
from claimsmith_server.store.rows import Shape
from claimsmith_server.store.schema import clients

_SHAPE = Shape(Client, clients)
_INSERT = insert(clients)
_BY_ID = select(*_SHAPE.columns).where(
    clients.c.instance_id == bindparam("instance", required=False), clients.c.id == bindparam("id", required=False)
)


async def insert_client(tx: Tx, client: Client) -> None:
    """Nothing; the client is stored."""
    await tx.run(_INSERT, _SHAPE.values(client))


async def load_client(tx: Tx, instance_id: str, client_id: str) -> Client | None:
    """The client with this id."""
    row = await tx.one(_BY_ID, {"instance": instance_id, "id": client_id})
    return None if row is None else _SHAPE.build(row)


async def set_last_active_session(
    tx: Tx, instance_id: str, client_id: str, session_id: str | None, *, now: int
) -> Client | None:
    """The client with another last active session."""
    statement = (
        update(clients)
        .where(clients.c.instance_id == instance_id, clients.c.id == client_id)
        .values(last_active_session_id=session_id, updated_at=now)
        .returning(*_SHAPE.columns)
    )
    row = await tx.one(statement)
    return None if row is None else _SHAPE.build(row)


async def delete_client(tx: Tx, instance_id: str, client_id: str) -> bool:
    """Whether there was such a client; its sessions are gone with it."""
    statement = delete(clients).where(clients.c.instance_id == instance_id, clients.c.id == client_id)
    return await tx.run(statement) > 0
