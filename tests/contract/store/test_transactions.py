"""What a database promises: all or nothing, one at a time, clear errors, files of their owner alone."""

# ruff: noqa: ANN001, ANN201, ANN202 - fixtures are told apart by name; ids of cases are upper case

import asyncio
import sqlite3
import stat
import time
from pathlib import Path

import pytest
from rows_of_tests import an_instance, fill
from sqlalchemy import select, text, update

from claimsmith_server.store import sqlite
from claimsmith_server.store.database import open_database
from claimsmith_server.store.errors import Busy, NestedTransaction, Unavailable, UniqueViolation
from claimsmith_server.store.instances import delete_instance, insert_instance, load_instance
from claimsmith_server.store.migration import migrate
from claimsmith_server.store.schema import instances


def test_a_transaction_happens_whole_or_not_at_all(db, run):
    async def story():
        async def fail(tx):
            await insert_instance(tx, an_instance())
            assert await load_instance(tx, "ins_a") is not None
            raise LookupError

        with pytest.raises(LookupError):
            await db.transact(fail)
        assert await load_instance(db, "ins_a") is None

        async def succeed(tx):
            await insert_instance(tx, an_instance())
            assert await load_instance(db, "ins_a") is None  # not seen outside yet
            return "done"

        assert await db.transact(succeed) == "done"
        assert await load_instance(db, "ins_a") == an_instance()

    run(story())


def test_a_cancelled_transaction_leaves_nothing_and_frees_its_turn(db, run):
    async def story():
        async def hang(tx):
            await insert_instance(tx, an_instance())
            await asyncio.sleep(60)

        task = asyncio.create_task(db.transact(hang))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(insert_instance(db, an_instance()), 3)

    run(story())


def test_a_transaction_inside_a_transaction_is_an_error_not_a_deadlock(db, run):
    async def story():
        async def nested(tx):
            await db.transact(lambda inner: insert_instance(inner, an_instance()))

        with pytest.raises(NestedTransaction):
            await asyncio.wait_for(db.transact(nested), 3)
        await insert_instance(db, an_instance())

    run(story())


def test_fifty_increments_at_once_lose_none(db, run):
    async def story():
        await insert_instance(db, an_instance(config_version=0))

        async def increment(tx):
            (value,) = await tx.one(select(instances.c.config_version).with_for_update())
            await asyncio.sleep(0)
            await tx.run(update(instances).values(config_version=value + 1))

        await asyncio.gather(*(db.transact(increment) for _ in range(50)))
        assert (await load_instance(db, "ins_a")).config_version == 50

    run(story())


def test_an_error_ends_its_transaction_and_the_next_one_works(db, run):
    async def story():
        await insert_instance(db, an_instance())

        async def twice(tx):
            await insert_instance(tx, an_instance("b"))
            await insert_instance(tx, an_instance("b"))

        with pytest.raises(UniqueViolation):
            await db.transact(twice)
        assert await load_instance(db, "ins_b") is None
        await insert_instance(db, an_instance("b"))

    run(story())


def test_statements_that_fail_are_told_in_the_stores_own_words(db, run):
    async def story():
        for statement in (text("SELECT * FROM no_such_table"), text("SELEC")):
            with pytest.raises(Unavailable):
                await db.all(statement)
            with pytest.raises(Unavailable):
                await db.run(statement)
            with pytest.raises(Unavailable):
                await db.scan(statement)

    run(story())


def test_two_processes_worth_of_databases_on_one_store_see_each_others_commits(url, run):
    async def story():
        await migrate(url)
        one, two = await open_database(url), await open_database(url)
        try:
            await fill(one)
            assert await load_instance(two, "ins_a") == an_instance()
            assert await delete_instance(two, "ins_a")
            assert await load_instance(one, "ins_a") is None
        finally:
            await one.close()
            await two.close()

    run(story())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "made" / "claimsmith.db"


