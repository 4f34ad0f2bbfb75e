"""The database as services see it: four verbs, one for transactions; and the way to open one.

Store functions take a `Tx` first: a `Database` is one too, each verb then being a transaction of its own.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar, runtime_checkable
from urllib.parse import unquote, urlsplit

from sqlalchemy.sql import ClauseElement

from claimsmith_server.core.instance_settings import InstanceSettings
from claimsmith_server.store.statements import Params, Row

T = TypeVar("T")


class Tx(Protocol):
    """Runs statements. Rows come by position; see `store.rows.Shape` for structs."""

    async def one(self, statement: ClauseElement, params: Params | None = None) -> Row | None:
        """The first row, or None."""
        ...

    async def all(self, statement: ClauseElement, params: Params | None = None) -> Sequence[Row]:
        """All rows."""
        ...

    async def run(self, statement: ClauseElement, params: Params | None = None) -> int:
        """How many rows the statement changed."""
        ...


@runtime_checkable
class Database(Tx, Protocol):
    """An open database.

    Every verb raises `Busy`, `Unavailable`, `InvalidValue`, `UniqueViolation` or `ForeignKeyViolation` from
    `store.errors`, and nothing of a driver.
    """

    dialect_name: str
    """`sqlite` or `postgresql`."""
    settings_by_version: dict[tuple[str, int], InstanceSettings]
    """Decoded settings by instance and config_version: an edit is a new key, so nothing here goes stale."""

    async def transact(self, work: Callable[[Tx], Awaitable[T]]) -> T:
        """What `work` returns, once all it did is durable; if it raises, nothing of it happened.

        `work` may run more than once (a deadlock, a serialization failure), so it must have no effect but through
        its `Tx`.

        Raises:
            NestedTransaction: asked inside another `transact` of the same task.
        """
        ...

    async def scan(self, statement: ClauseElement, params: Params | None = None) -> Sequence[Row]:
        """All rows of a read that may take long: it never holds up the event loop, and is stopped after 5 s."""
        ...

    async def close(self) -> None:
        """Nothing; the database is closed."""
        ...


async def within(db: Tx, work: Callable[[Tx], Awaitable[T]]) -> T:
    """What `work` returns: in the transaction that `db` is, or in one of its own."""
    return await (db.transact(work) if isinstance(db, Database) else work(db))


async def scan_within(db: Tx, statement: ClauseElement) -> Sequence[Row]:
    """All rows of a read that may take long: off the event loop when `db` is a database, as it is in a transaction."""
    return await (db.scan(statement) if isinstance(db, Database) else db.all(statement))


async def open_database(url: str, *, check_schema: bool = True, pool_size: int = 20) -> Database:
    """An open database.

    Args:
        url: `sqlite:////absolute/file.db`, `sqlite:///relative.db`, or `postgresql://user:password@host/name` with
            libpq's query keys (`sslmode=verify-full`, `target_session_attrs=read-write`).
        check_schema: refuse a schema that is not exactly the one this code knows.
        pool_size: the most PostgreSQL connections that this process holds.

    Raises:
        ValueError: the url is neither.
        SchemaTooOld, SchemaTooNew: see `store.errors`.
        Unavailable: it can't be reached or opened.
    """
    from claimsmith_server.store import migration  # noqa: PLC0415 - it opens databases itself

    if is_sqlite(url):
        from claimsmith_server.store.sqlite import open_sqlite  # noqa: PLC0415 - one engine is enough

        database: Database = open_sqlite(sqlite_path(url))
    else:
        from claimsmith_server.store.postgres import open_postgres  # noqa: PLC0415 - asyncpg costs 100 ms

        database = await open_postgres(postgres_url(url), pool_size=pool_size)
    if check_schema:
        try:
            migration.check_version(await migration.load_version(database))
        except BaseException:
            await database.close()
            raise
    return database


def is_sqlite(url: str) -> bool:
    """Whether the url is SQLite's."""
    return urlsplit(url).scheme == "sqlite"


def sqlite_path(url: str) -> str:
    """The file of `sqlite:///relative` or `sqlite:////absolute`.

    Raises:
        ValueError: no file; memory databases can't be shared by the reader and the writer.
    """
    parts = urlsplit(url)
    path = unquote(parts.path[1:])
    if parts.scheme != "sqlite" or parts.netloc or not path or path == ":memory:":
        raise ValueError("a SQLite url is sqlite:////absolute/file.db")
    return path


def postgres_url(url: str) -> str:
    """The url as asyncpg wants it; SQLAlchemy's spelling with a driver is taken too.

    Raises:
        ValueError: another scheme.
    """
    scheme, separator, rest = url.partition("://")
    if scheme not in ("postgresql", "postgres", "postgresql+asyncpg") or not separator:
        raise ValueError("a database url starts with sqlite:/// or postgresql://")
    return f"postgresql://{rest}"
