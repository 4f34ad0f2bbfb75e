"""Users as a population: how many there are, some of them evenly spread, the one with the largest metadata."""

from collections.abc import Sequence
from typing import Any, Literal

from sqlalchemy import BigInteger, ColumnElement, Table, bindparam, func, literal, select

from claimsmith_server.store.database import Database
from claimsmith_server.store.schema import organization_memberships, organizations, users

MetadataOwner = Literal["user", "org", "org_membership"]
"""Roots of shortcodes below which metadata lie."""
_TABLES: dict[MetadataOwner, Table] = {
    "user": users,
    "org": organizations,
    "org_membership": organization_memberships,
}
_COUNT_USERS = (
    select(func.count()).select_from(users).where(users.c.instance_id == bindparam("instance", required=False))
)


async def count_all_users(db: Database, instance_id: str) -> int:
    """How many users the instance has; an index is read through (100,000: some 5 ms), off the event loop."""
    rows = await db.scan(_COUNT_USERS, {"instance": instance_id})
    return int(rows[0][0])


async def list_spread_users(db: Database, instance_id: str, size: int, count: int) -> list[str]:
    """About `size` ids of users, evenly spread over all `count` of them in the order in which they were made.

    Every k-th one, so the same ones each time; reads one index through (100,000: some 30 ms), off the event loop.
    """
    return [str(row[0]) for row in await db.scan(_every_nth(users, instance_id, size, count))]


async def load_metadata_sample(
    db: Database, instance_id: str, owner: MetadataOwner, size: int
) -> tuple[Sequence[tuple[str, str]], int]:
    """Public and unsafe metadata as JSON texts of about `size` rows, evenly spread, and how many rows there are.

    Organizations and memberships have no unsafe metadata: `{}` stands there.
    """
    table = _TABLES[owner]
    count = await _count(db, table, instance_id)
    if not count:
        return (), 0
    chosen = _every_nth(table, instance_id, size, count).subquery()
    unsafe: ColumnElement[Any] = table.c.unsafe_metadata if owner == "user" else literal("{}")
    statement = (
        select(table.c.public_metadata, unsafe)
        .select_from(chosen.join(table, table.c.id == chosen.c.id))
        .where(table.c.instance_id == instance_id)
    )
    return [(row[0], row[1]) for row in await db.scan(statement)], count


async def list_users_by_metadata_size(db: Database, instance_id: str, limit: int) -> list[str]:
    """Ids of the users whose own metadata are the longest, longest first.

    The metadata of their organizations, and how a template uses them, are not looked at; a scan of the population does.
    """
    length = func.length(users.c.public_metadata) + func.length(users.c.unsafe_metadata)
    statement = (
        select(users.c.id)
        .where(users.c.instance_id == instance_id)
        .order_by(length.desc(), users.c.id.desc())
        .limit(literal(limit, BigInteger))
    )
    return [str(row[0]) for row in await db.scan(statement)]


async def load_user_at(db: Database, instance_id: str, place: int) -> str | None:
    """Id of the user at a place, from 0, in the order in which they were made."""
    statement = (
        select(users.c.id)
        .where(users.c.instance_id == instance_id)
        .order_by(users.c.created_at, users.c.id)
        .limit(literal(1, BigInteger))
        .offset(literal(place, BigInteger))
    )
    rows = await db.scan(statement)
    return str(rows[0][0]) if rows else None


async def _count(db: Database, table: Table, instance_id: str) -> int:
    rows = await db.scan(select(func.count()).select_from(table).where(table.c.instance_id == instance_id))
    return int(rows[0][0])


def _every_nth(table: Table, instance_id: str, size: int, count: int) -> Any:
    """The ids of every n-th row; users have an index in this order that holds nothing but ids and times."""
    step = max(1, -(-count // size))
    numbered = (
        select(table.c.id, func.row_number().over(order_by=(table.c.created_at, table.c.id)).label("number"))
        .where(table.c.instance_id == instance_id)
        .subquery()
    )
    return select(numbered.c.id).where(numbered.c.number % literal(step, BigInteger) == literal(step // 2, BigInteger))
