"""`make demo`: the seed's story, told by a real server, over HTTP, as an application would live it.

An instance exists, its owner adds two claims, a user signs in, the session token carries the claims, and an
application verifies the token and reads them. With `--exit` it stops after printing; without, it keeps serving.
"""

import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import httpx
import msgspec
from rich.console import Console

from claimsmith import StaticKeys, verify_token
from claimsmith.cli.terminal import draw_token
from claimsmith_server.commands.dev import Ready, environment_lines

SEED_CLAIMS = {"fullName": "{{user.full_name}}", "primaryEmail": "{{user.primary_email_address}}"}
"""The claims of the seed document's example."""
_READY_SECONDS = 30.0
_STOP_SECONDS = 10.0


class Narrator:
    """Tells each step with the time it took."""

    def __init__(self, console: Console) -> None:
        """Starts the clock."""
        self.console = console
        self._since = time.monotonic()

    def tell(self, step: str, detail: str = "") -> None:
        """One finished step."""
        took, self._since = time.monotonic() - self._since, time.monotonic()
        self.console.print(f"[green]✓[/green] {step} [dim]{took * 1000:,.0f} ms[/dim]", highlight=False)
        if detail:
            self.console.print(textwrap.indent(detail, "  "), style="dim", highlight=False, markup=False)


class Story(msgspec.Struct, frozen=True):
    """What came of it."""

    session_id: str
    token: str
    read_by_application: dict[str, Any]


def tell_story(ready: Ready, narrator: Narrator) -> Story:
    """Set the claims, sign in, mint, verify, read.

    Raises:
        httpx.HTTPStatusError: the server refused a step.
        TokenError: the token does not verify.
    """
    headers = {"Authorization": f"Bearer {ready.secret_key}"}
    with httpx.Client(base_url=ready.url, headers=headers, timeout=10) as backend:
        _call(
            backend,
            "PATCH",
            "/v1/platform/applications/demo/instances/development/config",
            {"session": {"claims": SEED_CLAIMS}},
        )
        template = "\n".join(f"{name:<14}{value}" for name, value in SEED_CLAIMS.items())
        narrator.tell("The owner added two custom claims to the session token", template)
        user = ready.demo_users[0]
        session = _call(backend, "POST", "/v1/sessions", {"user_id": user.id})
        narrator.tell(f"{user.email} is signed in", session["id"])
        token = _call(backend, "POST", f"/v1/sessions/{session['id']}/tokens", {})["jwt"]
        narrator.tell("The server minted a session token")
        key_set = _call(backend, "GET", "/v1/jwks", None)
    session_claims = verify_token(token, StaticKeys.from_jwks(key_set))
    read = {"firstName": session_claims["fullName"], "primaryEmail": session_claims["primaryEmail"]}
    told = "\n".join(f"{name:<14}{value}" for name, value in read.items())
    narrator.tell("The application verified it and reads its claims", told)
    return Story(session["id"], token, read)


@click.command()
@click.option("--exit", "stops", is_flag=True, help="Stop after printing, and keep nothing; takes a free port.")
@click.option("--port", default=4000, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
def main(port: int, *, stops: bool) -> None:
    """Show the whole story, then keep serving."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # who ends the demo ends its server too
    console = Console()
    narrator = Narrator(console)
    with _serving(port, ephemeral=stops) as (ready, process):
        narrator.tell(f"claimsmith dev serves {ready.url}")
        story = tell_story(ready, narrator)
        console.print()
        _print_token(console, story.token)
        _print_addresses(console, ready)
        if stops:
            console.print("[bold]Next:[/bold] make demo, which keeps serving; then examples/fastapi", highlight=False)
            return
        _print_mint(console, ready, story)
        console.print(
            "[bold]Serving.[/bold] Next: examples/fastapi, in another terminal. Ctrl-C stops it.", highlight=False
        )
        process.wait()


def _print_token(console: Console, token: str) -> None:
    """The picture, indented by two; the lines of its tables are stripped of their padding."""
    with console.capture() as captured:
        console.print(draw_token(token), width=console.width - 2)
    for line in captured.get().splitlines():
        console.out(f"  {line}".rstrip(), highlight=False)


def _print_mint(console: Console, ready: Ready, story: Story) -> None:
    """How a reader gets a token of their own: the one above lives for a minute."""
    minting = f"{ready.url}/v1/sessions/{story.session_id}/tokens"
    console.print("[bold]A fresh token[/bold] of this user, good for a minute", highlight=False)
    line = f'curl -s -X POST -H "Authorization: Bearer {ready.secret_key}" {minting}'
    console.print(f"  {line}\n", highlight=False, markup=False, soft_wrap=True)


def _print_addresses(console: Console, ready: Ready) -> None:
    console.print(f"\n[bold]Dashboard[/bold]  {ready.dashboard_url}")
    for framework, lines in environment_lines(ready).items():
        console.print(f"\n[bold]{framework}[/bold]")
        for line in lines:
            console.print(f"  {line}", highlight=False, soft_wrap=True)
    console.print()


@contextmanager
def _serving(port: int, *, ephemeral: bool) -> Iterator[tuple[Ready, "subprocess.Popen[bytes]"]]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ready.json"
        command = [str(Path(sys.executable).with_name("claimsmith")), "dev", "--ready-file", str(file)]
        command += ["--ephemeral", "--port", "0"] if ephemeral else ["--port", str(port)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 - our own command
        try:
            yield _await_ready(file, process), process
        except KeyboardInterrupt:
            pass
        finally:
            if process.poll() is None:
                process.terminate()
            process.wait(_STOP_SECONDS)


def _await_ready(file: Path, process: "subprocess.Popen[bytes]") -> Ready:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        if file.exists():
            return msgspec.json.decode(file.read_bytes(), type=Ready)
        code = process.poll()
        if code is not None:
            raise SystemExit(code)  # it has told why
        time.sleep(0.01)
    raise SystemExit(f"claimsmith dev was not ready within {_READY_SECONDS:.0f} s")


def _call(client: httpx.Client, method: str, path: str, body: dict[str, Any] | None) -> Any:
    answer = client.request(method, path, json=body)
    answer.raise_for_status()
    return answer.json()


if __name__ == "__main__":
    main()
