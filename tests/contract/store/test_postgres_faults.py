"""PostgreSQL in trouble: broken connections, a full pool, conflicts that the server gives up."""

# ruff: noqa: ANN001, ANN201, ANN202 - fixtures are told apart by name

import asyncio

import asyncpg
import pytest
from rows_of_tests import an_instance
from sqlalchemy import select, text, update

from claimsmith_server.store.database import open_database
from claimsmith_server.store.errors import Busy, Unavailable
from claimsmith_server.store.instances import insert_instance, load_instance
from claimsmith_server.store.schema import instances

pytestmark = pytest.mark.postgresql

KILL_OTHERS = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'claimsmith'")


async def kill_all_connections(server):
    killer = await asyncpg.connect(server)
    await killer.fetch(str(KILL_OTHERS))
    await killer.close()
    await asyncio.sleep(0.05)


@pytest.fixture
def db(postgres_db, run):
    yield postgres_db
    run(postgres_db.run(text("DELETE FROM instances")))


def test_R_010_reads_go_on_after_every_connection_was_killed(db, postgres_server, run):
    async def story():
        await insert_instance(db, an_instance())
        for _ in range(3):
            await asyncio.gather(*(load_instance(db, "ins_a") for _ in range(10)))
            await kill_all_connections(postgres_server)
            assert await load_instance(db, "ins_a") == an_instance()

    run(story())


def test_a_transaction_whose_connection_dies_is_an_error_and_leaves_nothing(db, postgres_server, run):
    async def story():
        async def work(tx):
            await insert_instance(tx, an_instance())
            await kill_all_connections(postgres_server)
            await insert_instance(tx, an_instance("b"))

        with pytest.raises(Unavailable):
            await db.transact(work)
        assert await load_instance(db, "ins_a") is None
        await insert_instance(db, an_instance())

    run(story())


def test_a_full_pool_is_busy_after_a_second_and_free_again_later(db, postgres_server, run):
    async def story():
        small = await open_database(postgres_server, pool_size=2)
        enough = asyncio.Event()
        holders = [asyncio.create_task(small.transact(lambda _tx: enough.wait())) for _ in range(2)]
        await asyncio.sleep(0.05)
        with pytest.raises(Busy):
            await asyncio.wait_for(load_instance(small, "ins_a"), 3)
        enough.set()
        await asyncio.gather(*holders)
        found = await asyncio.gather(*(load_instance(small, "ins_a") for _ in range(50)))
        assert found == [None] * 50
        await small.close()

    run(story())


def test_a_deadlock_is_run_again_until_both_are_done(db, run):
    async def story():
        for name in "ab":
            await insert_instance(db, an_instance(name, config_version=0))
        runs = []

        async def raise_both(tx, first, second):
            runs.append(first)
            for name in (first, second):
                version = select(instances.c.config_version).where(instances.c.id == name)
                await tx.one(version.with_for_update())
                await tx.run(
                    update(instances)
                    .where(instances.c.id == name)
                    .values(config_version=instances.c.config_version + 1)
                )
                await asyncio.sleep(0.1)

        await asyncio.gather(
            db.transact(lambda tx: raise_both(tx, "ins_a", "ins_b")),
            db.transact(lambda tx: raise_both(tx, "ins_b", "ins_a")),
        )
        versions = [(await load_instance(db, f"ins_{name}")).config_version for name in "ab"]
        assert versions == [2, 2]
        assert len(runs) == 3

    run(story())
