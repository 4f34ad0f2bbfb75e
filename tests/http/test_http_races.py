"""Mints that race with the end of a session, through real sockets into two workers (cases S-016, S-018, S-022)."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import msgspec
import pytest
from servers import own_environment

CLAIMSMITH = str(Path(sys.executable).with_name("claimsmith"))
RACES = 2_000
LANES = 4
READY_SECONDS = 30.0


class Served(NamedTuple):
    """A `claimsmith serve` of two workers."""

    port: int
    secret_key: str


class Connection:
    """One kept-alive connection; requests may be sent ahead of their answers."""

    def __init__(self, served: Served) -> None:
        self._socket = socket.create_connection(("127.0.0.1", served.port), timeout=20)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answers = self._socket.makefile("rb")
        self._head = f"HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {served.secret_key}\r\n"

    def send(self, method: str, path: str, body: Any = None) -> None:
        octets = b"" if body is None else msgspec.json.encode(body)
        length = f"Content-Type: application/json\r\nContent-Length: {len(octets)}\r\n\r\n"
        self._socket.sendall(f"{method} /v1{path} {self._head}{length}".encode() + octets)

    def receive(self) -> tuple[int, Any]:
        """Status and JSON of the next answer."""
        status, length = int(self._answers.readline().split()[1]), 0
        while (line := self._answers.readline()) != b"\r\n":
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return status, msgspec.json.decode(self._answers.read(length))

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        self.send(method, path, body)
        status, answer = self.receive()
        assert status == 200, answer
        return answer

    def close(self) -> None:
        self._answers.close()
        self._socket.close()


def run(folder: Path, variables: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [CLAIMSMITH, *arguments], cwd=folder, env=own_environment() | variables, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def await_answers(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Returns once the service says that it answers."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if b'"ready"' in log.read_bytes():
            return
        time.sleep(0.05)
    pytest.fail(f"`claimsmith serve` on port {port} is not ready:\n{log.read_text()[-3000:]}", pytrace=False)


@contextmanager
def serving(folder: Path, database_url: str) -> Iterator[Served]:
    """`claimsmith serve` with two workers over a new database."""
    variables = {"CLAIMSMITH_DATABASE_URL": database_url, "CLAIMSMITH_LOG_FORMAT": "json"}
    told = run(folder, variables, "keys", "init", "--slug", "races", "--frontend-api", "clerk.example.com")
    secret_key = next(word for word in told.replace("=", " ").split() if word.startswith("sk_live_"))
    port, log = free_port(), folder / "serve.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [CLAIMSMITH, "serve", "--port", str(port), "--workers", "2"],
            stdout=output, stderr=subprocess.STDOUT, cwd=folder, env=own_environment() | variables,
            start_new_session=True,
        )  # fmt: skip
        try:
            await_answers(port, process, log)
            yield Served(port, secret_key)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    assert b"Traceback" not in log.read_bytes()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    """A service of two processes over one database, on each engine."""
    url = f"sqlite:///{tmp_path}/races.db"
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres_server")
        url = urlunsplit(urlsplit(server)._replace(path=f"/{create_database(request, server)}"))
    with serving(tmp_path, url) as running:
        yield running


def create_database(request: pytest.FixtureRequest, server: str) -> str:
    import asyncpg  # only where there is a PostgreSQL

    async def create(name: str) -> None:
        connection = await asyncpg.connect(server)
        try:
            await connection.execute(f'CREATE DATABASE "{name}"')
        finally:
            await connection.close()

    name = f"races_{abs(hash(request.node.nodeid))}"
    request.getfixturevalue("runner").run(create(name))
    return name


class Tally(NamedTuple):
    """What the mints around the end of one session gave."""

    during: int
    after: tuple[int, ...]


Race = Callable[[list[Connection], str, str], Tally]


def race_with_revoke(connections: list[Connection], user_id: str, session_id: str) -> Tally:
    """One mint that races with the revoke, and two, over two connections, sent once the revoke was answered."""
    one, other, third = connections
    path = f"/sessions/{session_id}"
    one.send("POST", f"{path}/tokens")
    other.send("POST", f"{path}/revoke")
    status, revoked = other.receive()
    assert (status, revoked["status"], revoked["user_id"]) == (200, "revoked", user_id)
    third.send("POST", f"{path}/tokens")
    one.send("POST", f"{path}/tokens")
    return Tally(one.receive()[0], (third.receive()[0], one.receive()[0]))


def race_with_delete(connections: list[Connection], user_id: str, session_id: str) -> Tally:
    """The same while the user is deleted."""
    one, other, third = connections
    one.send("POST", f"/sessions/{session_id}/tokens")
    other.send("DELETE", f"/users/{user_id}")
    assert other.receive()[0] == 200
    third.send("POST", f"/sessions/{session_id}/tokens")
    one.send("POST", f"/sessions/{session_id}/tokens")
    return Tally(one.receive()[0], (third.receive()[0], one.receive()[0]))


def run_races(served: Served, race: Race, races: int, *, own_users: bool) -> list[Tally]:
    """The races, in lanes of three connections each; every race has a session, and perhaps a user, of its own."""
    numbers = iter(range(races))
    turn = threading.Lock()

    def run_lane(_lane: int) -> list[Tally]:
        tallies = []
        with ExitStack() as stack:
            connections = [Connection(served) for _ in range(3)]
            for one in connections:
                stack.callback(one.close)
            user_id = connections[0].ask("POST", "/users", {"first_name": "Ada", "email_address": [mail()]})["id"]
            while True:
                with turn:
                    if next(numbers, None) is None:
                        return tallies
                if own_users:
                    user_id = connections[0].ask("POST", "/users", {"email_address": [mail()]})["id"]
                session = connections[1].ask("POST", "/sessions", {"user_id": user_id})
                connections = connections[1:] + connections[:1]
                tallies.append(race(connections, user_id, session["id"]))

    with ThreadPoolExecutor(LANES) as pool:
        return [tally for lane in pool.map(run_lane, range(LANES)) for tally in lane]


def mail() -> str:
    return f"ada-{os.urandom(8).hex()}@example.com"


def test_S_016_S_022_of_2000_mints_that_race_with_a_revoke_none_comes_after_its_answer(served: Served) -> None:
    tallies = run_races(served, race_with_revoke, RACES, own_users=False)
    assert len(tallies) == RACES
    assert {status for tally in tallies for status in tally.after} == {401}
    during = [tally.during for tally in tallies]
    assert set(during) <= {200, 401}
    assert during.count(200) > RACES // 100, "no mint ever ran beside its revoke: nothing was raced"


def test_S_018_no_mint_comes_after_the_answer_that_deleted_its_user(served: Served) -> None:
    tallies = run_races(served, race_with_delete, RACES // 20, own_users=True)
    assert {status for tally in tallies for status in tally.after} == {404}
    assert {tally.during for tally in tallies} <= {200, 401, 404}


def test_two_writers_of_the_config_never_both_win(served: Served) -> None:
    path = "/platform/applications/app_1/instances/production/config"
    writers = [Connection(served) for _ in range(4)]
    try:
        for number in range(40):
            before = writers[0].ask("GET", path)
            for index, writer in enumerate(writers):
                body = {"session": {"claims": {f"c{index}": number}}}
                send_if_match(writer, served, path, before["config_version"], body)
            answers = [writer.receive() for writer in writers]
            winners = [answer for status, answer in answers if status == 200]
            refused = {status for status, _ in answers if status != 200}
            assert len(winners) == 1, answers
            assert refused <= {409, 412}
            after = writers[0].ask("GET", path)
            assert after["config_version"] == winners[0]["config_version"] != before["config_version"]
            assert after["session"]["claims"] == winners[0]["session"]["claims"]
    finally:
        for writer in writers:
            writer.close()


def send_if_match(writer: Connection, served: Served, path: str, version: str, body: Any) -> None:
    """A PATCH under compare-and-set."""
    head = writer._head
    writer._head = f"{head}If-Match: {version}\r\n"
    writer.send("PATCH", path, body)
    writer._head = head
