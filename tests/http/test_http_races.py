"""Races through real sockets into two workers: mints with the end of a session, and spends with each other.

Cases S-016, S-018, S-019, S-022 (I2), A-001 and A-002 (I3).
"""

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
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import msgspec
import pytest
from servers import own_environment

CLAIMSMITH = str(Path(sys.executable).with_name("claimsmith"))
ORIGINS = {"production": "https://example.com", "development": "http://localhost:3000"}
LANES = 4
READY_SECONDS = 30.0


class Served(NamedTuple):
    """A `claimsmith serve` of two workers."""

    port: int
    secret_key: str
    origin: str
    """Of its application."""


class Answer(NamedTuple):
    """An answer, and the client token that came with it."""

    status: int
    body: Any
    client_token: str | None


class Connection:
    """One kept-alive connection; requests may be sent ahead of their answers."""

    def __init__(self, served: Served) -> None:
        self._socket = socket.create_connection(("127.0.0.1", served.port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answers = self._socket.makefile("rb")
        self._origin = served.origin
        self.location = ""
        """Where the last answer leads."""
        self._key = f"Authorization: Bearer {served.secret_key}\r\n"

    def send(self, method: str, path: str, body: Any = None, headers: str = "") -> None:
        """A request to the Backend API."""
        octets = b"" if body is None else msgspec.json.encode(body)
        self.send_head(method, path, f"{self._key}{headers}Content-Type: application/json\r\n", octets)

    def send_form(self, path: str, form: dict[str, str] | None = None, client_token: str | None = None) -> None:
        """A POST to the Frontend API from a page of the application."""
        cookie = f"Cookie: __client={client_token}\r\n" if client_token else ""
        head = f"Origin: {self._origin}\r\n{cookie}Content-Type: application/x-www-form-urlencoded\r\n"
        self.send_head("POST", path, head, urlencode(form or {}).encode())

    def send_head(self, method: str, path: str, head: str, octets: bytes) -> None:
        """A request with these headers."""
        head = f"{method} /v1{path} HTTP/1.1\r\nHost: localhost\r\n{head}Content-Length: {len(octets)}\r\n\r\n"
        self._socket.sendall(head.encode() + octets)

    def read(self) -> Answer:
        """The next answer."""
        status, length, token = int(self._answers.readline().split()[1]), 0, None
        self.location = ""
        while (line := self._answers.readline()) != b"\r\n":
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
            elif name.lower() == b"set-cookie" and value.strip().startswith(b"__client="):
                token = value.partition(b"=")[2].partition(b";")[0].decode()
            elif name.lower() == b"location":
                self.location = value.strip().decode()
        body = self._answers.read(length)
        return Answer(status, msgspec.json.decode(body) if body else None, token)

    def receive(self) -> tuple[int, Any]:
        """Status and JSON of the next answer."""
        status, body, _ = self.read()
        return status, body

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        self.send(method, path, body)
        status, answer = self.receive()
        assert status == 200, answer
        return answer

    def ask_form(self, path: str, form: dict[str, str] | None = None, client_token: str | None = None) -> Answer:
        self.send_form(path, form, client_token)
        answer = self.read()
        assert answer.status == 200, answer
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
def serving(folder: Path, database_url: str, environment: str) -> Iterator[Served]:
    """`claimsmith serve` with two workers over a new database."""
    variables = {
        "CLAIMSMITH_DATABASE_URL": database_url,
        "CLAIMSMITH_LOG_FORMAT": "json",
        "CLAIMSMITH_DATABASE_POOL_SIZE": "40",  # a crowd is to meet in the database, and not before it
        "CLAIMSMITH_SIGN_IN_RATE_LIMIT": "0",
        "CLAIMSMITH_ATTEMPT_RATE_LIMIT": "0",
    }
    options = ("--frontend-api", "clerk.example.com", "--environment", environment)
    told = run(folder, variables, "keys", "init", "--slug", "races", *options)
    secret_key = next(word for word in told.replace("=", " ").split() if word.startswith("sk_"))
    port, log = free_port(), folder / "serve.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [CLAIMSMITH, "serve", "--port", str(port), "--workers", "2"],
            stdout=output, stderr=subprocess.STDOUT, cwd=folder, env=own_environment() | variables,
            start_new_session=True,
        )  # fmt: skip
        try:
            await_answers(port, process, log)
            yield Served(port, secret_key, ORIGINS[environment])
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    # A background task that finds every connection in use says so as a warning, and comes back.
    lines = [line for line in log.read_text().splitlines() if "Traceback" in line]
    problems = [line for line in lines if '"level": "warning"' not in line]
    assert not problems, problems[0][:600] + " ... " + problems[0][-1200:]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, on each engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/races.db"
    server = request.getfixturevalue("postgres_server")
    return urlunsplit(urlsplit(server)._replace(path=f"/{create_database(request, server)}"))


@pytest.fixture
def served(database_url: str, tmp_path: Path) -> Iterator[Served]:
    """A service of two processes over one database, with live keys: browsers are known by their cookie."""
    with serving(tmp_path, database_url, "production") as running:
        yield running


@pytest.fixture
def served_to_developers(database_url: str, tmp_path: Path) -> Iterator[Served]:
    """The same with development keys: browsers are known by an id in the query, and test codes count."""
    with serving(tmp_path, database_url, "development") as running:
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


def mail() -> str:
    return f"ada-{os.urandom(8).hex()}@example.com"


class Signed(NamedTuple):
    """A browser that just signed in."""

    user_id: str
    session_id: str
    client_token: str


class Ending(NamedTuple):
    """A way in which sessions end, and what comes after it."""

    races: int
    end: Callable[[Connection, Signed], None]
    """Sends what ends the session; its answer is the acknowledgement."""
    repair: str = ""
    """What of the Backend API lets the user sign in again."""
    needs_user: bool = False
    """Nothing is left of the user."""
    gone: int = 401
    """What the Backend API answers to a mint then; a browser's is signed out."""


def by_backend(method: str, path: str, body: Any = None) -> Callable[[Connection, Signed], None]:
    return lambda connection, signed: connection.send(method, path.format(**signed._asdict()), body)


def by_browser(path: str) -> Callable[[Connection, Signed], None]:
    return lambda connection, signed: connection.send_form(
        path.format(**signed._asdict()), client_token=signed.client_token
    )


NEW_PASSWORD = {"password": "correct horse battery", "sign_out_of_other_sessions": True}
ENDINGS = {
    "revoke": Ending(350, by_backend("POST", "/sessions/{session_id}/revoke")),
    "end": Ending(200, by_browser("/client/sessions/{session_id}/end")),
    "remove": Ending(150, by_browser("/client/sessions/{session_id}/remove")),
    "sign out": Ending(100, by_browser("/client/sessions?_method=DELETE")),
    "ban": Ending(70, by_backend("POST", "/users/{user_id}/ban"), repair="unban"),
    "lock": Ending(60, by_backend("POST", "/users/{user_id}/lock"), repair="unlock"),
    "delete": Ending(50, by_backend("DELETE", "/users/{user_id}"), needs_user=True, gone=404),
    "new password": Ending(20, by_backend("PATCH", "/users/{user_id}", NEW_PASSWORD)),  # hashing takes its time
}
RACES = sum(ending.races for ending in ENDINGS.values())
"""On each of two engines, so 2,000 in all."""


class Tally(NamedTuple):
    """What the mints around the end of one session gave: through the Backend API, and in the browser."""

    name: str
    during: tuple[int, int]
    after: tuple[int, int]


def sign_in(connection: Connection, user_id: str) -> Signed:
    """A new browser, signed in by a ticket."""
    ticket = connection.ask("POST", "/sign_in_tokens", {"user_id": user_id})["token"]
    answer = connection.ask_form("/client/sign_ins", {"strategy": "ticket", "ticket": ticket})
    assert answer.client_token is not None
    return Signed(user_id, answer.body["response"]["created_session_id"], answer.client_token)


def race(connections: list[Connection], name: str, signed: Signed) -> Tally:
    """A mint of each kind that races with the end, and one of each that is sent once the end was answered."""
    backend, browser, ender = connections
    path = f"/sessions/{signed.session_id}/tokens"
    browser.send_form(f"/client{path}", client_token=signed.client_token)
    backend.send("POST", path)
    ENDINGS[name].end(ender, signed)
    ended = ender.read()
    assert ended.status == 200, (name, ended)
    # Each over a connection of the other worker's, perhaps; the browser has its new token already.
    backend.send_form(f"/client{path}", client_token=ended.client_token or signed.client_token)
    browser.send("POST", path)
    during = backend.receive()[0], browser.receive()[0]
    in_browser, through_backend = backend.receive()[0], browser.receive()[0]
    return Tally(name, during, (through_backend, in_browser))


def run_races(served: Served) -> list[Tally]:
    """All races, in lanes of three connections; every race has a browser and a session of its own."""
    names = iter([name for name, ending in ENDINGS.items() for _ in range(ending.races)])
    turn = threading.Lock()

    def run_lane(_lane: int) -> list[Tally]:
        tallies = []
        with ExitStack() as stack:
            connections = [Connection(served) for _ in range(3)]
            for one in connections:
                stack.callback(one.close)
            usual_id = connections[0].ask("POST", "/users", {"email_address": [mail()]})["id"]
            while True:
                with turn:
                    name = next(names, None)
                if name is None:
                    return tallies
                ending = ENDINGS[name]
                user_id = usual_id
                if ending.needs_user:
                    user_id = connections[0].ask("POST", "/users", {"email_address": [mail()]})["id"]
                signed = sign_in(connections[0], user_id)
                connections = connections[1:] + connections[:1]
                tallies.append(race(connections, name, signed))
                if ending.repair:
                    connections[0].ask("POST", f"/users/{user_id}/{ending.repair}")

    with ThreadPoolExecutor(LANES) as pool:
        return [tally for lane in pool.map(run_lane, range(LANES)) for tally in lane]


def test_S_016_S_018_S_019_S_022_of_1000_races_on_each_engine_no_mint_comes_after_the_answer_that_ended_its_session(
    served: Served,
) -> None:
    tallies = run_races(served)
    assert len(tallies) == RACES == 1_000
    late = [tally for tally in tallies if tally.after != (ENDINGS[tally.name].gone, 401)]
    assert late == []
    assert {status for tally in tallies for status in tally.during} <= {200, 401, 404}
    for name, ending in ENDINGS.items():
        during = [status for tally in tallies if tally.name == name for status in tally.during]
        assert during.count(200) > ending.races // 100, f"no mint ever ran beside `{name}`: nothing was raced"


# ---------------------------------------------------------------------------------------------------------- one winner
CROWD = 50


@pytest.fixture
def crowd(served_to_developers: Served) -> Iterator[list[Connection]]:
    """Connections into both workers, whose requests are sent before the first answer is read."""
    with ExitStack() as stack:
        connections = [Connection(served_to_developers) for _ in range(CROWD)]
        for one in connections:
            stack.callback(one.close)
        yield connections


def new_browser(connection: Connection) -> str:
    """The id of a new development browser."""
    made: str = connection.ask_form("/dev_browser").body["id"]
    return made


def count_sessions(connection: Connection, user_id: str) -> int:
    return len(connection.ask("GET", f"/sessions?user_id={user_id}&limit=100"))


def test_A_001_fifty_spends_of_one_code_in_two_processes_sign_in_once(crowd: list[Connection]) -> None:
    first = crowd[0]
    for _ in range(3):
        address = f"ada-{os.urandom(8).hex()}+clerk_test@example.com"
        user_id = first.ask("POST", "/users", {"email_address": [address]})["id"]
        browser = f"__clerk_db_jwt={new_browser(first)}"
        form = {"identifier": address, "strategy": "email_code"}
        begun = first.ask_form(f"/client/sign_ins?{browser}", form).body["response"]
        for one in crowd:
            path = f"/client/sign_ins/{begun['id']}/attempt_first_factor?{browser}"
            one.send_form(path, {"strategy": "email_code", "code": "424242"})
        statuses = [one.receive()[0] for one in crowd]
        assert statuses.count(200) == 1
        assert {status for status in statuses if status != 200} <= {400, 403, 404, 422, 429}
        assert count_sessions(first, user_id) == 1


def test_A_002_fifty_spends_of_one_ticket_in_two_processes_sign_in_once(crowd: list[Connection]) -> None:
    browsers = [new_browser(one) for one in crowd]
    for _ in range(10):
        user_id = crowd[0].ask("POST", "/users", {"email_address": [mail()]})["id"]
        ticket = crowd[0].ask("POST", "/sign_in_tokens", {"user_id": user_id})["token"]
        for one, browser in zip(crowd, browsers, strict=True):
            path = f"/client/sign_ins?__clerk_db_jwt={browser}"
            one.send_form(path, {"strategy": "ticket", "ticket": ticket})
        answers = [one.receive() for one in crowd]
        assert [status for status, _ in answers].count(200) == 1
        refused = [body["errors"][0]["code"] for status, body in answers if status != 200]
        assert set(refused) == {"ticket_invalid"}
        assert count_sessions(crowd[0], user_id) == 1
        browsers[[status for status, _ in answers].index(200)] = new_browser(crowd[0])


def test_A_002_fifty_uses_of_one_handshake_nonce_in_two_processes_give_the_cookies_once(
    crowd: list[Connection],
) -> None:
    first = crowd[0]
    user_id = first.ask("POST", "/users", {"email_address": [mail()]})["id"]
    ticket = first.ask("POST", "/sign_in_tokens", {"user_id": user_id})["token"]
    browser = new_browser(first)
    first.ask_form(f"/client/sign_ins?__clerk_db_jwt={browser}", {"strategy": "ticket", "ticket": ticket})
    for _ in range(10):
        nonce = shake(first, browser)
        for one in crowd:
            one.send("GET", f"/clients/handshake_payload?nonce={nonce}")
        answers = [one.receive() for one in crowd]
        given = [body["directives"] for status, body in answers if status == 200]
        assert len(given) == 1
        assert [line for line in given[0] if line.startswith("__session=ey")]
        assert {status for status, _ in answers if status != 200} == {404}


def shake(connection: Connection, browser: str) -> str:
    """The nonce of a handshake of a browser with its application."""
    query = {"redirect_url": "http://localhost:3000/", "format": "nonce", "__clerk_db_jwt": browser}
    connection.send_head("GET", f"/client/handshake?{urlencode(query)}", "Sec-Fetch-Dest: document\r\n", b"")
    assert connection.read().status == 307
    return parse_qs(urlsplit(connection.location).query)["__clerk_handshake_nonce"][0]


# ---------------------------------------------------------------------------------------------------------- the config
def test_two_writers_of_the_config_never_both_win(served: Served) -> None:
    path = "/platform/applications/app_1/instances/production/config"
    writers = [Connection(served) for _ in range(4)]
    try:
        for number in range(40):
            before = writers[0].ask("GET", path)
            for index, writer in enumerate(writers):
                body = {"session": {"claims": {f"c{index}": number}}}
                send_if_match(writer, path, before["config_version"], body)
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


def send_if_match(writer: Connection, path: str, version: str, body: Any) -> None:
    """A PATCH under compare-and-set."""
    writer.send("PATCH", path, body, headers=f"If-Match: {version}\r\n")
