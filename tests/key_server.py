"""A real HTTP server of a key set: counts what it is asked, and answers as told."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sdk_signing import jwks

Answer = tuple[int, bytes]


class KeyServer:
    """`url` gives what `answer` gives; `asked` holds the `Authorization` of each request."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/v1/jwks"
        self.asked: list[str | None] = []
        self.answer: Callable[[], Answer] = lambda: (200, jwks())


@contextmanager
def running_key_server() -> Iterator[KeyServer]:
    """A server on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.asked.append(self.headers["Authorization"])
            status, body = told.answer()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            """Nothing: what was asked is in `asked`."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        told = KeyServer(server.server_port)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield told
        server.shutdown()
        thread.join()
