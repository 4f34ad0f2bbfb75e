"""Faces without sockets: a service over a temporary database, a clock that tests move, requests straight into ASGI."""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from faces import MASTER_KEY, START, Api, Tenant, make_tenants, open_api
from postgres import running_postgres


@pytest.fixture(scope="session")
def runner() -> Iterator[asyncio.Runner]:
    """One event loop for the run."""
    with asyncio.Runner() as running:
        yield running


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory, runner: asyncio.Runner) -> tuple[Path, list[Tenant]]:
    """A folder with a migrated database of two instances and its master key: made once, copied for each test."""
    folder = tmp_path_factory.mktemp("prepared")
    key_file = folder / "master.key"
    key_file.write_text(MASTER_KEY)
    key_file.chmod(0o600)
    return folder, runner.run(make_tenants(f"sqlite:///{folder}/claimsmith.db", key_file))


@pytest.fixture
def folder(prepared: tuple[Path, list[Tenant]], tmp_path: Path) -> Path:
    """A copy of the prepared folder, the test's own."""
    return Path(shutil.copytree(prepared[0], tmp_path / "service"))


@pytest.fixture
def open_another(
    folder: Path, prepared: tuple[Path, list[Tenant]], runner: asyncio.Runner
) -> Iterator[Callable[..., Api]]:
    """Opens services over the test's database file, each with its own caches: `open_another(backend_rate_limit=3)`."""
    with ExitStack() as stack:

        def start(**settings: object) -> Api:
            url = f"sqlite:///{folder}/claimsmith.db"
            return stack.enter_context(open_api(runner, url, folder / "master.key", prepared[1], **settings))

        yield start


@pytest.fixture
def api(open_another: Callable[..., Api]) -> Api:
    """The faces, spoken to with the secret key of the first instance; the clock stands at `faces.START`."""
    return open_another()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL server for the whole run."""
    with running_postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def open_on_engine(request: pytest.FixtureRequest, runner: asyncio.Runner) -> Iterator[Callable[[], Api]]:
    """As `open_another`, on SQLite and on a real PostgreSQL."""
    if request.param == "sqlite":
        yield request.getfixturevalue("open_another")
        return
    server = request.getfixturevalue("postgres_server")
    key_file = request.getfixturevalue("folder") / "master.key"
    name = f"http_{abs(hash(request.node.nodeid))}"
    runner.run(_create_database(server, name))
    url = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    tenants = runner.run(make_tenants(url, key_file))
    with ExitStack() as stack:
        yield lambda: stack.enter_context(open_api(runner, url, key_file, tenants))


async def _create_database(server: str, name: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()


assert START % 1000  # not a whole second, so that rounding shows
