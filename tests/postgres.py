"""A throw-away PostgreSQL server for tests: its own directory, a free loopback port, gone at the end."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

PROGRAMS = "initdb", "postgres"
_SETTINGS = [
    *("-c", "unix_socket_directories="),
    # The data is thrown away, so it need not survive a power cut.
    *("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=100", "-c", "shared_buffers=64MB"),
]


def find_programs() -> Path | None:
    """The folder of PostgreSQL's server programs: Debian's newest, or where the path has them."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: int(place.parent.name), reverse=True)
    on_path = shutil.which("postgres")
    places += [Path(on_path).resolve().parent] if on_path else []
    return next((place for place in places if all((place / name).exists() for name in PROGRAMS)), None)


@contextmanager
def running_postgres() -> Iterator[str]:
    """The url of a server's empty database; the server stops when the context ends, killed by its pid if it must.

    PostgreSQL refuses to run as root, so as root it runs as the user `postgres`, to whom its folder is given. That is
    not one of pytest's: each run of pytest closes the folder of all runs to other users, under a server that runs.
    """
    programs = find_programs()
    if programs is None:
        raise RuntimeError("PostgreSQL's programs are not on this machine")
    with TemporaryDirectory(prefix="claimsmith-postgres-", ignore_cleanup_errors=True) as folder:
        yield from _run_server(programs, Path(folder))


def _run_server(programs: Path, folder: Path) -> Iterator[str]:
    prefix = _other_user(folder)
    cluster = folder / "cluster"
    _run([*prefix, str(programs / "initdb"), "-D", str(cluster), "-U", "claimsmith", "-A", "trust", "-N", "-E", "UTF8"])
    port = _free_port()
    log = (folder / "postgres.log").open("wb")
    server = subprocess.Popen(
        [*prefix, str(programs / "postgres"), "-D", str(cluster), "-p", str(port), "-h", "127.0.0.1", *_SETTINGS],
        stdout=log,
        stderr=subprocess.STDOUT,
        cwd=folder,
    )
    try:
        _wait_until_ready(server, port, folder / "postgres.log")
        yield f"postgresql://claimsmith@127.0.0.1:{port}/postgres"
    finally:
        _stop(server)
        log.close()


def _other_user(folder: Path) -> list[str]:
    """How to run a program as somebody whom PostgreSQL accepts."""
    if os.geteuid() != 0:
        return []
    shutil.chown(folder, "postgres", "postgres")
    return ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"]


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    if done.returncode:
        raise RuntimeError(f"{command[-1]}: {done.stderr}")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _wait_until_ready(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + 30
    while b"database system is ready" not in log.read_bytes():
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL did not start on port {port}: {log.read_text()[-2000:]}")
        time.sleep(0.02)


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(signal.SIGINT)  # "fast": ends clients' connections, then stops
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
