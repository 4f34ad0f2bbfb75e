"""What the Python examples share: a Claimsmith of their own to run against, unless the environment names one.

`claimsmith.mjs` beside this file does the same for the JavaScript examples.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec

READY_SECONDS = 30.0
STOP_SECONDS = 10.0
CLAIMS = {"fullName": "{{user.full_name}}", "primaryEmail": "{{user.primary_email_address}}"}
"""Those of the guide "Customize your session token"."""


class Person(msgspec.Struct, frozen=True):
    """Someone to sign in as."""

    email: str
    password: str


class Instance(msgspec.Struct, frozen=True):
    """What `claimsmith dev` writes into its ready file, as far as an application needs it."""

    url: str
    instance_id: str
    publishable_key: str
    secret_key: str
    demo_users: list[Person]

    @property
    def variables(self) -> dict[str, str]:
        """The environment of an application of this instance that has no sign-in page of its own."""
        return {
            "CLERK_PUBLISHABLE_KEY": self.publishable_key,
            "CLERK_SECRET_KEY": self.secret_key,
            "CLERK_API_URL": self.url,
            "CLERK_PROXY_URL": self.url,
            "CLERK_SIGN_IN_URL": f"{self.url}/sign-in",
        }


@contextmanager
def development_instance(folder: Path) -> Iterator[None]:
    """Within the block the environment names an instance; one that is started here ends with the block.

    Args:
        folder: of the example; what the instance stores is kept in its folder `.claimsmith`.
    """
    # A polite end runs the block's own end, too; without this the instance would live on.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if os.environ.get("CLERK_SECRET_KEY"):
        yield
        return
    with running_instance(folder) as instance:
        set_claims(instance)
        os.environ.update(instance.variables)
        person = instance.demo_users[0]
        tell(f"Claimsmith serves {instance.url}; sign in as {person.email} with {person.password}")
        for name, value in instance.variables.items():
            tell(f"  {name}={value}")
        yield


@contextmanager
def running_instance(folder: Path) -> Iterator[Instance]:
    """An instance of `claimsmith dev` with its demo users."""
    own = Path(sys.executable).with_name("claimsmith")
    program = str(own) if own.exists() else shutil.which("claimsmith")
    if program is None:
        sys.exit("The command claimsmith is not there. Run `make setup` at the repository's root.")
    with tempfile.TemporaryDirectory(prefix="claimsmith-example-") as scratch:
        ready = Path(scratch, "ready.json")
        server = subprocess.Popen(  # noqa: S603 - our own command
            [program, "dev", "--port", "0", "--demo", "--ready-file", str(ready)],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C reaches it once, from here, after the application has ended.
        )
        try:
            yield await_ready(server, ready)
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(STOP_SECONDS)


def await_ready(server: subprocess.Popen[bytes], ready: Path) -> Instance:
    """What the server wrote when it was ready."""
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end and server.poll() is None:
        if ready.exists() and ready.read_bytes().rstrip().endswith(b"}"):
            return msgspec.json.decode(ready.read_bytes(), type=Instance)
        time.sleep(0.05)
    sys.exit("claimsmith dev did not start; what it said is above.")


def set_claims(instance: Instance) -> None:
    """Does what the guide does in the dashboard; claims that somebody set before are kept."""
    path = f"/v1/platform/applications/app_example/instances/{instance.instance_id}/config"
    headers = {"Authorization": f"Bearer {instance.secret_key}"}
    with httpx.Client(base_url=instance.url, headers=headers, trust_env=False) as client:
        if client.get(path).raise_for_status().json()["session"]["claims"]:
            return
        settings = {"session": {"claims": CLAIMS}, "display": {"application_name": "Claims"}}
        client.patch(path, json=settings).raise_for_status()


def tell(line: str) -> None:
    """Writes one line for whoever started the example."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
