"""How many tokens were minted, by instance, hour, kind and size: numbers that only grow, whoever adds to them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Table, cast, func, select

from claimsmith_server.core.models import TokenKind
from claimsmith_server.store.database import Tx, scan_within
from claimsmith_server.store.schema import token_counts
from claimsmith_server.store.upserts import upsert

_NUMBERS = ("minted", "omitted", "failed")


class TokenCount(NamedTuple):
    """Tokens of one hour, kind and size."""

    hour: int
    """Unix milliseconds of the beginning: of the hour, or of the longer time that was asked for."""
    kind: TokenKind
    size: int
    """The most bytes that the cookie of one of them has."""
    minted: int
    omitted: int
    """Those of them that went without claims, for size."""
    failed: int
    """Those of them of which a claim could not be rendered."""


async def add_token_counts(tx: Tx, engine: str, instance_id: str, counts: Sequence[TokenCount]) -> None:
    """Nothing; the numbers are added to what is there.

    Args:
        tx: a transaction, since all of them belong together.
        engine: the database's `dialect_name`.
        instance_id: the instance.
        counts: in the same order everywhere, so that two processes wait for each other and don't deadlock.

    Raises:
        ForeignKeyViolation: there is no such instance (any more).
    """
    statement = upsert(token_counts, engine, _add)
    for count in counts:
        await tx.run(statement, {"instance_id": instance_id, **count._asdict()})


async def list_token_counts(tx: Tx, instance_id: str, *, since: int, step: int) -> Sequence[TokenCount]:
    """Counts from `since` on, summed up over times of `step` milliseconds (whole hours), oldest first."""
    hour = token_counts.c.hour
    beginning = (hour - hour % step).label("beginning")
    sums = [cast(func.sum(token_counts.c[name]), BigInteger) for name in _NUMBERS]
    statement = (
        select(beginning, token_counts.c.kind, token_counts.c.size, *sums)
        .where(token_counts.c.instance_id == instance_id, hour >= since)
        .group_by(beginning, token_counts.c.kind, token_counts.c.size)
        .order_by(beginning, token_counts.c.kind, token_counts.c.size)
    )
    return [TokenCount(*row) for row in await scan_within(tx, statement)]


def _add(table: Table, excluded: Any) -> dict[str, ColumnElement[Any]]:
    return {name: table.c[name] + excluded[name] for name in _NUMBERS}
