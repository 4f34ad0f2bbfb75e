"""Requests that no client library would send, through real sockets (C-013, D-001, I8)."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn
from servers import Server
from uvicorn.server import ServerState

from claimsmith_server.app import Application
from claimsmith_server.core.parameters import MAX_BODY_BYTES
from claimsmith_server.http_protocol import MAX_HEAD_BYTES, OneWriteProtocol
from claimsmith_server.settings import Settings

EMPTY = "Content-Length: 0\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n"


class Wire:
    """A server's port, and one session to mint for."""

    def __init__(self, server: Server) -> None:
        self.port = urlsplit(server.url).port
        self.authorization = f"Authorization: Bearer {server.secret_key}\r\n"
        headers = {"Authorization": f"Bearer {server.secret_key}"}
        body = {"user_id": server.demo_users[0].id}
        url = f"{server.bapi_url}/v1/sessions"
        self.session_id = httpx.post(url, json=body, headers=headers, trust_env=False).json()["id"]
        self.tokens = f"/v1/sessions/{self.session_id}/tokens"

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def exchange(self, octets: bytes) -> bytes:
        """All that the server answers; `octets` must end with a request that closes, or break the connection."""
        with self.connect() as connection:
            with contextlib.suppress(OSError):  # It may have answered and closed in the middle.
                connection.sendall(octets)
            answer = bytearray()
            with contextlib.suppress(ConnectionError):
                while received := connection.recv(65_536):
                    answer += received
        return bytes(answer)

    def request(self, method: str, path: str, headers: str = EMPTY, body: bytes = b"", *, key: bool = True) -> bytes:
        authorization = self.authorization if key else ""
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{authorization}{headers}\r\n"
        return self.exchange(head.encode() + body)

    def status(self, method: str, path: str, headers: str = EMPTY, body: bytes = b"", *, key: bool = True) -> int:
        answer = self.request(method, path, headers, body, key=key)
        status = int(answer.split(b" ", 2)[1])
        assert status < 500, answer
        assert (b'"object":"token"' in answer) == (status == 200 and "/tokens" in path.replace("%2f", "/"))
        return status


@pytest.fixture(scope="module")
def wire(claimsmith_server: Server) -> Wire:
    return Wire(claimsmith_server)


@pytest.fixture(autouse=True)
def _still_mints(wire: Wire) -> Iterator[None]:
    """Whatever a test sent, the server goes on."""
    yield
    assert wire.status("POST", wire.tokens) == 200


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda path: path + "/", 200),
        (lambda path: "/bapi" + path, 200),
        (lambda path: "http://evil.example" + path, 200),
        (lambda path: "/" + path, 404),
        (lambda path: path + "//", 404),
        (lambda path: "/fapi" + path, 404),
        (lambda path: "/BAPI" + path, 404),
        (lambda path: "/bapi/bapi" + path, 404),
        (lambda path: "/bapi/fapi" + path, 404),
        (lambda path: "/bapi/.." + path, 404),
        (lambda path: "/dashboard/.." + path, 404),
        (lambda path: path.replace("/v1", "/V1"), 404),
        (lambda path: path.replace("/v1", "/v1/."), 404),
        (lambda path: path.replace("/v1", "/v1/%2e%2e/v1"), 404),
        (lambda path: path.replace("/tokens", "%20/tokens"), 404),
        (lambda path: path.replace("/tokens", "%00/tokens"), 404),
        (lambda path: path.replace("/tokens", "%0a/tokens"), 404),
        (lambda path: path.replace("/tokens", ";x=1/tokens"), 404),
        (lambda path: path + "/%ff%fe", 404),
        (lambda path: path + "/%00", 404),
        (lambda path: path.upper(), 404),
    ],
)
def test_S_032_a_path_is_what_it_says_and_without_a_key_never_more(
    wire: Wire, change: Callable[[str], str], status: int
) -> None:
    path = change(wire.tokens)
    assert wire.status("POST", path) == status
    assert wire.status("POST", path, key=False) in {401, 403, 404}


@pytest.mark.parametrize(
    "path", ["/v1/users", "/v1//users", "/bapi//v1/users", "/v1/%75sers", "/bapi/v1/users/", "//v1/users"]
)
@pytest.mark.parametrize(
    "headers",
    [
        "",
        "X-Authorization: Bearer sk_test_x\r\n",
        "Authorization: Bearer sk_\r\n",
        "Authorization: Basic c2tfOg==\r\n",
        "Authorization: Bearer sk_test_x\r\nAuthorization: Bearer sk_test_y\r\n",
        "X-Forwarded-Host: localhost\r\nX-Original-URL: /v1/health\r\nX-Rewrite-URL: /v1/health\r\n",
    ],
)
def test_Z_003_no_spelling_of_a_path_gets_around_the_key(wire: Wire, path: str, headers: str) -> None:
    assert wire.status("GET", path, headers, key=False) in {401, 404}


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("override", ["", "X-HTTP-Method-Override: POST\r\n", "X-Method-Override: POST\r\n"])
def test_C_002_only_post_mints_whatever_an_override_says(wire: Wire, method: str, override: str) -> None:
    assert wire.status(method, f"{wire.tokens}?_method=POST", override + EMPTY) == 405


@pytest.mark.parametrize(
    "headers",
    [
        CHUNKED + EMPTY,
        "Content-Length: -1\r\n",
        "Content-Length: +0\r\n",
        "Content-Length: 0\r\nContent-Length: 5\r\n",
        "Content-Length: 0, 5\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Content-Length : 0\r\n",
        " folded\r\nContent-Length: 0\r\n",
    ],
)
def test_C_013_ambiguous_framing_is_refused_and_the_connection_closed(wire: Wire, headers: str) -> None:
    smuggled = f"POST {wire.tokens} HTTP/1.1\r\nHost: l\r\n{wire.authorization}{EMPTY}\r\n".encode()
    answer = wire.request("POST", wire.tokens, headers, smuggled)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("body", [b"-1\r\n", b"g\r\n", b"1\nx\n0\n\n", b"5;\r\nhello\r\n0\r\n\r\n", b"\xff" * 50])
