"""A `claimsmith dev` of our own, as a process: started, awaited, stopped by its process id."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

READY_SECONDS = 30.0
"""A loaded machine may take that long; an idle one is ready in under two."""
STOP_SECONDS = 10.0


class DemoUser(msgspec.Struct, frozen=True):
    """A user that `claimsmith dev --demo` seeds."""

    id: str
    email: str
    password: str


class Server(msgspec.Struct, frozen=True):
    """What a running server says of itself in its ready file."""

    url: str
    fapi_url: str
    bapi_url: str
    publishable_key: str
    secret_key: str
    jwt_key: str
    dashboard_url: str
    instance_id: str
    demo_users: list[DemoUser]
    set_up_url: str | None = None


def own_environment() -> dict[str, str]:
    """This process's environment without settings that would leak into a server under test."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("CLAIMSMITH_", "CLERK_"))}


def await_ready(process: subprocess.Popen[bytes], ready_file: Path, log: Path) -> Server:
    """What the server wrote when it was ready; fails the test with the log's end when it ended or took too long."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if ready_file.exists() and ready_file.read_bytes().rstrip().endswith(b"}"):
            return msgspec.json.decode(ready_file.read_bytes(), type=Server)
        time.sleep(0.02)
    told = "ended" if process.poll() is not None else f"was not ready within {READY_SECONDS:.0f} s"
    return pytest.fail(f"the server {told}:\n{log.read_text(errors='replace')[-3000:]}", pytrace=False)


def stop_process(process: subprocess.Popen[bytes]) -> None:
    """Stops it as Ctrl-C would; if it doesn't listen, ends its whole process group."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def running_server(folder: Path, *arguments: str) -> Iterator[Server]:
    """A server that works in `folder`, ephemeral and with the demo's users unless `arguments` say otherwise."""
    log, ready_file = folder / "server.log", folder / "ready.json"
    command = [str(Path(sys.executable).with_name("claimsmith")), "dev", "--port", "0"]
    command += ["--ready-file", str(ready_file), *(arguments or ("--ephemeral", "--demo"))]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, cwd=folder, env=own_environment(), start_new_session=True
        )
        try:
            yield await_ready(process, ready_file, log)
        finally:
            stop_process(process)
