"""The outbox: effects that a transaction decided and a task carries out after it."""

from collections.abc import Sequence

from sqlalchemy import insert, select, update

from claimsmith_server.core.models import OutboxMessage
from claimsmith_server.store.database import Tx
from claimsmith_server.store.rows import Shape
from claimsmith_server.store.schema import outbox

_SHAPE = Shape(OutboxMessage, outbox)
_INSERT = insert(outbox)


async def insert_outbox_message(tx: Tx, message: OutboxMessage) -> None:
    """Nothing; the message is stored. Pass the transaction of what it follows from."""
    await tx.run(_INSERT, _SHAPE.values(message))


async def load_due_messages(tx: Tx, *, now: int, limit: int = 100) -> Sequence[OutboxMessage]:
    """Messages to carry out, oldest first; in a PostgreSQL transaction they are locked, others skip them."""
    statement = (
        select(*_SHAPE.columns)
        .where(outbox.c.done_at.is_(None), outbox.c.available_at <= now)
        .order_by(outbox.c.available_at, outbox.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [_SHAPE.build(row) for row in await tx.all(statement)]


async def finish_message(tx: Tx, instance_id: str, message_id: str, *, now: int) -> bool:
    """Whether the message was still to do; it is done now."""
    key = (outbox.c.instance_id == instance_id, outbox.c.id == message_id, outbox.c.done_at.is_(None))
    return await tx.run(update(outbox).where(*key).values(done_at=now)) > 0