def test_C_013_broken_chunks_are_refused(wire: Wire, body: bytes) -> None:
    assert b'"object":"token"' not in wire.request("POST", wire.tokens, CHUNKED, body)


def test_C_013_a_trailer_is_no_header(wire: Wire) -> None:
    body = b"0\r\n" + wire.authorization.encode() + b"\r\n"
    assert wire.status("POST", wire.tokens, CHUNKED, body, key=False) == 401


def chunks(size: int, piece: int) -> bytes:
    whole, rest = divmod(size, piece)
    sizes = [piece] * whole + ([rest] if rest else [])
    return b"".join(b"%x\r\n%b\r\n" % (one, b" " * one) for one in sizes) + b"0\r\n\r\n"


@pytest.mark.parametrize("path", ["tokens", "/v1/users", "/v1/platform/applications/a/instances/development/config"])
@pytest.mark.parametrize("piece", [4_096, 10_000_000])
@pytest.mark.parametrize("size", [MAX_BODY_BYTES + 1, 5_000_000])
def test_D_001_a_chunked_body_over_the_limit_is_refused(wire: Wire, path: str, piece: int, size: int) -> None:
    path, method = (wire.tokens, "POST") if path == "tokens" else (path, "PATCH" if "config" in path else "POST")
    answer = wire.request(method, path, CHUNKED, chunks(size, piece))
    assert not answer or answer.startswith(b"HTTP/1.1 413 ")


def test_D_001_a_chunked_body_of_exactly_the_limit_is_read(wire: Wire) -> None:
    assert wire.status("POST", wire.tokens, CHUNKED, chunks(MAX_BODY_BYTES, 4_096)) == 200


def never_ending(kind: str) -> Iterator[bytes]:
    """Pieces of a head, or of trailers, without an end."""
    if kind == "trailer":
        yield b"POST / HTTP/1.1\r\nHost: l\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: "
    else:
        yield {"path": b"GET /", "header": b"GET / HTTP/1.1\r\nX: ", "headers": b"GET / HTTP/1.1\r\n"}[kind]
    while True:
        yield b"".join(b"X%d: aaaaaaa\r\n" % n for n in range(500)) if kind == "headers" else b"a" * 8_000


@pytest.mark.parametrize("kind", ["path", "header", "headers", "trailer"])
def test_I8_a_head_without_an_end_is_cut_off(wire: Wire, kind: str) -> None:
    sent = 0
    with wire.connect() as connection:
        try:
            for piece in never_ending(kind):
                connection.sendall(piece)
                sent += len(piece)
                assert sent < 1_000 * MAX_HEAD_BYTES, "the server reads on"
        except ConnectionError:
            pass
    assert sent > MAX_HEAD_BYTES // 2


def test_I8_a_head_of_almost_the_limit_is_read(wire: Wire) -> None:
    assert wire.status("POST", wire.tokens, EMPTY + f"X-Long: {'a' * (MAX_HEAD_BYTES - 1_000)}\r\n") == 200


def test_I8_a_large_body_is_not_taken_for_a_head(wire: Wire) -> None:
    for _ in range(3):
        body = b"{}" + b" " * 200_000
        headers = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        assert wire.status("POST", wire.tokens, headers, body) == 200


def test_pipelined_requests_are_answered_each_and_in_order(wire: Wire) -> None:
    head = f"HTTP/1.1\r\nHost: l\r\n{wire.authorization}"
    paths = [wire.tokens, "/v1/sessions/none/tokens"] * 25
    requests = [f"POST {path} {head}{EMPTY}\r\n" for path in paths]
    last = f"GET /v1/jwks {head}Connection: close\r\n\r\n"
    answer = wire.exchange("".join([*requests, last]).encode())
    statuses = [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [200, 404] * 25 + [200]


def test_I8_idle_and_half_open_connections_hold_nobody_up(wire: Wire) -> None:
    idle = [wire.connect() for _ in range(200)]
    try:
        for connection in idle[::2]:
            connection.sendall(b"POST /v1/sess")
        started = time.perf_counter()
        assert wire.status("POST", wire.tokens) == 200
        assert time.perf_counter() - started < 5
    finally:
        for connection in idle:
            connection.close()


@pytest.mark.parametrize("cut", [10, -2, -1, None])
def test_clients_that_leave_early_break_nothing(wire: Wire, cut: int | None) -> None:
    whole = f"POST {wire.tokens} HTTP/1.1\r\nHost: l\r\n{wire.authorization}Content-Length: 9\r\n\r\n{{".encode()
    for _ in range(50):
        with wire.connect() as connection:
            connection.sendall(whole[:cut])


@pytest.mark.parametrize(
    "headers",
    ["Content-Type: text/plain\r\n", "Content-Type: application/json\r\nContent-Encoding: gzip\r\n"],
)
def test_D_005_a_body_of_another_type_is_refused(wire: Wire, headers: str) -> None:
    assert wire.status("POST", wire.tokens, f"{headers}Content-Length: 2\r\n", b"{}") == 415


async def test_I8_a_connection_that_never_sends_anything_is_closed() -> None:
    config = uvicorn.Config(Application(Settings()), timeout_keep_alive=1, ws="none", log_config=None)
    config.load()
    server = await asyncio.get_running_loop().create_server(
        lambda: OneWriteProtocol(config, ServerState(), {}), "127.0.0.1", 0
    )
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()
