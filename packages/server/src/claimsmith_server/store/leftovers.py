"""Rows that nobody needs any more: found in small batches and deleted, safely with several processes (case D-013).

Each kind is a table and a condition that only time makes true. A batch is looked for off the event loop, then deleted
in a transaction that asks the condition again: what came back to life between the two stays.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Table, and_, delete, exists, or_, select, update

from claimsmith_server.core.session_status import LIVE_STATUSES
from claimsmith_server.store.database import Database, Tx
from claimsmith_server.store.schema import (
    administrator_invitations,
    administrator_sessions,
    audit_log,
    clients,
    dev_browsers,
    handshake_nonces,
    instances,
    outbox,
    rate_windows,
    sessions,
    sign_ins,
    sign_ups,
    tickets,
    token_counts,
    token_log,
    verifications,
)

_HOUR_MS = 3600 * 1000
_DAY_MS = 24 * _HOUR_MS


class Leftover(NamedTuple):
    """A kind of row, and when it is of no use."""

    table: Table
    keep_ms: int
    """How long after the moment that `is_over` compares."""
    is_over: Callable[[int], ColumnElement[bool]]
    """The condition, given the moment before which a row must lie."""
    has_index: bool = True
    """Whether the condition is looked up; a kind without an index reads its whole table, and rarely should."""


def _idle_client(before: int) -> ColumnElement[bool]:
    """Without sessions and attempts; those that have ended are deleted by themselves, and before."""

    def has(table: Table) -> ColumnElement[bool]:
        return exists().where(table.c.instance_id == clients.c.instance_id, table.c.client_id == clients.c.id)

    return and_(clients.c.updated_at < before, ~has(sessions), ~has(sign_ins), ~has(sign_ups))


def _before(column: Column[Any]) -> Callable[[int], ColumnElement[bool]]:
    """Rows of every instance whose time is past, found by an index that the instance leads."""
    instance_id = column.table.c.instance_id
    return lambda before: and_(instance_id.in_(select(instances.c.id)), column < before)


def _ended_session(before: int) -> ColumnElement[bool]:
    # `created_at` says nothing new, but it has an index.
    lapsed = or_(sessions.c.expire_at < before, sessions.c.abandon_at < before)
    was_ended = and_(sessions.c.status.not_in(LIVE_STATUSES), sessions.c.updated_at < before)
    return and_(sessions.c.created_at < before, or_(was_ended, lapsed))


LEFTOVERS: Mapping[str, Leftover] = MappingProxyType(
    {
        "sign_ins": Leftover(sign_ins, 0, lambda before: sign_ins.c.abandon_at < before),
        "sign_ups": Leftover(sign_ups, 0, lambda before: sign_ups.c.abandon_at < before),
        # Guesses of the last hour are counted over all codes of an address (case A-005).
        "verifications": Leftover(verifications, _DAY_MS, lambda before: verifications.c.expire_at < before),
        "handshake_nonces": Leftover(handshake_nonces, 0, lambda before: handshake_nonces.c.expire_at < before),
        "administrator_sessions": Leftover(
            administrator_sessions, 0, lambda before: administrator_sessions.c.expire_at < before
        ),
        "administrator_invitations": Leftover(
            administrator_invitations,
            0,
            lambda before: administrator_invitations.c.expire_at < before,
            has_index=False,
        ),
        "rate_windows": Leftover(rate_windows, _DAY_MS, lambda before: rate_windows.c.started_at < before),
        "outbox": Leftover(outbox, 7 * _DAY_MS, lambda before: outbox.c.done_at < before),
        "token_counts": Leftover(token_counts, 90 * _DAY_MS, _before(token_counts.c.hour)),
        "token_log": Leftover(token_log, 14 * _DAY_MS, _before(token_log.c.updated_at)),
        # Of deleted instances it stays: whoever looks into what happened there finds it.
        "audit_log": Leftover(audit_log, 365 * _DAY_MS, _before(audit_log.c.created_at)),
        "tickets": Leftover(tickets, 30 * _DAY_MS, lambda before: tickets.c.expire_at < before, has_index=False),
        "sessions": Leftover(sessions, 30 * _DAY_MS, _ended_session, has_index=False),
        "clients": Leftover(clients, _DAY_MS, _idle_client, has_index=False),
        "dev_browsers": Leftover(
            dev_browsers,
            90 * _DAY_MS,
            lambda before: and_(dev_browsers.c.client_id.is_(None), dev_browsers.c.created_at < before),
            has_index=False,
        ),
    }
)
"""Every kind by its name, in the order in which one makes room for the next."""


async def delete_leftovers(db: Database, name: str, *, now: int, limit: int) -> int:
    """How many rows of a kind are gone now; `limit` at most, fewer than it when hardly any are left.

    Of `token_counts`, all rows of an hour go at once, which may be more.
    """
    leftover = LEFTOVERS[name]
    is_over = leftover.is_over(now - leftover.keep_ms)
    instance, key, *_ = leftover.table.primary_key.columns
    rows = await db.scan(select(instance, key).where(is_over).limit(limit))
    if not rows:
        return 0

    async def work(tx: Tx) -> int:
        gone = 0
        for instance_id, keys in _group(rows).items():
            these = (instance == instance_id, key.in_(keys), is_over)
            gone += await _delete(tx, leftover.table, key, instance_id, these)
        return gone

    return await db.transact(work)


async def _delete(
    tx: Tx, table: Table, key: Column[Any], instance_id: str, these: tuple[ColumnElement[bool], ...]
) -> int:
    if table is not clients:
        return await tx.run(delete(table).where(*these))
    # Held first: whoever begins a session meanwhile waits, and those that have begun one are not among them.
    held = [row[0] for row in await tx.all(select(key).where(*these).with_for_update(skip_locked=True))]
    if not held:
        return 0
    # A development browser outlives its client: it stays known and gets another one when it needs one.
    of_held = (dev_browsers.c.instance_id == instance_id, dev_browsers.c.client_id.in_(held))
    await tx.run(update(dev_browsers).where(*of_held).values(client_id=None))
    return await tx.run(delete(clients).where(clients.c.instance_id == instance_id, key.in_(held)))


def _group(rows: Iterable[Sequence[Any]]) -> dict[str, list[Any]]:
    """Keys by instance, in one order everywhere, so that two processes wait for each other and rarely deadlock."""
    grouped: dict[str, list[Any]] = {}
    for instance_id, key in sorted(tuple(row) for row in rows):
        grouped.setdefault(instance_id, []).append(key)
    return grouped
