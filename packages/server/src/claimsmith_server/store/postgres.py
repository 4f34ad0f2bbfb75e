"""PostgreSQL through asyncpg: autocommit reads, short transactions that are run again when the server asks for it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeAlias, TypeVar

import asyncpg
from asyncpg import exceptions
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import ClauseElement

from claimsmith_server.core.instance_settings import InstanceSettings
from claimsmith_server.store import schema
from claimsmith_server.store.errors import (
    Busy,
    ForeignKeyViolation,
    InvalidValue,
    NestedTransaction,
    StoreError,
    Unavailable,
    UniqueViolation,
)
from claimsmith_server.store.sqlite import unique_violation
from claimsmith_server.store.statements import Params, Row, Statements

T = TypeVar("T")
Connection: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

DIALECT: Dialect = PGDialect_asyncpg()  # type: ignore[no-untyped-call] # SQLAlchemy leaves it untyped
ACQUIRE_SECONDS = 1.0
KEPT = 4
"""How many connections stay out of the pool between statements."""
COMMAND_SECONDS = 6.0
"""Longer than the server's own limit, so that only a server that does not answer meets it."""
ATTEMPTS = 6
"""How often a transaction is run when the server gives it up (40001, 40P01)."""
_FIRST_PAUSE_SECONDS = 0.005

_SERVER_SETTINGS = {
    "application_name": "claimsmith",
    "statement_timeout": "5000",
    "lock_timeout": "2000",
    "idle_in_transaction_session_timeout": "10000",
    "default_transaction_isolation": "read committed",
    "jit": "off",
}
_AGAIN = (exceptions.SerializationError, exceptions.DeadlockDetectedError)
_DRIVER_ERRORS = (exceptions.PostgresError, exceptions.InterfaceError, OSError, TimeoutError)
_BUSY = (exceptions.LockNotAvailableError, exceptions.QueryCanceledError, exceptions.TooManyConnectionsError, *_AGAIN)


class PostgresTx:
    """The verbs of a transaction. After an error the server refuses what follows, so an error must end it."""

    def __init__(self, connection: Connection, statements: Statements) -> None:
        self._connection = connection
        self._statements = statements

    async def one(self, statement: ClauseElement, params: Params | None = None) -> Row | None:
        """The first row, or None."""
        prepared = self._statements.prepare(statement)
        row: Row | None = await _telling(self._connection.fetchrow(prepared.sql, *prepared.bind(params)))
        return row

    async def all(self, statement: ClauseElement, params: Params | None = None) -> Sequence[Row]:
        """All rows."""
        prepared = self._statements.prepare(statement)
        rows: Sequence[Row] = await _telling(self._connection.fetch(prepared.sql, *prepared.bind(params)))
        return rows

    async def run(self, statement: ClauseElement, params: Params | None = None) -> int:
        """How many rows the statement changed."""
        prepared = self._statements.prepare(statement)
        return _count(await _telling(self._connection.execute(prepared.sql, *prepared.bind(params))))


