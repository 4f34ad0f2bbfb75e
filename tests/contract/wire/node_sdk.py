"""The unmodified `@clerk/backend`, driven through one Node process."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import msgspec
from servers import Server

FOLDER = Path(__file__).parent / "node"
INSTALL_SECONDS = 240


class NodeError(Exception):
    """What the SDK threw: `ClerkAPIResponseError` has `status` and `errors`, `TokenVerificationError` has `reason`."""

    def __init__(self, told: dict[str, Any]) -> None:
        super().__init__(told.get("message"))
        self.name: str = told["name"]
        self.status: int | None = told.get("status")
        self.reason: str | None = told.get("reason")
        self.trace_id: str | None = told.get("clerkTraceId")
        self.errors: list[dict[str, Any]] = told.get("errors") or []


class NodeSdk(Protocol):
    """`sdk("users.getUser", user_id)` is `await clerk.users.getUser(user_id)`; `options` go to `createClerkClient`."""

    def __call__(self, call: str, *args: Any, options: dict[str, Any] | None = None) -> Any:
        """The call's value as plain data; raises `NodeError` with what the SDK threw."""


def install_packages() -> None:
    """Installs what `package-lock.json` names into `node_modules`, unless that is what is there."""
    installed, lock = FOLDER / "node_modules" / ".package-lock.json", FOLDER / "package-lock.json"
    with lock.open() as turn:
        # Tests run in several processes, and two installations at once would tear each other's folder.
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
            _run_npm()


def _run_npm() -> None:
    npm = shutil.which("npm")
    assert npm
    command = [npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    assert done.returncode == 0, f"npm ci failed:\n{done.stderr[-2000:]}"


@contextmanager
def running_node(server: Server) -> Iterator[NodeSdk]:
    """A Node process whose Clerk client is set up with a server's own address and keys, and nothing else."""
    command = ["node", "driver.mjs", server.bapi_url, server.secret_key, server.publishable_key]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CLERK_")}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, cwd=FOLDER, env=environment) as process:
        assert process.stdin
        assert process.stdout
        stdin, stdout = process.stdin, process.stdout

        def call_sdk(call: str, *args: Any, options: dict[str, Any] | None = None) -> Any:
            stdin.write(msgspec.json.encode({"call": call, "args": args, "options": options}) + b"\n")
            stdin.flush()
            line = stdout.readline()
            assert line, "the Node process ended"
            answer = msgspec.json.decode(line)
            if "error" in answer:
                raise NodeError(answer["error"])
            return answer["value"]

        yield call_sdk
        stdin.close()
