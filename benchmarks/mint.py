"""How much of a signature's speed a mint keeps: `python -m benchmarks.mint`.

One worker pinned to one core serves `POST /v1/sessions/{id}/tokens`, each with its own read of the session (the
revocation check) and its own RSA-2048 signature; a client on another core keeps eight connections busy. In the same
run, turn by turn, the same core makes raw signatures with `cryptography`: the ratio is what counts, since absolute
times on shared machines mean little. "CPU us" is what the kernel counted for one of them: where it is far below the
time that passed, another program had the core, and the ratio is worth little.

Targets: 0.65 of raw on SQLite, 0.45 on PostgreSQL; a mint's p50 with 1,000,000 users is at most 1.15 times that with
1,000.
"""

import asyncio
import multiprocessing
import os
import selectors
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import psutil

from benchmarks import growth
from claimsmith_server.app import close_service, open_service
from claimsmith_server.clock import system_clock
from claimsmith_server.commands.dev_directory import write_master_key
from claimsmith_server.core.models import Instance
from claimsmith_server.services import config, instances, sessions, users
from claimsmith_server.services.context import Service
from claimsmith_server.services.user_input import CreateUser
from claimsmith_server.settings import Settings
from claimsmith_server.store import instances as stored_instances
from claimsmith_server.store import signing_keys
from claimsmith_server.store.migration import migrate

SERVER_CORE, CLIENT_CORE = 0, (os.cpu_count() or 1) - 1
ROUNDS = 7
RAW_SECONDS, HTTP_SECONDS = 0.5, 1.5
CONNECTIONS = 8
GROWTH_USERS = (1_000, 1_000_000)
GROWTH_REQUESTS = 3_000
TARGETS = {"SQLite": 0.65, "PostgreSQL": 0.45}
GROWTH_TARGET = 1.15
SEED_CLAIMS = {"fullName": "{{user.full_name}}", "primaryEmail": "{{user.primary_email_address}}"}


class Target(NamedTuple):
    """A running server, and requests that mint for its sessions."""

    port: int
    process_id: int
    requests: list[bytes]


class Work(NamedTuple):
    """How much was done, in how many seconds, with how many seconds of the worker's CPU."""

    done: int
    seconds: float
    cpu_seconds: float

    @property
    def per_second(self) -> float:
        """Throughput."""
        return self.done / self.seconds


def main() -> None:
    """Measure and print."""
    os.sched_setaffinity(0, {CLIENT_CORE})
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        raw = stack.enter_context(raw_signer())
        print(f"worker on core {SERVER_CORE}, client on {CLIENT_CORE}, {CONNECTIONS} connections, {ROUNDS} rounds")
        print(f"{'':30}{'per second':>12}{'of raw':>9}{'target':>9}{'':8}{'CPU us':>8}")
        measure_throughput("SQLite", stack.enter_context(sqlite_server(folder / "throughput")), raw)
        postgres = stack.enter_context(postgres_server(folder / "postgres"))
        if postgres is None:
            print("mint over HTTP, PostgreSQL    not measured: PostgreSQL's programs are not here")
        else:
            measure_throughput("PostgreSQL", postgres, raw)
    measure_growth()


def measure_throughput(engine: str, target: Target, raw: Callable[[], Work]) -> None:
    """Raw signatures and mints in turn; the median of the rounds' ratios."""
    worker = psutil.Process(target.process_id)
    mint_for(target, worker, HTTP_SECONDS)  # warm: caches, connections
    rounds = [(raw(), mint_for(target, worker, HTTP_SECONDS)) for _ in range(ROUNDS)]
    ratio = statistics.median(mints.per_second / signatures.per_second for signatures, mints in rounds)
    verdict = "ok" if ratio >= TARGETS[engine] else "MISSED"
    print_row("raw RSA-2048 signatures", [one for one, _ in rounds], f"{'1.00':>9}{'':17}")
    judged = f"{ratio:9.2f}{TARGETS[engine]:>9} {verdict:<7}"
    print_row(f"mint over HTTP, {engine}", [one for _, one in rounds], judged)


