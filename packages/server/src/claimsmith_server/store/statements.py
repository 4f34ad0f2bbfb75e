"""Statements made ready for a driver: SQL text, the order of its parameters, and what may never reach an engine."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import Delete, Insert, Update
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

from claimsmith_server.store.errors import InvalidValue

Row = Sequence[Any]
"""One row, by position."""
Params = Mapping[str, Any]

_MOST_STRUCTURES = 1000
_INT64 = range(-(2**63), 2**63)


class Prepared(NamedTuple):
    """A statement compiled for one dialect."""

    sql: str
    names: tuple[str, ...]
    """Parameters in the order in which the driver wants them."""
    defaults: dict[str, Any]
    """Values that the statement itself carries."""
    writes: bool

    def bind(self, params: Params | None) -> list[Any]:
        """The values for the driver, in order.

        Raises:
            InvalidValue: a text with NUL or a lone surrogate, or an integer beyond 64 bits. SQLite and PostgreSQL
                differ in which of these they take, so neither is asked (cases I-002, I-007, I-010).
        """
        given = self.defaults if params is None else {**self.defaults, **params}
        values = [given[name] for name in self.names]
        for index, value in enumerate(values):
            if not _is_storable(value):
                raise InvalidValue(_plain_name(self.names[index]), _why_not(value))
        return values


class Statements:
    """Compiles for a dialect: a statement object once, and once all that differ in nothing but values.

    Constant statements are found as the objects that they are, in under 1 us; those that functions build are found by
    their structure, which costs a tenth of compiling them. What is no longer referenced elsewhere is forgotten.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._prepared: WeakKeyDictionary[ClauseElement, Prepared] = WeakKeyDictionary()
        self._compiled: dict[Any, SQLCompiler] = {}

    def prepare(self, statement: ClauseElement) -> Prepared:
        """The compiled form."""
        found = self._prepared.get(statement)
        if found is None:
            found = self._prepared[statement] = self._prepare(statement)
        return found

    def _prepare(self, statement: ClauseElement) -> Prepared:
        key = statement._generate_cache_key()  # noqa: SLF001 - what SQLAlchemy's own engine does; a test holds it
        if key is None:
            return prepare(statement, self._dialect)
        compiled = self._compiled.get(key.key)
        if compiled is None:
            compiled = _compile(statement, self._dialect, cache_key=key)
            if len(self._compiled) >= _MOST_STRUCTURES:
                self._compiled.clear()
            self._compiled[key.key] = compiled
        return _fill(compiled, compiled.construct_params(extracted_parameters=key.bindparams, _check=False))


def prepare(statement: ClauseElement, dialect: Dialect) -> Prepared:
    """The statement as text for a driver with positional parameters."""
    compiled = _compile(statement, dialect)
    return _fill(compiled, compiled.params)


def _compile(statement: ClauseElement, dialect: Dialect, **how: Any) -> SQLCompiler:
    compiled: Any = statement.compile(dialect=dialect, **how)
    assert isinstance(compiled, SQLCompiler)  # noqa: S101 - what every statement but DDL compiles to
    return compiled


def _fill(compiled: SQLCompiler, values: Mapping[str, Any]) -> Prepared:
    """A compiled statement with values; an IN list is written out only now, when its values are known."""
    sql, names = compiled.string, tuple(compiled.positiontup or ())
    if "POSTCOMPILE" in sql:
        expanded = compiled.construct_expanded_state(dict(values))
        sql, names, values = expanded.statement, tuple(expanded.positiontup or ()), expanded.parameters
    return Prepared(sql, names, dict(values), isinstance(compiled.statement, Insert | Update | Delete))


def _is_storable(value: object) -> bool:
    if isinstance(value, str):
        if value.isascii():
            return "\0" not in value
        return "\0" not in value and not _has_surrogate(value)
    return not isinstance(value, int) or value in _INT64


def _has_surrogate(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _why_not(value: object) -> str:
    return "an integer beyond 64 bits" if isinstance(value, int) else "a text with NUL or half a surrogate pair"


def _plain_name(name: str) -> str:
    """The column's name in an anonymous parameter such as `created_at_1_2` or `email_address_m0`."""
    head, _, tail = name.rpartition("_")
    return _plain_name(head) if head and tail.removeprefix("m").isdigit() else name
