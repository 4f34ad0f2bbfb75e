# ruff: noqa: INP001 - a script beside the locks that it installs, not a package
"""Fills `.venv` from a lock, every hash checked, and shows how far it is. Standard library only.

    python3 requirements/install.py runtime     what the service needs, and the two distributions
    python3 requirements/install.py dev         what the checks, the tests and the benchmarks need as well

Run from the root of the repository; `make setup` and `make test` do.
"""

import os
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from pathlib import Path

ENVIRONMENT = Path(".venv")
PYTHON = ENVIRONMENT / "bin/python"
DISTRIBUTIONS = ("packages/sdk", "packages/server")
BAR_WIDTH = 24
TAIL_LINES = 20

# Compiled once at the end, on all cores: pip would do it on one.
PIP_INSTALL = ("install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off", "--no-compile")


def say(text: str, *, end: str = "\n") -> None:
    """Writes a line at once, so that it is seen before what it announces."""
    sys.stdout.write(text + end)
    sys.stdout.flush()


def run_pip(*arguments: str) -> Iterator[str]:
    """Pip's output, line by line; ends the program with its last lines when pip fails."""
    command = [str(PYTHON), "-m", "pip", *PIP_INSTALL, *arguments]
    tail: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:  # noqa: S603 - our own arguments
        for line in pip.stdout or ():
            tail = [*tail[1 - TAIL_LINES :], line.rstrip()]
            yield line
    if pip.returncode:
        say("\n" + "\n".join(tail))
        sys.exit(f"pip {' '.join(arguments)} failed; its last lines are above")


def show_progress(done: int, total: int, name: str) -> None:
    """Redraws the bar; silent when nobody watches."""
    if sys.stdout.isatty():
        filled = BAR_WIDTH * done // max(total, 1)
        say(f"\r  [{'#' * filled:<{BAR_WIDTH}}] {done}/{total} {name:<24.24}", end="")


def install_lock(lock: Path) -> None:
    """Installs exactly what the lock names; nothing that it doesn't."""
    # A marker may leave some of them out here, so this is the most that pip can announce.
    total = sum("==" in line and not line.startswith(("#", " ")) for line in lock.read_text().splitlines())
    say(f"  {total} packages from {lock.as_posix()}", end="\r" if sys.stdout.isatty() else "\n")
    done = 0
    for line in run_pip("--no-deps", "--require-hashes", "--requirement", str(lock)):
        verb, _, rest = line.partition(" ")
        if verb in {"Collecting", "Requirement"}:
            done += 1
            show_progress(done, total, rest.removeprefix("already satisfied: ").split("==")[0])
        elif verb == "Installing":
            show_progress(total, total, "installing")
    if sys.stdout.isatty():
        say(f"\r  {done} packages from {lock.as_posix()}".ljust(BAR_WIDTH + 40))


def install_distributions() -> None:
    """Installs the workspace's own two distributions, editable, with the locked build backend."""
    say("  " + ", ".join(DISTRIBUTIONS))
    editables = [word for path in DISTRIBUTIONS for word in ("--editable", path)]
    for _ in run_pip("--no-deps", "--no-build-isolation", *editables):
        pass


def compile_modules() -> None:
    """Compiles what was installed, so that not even the first start waits for it.

    Where PYTHONDONTWRITEBYTECODE is set, as in many container images, each start would compile everything again.
    """
    writing = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [str(PYTHON), "-m", "compileall", "-q", "-j", "0", str(ENVIRONMENT / "lib"), *DISTRIBUTIONS]
    # Packages ship files for other versions of Python, too; those fail to compile and are never imported.
    subprocess.run(command, env=writing, stdout=subprocess.DEVNULL, check=False)  # noqa: S603 - our own arguments


def main(lock_name: str) -> None:
    """Makes the environment when there is none, then installs one lock."""
    start = time.monotonic()
    # pip is the last thing that comes into an environment, so one without it was interrupted.
    if not PYTHON.with_name("pip").exists():
        say(f"Making {ENVIRONMENT} with Python {sys.version.split()[0]}")
        venv.create(ENVIRONMENT, clear=True, symlinks=True, with_pip=True)
    say(f"Installing ({lock_name})")
    install_lock(Path("requirements") / f"{lock_name}.lock")
    if lock_name == "runtime":
        install_distributions()
    compile_modules()
    say(f"  done in {time.monotonic() - start:.1f} s")


if __name__ == "__main__":
    main(sys.argv[1])
