"""SQLite, called in-process: one connection reads, one writes.

A point read costs 5-30 us, less than handing it to a thread, so calls are plain. What could wait does not: another
process' write lock is asked for without SQLite's own waiting and retried with `asyncio.sleep`, and reads that may take
long go to a thread with a connection of its own (`scan`).
"""

import asyncio
import os
import re
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.sql import ClauseElement

from claimsmith_server.core.instance_settings import InstanceSettings
from claimsmith_server.store import schema
from claimsmith_server.store.errors import (
    Busy,
    ForeignKeyViolation,
    NestedTransaction,
    StoreError,
    Unavailable,
    UniqueViolation,
)
from claimsmith_server.store.statements import Params, Prepared, Row, Statements

T = TypeVar("T")

DIALECT = SQLiteDialect_pysqlite(paramstyle="qmark")
BUSY_SECONDS = 5.0
"""How long a writer waits for its turn, counting this process and others."""
SCAN_SECONDS = 5.0
"""How long a read off the event loop may run."""
_FIRST_PAUSE_SECONDS = 0.001
_LONGEST_PAUSE_SECONDS = 0.05
_INSTRUCTIONS_BETWEEN_LOOKS = 100_000

_PRAGMAS = """
PRAGMA busy_timeout = 0;
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
PRAGMA trusted_schema = OFF;
PRAGMA cell_size_check = ON;
PRAGMA temp_store = MEMORY;
PRAGMA cache_size = -65536;
PRAGMA mmap_size = 2147418112;
PRAGMA journal_size_limit = 67108864;
"""
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_UNIQUE = re.compile(r"UNIQUE constraint failed: (.+)")


class SqliteTx:
    """The verbs of a transaction on the writer; nothing else runs on it meanwhile."""

    def __init__(self, connection: sqlite3.Connection, statements: Statements) -> None:
        self._connection = connection
        self._statements = statements

    async def one(self, statement: ClauseElement, params: Params | None = None) -> Row | None:
        """The first row, or None."""
        rows = await self.all(statement, params)
        return rows[0] if rows else None

    async def all(self, statement: ClauseElement, params: Params | None = None) -> Sequence[Row]:
        """All rows."""
        prepared = self._statements.prepare(statement)
        return _execute(self._connection, prepared, prepared.bind(params)).fetchall()

    async def run(self, statement: ClauseElement, params: Params | None = None) -> int:
        """How many rows the statement changed."""
        prepared = self._statements.prepare(statement)
        return _execute(self._connection, prepared, prepared.bind(params)).rowcount


class Sqlite:
    """A SQLite file as a `Database`."""

    dialect_name = "sqlite"

    def __init__(self, path: Path, reader: sqlite3.Connection, writer: sqlite3.Connection) -> None:
        self.path = path
        self.settings_by_version: dict[tuple[str, int], InstanceSettings] = {}
        self._reader = reader
        self._writer = writer
        self._scanner: sqlite3.Connection | None = None
        self._statements = Statements(DIALECT)
        self._turn = asyncio.Lock()
        self._scan_turn = asyncio.Lock()
        self._owner: asyncio.Task[object] | None = None

    async def one(self, statement: ClauseElement, params: Params | None = None) -> Row | None:
        """The first row, or None."""
        rows = await self.all(statement, params)
        return rows[0] if rows else None

    async def all(self, statement: ClauseElement, params: Params | None = None) -> Sequence[Row]:
        """All rows."""
        prepared = self._statements.prepare(statement)
        values = prepared.bind(params)
        if prepared.writes:
            async with self._writing() as writer:
                return _execute(writer, prepared, values).fetchall()
        try:  # the way of nearly every read: no lock, no thread, nothing awaited
            return self._reader.execute(prepared.sql, values).fetchall()
        except sqlite3.Error as error:
            if not _is_busy(error):
                raise _told(error) from error
        return await _patiently(lambda: _execute(self._reader, prepared, values).fetchall())

    async def run(self, statement: ClauseElement, params: Params | None = None) -> int:
        """How many rows the statement changed."""
        prepared = self._statements.prepare(statement)
        values = prepared.bind(params)
        async with self._writing() as writer:
            return _execute(writer, prepared, values).rowcount

    async def transact(self, work: Callable[[SqliteTx], Awaitable[T]]) -> T:
        """What `work` returns, once all it did is on the disk; see `Database.transact`."""
        async with self._writing() as writer:
            return await work(SqliteTx(writer, self._statements))

    async def scan(self, statement: ClauseElement, params: Params | None = None) -> Sequence[Row]:
        """All rows, read in a thread; see `Database.scan`."""
        prepared = self._statements.prepare(statement)
        values = prepared.bind(params)
        async with self._scan_turn:
            if self._scanner is None:
                self._scanner = _connect(self.path, reads=True)
            # The thread must be done with the connection before the next one gets it, cancelled or not.
            job = asyncio.ensure_future(asyncio.to_thread(_scan, self._scanner, prepared, values))
            try:
                return await asyncio.shield(job)
            except asyncio.CancelledError:
                self._scanner.interrupt()
                await asyncio.wait([job])
                job.exception()  # told to nobody: the caller is gone
                raise

    async def close(self) -> None:
        """Nothing; all connections are closed, the last one folds the log into the file."""
        self.close_now()

    def close_now(self) -> None:
        """Nothing; as `close`, for callers without an event loop."""
        for connection in (self._scanner, self._reader, self._writer):
            if connection is not None:
                connection.close()

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[sqlite3.Connection]:
        """The writer inside BEGIN IMMEDIATE; COMMIT at the end, ROLLBACK on any exception."""
        task = asyncio.current_task()
        if task is not None and self._owner is task:
            raise NestedTransaction("use the Tx that this transaction was given")
        deadline = time.monotonic() + BUSY_SECONDS
        try:
            await asyncio.wait_for(self._turn.acquire(), BUSY_SECONDS) if self._turn.locked() else (
                await self._turn.acquire()
            )
        except TimeoutError as error:
            raise Busy("another transaction of this process holds the writer") from error
        self._owner = task
        try:
            await _patiently(lambda: self._writer.execute("BEGIN IMMEDIATE"), deadline)
            yield self._writer
            _finish(self._writer)
        finally:
            self._owner = None
            if self._writer.in_transaction:
                self._writer.rollback()
            self._turn.release()


