"""Rows that are added to what is there: one statement an engine, so that several processes' numbers add up."""

from collections.abc import Callable
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Insert, Table


@cache
def upsert(table: Table, engine: str, change: Callable[[Table, Any], dict[str, ColumnElement[Any]]]) -> Insert:
    """The insert that changes the row instead when its key is there already (`ON CONFLICT DO UPDATE`).

    Args:
        table: whose primary key decides.
        engine: the database's `dialect_name`.
        change: the new values, given the table and `excluded`, the row that was to be inserted. A named function: the
            statement is made once for it.
    """
    if engine == "sqlite":
        from sqlalchemy.dialects import sqlite  # noqa: PLC0415 - one engine is enough

        statement: Any = sqlite.insert(table)
    else:
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - as above; this one costs 90 ms

        statement = postgresql.insert(table)
    made: Insert = statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns), set_=change(table, statement.excluded)
    )
    return made
