"""How fast the editor answers in a large instance: `python -m benchmarks.preview [USERS]`.

One worker over SQLite with 100,000 users (or as many as asked for) is spoken to over HTTP as the editor does: a preview
after each key that is typed, each of another user taken at random; what the editor begins with; the searches for users;
a full scan of the population, and previews while it runs, which must not have to wait for it.

Target: 150 ms for a preview at the 95th percentile, with and without a scan beside it.
"""

import asyncio
import http.client
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from benchmarks import growth, mint
from claimsmith_server.app import close_service, open_service
from claimsmith_server.core.models import Administrator
from claimsmith_server.dashboard.cookies import csrf_token, dashboard_cookie
from claimsmith_server.services.administrators.sessions import start_session
from claimsmith_server.services.instances import load_public_instance
from claimsmith_server.settings import Settings
from claimsmith_server.store.administrators import insert_administrator

USERS = 100_000
PREVIEWS = 1_000
TARGET_MS = 150
_CLAIMS = {
    "fullName": "{{user.full_name}}",
    "primaryEmail": "{{user.primary_email_address}}",
    "metadata": {"plan": "{{user.public_metadata.plan || 'free'}}", "number": "{{user.public_metadata.number}}"},
    "role": "{{org.role || 'none'}}",
    "roles": "{{user.organizations}}",
    "greeting": "Hello {{user.first_name || 'you'}}, member since {{user.created_at}}",
    "https://hasura.io/jwt/claims": {"x-hasura-user-id": "{{user.id}}", "x-hasura-allowed-roles": ["user", "editor"]},
}


class Editor(NamedTuple):
    """A server, and the headers of an administrator who is signed in."""

    port: int
    headers: dict[str, str]

    def ask(self, method: str, path: str, body: Any = None) -> tuple[float, bytes]:
        """Milliseconds of one request, connection included, and the answer's body."""
        started = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        octets = None if body is None else msgspec.json.encode(body)
        connection.request(method, f"/dashboard/api{path}", octets, self.headers)
        answer = connection.getresponse()
        told = answer.read()
        connection.close()
        assert answer.status == 200, told
        return (time.perf_counter() - started) * 1000, told


def main(users: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "preview"
        print(f"loading {users:,} users", end="\r", flush=True)
        with mint.sqlite_server(folder, users=users) as target:
            headers = asyncio.run(sign_in(folder, target.port))
            measure(Editor(target.port, headers), users)


def measure(editor: Editor, users: int) -> None:
    """Print a line for each kind of request."""
    print(f"{f'{users:,} users, SQLite, over HTTP':44}{'p50 ms':>9}{'p95 ms':>9}{'max ms':>9}{'target':>8}")
    preview = _typing(users)
    for _ in range(20):
        preview(editor)
    print_times("preview, another user and text each time", [preview(editor) for _ in range(PREVIEWS)], TARGET_MS)
    print_times("what the editor begins with", [editor.ask("GET", "/editor/session")[0] for _ in range(20)])
    for query in ("query=user4711", "pick=random", "pick=largest"):
        print_times(f"users, {query}", [editor.ask("GET", f"/subjects?{query}")[0] for _ in range(10)])
    print_times("population, a sample of 1,000", [scan(editor, sample=1_000)[0] for _ in range(3)])
    beside: list[float] = []
    over = threading.Event()
    typing = threading.Thread(target=_type_until, args=(editor, preview, over, beside))
    typing.start()
    took, told = scan(editor)
    over.set()
    typing.join()
    print_times("population, every user", [took])
    print_times("preview while the population is scanned", beside, TARGET_MS)
    print(f"last line of the scan: {told.splitlines()[-1][:110].decode()}…")


def scan(editor: Editor, **more: Any) -> tuple[float, bytes]:
    """Milliseconds of one scan of the population, and what it told."""
    text = msgspec.json.encode(_CLAIMS).decode()
    return editor.ask("POST", "/population", {"target": "session", "text": text, **more})


def print_times(name: str, times: list[float], target: int | None = None) -> None:
    """A line of the table."""
    ordered = sorted(times)
    p95 = ordered[min(len(ordered) - 1, len(ordered) * 95 // 100)]
    judged = "" if target is None else f"{target:>8} {'ok' if p95 <= target else 'MISSED'}"
    print(f"{name:44}{statistics.median(ordered):9.1f}{p95:9.1f}{ordered[-1]:9.1f}{judged}", flush=True)


def _typing(users: int) -> Callable[[Editor], float]:
    """One preview after another, as somebody types: each text is new."""
    chance = random.Random(1)  # noqa: S311 - the same users in each run
    typed = 0

    def preview(editor: Editor) -> float:
        nonlocal typed
        typed += 1
        text = msgspec.json.encode({**_CLAIMS, "typed": "x" * (typed % 40)}).decode()
        session_id = growth.session_id(chance.randrange(users))
        body = {"target": "session", "text": text, "subject": {"session_id": session_id}}
        return editor.ask("POST", "/preview", body)[0]

    return preview


def _type_until(editor: Editor, preview: Callable[[Editor], float], over: threading.Event, times: list[float]) -> None:
    while not over.is_set():
        times.append(preview(editor))
        time.sleep(0.02)


async def sign_in(folder: Path, port: int) -> dict[str, str]:
    """The headers of a new administrator's browser."""
    settings = Settings(database_url=f"sqlite:///{folder / 'bench.db'}", master_key_file=str(folder / "bench.key"))
    service = await open_service(settings)
    try:
        instance = await load_public_instance(service)
        now = service.clock.now()
        administrator = Administrator(
            id=service.make_id("admin"),
            instance_id=instance.id,
            email_address="bench@example.com",
            role="viewer",
            password_digest="",
            created_at=now,
            updated_at=now,
        )
        await insert_administrator(service.database, administrator)
        token = await service.database.transact(lambda tx: start_session(service, tx, administrator))
    finally:
        await close_service(service)
    return {
        "Host": f"localhost:{port}",
        "Origin": f"http://localhost:{port}",
        "Sec-Fetch-Site": "same-origin",
        "Content-Type": "application/json",
        "Cookie": f"{dashboard_cookie(instance)}={token}",
        "X-CSRF-Token": csrf_token(token),
    }


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else USERS)
