"""The audit log: append and read."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, insert, literal, select

from claimsmith_server.core.models import AuditEvent
from claimsmith_server.store.database import Tx
from claimsmith_server.store.rows import Shape
from claimsmith_server.store.schema import audit_log

_SHAPE = Shape(AuditEvent, audit_log)
_INSERT = insert(audit_log)


async def insert_audit_event(tx: Tx, event: AuditEvent) -> None:
    """Nothing; the event is stored. Pass the transaction of what it tells about, so that both happen or neither."""
    await tx.run(_INSERT, _SHAPE.values(event))


async def list_audit_events(tx: Tx, instance_id: str, *, limit: int = 100, offset: int = 0) -> Sequence[AuditEvent]:
    """A page of events, newest first."""
    statement = (
        select(*_SHAPE.columns)
        .where(audit_log.c.instance_id == instance_id)
        .order_by(audit_log.c.created_at.desc(), audit_log.c.id.desc())
        .limit(literal(limit, BigInteger))
        .offset(literal(offset, BigInteger))
    )
    return [_SHAPE.build(row) for row in await tx.all(statement)]
