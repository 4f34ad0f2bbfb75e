"""`examples/nextjs`, built once and served for any instance.

`NEXT_PUBLIC_*` are inlined when an application is built, and keys and ports differ with every run. So it is built with
stand-ins of the same length, and each served copy has its instance's own values in their place, as if it had been built
with them.
"""

import base64
import hashlib
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec
from packages import clean_environment, install_packages, run_to_end, turn_at
from servers import Server

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "nextjs"
BUILD = FOLDER / ".next"
READY_SECONDS = 30.0
STOP_SECONDS = 5.0

FRONTEND_API_LENGTH = len("dev-abcdef.clerk.accounts.dev")
"""Every instance of these tests has a Frontend API host of this length."""
STAND_IN_URL = "http://localhost:49999"
STAND_IN_KEY = "pk_test_" + base64.b64encode(b"stand-in-0.clerk.accounts.dev$").decode().rstrip("=")
NOT_SERVED = ("cache", "diagnostics", "trace*", "turbopack", "types")
NOT_SOURCES = {"node_modules", ".next", ".claimsmith", "README.md", "tsconfig.tsbuildinfo", "next-env.d.ts"}


class Instance(msgspec.Struct, frozen=True):
    """What an application is told of an instance, and no more."""

    url: str
    publishable_key: str
    secret_key: str

    @classmethod
    def of(cls, server: Server) -> "Instance":
        return cls(server.url, server.publishable_key, server.secret_key)

    @property
    def public_environment(self) -> dict[str, str]:
        """The variables that a build inlines (contract 0)."""
        return {
            "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY": self.publishable_key,
            "NEXT_PUBLIC_CLERK_PROXY_URL": self.url,
            "NEXT_PUBLIC_CLERK_JS_URL": f"{self.url}/npm/@clerk/clerk-js@6/dist/clerk.browser.js",
            "NEXT_PUBLIC_CLERK_UI_URL": f"{self.url}/npm/@clerk/ui@1/dist/ui.browser.js",
            "NEXT_PUBLIC_CLERK_SIGN_IN_URL": "/sign-in",
            "NEXT_PUBLIC_CLERK_SIGN_UP_URL": "/sign-up",
            "NEXT_PUBLIC_CLERK_TELEMETRY_DISABLED": "1",
        }

    @property
    def environment(self) -> dict[str, str]:
        """All variables of contract 0."""
        return self.public_environment | {"CLERK_SECRET_KEY": self.secret_key, "CLERK_API_URL": self.url}


STAND_IN = Instance(STAND_IN_URL, STAND_IN_KEY, "sk_test_stand_in")


def build_example() -> None:
    """Builds the example unless its build is of the very files that are there."""
    install_packages(FOLDER)
    mark = BUILD / "of-sources"
    with turn_at(FOLDER / "package.json"):
        sources = hash_sources()
        if mark.exists() and mark.read_text() == sources:
            return
        mark.unlink(missing_ok=True)
        run_to_end(["node", "node_modules/next/dist/bin/next", "build"], FOLDER, STAND_IN.environment)
        mark.write_text(sources)


def hash_sources() -> str:
    """A digest of every file that a build reads, and of the stand-ins."""
    digest = hashlib.sha256(repr(sorted(STAND_IN.environment.items())).encode())
    files = (file for file in FOLDER.rglob("*") if not NOT_SOURCES & set(file.relative_to(FOLDER).parts))
    for file in sorted(file for file in files if file.is_file() and not file.name.startswith(".env")):
        digest.update(f"{file.relative_to(FOLDER)}\0{file.stat().st_size}\0".encode() + file.read_bytes())
    return digest.hexdigest()


def copy_build(folder: Path, instance: Instance) -> None:
    """The build as it would be if it had been made with the instance's variables."""
    replaced = {STAND_IN.url: instance.url, STAND_IN.publishable_key: instance.publishable_key}
    assert all(len(old) == len(new) for old, new in replaced.items()), f"stand-ins of another length: {replaced}"
    shutil.copytree(BUILD, folder / ".next", ignore=shutil.ignore_patterns(*NOT_SERVED))
    for name in ("package.json", "next.config.ts"):
        shutil.copy(FOLDER / name, folder / name)
    (folder / "node_modules").symlink_to(FOLDER / "node_modules")
    found = set()
    for file in (folder / ".next").rglob("*"):
        content = old_content = file.read_bytes() if file.is_file() else b""
        for old, new in replaced.items():
            content = content.replace(old.encode(), new.encode())
        if content != old_content:
            file.write_bytes(content)
            found.add(file.suffix)
    assert ".js" in found, "the build has no stand-ins: are NEXT_PUBLIC_* variables inlined otherwise now?"


@contextmanager
def running_next(folder: Path, instance: Instance) -> Iterator[str]:
    """The address of the example, served for an instance."""
    copy_build(folder, instance)
    port = find_free_port()
    command = ["node", "node_modules/next/dist/bin/next", "start", "--port", str(port), "--hostname", "localhost"]
    with running_application(command, folder, port, instance.environment) as url:
        yield url


@contextmanager
def running_application(command: list[str], folder: Path, port: int, environment: dict[str, str]) -> Iterator[str]:
    """The address of an application, as soon as it answers; it ends with the block."""
    log = folder / "application.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=clean_environment() | environment,
            start_new_session=True,
        )
        try:
            await_answer(process, port, log)
            yield f"http://localhost:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def await_answer(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Returns when something listens; fails with the log's end when the process ended or took too long."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(f"http://localhost:{port}/", trust_env=False, timeout=READY_SECONDS)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"the application does not answer:\n{log.read_text(errors='replace')[-3000:]}")


def find_free_port() -> int:
    """A port that nobody listens on now; for programs that can't be asked which one they took."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
