"""The schema's history: it leads where the code is, under a lock, and refuses what it does not know."""

# ruff: noqa: ANN001, ANN201, ANN202 - fixtures are told apart by name; ids of cases are upper case

import asyncio
import time
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine

from claimsmith_server.store import migration, sqlite
from claimsmith_server.store.database import open_database
from claimsmith_server.store.errors import SchemaTooNew, SchemaTooOld
from claimsmith_server.store.migration import migrate, schema_version
from claimsmith_server.store.migrations import HEAD, REVISIONS
from claimsmith_server.store.schema import metadata

_STRUCTURE = {
    "sqlite": "SELECT type, name, tbl_name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY 1, 2",
    "postgresql": """
        SELECT 'column', table_name || '.' || column_name, data_type || is_nullable || coalesce(collation_name, '')
        FROM information_schema.columns WHERE table_schema = 'public'
        UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL SELECT 'constraint', conname, pg_get_constraintdef(c.oid) FROM pg_constraint c
            JOIN pg_namespace n ON n.oid = c.connamespace WHERE n.nspname = 'public'
        ORDER BY 1, 2""",
}


async def load_structure(url):
    database = await open_database(url, check_schema=False)
    rows = [tuple(row) for row in await database.all(text(_STRUCTURE[database.dialect_name]))]
    if database.dialect_name == "sqlite":
        for table in metadata.tables:
            for pragma in ("table_info", "foreign_key_list"):
                found = await database.all(text(f"PRAGMA {pragma}({table})"))
                # Alembic numbers keys in another order, which means nothing.
                rows += sorted((table, *row) if pragma == "table_info" else (table, *row[1:]) for row in found)
    await database.close()
    return rows


async def run_history(url):
    """What `migrate` does for databases that exist: each migration, by Alembic."""
    for revision in REVISIONS:
        await migrate(url, revision)


def test_the_history_is_linear_and_known_without_alembic():
    script = ScriptDirectory(str(Path(migration.__file__).parent / "migrations"))
    walked = [revision.revision for revision in script.walk_revisions()]
    assert tuple(reversed(walked)) == REVISIONS
    assert script.get_heads() == [HEAD]


def test_a_new_database_equals_one_that_went_through_every_migration(engine, url, run, tmp_path):
    async def story():
        await migrate(url)
        fresh = await load_structure(url)
        if engine == "sqlite":
            other = f"sqlite:///{tmp_path}/history.db"
        else:
            other = url
            database = await open_database(url)
            for statement in ("DROP SCHEMA public CASCADE", "CREATE SCHEMA public"):
                await database.run(text(statement))
            await database.close()
        await run_history(other)
        assert await load_structure(other) == fresh
        assert len(fresh) > 100

    run(story())


def test_the_tables_of_the_code_and_of_the_migrations_agree(engine, url, run):
    def compare(connection):
        return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)

    async def story():
        await run_history(url)
        if engine == "sqlite":
            with create_engine(url).connect() as connection:
                return compare(connection)
        alchemy = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://"))
        async with alchemy.connect() as connection:
            found = await connection.run_sync(compare)
        await alchemy.dispose()
        return found

    assert run(story()) == []


def test_a_database_is_opened_only_at_the_schema_that_the_code_needs(url, run):
    async def story():
        with pytest.raises(SchemaTooOld) as empty:
            await open_database(url)
        assert empty.value.found is None
        assert await schema_version(url) is None
        assert await migrate(url) is None
        assert await schema_version(url) == HEAD
        assert await migrate(url) == HEAD
        database = await open_database(url)
        await database.run(text("UPDATE alembic_version SET version_num = '9999'"))
        await database.close()
        with pytest.raises(SchemaTooNew) as newer:
            await open_database(url)
        assert (newer.value.found, newer.value.known) == ("9999", HEAD)
        before = await load_structure(url)
        with pytest.raises(SchemaTooNew):
            await migrate(url)
        assert await load_structure(url) == before
        assert await schema_version(url) == "9999"

    run(story())


def test_two_that_migrate_at_once_both_succeed(engine, url, run):
    async def story():
        if engine == "sqlite":  # each in a thread of its own, since SQLite's lock is waited for there
            await asyncio.gather(*(asyncio.to_thread(lambda: asyncio.run(migrate(url))) for _ in range(4)))
        else:
            await asyncio.gather(*(migrate(url) for _ in range(4)))
        assert await schema_version(url) == HEAD

    run(story())


def test_a_migration_that_is_interrupted_leaves_nothing(url, run, monkeypatch):
    async def story():
        whole = migration.create_statements
        broken = lambda dialect: [*whole(dialect)[:10], "SELECT broken"]  # noqa: E731 - only here
        with monkeypatch.context() as patch:
            patch.setattr(migration, "create_statements", broken)
            with pytest.raises(migration.Unavailable):
                await migrate(url)
        assert await load_structure(url) == [row for row in await load_structure(url) if row[0] not in metadata.tables]
        assert await schema_version(url) is None
        await migrate(url)
        assert await schema_version(url) == HEAD

    run(story())


def test_a_start_is_fast(tmp_path, run):
    url = f"sqlite:///{tmp_path}/fast.db"

    async def story():
        start = time.process_time()
        await migrate(url)
        created = time.process_time()
        await (await open_database(url)).close()
        return created - start, time.process_time() - created

    fresh, opened = run(story())
    assert fresh < 0.5
    assert opened < 0.1


def test_the_statements_of_a_new_schema_name_every_table():
    statements = migration.create_statements(sqlite.DIALECT)
    for table in metadata.tables:
        assert any(f"CREATE TABLE {table} (" in statement for statement in statements)
