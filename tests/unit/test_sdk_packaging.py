"""What installing and importing the SDK brings along: its wheel, its import time, its types."""

import importlib.metadata
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import msgspec
import pytest
from packages import install_packages

import claimsmith

ROOT = Path(__file__).resolve().parents[2]
SDK = ROOT / "packages/sdk"
TOOLS = ROOT / "tests/node_tools"
IMPORT_SECONDS = 0.060
FRAMEWORKS = {"django", "fastapi", "flask", "litestar", "rest_framework", "starlette"}
HEAVY = FRAMEWORKS | {"httpx", "pydantic", "rich", "click", "anyio", "asyncio", "pytest", "claimsmith_server", "ssl"}
"""Top-level names that `import claimsmith` must not load."""
ALLOWED = {"cryptography", "msgspec"}
"""What a public name may load besides the standard library."""
OF_LIBRARIES = {"typing_extensions", "bcrypt"}
"""What msgspec and cryptography load by themselves where it is installed."""
IMPORT = """
import sys, time
before = set(sys.modules)
start = time.perf_counter()
{statement}
seconds = time.perf_counter() - start
print(seconds, *sorted({{name.partition(".")[0] for name in set(sys.modules) - before}}))
"""


def import_fresh(statement: str, runs: int = 1) -> tuple[float, set[str]]:
    """Seconds of the quickest of some runs, and the top-level names that were loaded."""
    code = IMPORT.format(statement=statement)
    told = [run_python("-c", code).split() for _ in range(runs)]
    return min(float(words[0]) for words in told), set(told[0][1:])


def run_python(*arguments: str) -> str:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The SDK's wheel, built as for a release."""
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    command = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    run_python(*command, "--wheel-dir", str(folder), str(SDK))
    (built,) = folder.glob("*.whl")
    return built


def test_import_takes_less_than_sixty_milliseconds() -> None:
    seconds, _ = import_fresh("import claimsmith", runs=5)
    assert seconds < IMPORT_SECONDS


def test_import_loads_no_framework_and_nothing_heavy() -> None:
    _, loaded = import_fresh("import claimsmith")
    assert "claimsmith" in loaded
    assert HEAVY.isdisjoint(loaded), HEAVY & loaded
    assert not any(name in loaded for name in ALLOWED), "even the SDK's own modules wait until they are used"


def test_verifying_takes_less_than_sixty_milliseconds_to_load_beyond_its_libraries() -> None:
    libraries = "import msgspec, cryptography.hazmat.primitives.asymmetric.rsa"
    libraries += ", cryptography.hazmat.primitives.serialization"
    base, _ = import_fresh(libraries, runs=5)
    ours, loaded = import_fresh("from claimsmith import StaticKeys, verify_token", runs=5)
    assert ours - base < IMPORT_SECONDS
    assert HEAVY.isdisjoint(loaded), HEAVY & loaded


@pytest.mark.parametrize("name", claimsmith.__all__)
def test_a_public_name_loads_no_more_than_it_may(name: str) -> None:
    _, loaded = import_fresh(f"from claimsmith import {name}")
    foreign = loaded - set(sys.stdlib_module_names) - {"claimsmith"}
    # Compiled modules of the two libraries have top-level names of their own, with an underscore in front.
    assert {one for one in foreign if not one.startswith("_")} <= ALLOWED | OF_LIBRARIES, foreign
    assert (FRAMEWORKS | {"httpx", "pydantic", "rich"}).isdisjoint(loaded)


@pytest.mark.parametrize("name", sorted(FRAMEWORKS - {"rest_framework"}))
def test_an_adapter_loads_its_own_framework_alone(name: str) -> None:
    pytest.importorskip(name)
    expected = {name} | ({"starlette"} if name == "fastapi" else set())
    _, loaded = import_fresh(f"import claimsmith.{name}")
    assert (FRAMEWORKS & loaded) == expected
    assert "claimsmith_server" not in loaded


def test_the_wheel_is_typed_and_holds_the_package_alone(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        metadata = next(archive.read(name).decode() for name in names if name.endswith(".dist-info/METADATA"))
        entry_points = next(archive.read(name).decode() for name in names if name.endswith("entry_points.txt"))
    assert "claimsmith/py.typed" in names
    assert "claimsmith/testing/pytest_plugin.py" in names
    packages = {name.partition("/")[0] for name in names}
    assert packages == {"claimsmith", f"claimsmith-{importlib.metadata.version('claimsmith')}.dist-info"}
    sources = {path.relative_to(SDK / "src").as_posix() for path in (SDK / "src").rglob("*.py")}
    assert {name for name in names if name.endswith(".py")} == sources
    assert not [name for name in names if not name.endswith((".py", "py.typed")) and ".dist-info/" not in name]
    assert "[pytest11]\nclaimsmith = claimsmith.testing.pytest_plugin" in entry_points
    assert "Requires-Python: >=3.11" in metadata


def test_the_wheel_asks_for_no_framework_unless_an_extra_is_named(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        metadata = next(archive.read(name).decode() for name in archive.namelist() if name.endswith("METADATA"))
    wanted = re.findall(r"^Requires-Dist: ([\w-]+)(.*)$", metadata, re.MULTILINE)
    always = {name.lower() for name, rest in wanted if "extra ==" not in rest}
    assert always == {"anyio", "click", "cryptography", "httpx", "msgspec", "rich"}
    extras = set(re.findall(r"^Provides-Extra: (.*)$", metadata, re.MULTILINE))
    assert {"django", "fastapi", "flask", "litestar", "pydantic", "starlette", "testing"} <= extras


class Symbols(msgspec.Struct, rename="camel"):
    """Counts of exported symbols, as pyright tells them."""

    with_known_type: int
    with_ambiguous_type: int
    with_unknown_type: int


class Diagnostic(msgspec.Struct):
    """What pyright has against a symbol."""

    message: str


class Symbol(msgspec.Struct, rename="camel"):
    """One name of the package."""

    name: str
    is_exported: bool
    is_type_known: bool
    diagnostics: list[Diagnostic] = []


class Completeness(msgspec.Struct, rename="camel"):
    """What `pyright --verifytypes --outputjson` tells of a package."""

    exported_symbol_counts: Symbols
    completeness_score: float
    symbols: list[Symbol]


class Verdict(msgspec.Struct, rename="camel"):
    """The document around it."""

    type_completeness: Completeness


@pytest.mark.node
def test_pyright_knows_the_type_of_every_public_name(tmp_path: Path) -> None:
    install_packages(TOOLS)
    command = ["node", str(TOOLS / "node_modules/pyright/index.js"), "--verifytypes", "claimsmith", "--ignoreexternal"]
    # It looks for the package where the first Python of the path does; its option for that is for other modes.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [*command, "--outputjson"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=os.environ | {"PATH": path},
        check=False,
    )
    found = msgspec.json.decode(done.stdout, type=Verdict).type_completeness
    untyped = [
        f"{symbol.name}: {told.message.splitlines()[0]}"
        for symbol in found.symbols
        if symbol.is_exported and not symbol.is_type_known
        for told in symbol.diagnostics
    ]
    assert found.exported_symbol_counts.with_known_type > 100
    assert not untyped, "\n".join(untyped)
    assert found.completeness_score == 1.0
