"""Migrations from code: to head under a lock, and where a database stands.

A new database gets the present schema in one step, without Alembic (its import alone costs 300 ms); a test holds that
this equals the migrations run one after another. An older one is migrated by Alembic.
"""

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.sql import ClauseElement

from claimsmith_server.store import database
from claimsmith_server.store.errors import Busy, SchemaTooNew, SchemaTooOld, Unavailable
from claimsmith_server.store.migrations import HEAD, REVISIONS
from claimsmith_server.store.schema import metadata

if TYPE_CHECKING:
    import asyncpg
    from alembic.config import Config

_LOCK = f"SELECT pg_advisory_xact_lock({0x436C61696D})"
"""One migration at a time on a PostgreSQL database; the number is `Claim` in ASCII."""
_VERSION_TABLE = """CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
)"""
_STAMP = f"INSERT INTO alembic_version (version_num) VALUES ('{HEAD}')"  # noqa: S608 - a constant of this package
_SELECT_VERSION = text("SELECT version_num FROM alembic_version")
_HAS_VERSION = {
    "sqlite": text("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'"),
    "postgresql": text("SELECT 1 WHERE to_regclass('alembic_version') IS NOT NULL"),
}


def check_version(found: str | None) -> None:
    """Nothing, when `found` is the schema that this code needs.

    Raises:
        SchemaTooOld: it is empty or lacks migrations.
        SchemaTooNew: this code does not know it.
    """
    if found is not None and found not in REVISIONS:
        raise SchemaTooNew(found, HEAD)
    if found != HEAD:
        raise SchemaTooOld(found, HEAD)


async def load_version(db: database.Database) -> str | None:
    """The revision that an open database is at; None when it has no schema yet."""
    if await db.one(_HAS_VERSION[db.dialect_name]) is None:
        return None
    row = await db.one(_SELECT_VERSION)
    return None if row is None else str(row[0])


async def schema_version(url: str) -> str | None:
    """The revision that the database at `url` is at; None when it has no schema yet."""
    opened = await database.open_database(url, check_schema=False)
    try:
        return await load_version(opened)
    finally:
        await opened.close()


async def migrate(url: str, target: str = "head") -> str | None:
    """The revision it was at before; afterwards it is at `target` (a revision or `head`).

    All of it happens in one transaction, under a lock that lets two processes start at once; the second finds
    nothing to do. Data that a killed migration left behind does not exist.

    Raises:
        SchemaTooNew: the database is ahead of this code; nothing is changed.
        Busy: somebody else holds the lock for more than five seconds.
        Unavailable: the database can't be reached or written.
    """
    if database.is_sqlite(url):
        return _migrate_sqlite(database.sqlite_path(url), target)
    return await _migrate_postgres(database.postgres_url(url), target)


def create_statements(dialect: Dialect) -> list[str]:
    """The statements that give an empty database the present schema, its stamp included."""
    creations: list[ClauseElement] = []
    for table in metadata.sorted_tables:
        creations.append(CreateTable(table))
        creations.extend(CreateIndex(index) for index in sorted(table.indexes, key=lambda index: str(index.name)))
    return [*(str(item.compile(dialect=dialect)) for item in creations), _VERSION_TABLE, _STAMP]


def alembic_config(connection: Connection) -> "Config":
    """Alembic's configuration, bound to a connection that is inside a transaction."""
    from alembic.config import Config  # noqa: PLC0415 - costs 300 ms, and most starts don't migrate

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection, target: str) -> None:
    """Nothing; the connection's database is at `target`, when its transaction commits."""
    from alembic import command  # noqa: PLC0415 - as above

    command.upgrade(alembic_config(connection), target)


def _migrate_sqlite(path: str, target: str) -> str | None:
    from claimsmith_server.store import sqlite  # noqa: PLC0415 - one engine is enough

    sqlite.open_sqlite(path).close_now()  # makes the file, its mode and its log
    raw = sqlite3.connect(path, isolation_level=None, timeout=sqlite.BUSY_SECONDS)
    try:
        raw.execute("BEGIN IMMEDIATE")
        found = _sqlite_version(raw)
        _refuse_newer(found)
        if found is None and target == "head":
            for statement in create_statements(sqlite.DIALECT):
                raw.execute(statement)
        elif not _is_reached(found, target):
            _upgrade_sqlite(raw, target)
        if raw.in_transaction:
            raw.execute("COMMIT")
    except sqlite3.Error as error:
        is_busy = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY
        raise (Busy if is_busy else Unavailable)(str(error)) from error
    else:
        return found
    finally:
        raw.close()  # what did not commit did not happen


def _sqlite_version(raw: sqlite3.Connection) -> str | None:
    if raw.execute(str(_HAS_VERSION["sqlite"])).fetchone() is None:
        return None
    row = raw.execute(str(_SELECT_VERSION)).fetchone()
    return None if row is None else str(row[0])


def _upgrade_sqlite(raw: sqlite3.Connection, target: str) -> None:
    from sqlalchemy import StaticPool, create_engine  # noqa: PLC0415 - only migrations use an engine

    engine = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool)
    with engine.connect() as connection:
        upgrade(connection, target)
        connection.commit()


async def _migrate_postgres(url: str, target: str) -> str | None:
    import asyncpg  # noqa: PLC0415 - one engine is enough

    try:
        raw = await asyncpg.connect(url)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
        raise Unavailable(f"can't connect: {error}") from error
    try:
        found = await _create_postgres(raw, target)
    except asyncpg.PostgresError as error:
        raise Unavailable(str(error)) from error
    finally:
        await raw.close()
    if not (_is_reached(found, target) or (found is None and target == "head")):
        await _upgrade_postgres(url, target)
    return found


async def _create_postgres(raw: "asyncpg.Connection[asyncpg.Record]", target: str) -> str | None:
    """The version found, after giving an empty database the present schema."""
    from claimsmith_server.store import postgres  # noqa: PLC0415 - one engine is enough

    async with raw.transaction():
        await raw.execute(_LOCK)
        if await raw.fetchrow(str(_HAS_VERSION["postgresql"])) is not None:
            found = await raw.fetchval(str(_SELECT_VERSION))
            _refuse_newer(found)
            return None if found is None else str(found)
        if target == "head":
            for statement in create_statements(postgres.DIALECT):
                await raw.execute(statement)
        return None


async def _upgrade_postgres(url: str, target: str) -> None:
    import asyncpg  # noqa: PLC0415 - one engine is enough
    from sqlalchemy import NullPool  # noqa: PLC0415 - only migrations use an engine
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415 - as above

    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url), poolclass=NullPool
    )
    async with engine.begin() as connection:
        await connection.execute(text(_LOCK))
        await connection.run_sync(upgrade, target)


def _is_reached(found: str | None, target: str) -> bool:
    return found == (HEAD if target == "head" else target)


def _refuse_newer(found: str | None) -> None:
    if found is not None and found not in REVISIONS:
        raise SchemaTooNew(found, HEAD)