def print_row(name: str, rounds: list[Work], judged: str) -> None:
    """The medians of some rounds."""
    per_second = statistics.median(one.per_second for one in rounds)
    cpu = statistics.median(one.cpu_seconds / one.done for one in rounds) * 1e6
    print(f"{name:<30}{per_second:12,.0f}{judged}{cpu:8.0f}")


def measure_growth() -> None:
    """A mint's p50 over HTTP with few and with many users, request by request in turn."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        targets = []
        for count in GROWTH_USERS:
            print(f"loading {count:,} users", end="\r", flush=True)
            targets.append(stack.enter_context(sqlite_server(Path(name) / str(count), users=count)))
        times: list[list[float]] = [[], []]
        connections = [connect(target.port) for target in targets]
        for turn in range(GROWTH_REQUESTS):
            for which, target in enumerate(targets):
                started = time.perf_counter()
                exchange(connections[which], target.requests[turn % len(target.requests)])
                times[which].append(time.perf_counter() - started)
        few, many = (statistics.median(one) * 1e6 for one in times)
        verdict = "ok" if many / few <= GROWTH_TARGET else "MISSED"
        print(f"\n{'':34}{'p50, us':>12}{'ratio':>9}{'target':>9}")
        print(f"mint with {GROWTH_USERS[0]:>9,} users{'':9}{few:12,.0f}{'1.00':>9}")
        print(f"mint with {GROWTH_USERS[1]:>9,} users{'':9}{many:12,.0f}{many / few:9.2f}{GROWTH_TARGET:>9} {verdict}")


def mint_for(target: Target, worker: psutil.Process, seconds: float) -> Work:
    """As many mints as fit into the time: each connection has one request under way at any time."""
    selector = selectors.DefaultSelector()
    connections = [connect(target.port) for _ in range(CONNECTIONS)]
    turn = 0
    for connection in connections:
        selector.register(connection, selectors.EVENT_READ)
        connection.sendall(target.requests[turn % len(target.requests)])
        turn += 1
    before = cpu_seconds(worker)
    started = time.perf_counter()
    done = 0
    while (now := time.perf_counter()) - started < seconds:
        for key, _ in selector.select():
            ready: socket.socket = key.fileobj  # type: ignore[assignment]
            read_answer(ready)
            done += 1
            ready.sendall(target.requests[turn % len(target.requests)])
            turn += 1
    used = cpu_seconds(worker) - before
    for connection in connections:
        connection.close()
    return Work(done, now - started, used)


def cpu_seconds(process: psutil.Process) -> float:
    """User and system time that the kernel has counted for a process."""
    times = process.cpu_times()
    return float(times.user + times.system)


def connect(port: int) -> socket.socket:
    """A connection without delays."""
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def exchange(connection: socket.socket, request: bytes) -> None:
    """One request and its answer."""
    connection.sendall(request)
    read_answer(connection)


def read_answer(connection: socket.socket) -> None:
    """A whole answer; it must be a token."""
    answer = connection.recv(65_536)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), answer
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65_536)
    assert body.startswith(b'{"object":"token","jwt":"ey'), body


@contextmanager
def raw_signer() -> Iterator[Callable[[], Work]]:
    """Raw signatures, made by a process on the server's core."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_sign_on_demand, args=(there,), daemon=True)
    process.start()

    def measure() -> Work:
        here.send(RAW_SECONDS)
        return Work(*here.recv())

    measure()
    yield measure
    process.kill()


def _sign_on_demand(pipe: "Connection[tuple[int, float, float], float]") -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    os.sched_setaffinity(0, {SERVER_CORE})
    key = rsa.generate_private_key(65537, 2048)
    message, scheme, digest = b"x" * 640, padding.PKCS1v15(), hashes.SHA256()
    while True:
        seconds = pipe.recv()
        started, before, done = time.perf_counter(), time.thread_time(), 0
        while (now := time.perf_counter()) - started < seconds:
            key.sign(message, scheme, digest)
            done += 1
        pipe.send((done, now - started, time.thread_time() - before))


