"""The audit log: append and read."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import BigInteger, ColumnElement, and_, insert, literal, or_, select, tuple_

from claimsmith_server.core.models import AuditEvent
from claimsmith_server.store.database import Tx, scan_within
from claimsmith_server.store.rows import Shape
from claimsmith_server.store.schema import audit_log
from claimsmith_server.store.token_log import LogPlace

_SHAPE = Shape(AuditEvent, audit_log)
_INSERT = insert(audit_log)


class AuditFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which events; None does not narrow."""

    actor: str | None = None
    action: str | None = None
    """One action, such as `user.created`, or all of a kind, such as `user`."""
    target: str | None = None
    since: int | None = None
    """Unix milliseconds: at this moment or after."""
    until: int | None = None
    """Unix milliseconds: before this moment."""


async def insert_audit_event(tx: Tx, event: AuditEvent) -> None:
    """Nothing; the event is stored. Pass the transaction of what it tells about, so that both happen or neither."""
    await tx.run(_INSERT, _SHAPE.values(event))


async def list_audit_events(  # noqa: PLR0913 - the parameters of one page
    tx: Tx,
    instance_id: str,
    which: AuditFilter | None = None,
    *,
    limit: int = 100,
    offset: int = 0,
    after: LogPlace | None = None,
) -> Sequence[AuditEvent]:
    """A page of events, newest first; one that goes on `after` a place costs the same however far in it is.

    Events that a filter leaves out are read all the same, so the read runs off the event loop.

    Raises:
        Busy: it took more than five seconds.
    """
    columns = audit_log.c
    wanted = [columns.instance_id == instance_id, *_narrow(which or AuditFilter())]
    if after is not None:
        place = tuple_(after.at, after.id, types=[columns.created_at.type, columns.id.type])
        wanted.append(tuple_(columns.created_at, columns.id) < place)
    statement = (
        select(*_SHAPE.columns)
        .where(*wanted)
        .order_by(columns.created_at.desc(), columns.id.desc())
        .limit(literal(limit, BigInteger))
        .offset(literal(offset, BigInteger))
    )
    return [_SHAPE.build(row) for row in await scan_within(tx, statement)]


def _narrow(which: AuditFilter) -> list[ColumnElement[bool]]:
    columns: Any = audit_log.c
    wanted: list[ColumnElement[bool]] = []
    if which.actor is not None:
        wanted.append(columns.actor == which.actor)
    if which.target is not None:
        wanted.append(columns.target == which.target)
    if which.action is not None:
        of_kind = and_(columns.action >= f"{which.action}.", columns.action < f"{which.action}/")  # "/" follows "."
        wanted.append(or_(columns.action == which.action, of_kind))
    if which.since is not None:
        wanted.append(columns.created_at >= which.since)
    if which.until is not None:
        wanted.append(columns.created_at < which.until)
    return wanted
