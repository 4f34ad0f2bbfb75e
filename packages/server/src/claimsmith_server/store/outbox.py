"""The outbox: effects that a transaction decided and a task carries out after it.

A message waits while `done_at` is null. Who carries it out first takes a lease: `available_at` moves ahead by one
compare-and-set, so that of several processes one has it, and when that one dies it is due again. `kinds` is the start
of the kinds meant, e.g. `mail.`; done messages lose their payload, which may hold codes (case L-002).
"""

from collections.abc import Collection, Sequence

import msgspec
from sqlalchemy import bindparam, delete, insert, select, update

from claimsmith_server.core.models import Environment, OutboxMessage
from claimsmith_server.store.database import Tx, within
from claimsmith_server.store.rows import Shape, encode_json
from claimsmith_server.store.schema import instances, outbox

_SHAPE = Shape(OutboxMessage, outbox)
_BLANK = encode_json({}, "payload")
_INSERT = insert(outbox)
_OF_KINDS = outbox.c.kind.like(bindparam("kinds"))
_IS_DUE = (outbox.c.done_at.is_(None), outbox.c.available_at <= bindparam("due_at"), _OF_KINDS)
_ANY_DUE = select(outbox.c.id).where(*_IS_DUE).limit(1)
_OF_ENVIRONMENT = outbox.c.instance_id.in_(
    select(instances.c.id).where(instances.c.environment == bindparam("of_environment"))
)
_ANY_DUE_OF_ENVIRONMENT = _ANY_DUE.where(_OF_ENVIRONMENT)
_LOAD_DUE = (
    select(*_SHAPE.columns)
    .where(*_IS_DUE)
    .order_by(outbox.c.available_at, outbox.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_OF_INSTANCE = (outbox.c.instance_id == bindparam("of_instance"), _OF_KINDS)
_LIST = (
    select(*_SHAPE.columns)
    .where(*_OF_INSTANCE, outbox.c.created_at >= bindparam("created_since"), outbox.c.payload != _BLANK)
    .order_by(outbox.c.created_at.desc(), outbox.c.id.desc())
    .limit(bindparam("most"))
)


async def insert_outbox_message(tx: Tx, message: OutboxMessage) -> None:
    """Nothing; the message is stored. Pass the transaction of what it follows from."""
    await tx.run(_INSERT, _SHAPE.values(message))


async def has_due_messages(tx: Tx, *, now: int, kinds: str = "", environment: Environment | None = None) -> bool:
    """Whether there is something to carry out, if need be of instances of one environment; asked every second."""
    values = {"due_at": now, "kinds": _pattern(kinds)}
    if environment is None:
        return await tx.one(_ANY_DUE, values) is not None
    return await tx.one(_ANY_DUE_OF_ENVIRONMENT, values | {"of_environment": environment}) is not None


async def load_due_messages(tx: Tx, *, now: int, limit: int = 100, kinds: str = "") -> Sequence[OutboxMessage]:
    """Messages to carry out, oldest first; in a PostgreSQL transaction they are locked, others skip them."""
    rows = await tx.all(_LOAD_DUE, {"due_at": now, "kinds": _pattern(kinds), "most": limit})
    return [_SHAPE.build(row) for row in rows]


async def claim_messages(tx: Tx, *, now: int, until: int, limit: int, kinds: str = "") -> Sequence[OutboxMessage]:
    """Due messages that are the caller's alone until `until`, which is their `available_at` now."""

    async def work(inner: Tx) -> Sequence[OutboxMessage]:
        due = await load_due_messages(inner, now=now, limit=limit, kinds=kinds)
        return [
            msgspec.structs.replace(message, available_at=until)
            for message in due
            if await _move(inner, message, until, message.attempts)
        ]

    return await within(tx, work)


async def put_off_message(tx: Tx, message: OutboxMessage, *, available_at: int, attempts: int) -> bool:
    """Whether the caller's lease still held; the message is due again at `available_at`."""
    return await _move(tx, message, available_at, attempts)


async def finish_message(tx: Tx, instance_id: str, message_id: str, *, now: int) -> bool:
    """Whether the message was still to do; it is done now, and what it said is gone."""
    key = (outbox.c.instance_id == instance_id, outbox.c.id == message_id, outbox.c.done_at.is_(None))
    return await tx.run(update(outbox).where(*key).values(done_at=now, payload=_BLANK)) > 0


async def keep_messages(tx: Tx, *, now: int, kinds: str, environment: Environment) -> int:
    """How many waiting messages of instances of this environment are done now, with what they say kept to be read."""
    waiting = (outbox.c.done_at.is_(None), _OF_KINDS, _OF_ENVIRONMENT)
    values = {"kinds": _pattern(kinds), "of_environment": environment}
    return await tx.run(update(outbox).where(*waiting).values(done_at=now), values)


async def list_messages(tx: Tx, instance_id: str, *, kinds: str, since: int, limit: int) -> Sequence[OutboxMessage]:
    """Messages made at `since` or later that still say something, done or not, newest first."""
    values = {"of_instance": instance_id, "kinds": _pattern(kinds), "created_since": since, "most": limit}
    return [_SHAPE.build(row) for row in await tx.all(_LIST, values)]


async def load_message(tx: Tx, instance_id: str, message_id: str) -> OutboxMessage | None:
    """One message."""
    key = (outbox.c.instance_id == instance_id, outbox.c.id == message_id)
    row = await tx.one(select(*_SHAPE.columns).where(*key))
    return None if row is None else _SHAPE.build(row)


async def drop_stale_messages(tx: Tx, *, now: int, before: int, kinds: Collection[str]) -> int:
    """How many waiting messages of exactly these kinds, made before `before`, are given up now."""
    stale = (outbox.c.done_at.is_(None), outbox.c.created_at < before, outbox.c.kind.in_(sorted(kinds)))
    return await tx.run(update(outbox).where(*stale).values(done_at=now, payload=_BLANK))


async def delete_done_messages(tx: Tx, *, before: int, kinds: str) -> int:
    """How many messages that were done before `before` are gone now."""
    return await tx.run(delete(outbox).where(outbox.c.done_at < before, _OF_KINDS), {"kinds": _pattern(kinds)})


async def delete_surplus_messages(tx: Tx, instance_id: str, *, kinds: str, keep: int) -> int:
    """How many done messages beyond the instance's newest `keep` are gone now."""
    newest = select(outbox.c.id).where(*_OF_INSTANCE).order_by(outbox.c.created_at.desc(), outbox.c.id.desc())
    surplus = (*_OF_INSTANCE, outbox.c.done_at.is_not(None), outbox.c.id.not_in(newest.limit(keep)))
    return await tx.run(delete(outbox).where(*surplus), {"of_instance": instance_id, "kinds": _pattern(kinds)})


async def _move(tx: Tx, message: OutboxMessage, available_at: int, attempts: int) -> bool:
    """Whether nobody else moved the message meanwhile."""
    seen = (
        outbox.c.instance_id == message.instance_id,
        outbox.c.id == message.id,
        outbox.c.done_at.is_(None),
        outbox.c.available_at == message.available_at,
    )
    return await tx.run(update(outbox).where(*seen).values(available_at=available_at, attempts=attempts)) > 0


def _pattern(kinds: str) -> str:
    """The LIKE pattern of a start that holds no wildcard of its own."""
    return f"{kinds}%"
