"""Clients: browsers that hold sessions, found by the token that their cookie holds."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import BigInteger, and_, bindparam, delete, func, insert, literal, select, update

from claimsmith_server.core.models import Client
from claimsmith_server.store.database import Tx
from claimsmith_server.store.rows import Shape
from claimsmith_server.store.schema import clients, dev_browsers

_SHAPE = Shape(Client, clients)
_INSERT = insert(clients)
_OF_INSTANCE = select(*_SHAPE.columns).where(clients.c.instance_id == bindparam("instance", required=False))
_BY_ID = _OF_INSTANCE.where(clients.c.id == bindparam("id", required=False))
_HOLD_BY_ID = _BY_ID.with_for_update()
_BY_TOKEN = _OF_INSTANCE.where(clients.c.token_hash == bindparam("hash", required=False))
_OF_DEV_BROWSER = (
    select(dev_browsers.c.token_hash, *_SHAPE.columns)
    .select_from(
        dev_browsers.outerjoin(
            clients,
            and_(clients.c.instance_id == dev_browsers.c.instance_id, clients.c.id == dev_browsers.c.client_id),
        )
    )
    .where(
        dev_browsers.c.instance_id == bindparam("instance", required=False),
        dev_browsers.c.token_hash == bindparam("hash", required=False),
    )
)
_INSERT_DEV_BROWSER = insert(dev_browsers)
_CHANGEABLE: Final = frozenset(_SHAPE.names) - {"id", "instance_id", "created_at"}


async def insert_client(tx: Tx, client: Client) -> None:
    """Nothing; the client is stored."""
    await tx.run(_INSERT, _SHAPE.values(client))


async def load_client(tx: Tx, instance_id: str, client_id: str) -> Client | None:
    """The client with this id."""
    row = await tx.one(_BY_ID, {"instance": instance_id, "id": client_id})
    return None if row is None else _SHAPE.build(row)


async def hold_client(tx: Tx, instance_id: str, client_id: str) -> Client | None:
    """As `load_client`, and nobody else changes the client until this transaction ends."""
    row = await tx.one(_HOLD_BY_ID, {"instance": instance_id, "id": client_id})
    return None if row is None else _SHAPE.build(row)


async def load_client_by_token(tx: Tx, instance_id: str, token_hash: bytes) -> Client | None:
    """The client whose present token has this SHA-256; one that was rotated away finds nobody (case S-002)."""
    row = await tx.one(_BY_TOKEN, {"instance": instance_id, "hash": token_hash})
    return None if row is None else _SHAPE.build(row)


async def list_clients(tx: Tx, instance_id: str, *, limit: int = 10, offset: int = 0) -> Sequence[Client]:
    """A page of clients, newest first."""
    statement = (
        select(*_SHAPE.columns)
        .where(clients.c.instance_id == instance_id)
        .order_by(clients.c.created_at.desc(), clients.c.id.desc())
        .limit(literal(limit, BigInteger))
        .offset(literal(offset, BigInteger))
    )
    return [_SHAPE.build(row) for row in await tx.all(statement)]


async def count_clients(tx: Tx, instance_id: str) -> int:
    """How many clients the instance has."""
    row = await tx.one(select(func.count()).select_from(clients).where(clients.c.instance_id == instance_id))
    return 0 if row is None else int(row[0])


async def update_client(tx: Tx, instance_id: str, client_id: str, **changes: Any) -> Client | None:
    """The client with fields changed.

    Raises:
        KeyError: a field that can't be changed.
    """
    if not _CHANGEABLE.issuperset(changes):
        raise KeyError(*sorted(set(changes) - _CHANGEABLE))
    statement = (
        update(clients)
        .where(clients.c.instance_id == instance_id, clients.c.id == client_id)
        .values(**_SHAPE.encode(changes))
        .returning(*_SHAPE.columns)
    )
    row = await tx.one(statement)
    return None if row is None else _SHAPE.build(row)


async def delete_client(tx: Tx, instance_id: str, client_id: str) -> bool:
    """Whether there was such a client; its sessions, attempts and development browsers are gone with it."""
    statement = delete(clients).where(clients.c.instance_id == instance_id, clients.c.id == client_id)
    return await tx.run(statement) > 0


async def insert_dev_browser(
    tx: Tx, instance_id: str, token_hash: bytes, *, client_id: str | None = None, now: int
) -> None:
    """Nothing; the development browser is known, by the SHA-256 of its id (contract 4.8)."""
    values = {"instance_id": instance_id, "token_hash": token_hash, "client_id": client_id, "created_at": now}
    await tx.run(_INSERT_DEV_BROWSER, values)


async def load_dev_browser(tx: Tx, instance_id: str, token_hash: bytes) -> tuple[bool, Client | None]:
    """Whether a development browser is known, and its client, if it has one yet."""
    row = await tx.one(_OF_DEV_BROWSER, {"instance": instance_id, "hash": token_hash})
    if row is None:
        return False, None
    return True, None if row[1] is None else _SHAPE.build(row[1:])


async def bind_dev_browser(tx: Tx, instance_id: str, token_hash: bytes, client_id: str) -> bool:
    """Whether the development browser had no client yet; it has this one now.

    One conditional update: of two first attempts at once, one binds; the other finds the client that won.
    """
    statement = (
        update(dev_browsers)
        .where(
            dev_browsers.c.instance_id == instance_id,
            dev_browsers.c.token_hash == token_hash,
            dev_browsers.c.client_id.is_(None),
        )
        .values(client_id=client_id)
    )
    return await tx.run(statement) > 0


async def release_dev_browsers(tx: Tx, instance_id: str, client_id: str) -> int:
    """How many development browsers had this client; they have none now, and stay known."""
    statement = (
        update(dev_browsers)
        .where(dev_browsers.c.instance_id == instance_id, dev_browsers.c.client_id == client_id)
        .values(client_id=None)
    )
    return await tx.run(statement)