@contextmanager
def sqlite_server(folder: Path, users: int = 0) -> Iterator[Target]:
    """A server over a SQLite file; with `users`, over one that was filled in bulk."""
    folder.mkdir(mode=0o700)
    if users:
        growth.build_instance_file(folder / "bench.db", users)
    with serving(folder, f"sqlite:///{folder / 'bench.db'}", users) as target:
        yield target


@contextmanager
def postgres_server(folder: Path) -> Iterator[Target | None]:
    """A server over a throw-away PostgreSQL; `None` where there is none."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from postgres import find_programs, running_postgres

    folder.mkdir()
    if find_programs() is None:
        yield None
        return
    with running_postgres() as url, serving(folder, url, 0) as target:
        yield target


@contextmanager
def serving(folder: Path, database_url: str, users: int) -> Iterator[Target]:
    """`claimsmith serve` with one worker on the server's core."""
    settings = Settings(database_url=database_url, master_key_file=str(folder / "bench.key"), log_level="warning")
    write_master_key(folder / "bench.key", system_clock())
    secret_key, session_ids = asyncio.run(prepare(settings, folder, users))
    port = free_port()
    environment = os.environ | {
        "CLAIMSMITH_DATABASE_URL": database_url,
        "CLAIMSMITH_MASTER_KEY_FILE": settings.master_key_file,
        "CLAIMSMITH_LOG_LEVEL": "warning",
    }
    command = [str(Path(sys.executable).with_name("claimsmith")), "serve", "--port", str(port)]
    process = subprocess.Popen(
        command,
        env=environment,
        preexec_fn=lambda: os.sched_setaffinity(0, {SERVER_CORE}),  # noqa: PLW1509
    )
    try:
        await_port(port)
        yield Target(port, process.pid, [request_for(secret_key, session_id) for session_id in session_ids])
    finally:
        process.terminate()
        process.wait(10)


async def prepare(settings: Settings, folder: Path, users: int) -> tuple[str, list[str]]:
    """An instance with the seed's claims; its secret key and the sessions to mint for."""
    await migrate(settings.database_url)
    if users:
        with sqlite3.connect(folder / "bench.db") as connection:
            connection.execute("DELETE FROM signing_keys")
        connection.close()
    service = await open_service(settings)
    try:
        if users:
            instance, secret_key, session_ids = await _take_over(service, users)
        else:
            instance, secret_key, session_ids = await _make(service)
        change = config.Change(document={"session": {"claims": SEED_CLAIMS}})
        await config.change_config(service, instance, change)
    finally:
        await close_service(service)
    return secret_key, session_ids


async def _make(service: Service) -> tuple[Instance, str, list[str]]:
    made = await instances.create_instance(service, "bench", "development", "bench.clerk.accounts.dev")
    session_ids = []
    for number in range(64):
        asked = CreateUser(first_name="Ada", last_name="Lovelace", email_address=(f"user{number}@example.com",))
        user = await users.create_user(service, made.instance, asked)
        session = await sessions.create_session(service, made.instance, sessions.CreateSession(user_id=user.id))
        session_ids.append(session.id)
    return made.instance, made.secret_key, session_ids


async def _take_over(service: Service, users: int) -> tuple[Instance, str, list[str]]:
    """The instance of a file filled in bulk, given keys of its own; sessions spread over all of it."""
    instance = await stored_instances.load_first_instance(service.database)
    assert instance is not None
    await signing_keys.insert_signing_key(service.database, service.keys.make_key(instance.id, "RS256", "active", None))
    secret_key = await instances.add_secret_key(service, instance)
    chosen = [(number * 7_919) % users for number in range(GROWTH_REQUESTS)]
    return instance, secret_key, [growth.session_id(number) for number in chosen]


def request_for(secret_key: str, session_id: str) -> bytes:
    """The bytes of one request."""
    return (
        f"POST /v1/sessions/{session_id}/tokens HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {secret_key}\r\nContent-Length: 0\r\n\r\n"
    ).encode()


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def await_port(port: int) -> None:
    """Nothing, once somebody listens."""
    for _ in range(1000):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise TimeoutError(f"nobody listens on {port}")


if __name__ == "__main__":
    main()