class Postgres:
    """A PostgreSQL database as a `Database`."""

    dialect_name = "postgresql"

    def __init__(self, pool: Pool) -> None:
        self.settings_by_version: dict[tuple[str, int], InstanceSettings] = {}
        self._pool = pool
        self._statements = Statements(DIALECT)
        self._kept: list[Connection] = []
        self._waiting = 0
        self._owners: set[asyncio.Task[Any]] = set()

    async def one(self, statement: ClauseElement, params: Params | None = None) -> Row | None:
        """The first row, or None."""
        prepared = self._statements.prepare(statement)
        if prepared.writes:
            return await self._write(lambda tx: tx.one(statement, params))
        values = prepared.bind(params)
        row: Row | None = await self._read(lambda connection: connection.fetchrow(prepared.sql, *values))
        return row

    async def all(self, statement: ClauseElement, params: Params | None = None) -> Sequence[Row]:
        """All rows."""
        prepared = self._statements.prepare(statement)
        if prepared.writes:
            return await self._write(lambda tx: tx.all(statement, params))
        values = prepared.bind(params)
        rows: Sequence[Row] = await self._read(lambda connection: connection.fetch(prepared.sql, *values))
        return rows

    async def run(self, statement: ClauseElement, params: Params | None = None) -> int:
        """How many rows the statement changed."""
        return await self._write(lambda tx: tx.run(statement, params))

    async def scan(self, statement: ClauseElement, params: Params | None = None) -> Sequence[Row]:
        """All rows; the server stops a long read itself."""
        return await self.all(statement, params)

    async def transact(self, work: Callable[[PostgresTx], Awaitable[T]]) -> T:
        """What `work` returns, once all it did is durable; see `Database.transact`."""
        task = asyncio.current_task()
        if task is None or task in self._owners:
            raise NestedTransaction("use the Tx that this transaction was given")
        self._owners.add(task)
        try:
            return await self._repeat(lambda: self._attempt(work))
        finally:
            self._owners.discard(task)

    async def close(self) -> None:
        """Nothing; connections in use get five seconds, then are cut."""
        await self._let_go()
        try:
            await asyncio.wait_for(self._pool.close(), COMMAND_SECONDS)
        except TimeoutError:
            self._pool.terminate()

    async def _attempt(self, work: Callable[[PostgresTx], Awaitable[T]]) -> T:
        async with self._connection() as connection, connection.transaction():
            return await work(PostgresTx(connection, self._statements))

    async def _read(self, ask: Callable[[Connection], Awaitable[Any]]) -> Any:
        """What one read answers; when its connection broke, it is asked again on a new one."""
        try:
            return await self._ask(ask)
        except Unavailable:
            await self._let_go()
            await self._pool.expire_connections()
        return await self._ask(ask)

    async def _ask(self, ask: Callable[[Connection], Awaitable[Any]]) -> Any:
        connection = await self._take()
        is_sound = False
        try:
            answer = await ask(connection)
            is_sound = True
        except _DRIVER_ERRORS as error:
            raise _told(error) from error
        finally:
            await self._give(connection, is_sound=is_sound)
        return answer

    async def _take(self) -> Connection:
        """A connection for one read: one kept from the last, since the pool's own hand-over costs 25 us."""
        while self._kept:
            connection = self._kept.pop()
            if _is_open(connection):
                return connection
            await self._pool.release(connection)
        return await self._acquire()

    async def _give(self, connection: Connection, *, is_sound: bool) -> None:
        if is_sound and not self._waiting and len(self._kept) < KEPT:
            self._kept.append(connection)
        else:
            await self._pool.release(connection)

    async def _let_go(self) -> None:
        """Give all kept connections back to the pool."""
        while self._kept:
            await self._pool.release(self._kept.pop())

    async def _write(self, work: Callable[[PostgresTx], Awaitable[T]]) -> T:
        """One statement that commits itself, run again when the server gives it up."""

        async def attempt() -> T:
            async with self._connection() as connection:
                return await work(PostgresTx(connection, self._statements))

        return await self._repeat(attempt)

    async def _repeat(self, attempt: Callable[[], Awaitable[T]]) -> T:
        pause = _FIRST_PAUSE_SECONDS
        for _ in range(ATTEMPTS - 1):
            try:
                return await attempt()
            except Busy as error:
                if not isinstance(error.__cause__, _AGAIN):
                    raise
            await asyncio.sleep(pause)
            pause *= 2
        return await attempt()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        connection: Connection | None = None
        is_sound = False
        try:
            connection = await self._take()
            yield connection
            is_sound = True
        except _DRIVER_ERRORS as error:
            raise _told(error) from error
        finally:
            if connection is not None:
                await self._give(connection, is_sound=is_sound)

    async def _acquire(self) -> Connection:
        self._waiting += 1
        try:
            return await self._pool.acquire(timeout=ACQUIRE_SECONDS)
        except TimeoutError as error:
            raise Busy("no connection came free") from error
        except _DRIVER_ERRORS as error:
            raise _told(error) from error
        finally:
            self._waiting -= 1


async def open_postgres(url: str, *, pool_size: int = 20) -> Postgres:
    """The open database, with one connection made already.

    Raises:
        Unavailable: the server does not answer, or refuses the user.
    """
    try:
        pool = await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=pool_size,
            timeout=ACQUIRE_SECONDS * 5,
            command_timeout=COMMAND_SECONDS,
            server_settings=_SERVER_SETTINGS,
            max_inactive_connection_lifetime=300,
            reset=_keep,
        )
    except _DRIVER_ERRORS as error:
        raise Unavailable(f"can't connect: {error}") from error
    return Postgres(pool)


async def _keep(_connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Leave a returned connection as it is: nothing here sets session state, and asking costs a round trip."""


async def _telling(answer: Awaitable[Any]) -> Any:
    """The driver's answer, its errors in the store's own words."""
    try:
        return await answer
    except _DRIVER_ERRORS as error:
        raise _told(error) from error


def _is_open(connection: Connection) -> bool:
    try:
        return not connection.is_closed()
    except exceptions.InterfaceError:  # the pool took it back when the server closed it
        return False


def _count(status: str) -> int:
    """The number in `UPDATE 3` or `INSERT 0 1`; none in `CREATE TABLE`."""
    number = status.rpartition(" ")[2]
    return int(number) if number.isdecimal() else 0


def _told(error: Exception) -> StoreError:
    """The store's own word for a driver's error."""
    if isinstance(error, exceptions.UniqueViolationError):
        return _unique_violation(error)
    if isinstance(error, exceptions.ForeignKeyViolationError):
        return ForeignKeyViolation(str(error))
    if isinstance(error, exceptions.DataError):  # asyncpg's own: a value that does not fit its column's type
        return InvalidValue("value", str(error))
    if isinstance(error, _BUSY):
        return Busy(str(error))
    return Unavailable(str(error) or type(error).__name__)


def _unique_violation(error: exceptions.UniqueViolationError) -> UniqueViolation:
    table = schema.metadata.tables.get(error.table_name or "")
    columns = None if table is None else schema.unique_columns(table).get(error.constraint_name or "")
    if table is None or columns is None:
        return UniqueViolation(str(error.table_name), (), str(error.constraint_name))
    return unique_violation(table.name, columns)