def test_L_004_the_file_its_logs_and_a_directory_made_for_it_are_their_owners_alone(file, run):
    async def story():
        await migrate(f"sqlite:///{file}")
        database = await open_database(f"sqlite:///{file}")
        await insert_instance(database, an_instance())
        modes = {part.name: stat.S_IMODE(part.stat().st_mode) for part in file.parent.iterdir()}
        assert modes == {"claimsmith.db": 0o600, "claimsmith.db-wal": 0o600, "claimsmith.db-shm": 0o600}
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
        await database.close()
        file.chmod(0o644)
        await (await open_database(f"sqlite:///{file}")).close()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600

    run(story())


def test_sqlite_runs_with_the_settings_that_durability_and_safety_ask_for(file, run):
    async def story():
        await migrate(f"sqlite:///{file}")
        database = await open_database(f"sqlite:///{file}")
        for connection in (database._reader, database._writer):
            asked = ("journal_mode", "synchronous", "foreign_keys", "trusted_schema", "cell_size_check", "busy_timeout")
            found = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in asked]
            assert found == ["wal", 2, 1, 0, 1, 0]
            assert connection.execute("PRAGMA mmap_size").fetchone()[0] > 0
        with pytest.raises(sqlite3.OperationalError):
            database._reader.execute("DELETE FROM users")
        await database.close()

    run(story())


def test_another_process_write_lock_is_awaited_without_holding_up_the_loop(file, run):
    async def story():
        await migrate(f"sqlite:///{file}")
        database = await open_database(f"sqlite:///{file}")
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        write = asyncio.create_task(insert_instance(database, an_instance()))
        longest = 0.0
        for _ in range(30):
            start = time.monotonic()
            await asyncio.sleep(0.005)
            longest = max(longest, time.monotonic() - start)
            assert await load_instance(database, "ins_a") is None  # reads go on
        assert longest < 0.2
        assert not write.done()
        other.execute("COMMIT")
        other.close()
        await asyncio.wait_for(write, 3)
        assert await load_instance(database, "ins_a") is not None
        await database.close()

    run(story())


def test_a_write_lock_that_never_comes_free_is_busy(file, run, monkeypatch):
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.2)

    async def story():
        await migrate(f"sqlite:///{file}")
        database = await open_database(f"sqlite:///{file}")
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        outcomes = await asyncio.gather(
            *(insert_instance(database, an_instance(name)) for name in "ab"), return_exceptions=True
        )
        assert [type(outcome) for outcome in outcomes] == [Busy, Busy]
        other.close()
        await insert_instance(database, an_instance())
        await database.close()

    run(story())


def test_a_long_read_runs_beside_the_loop_and_is_stopped(file, run, monkeypatch):
    monkeypatch.setattr(sqlite, "SCAN_SECONDS", 0.3)

    async def story():
        await migrate(f"sqlite:///{file}")
        database = await open_database(f"sqlite:///{file}")
        endless = text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n")
        scan = asyncio.create_task(database.scan(endless))
        for _ in range(5):
            await asyncio.sleep(0.01)
            assert await load_instance(database, "ins_a") is None
        assert not scan.done()
        with pytest.raises(Busy):
            await asyncio.wait_for(scan, 5)
        given_up = asyncio.create_task(database.scan(endless))
        await asyncio.sleep(0.05)
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
        assert await database.scan(text("SELECT 1")) == [(1,)]
        await database.close()

    run(story())


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "sqlite://host/file.db", "mysql://x/y", "", "postgresql:/x"]
)
def test_urls_that_name_no_database_are_refused(url, run):
    with pytest.raises(ValueError, match="url"):
        run(open_database(url))


def test_places_that_cannot_be_opened_are_unavailable(tmp_path, run):
    (tmp_path / "file").write_text("a file, not a folder")
    (tmp_path / "text.db").write_text("this is no database, though it is long enough to be looked at" * 100)
    for path in (tmp_path / "file" / "x.db", tmp_path, tmp_path / "text.db"):
        with pytest.raises(Unavailable):
            run(open_database(f"sqlite:///{path}"))
    with pytest.raises(Unavailable):
        run(open_database("postgresql://claimsmith@127.0.0.1:1/none"))
