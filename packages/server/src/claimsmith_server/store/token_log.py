"""The token log: which claims tokens went without, by session and day; names, never values."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import BigInteger, ColumnElement, Table, case, literal, select, tuple_

from claimsmith_server.core.models import TokenKind, TokenLogEntry
from claimsmith_server.store.database import Tx, scan_within
from claimsmith_server.store.rows import Shape
from claimsmith_server.store.schema import token_log
from claimsmith_server.store.upserts import upsert

_SHAPE = Shape(TokenLogEntry, token_log)


class TokenLogFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries; None does not narrow."""

    kind: TokenKind | None = None
    user_id: str | None = None
    session_id: str | None = None
    since: int | None = None
    """Unix milliseconds: entries that were true at this moment or after."""
    until: int | None = None
    """Unix milliseconds: before this moment."""


class LogPlace(NamedTuple):
    """A place in an order by time, from which to go on: the last row that was seen."""

    at: int
    id: str


async def add_token_log_entries(tx: Tx, engine: str, entries: Sequence[TokenLogEntry]) -> None:
    """Nothing; an entry whose id is there already is added to that one.

    Args:
        tx: a transaction, since all of them belong together.
        engine: the database's `dialect_name`.
        entries: in the same order everywhere, as with `token_counts`.

    Raises:
        ForeignKeyViolation: there is no such instance (any more).
        InvalidValue: a claim's name that can't be stored.
    """
    statement = upsert(token_log, engine, _add)
    for entry in entries:
        await tx.run(statement, _SHAPE.values(entry))


async def list_token_log(
    tx: Tx, instance_id: str, which: TokenLogFilter, *, limit: int, after: LogPlace | None = None
) -> Sequence[TokenLogEntry]:
    """A page of entries, the last one that happened first; it costs the same however far in it is.

    Raises:
        Busy: it took more than five seconds.
    """
    columns = token_log.c
    wanted = [columns.instance_id == instance_id]
    wanted += [
        columns[name] == value
        for name in ("kind", "user_id", "session_id")
        if (value := getattr(which, name)) is not None
    ]
    if which.since is not None:
        wanted.append(columns.updated_at >= which.since)
    if which.until is not None:
        wanted.append(columns.updated_at < which.until)
    if after is not None:
        wanted.append(tuple_(columns.updated_at, columns.id) < _place(after))
    statement = (
        select(*_SHAPE.columns)
        .where(*wanted)
        .order_by(columns.updated_at.desc(), columns.id.desc())
        .limit(literal(limit, BigInteger))
    )
    return [_SHAPE.build(row) for row in await scan_within(tx, statement)]


def _place(place: LogPlace) -> Any:
    return tuple_(place.at, place.id, types=[token_log.c.updated_at.type, token_log.c.id.type])


def _add(table: Table, excluded: Any) -> dict[str, ColumnElement[Any]]:
    is_later = excluded.updated_at > table.c.updated_at
    is_earlier = excluded.created_at < table.c.created_at
    return {
        "count": table.c.count + excluded.count,
        "cookie_bytes": case((is_later, excluded.cookie_bytes), else_=table.c.cookie_bytes),
        "created_at": case((is_earlier, excluded.created_at), else_=table.c.created_at),
        "updated_at": case((is_later, excluded.updated_at), else_=table.c.updated_at),
    }
