"""Calls of WSGI applications as web servers make them: repeated headers joined by a comma (RFC 3875 section 4.1.18)."""

import io
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer
from wsgiref.validate import validator

import msgspec


class Answered(msgspec.Struct, frozen=True):
    """What an application answered; header names in lower case, repeated ones repeated."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    @property
    def json(self) -> object:
        return msgspec.json.decode(self.body)


def make_environ(method: str, url: str, headers: Iterable[tuple[str, str]]) -> dict[str, object]:
    """The environment of one request."""
    parts = urlsplit(url)
    environ: dict[str, object] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(parts.path).decode("latin-1"),
        "QUERY_STRING": parts.query,
        "SERVER_NAME": parts.hostname or "localhost",
        "SERVER_PORT": str(parts.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": "0",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in [("host", parts.netloc), *headers]:
        key = "HTTP_" + name.upper().replace("-", "_")
        environ[key] = f"{environ[key]},{value}" if key in environ and name != "host" else value
    return environ


def call_wsgi(application: Any, method: str, url: str, headers: Iterable[tuple[str, str]] = ()) -> Answered:
    """What the application answers; an application that breaks PEP 3333 fails the test."""
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start(status: str, answered: list[tuple[str, str]], _error: object = None) -> None:
        started.append((status, answered))

    parts = validator(application)(make_environ(method, url, headers), start)
    try:
        body = b"".join(parts)
    finally:
        parts.close()  # type: ignore[attr-defined]
    status, answered = started[-1]
    # Space around a value is none of its own (RFC 9110 section 5.5); Django writes some.
    return Answered(int(status[:3]), [(name.lower(), value.strip(" ")) for name, value in answered], body)


class _Server(ThreadingMixIn, WSGIServer):
    """A thread for each connection."""

    daemon_threads = True


@contextmanager
def running_wsgi(application: Any, handler: type[WSGIRequestHandler]) -> Iterator[str]:
    """The address of a server in a thread that reads requests as `handler` does."""

    class Quiet(handler):  # type: ignore[misc, valid-type]
        def log_message(self, *_: object) -> None:
            """Nothing."""

        def address_string(self) -> str:
            return "127.0.0.1"

    with _Server(("127.0.0.1", 0), Quiet) as server:
        server.set_app(application)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
