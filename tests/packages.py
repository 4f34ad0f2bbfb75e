"""Packages from npm, installed where their lock file is; programs run to their end."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LIMIT_SECONDS = 240


def install_packages(folder: Path) -> None:
    """Installs what `package-lock.json` names into `node_modules`, unless that is what is there."""
    installed, lock = folder / "node_modules" / ".package-lock.json", folder / "package-lock.json"
    with turn_at(lock):
        if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
            run_to_end(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], folder)
            installed.touch()


@contextmanager
def turn_at(file: Path) -> Iterator[None]:
    """Waits until no other process of the run works on what `file` stands for."""
    with file.open() as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


def run_to_end(command: list[str], folder: Path, environment: dict[str, str] | None = None) -> str:
    """What a program wrote until it ended; fails with the end of that when the program did."""
    program = shutil.which(command[0])
    assert program, f"{command[0]} is not on the path"
    done = subprocess.run(
        [program, *command[1:]],
        cwd=folder,
        env=clean_environment() | (environment or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)} failed:\n{done.stdout[-4000:]}"
    return done.stdout


def clean_environment() -> dict[str, str]:
    """This process's environment without what would redirect an application, and with telemetry off."""
    foreign = ("CLERK_", "NEXT_PUBLIC_", "CLAIMSMITH_", "NODE_ENV")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return kept | {"NEXT_TELEMETRY_DISABLED": "1"}
