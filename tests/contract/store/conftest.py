"""The store's fixtures: every test that asks for `url` or `db` runs on a SQLite file and on a real PostgreSQL."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from postgres import running_postgres
from sqlalchemy import text

from claimsmith_server.store.database import Database, open_database
from claimsmith_server.store.migration import migrate

ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


@pytest.fixture(scope="session")
def runner() -> Iterator[asyncio.Runner]:
    """One event loop for the run: a PostgreSQL connection belongs to the loop that made it."""
    with asyncio.Runner() as running:
        yield running


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL server for the whole run."""
    with running_postgres() as url:
        yield url


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def url(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path, runner: asyncio.Runner, tmp_path_factory: Any
) -> str:
    """An empty database of the test's own, not migrated."""
    if engine == "sqlite":
        return f"sqlite:///{tmp_path}/store/claimsmith.db"
    server = request.getfixturevalue("postgres_server")
    name = "test_" + str(abs(hash(request.node.nodeid)))
    runner.run(_create_database(server, name))
    parts = urlsplit(server)
    return urlunsplit(parts._replace(path=f"/{name}"))


async def _create_database(server: str, name: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def postgres_db(postgres_server: str, runner: asyncio.Runner) -> Iterator[Database]:
    """One migrated PostgreSQL database, emptied between tests: making one costs 100 ms, emptying it 5."""
    runner.run(migrate(postgres_server))
    opened = runner.run(open_database(postgres_server))
    yield opened
    runner.run(opened.close())


@pytest.fixture
def db(engine: str, request: pytest.FixtureRequest, runner: asyncio.Runner) -> Iterator[Database]:
    """An open, empty database with the present schema."""
    if engine == "postgresql":
        shared: Database = request.getfixturevalue("postgres_db")
        shared.settings_by_version.clear()
        yield shared
        for table in ("instances", "audit_log"):  # all else hangs on an instance
            runner.run(_await(shared.run(text(f"DELETE FROM {table}"))))  # noqa: S608 - names of ours
        return
    url = request.getfixturevalue("url")
    runner.run(migrate(url))
    opened = runner.run(open_database(url))
    yield opened
    runner.run(opened.close())


@pytest.fixture
def run(runner: asyncio.Runner) -> Callable[[Awaitable[Any]], Any]:
    """Runs a coroutine to its end."""
    return lambda awaitable: runner.run(_await(awaitable))


async def _await(awaitable: Awaitable[Any]) -> Any:
    return await awaitable
