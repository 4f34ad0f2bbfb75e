"""The SDK's wheel on every Python that this machine has: installed alone, its pure tests run against it.

Only what the wheel asks for is installed beside it, and what runs tests; no framework, no server. Versions are those of
requirements/dev.lock; pip fetches them from the index that it is set up for.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SDK = ROOT / "packages/sdk"
LOCK = ROOT / "requirements/dev.lock"
OLDEST = (3, 11)
LIMIT_SECONDS = 240
TOOLS = ("pytest", "pytest-asyncio", "hypothesis")
SUITES = (
    "tests/unit/test_sdk_application.py",
    "tests/unit/test_sdk_auth.py",
    "tests/unit/test_sdk_issuer_keys.py",
    "tests/unit/test_sdk_keys.py",
    "tests/unit/test_sdk_omitted.py",
    "tests/unit/test_sdk_remote_keys.py",
    "tests/unit/test_sdk_request.py",
    "tests/unit/test_sdk_testing.py",
    "tests/unit/test_sdk_token_cache.py",
    "tests/unit/test_sdk_tokens.py",
    "tests/property/test_sdk_verifier.py",
)
"""What needs nothing but the SDK."""
LEFT_OUT = {
    "twenty_thousand": "takes long, and once is enough",
    "J_016_100_megabytes": "measures time, which the other environments here would disturb",
    "real_server": "needs the server",
    "event_loops_of_other_libraries": "needs trio",
}
"""Parts of names of tests, each with its reason."""
INI = """
[pytest]
addopts = -q -p no:cacheprovider --strict-markers
xfail_strict = true
asyncio_mode = auto
asyncio_default_fixture_loop_scope = function
filterwarnings = error
markers =
    postgresql
    node
    browser
"""
PROFILE = """
from hypothesis import settings

settings.register_profile("interpreters", max_examples=30, deadline=None)
settings.load_profile("interpreters")
"""
LOOK_AROUND = """
from importlib.metadata import distributions, files
from importlib.util import find_spec
import claimsmith, sys

print(sys.version_info[:2] >= (3, 11) and claimsmith.__file__.startswith(sys.prefix))
print(any(str(file) == "claimsmith/py.typed" for file in files("claimsmith")))
print(find_spec("claimsmith_server"))
print(*sorted(one.name.lower() for one in distributions()))
"""


def find_interpreters() -> dict[str, Path]:
    """The interpreters of this machine by version, e.g. `3.12`; of several of one version, the first that is found."""
    found: dict[str, Path] = {}
    for candidate in [Path(sys.executable), *list_candidates()]:
        if candidate.name.removeprefix("python").removesuffix(".exe") in found:
            continue  # Every run of pytest looks here: a program that can add nothing is not started.
        version = ask_version(candidate)
        if version is not None and version >= OLDEST:
            found.setdefault(".".join(map(str, version)), candidate)
    return dict(sorted(found.items()))


def list_candidates() -> list[Path]:
    """Programs that may be a Python: pyenv's, and those of the path."""
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    pyenv = os.environ.get("PYENV_ROOT") or ask_pyenv()
    if pyenv:
        # Their own folders go first: what pyenv puts into the path starts only the versions that are chosen here.
        folders = [*sorted(Path(pyenv).glob("versions/*/bin")), *folders]
    pattern = re.compile(r"python3\.\d+(\.exe)?")
    return [file for folder in folders for file in sorted(folder.glob("python3.*")) if pattern.fullmatch(file.name)]


def ask_pyenv() -> str | None:
    """Where pyenv keeps its versions, if there is one."""
    pyenv = shutil.which("pyenv")
    if pyenv is None:
        return None
    return subprocess.run([pyenv, "root"], capture_output=True, text=True, check=False).stdout.strip() or None


def ask_version(candidate: Path) -> tuple[int, ...] | None:
    """Major and minor version, `None` for what does not start or cannot make environments."""
    code = "import sys, venv; print(*sys.version_info[:2])"
    try:
        done = subprocess.run([str(candidate), "-c", code], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return tuple(map(int, done.stdout.split())) if done.returncode == 0 else None


def run(command: list[str], **more: object) -> str:
    """What a program wrote; fails with its end when it did."""
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=LIMIT_SECONDS, check=False, **more
    )  # type: ignore[call-overload]
    assert done.returncode == 0, f"{' '.join(map(str, command))}:\n{done.stdout[-4000:]}"
    return str(done.stdout)


def write_constraints(folder: Path) -> Path:
    """The lock's versions without its hashes, which pip would then ask of our own wheel, too."""
    pins = re.findall(r"^([a-z0-9-]+==[^ \\\n]+(?: ; [^\\\n]+)?)", LOCK.read_text(), re.MULTILINE)
    file = folder / "constraints.txt"
    file.write_text("\n".join(pin.strip() for pin in pins))
    return file


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The SDK's wheel, built as for a release."""
    folder = tmp_path_factory.mktemp("sdk-wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"]
    run([*pip, "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(SDK)])
    (built,) = folder.glob("*.whl")
    return built


def make_environment(interpreter: Path, wheel: Path, folder: Path) -> Path:
    """The Python of a fresh environment that has the wheel, what it asks for, and what runs tests."""
    place = folder / "environment"
    run([str(interpreter), "-m", "venv", "--without-pip", str(place)])
    python = place / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--disable-pip-version-check"]
    run([*pip, "--no-compile", "--no-input", "--constraint", str(write_constraints(folder)), str(wheel), *TOOLS])
    return python


@pytest.mark.parametrize("version", INTERPRETERS := find_interpreters())
def test_the_wheel_alone_passes_the_sdks_own_tests(version: str, wheel: Path, tmp_path: Path) -> None:
    python = make_environment(INTERPRETERS[version], wheel, tmp_path)
    is_own, is_typed, server, names = run([str(python), "-c", LOOK_AROUND], cwd=tmp_path).splitlines()
    assert (is_own, is_typed, server) == ("True", "True", "None")
    frameworks = {"django", "fastapi", "flask", "litestar", "starlette", "pydantic", "claimsmith-server"}
    assert frameworks.isdisjoint(names.split())
    (tmp_path / "pytest.ini").write_text(INI)
    (tmp_path / "short_profile.py").write_text(PROFILE)
    left_out = f"not ({' or '.join(LEFT_OUT)})"
    arguments = ["-c", str(tmp_path / "pytest.ini"), "--rootdir", str(ROOT), "-p", "short_profile", "-k", left_out]
    suites = [str(ROOT / suite) for suite in SUITES]
    told = run(
        [str(python), "-m", "pytest", *arguments, *suites],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    passed = re.search(r"(\d+) passed", told)
    assert passed, told[-2000:]
    assert int(passed.group(1)) > 1000, told[-2000:]
    assert not re.search(r"\b(failed|error)", told.splitlines()[-1])


def test_the_running_interpreter_is_among_those_found() -> None:
    assert ".".join(map(str, sys.version_info[:2])) in INTERPRETERS


def test_every_declared_version_is_one_that_may_be_installed() -> None:
    declared = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', (SDK / "pyproject.toml").read_text())
    assert declared[0] == "3.11"
    assert 'requires-python = ">=3.11"' in (SDK / "pyproject.toml").read_text()
