"""What every suite shares: where things are, what may be missing, and a running server."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from servers import Server, running_server

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED = REPOSITORY.parent / "shared"


def has_postgresql() -> bool:
    """Whether PostgreSQL's own programs are on this machine, in Debian's place or on the path."""
    return bool(shutil.which("initdb") or list(Path("/usr/lib/postgresql").glob("*/bin/initdb")))


def has_node() -> bool:
    """Whether Node.js and npm are on the path."""
    return bool(shutil.which("node") and shutil.which("npm"))


def has_browser() -> bool:
    """Whether Chromium is on the path."""
    return bool(shutil.which("chromium"))


REQUIREMENTS: dict[str, tuple[str, Callable[[], bool]]] = {
    "postgresql": ("PostgreSQL's programs (initdb, pg_ctl)", has_postgresql),
    "node": ("Node.js and npm", has_node),
    "browser": ("Chromium", has_browser),
}


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skips what this machine can't run; fails it instead when everything must run (`make test-all`)."""
    for marker, (what, is_present) in REQUIREMENTS.items():
        if item.get_closest_marker(marker) and not is_present():
            if os.environ.get("CLAIMSMITH_TEST_ALL"):
                pytest.fail(f"needs {what}, and CLAIMSMITH_TEST_ALL is set", pytrace=False)
            pytest.skip(f"needs {what}")


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the repository."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of specifications and vectors beside the repository."""
    if not SHARED.is_dir():
        pytest.skip("the folder ../shared is not here")
    return SHARED


@pytest.fixture(scope="session")
def claimsmith_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for the whole run: demo instance, ephemeral. Tests make their own users in it."""
    with running_server(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers for one test, `start_server("--ephemeral", "--token-lifetime", 30)`; they end with it."""
    with ExitStack() as stack:

        def start(*arguments: Any) -> Server:
            folder = tmp_path / f"server-{len(list(tmp_path.iterdir()))}"
            folder.mkdir()
            return stack.enter_context(running_server(folder, *map(str, arguments)))

        yield start
