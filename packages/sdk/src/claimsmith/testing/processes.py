"""`claimsmith dev` as a process of a test run, in a folder that goes away with it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import msgspec

from claimsmith.clock import elapsed
from claimsmith.errors import ConfigurationError
from claimsmith.testing.servers import DemoUser, RunningServer

READY_SECONDS: Final = 60.0
"""A loaded machine may take that long; an idle one is ready in two."""
_STOP_SECONDS: Final = 10.0
_POLL_SECONDS: Final = 0.02
_LOG_CHARACTERS: Final = 2000
_OWN_PREFIXES = ("CLERK_", "CLAIMSMITH_")
_PROGRAM = "from claimsmith.cli import main; main()"


class _Ready(msgspec.Struct, frozen=True):
    """What the server tells of itself when it is ready."""

    url: str
    publishable_key: str
    secret_key: str
    jwt_key: str
    instance_id: str
    demo_users: tuple[DemoUser, ...] = ()

    def as_server(self) -> "RunningServer":
        """The same, with a connection."""
        return RunningServer(
            self.url,
            publishable_key=self.publishable_key,
            secret_key=self.secret_key,
            pem=self.jwt_key,
            instance_id=self.instance_id,
            demo_users=self.demo_users,
        )


@contextmanager
def running_server(folder: Path | None = None, *arguments: str) -> Iterator[RunningServer]:
    """A server on a free port until the block ends; its data end with it.

    Args:
        folder: where its log is kept; a temporary one when `None`.
        *arguments: further ones of `claimsmith dev`, e.g. `--token-lifetime=30`.

    Raises:
        ConfigurationError: claimsmith-server is not installed, or it did not start; the sentence has its last words.

    Example:
        ```python
        from claimsmith import testing

        with testing.running_server() as server:
            print(server.environment)
        ```
    """
    if not is_server_installed():
        raise ConfigurationError("There is no server to start. Install claimsmith-server beside claimsmith.")
    with TemporaryDirectory(prefix="claimsmith-") as temporary:
        place = Path(temporary) if folder is None else folder
        log, ready_file = place / "server.log", place / "ready.json"
        command = [sys.executable, "-c", _PROGRAM, "dev", "--port=0", "--ephemeral", "--demo"]
        with log.open("wb") as output, _start([*command, f"--ready-file={ready_file}", *arguments], output) as process:
            try:
                with closing(_await_ready(process, ready_file, log).as_server()) as server:
                    yield server
            finally:
                _stop(process)


def is_server_installed() -> bool:
    """Whether claimsmith-server can be started from here."""
    return find_spec("claimsmith_server") is not None


def _start(command: list[str], output: Any) -> "subprocess.Popen[bytes]":
    # Settings of the application under test are not the server's.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_OWN_PREFIXES)}
    return subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment, start_new_session=True)  # noqa: S603 - our own words


def _await_ready(process: "subprocess.Popen[bytes]", ready_file: Path, log: Path) -> _Ready:
    """What the server tells when it is ready; the file is put there whole."""
    deadline = elapsed() + READY_SECONDS
    while elapsed() < deadline and process.poll() is None:
        if ready_file.exists():
            return msgspec.json.decode(ready_file.read_bytes(), type=_Ready)
        time.sleep(_POLL_SECONDS)
    told = "ended" if process.poll() is not None else f"was not ready after {READY_SECONDS:.0f} s"
    last_words = log.read_text(errors="replace")[-_LOG_CHARACTERS:].strip()
    raise ConfigurationError(f"The server {told}. It said:\n{last_words or '(nothing)'}")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """End it as Ctrl-C would, and for certain."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
