"""The dashboard's scripts: what is committed is what the source gives; types, pure parts and sizes."""

import gzip
from pathlib import Path

import pytest
from packages import install_packages, run_to_end

pytestmark = pytest.mark.node
STATIC = "packages/server/src/claimsmith_server/dashboard/static"
BUDGETS = {"dashboard.js": 5_000, "editor.js": 160_000, "icons.svg": 6_000}
"""Bytes that each may take once compressed."""


@pytest.fixture(scope="module")
def web(repository: Path) -> Path:
    """The folder of the source, with its packages."""
    folder = repository / "web"
    install_packages(folder)
    return folder


def test_the_committed_outputs_are_current(repository: Path, web: Path, tmp_path: Path) -> None:
    run_to_end(["node", "build.mjs", str(tmp_path)], web)
    built = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    stale = [name for name, content in built.items() if (repository / STATIC / name).read_bytes() != content]
    assert sorted(built) == sorted(BUDGETS)
    assert stale == [], "run `make web`"


def test_the_outputs_are_small(repository: Path) -> None:
    sizes = {name: len(gzip.compress((repository / STATIC / name).read_bytes())) for name in BUDGETS}
    assert [name for name, size in sizes.items() if size > BUDGETS[name]] == [], sizes


def test_the_source_is_strictly_typed(web: Path) -> None:
    run_to_end(["node", "node_modules/typescript/bin/tsc", "--noEmit"], web)


def test_its_pure_parts_hold(web: Path) -> None:
    assert "# fail 0" in run_to_end(["node", "test.mjs"], web)