def open_sqlite(path: str) -> Sqlite:
    """The open database; the file is created when absent, readable by its owner alone (case L-004).

    Raises:
        Unavailable: the directory can't be written, or the file is no database.
    """
    file = Path(path)
    try:
        make_private(file)
        writer = _connect(file, reads=False)
        return Sqlite(file, _connect(file, reads=True), writer)
    except (sqlite3.Error, OSError) as error:
        kind = Busy if isinstance(error, sqlite3.Error) and _is_busy(error) else Unavailable
        raise kind(f"can't open {file.name}: {error}") from error


def make_private(file: Path) -> None:
    """Nothing; the file exists and is its owner's alone, as are its logs and a directory made for it."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    for part in (file, file.with_name(file.name + "-wal"), file.with_name(file.name + "-shm")):
        if part.exists():
            part.chmod(0o600)


def _connect(file: Path, *, reads: bool) -> sqlite3.Connection:
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False, cached_statements=512, timeout=1)
    _switch_to_wal(connection)
    connection.executescript(_PRAGMAS)
    if reads:
        connection.execute("PRAGMA query_only = ON")
    return connection


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """Nothing; the file has a write-ahead log, which another process may be giving it at this moment."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").close()
        except sqlite3.OperationalError as error:  # this switch does not wait for locks by itself
            if not _is_busy(error) or time.monotonic() > deadline:
                raise
            time.sleep(_LONGEST_PAUSE_SECONDS)
        else:
            return


def _execute(connection: sqlite3.Connection, prepared: Prepared, values: list[object]) -> sqlite3.Cursor:
    try:
        return connection.execute(prepared.sql, values)
    except sqlite3.Error as error:
        raise _told(error) from error


def _finish(connection: sqlite3.Connection) -> None:
    try:
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise _told(error) from error


def _scan(connection: sqlite3.Connection, prepared: Prepared, values: list[object]) -> list[Row]:
    deadline = time.monotonic() + SCAN_SECONDS
    connection.set_progress_handler(lambda: time.monotonic() > deadline, _INSTRUCTIONS_BETWEEN_LOOKS)
    return _execute(connection, prepared, values).fetchall()


async def _patiently(attempt: Callable[[], T], deadline: float | None = None) -> T:
    """What `attempt` returns, tried until no other process' lock is in its way."""
    deadline = time.monotonic() + BUSY_SECONDS if deadline is None else deadline
    pause = _FIRST_PAUSE_SECONDS
    while True:
        try:
            return attempt()
        except (sqlite3.Error, Busy) as error:
            if not (isinstance(error, Busy) or _is_busy(error)):
                raise _told(error) from error
            if time.monotonic() + pause > deadline:
                raise Busy("another process holds the write lock") from error
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


def _is_busy(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _BUSY


def _told(error: sqlite3.Error) -> StoreError:
    """The store's own word for a driver's error."""
    code = getattr(error, "sqlite_errorcode", 0)
    if code in (sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY):
        return _unique_violation(str(error))
    if code == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
        return ForeignKeyViolation(str(error))
    if code == sqlite3.SQLITE_INTERRUPT:
        return Busy("the read took too long")
    return Busy(str(error)) if _is_busy(error) else Unavailable(str(error))


def _unique_violation(message: str) -> UniqueViolation:
    """Read from `UNIQUE constraint failed: users.instance_id, users.normal_username`."""
    found = _UNIQUE.search(message)
    names = found[1].split(", ") if found else ["?.?"]
    table = names[0].partition(".")[0]
    columns = [name.partition(".")[2] for name in names]
    return unique_violation(table, columns)


def unique_violation(table: str, columns: Sequence[str]) -> UniqueViolation:
    """The error for columns of a table, with the wire's name of what is taken."""
    own = tuple(column for column in columns if column != "instance_id") or tuple(columns)
    known = schema.metadata.tables.get(table)
    column = None if known is None else known.c.get(own[-1])
    return UniqueViolation(table, own, own[-1] if column is None else column.info.get("field", own[-1]))
