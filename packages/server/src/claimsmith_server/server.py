"""Running the application: sockets, workers, and the moment when it is ready (uvicorn; ADR 0003)."""

import errno
import http
import http.client
import os
import socket
import threading
import time
from collections.abc import Callable
from types import FrameType

import msgspec
import uvicorn
from uvicorn.supervisors import Multiprocess

from claimsmith_server.app import Application
from claimsmith_server.http_protocol import OneWriteProtocol
from claimsmith_server.settings import VARIABLE_PREFIX, Settings, load_settings

_LOOPBACK = {"127.0.0.1", "localhost"}
_REACHED_BY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what is listened on, and how it is reached
_BACKLOG = 2048
_KEEP_ALIVE_SECONDS = 75
_DRAIN_SECONDS = 10
_WORKERS_READY_SECONDS = 30.0


class CannotListen(Exception):  # noqa: N818 - reads as the state it is
    """The address can't be listened on; the message says why and what to do."""


def open_sockets(host: str, port: int) -> list[socket.socket]:
    """Listening sockets: for the loopback name both 127.0.0.1 and ::1, since browsers may take either for `localhost`.

    Raises:
        CannotListen: the port is taken, or the address is none of this machine.
    """
    if host not in _LOOPBACK:
        return [_listen(socket.AF_INET6 if ":" in host else socket.AF_INET, host, port)]
    first = _listen(socket.AF_INET, "127.0.0.1", port)
    try:
        return [first, _listen(socket.AF_INET6, "::1", first.getsockname()[1])]
    except CannotListen as error:
        if isinstance(error.__cause__, OSError) and error.__cause__.errno == errno.EADDRINUSE:
            first.close()
            raise
        return [first]  # a machine without IPv6


def run(settings: Settings, sockets: list[socket.socket], on_ready: Callable[[], None]) -> None:
    """Serve until a signal ends it; `on_ready` is called once requests are answered.

    Raises:
        SystemExit: a worker could not start; its log says why.
    """
    config = uvicorn.Config(
        Application(settings) if settings.workers == 1 else "claimsmith_server.server:worker_application",
        factory=settings.workers > 1,
        workers=settings.workers,
        http=OneWriteProtocol,
        loop="uvloop" if os.name != "nt" else "asyncio",
        ws="none",
        lifespan="on",
        log_level="warning",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
        proxy_headers=False,
    )
    if settings.workers == 1:
        _OneWorker(config, on_ready).run(sockets)
        return
    _pass_settings_on(settings)
    host, port = sockets[0].getsockname()[:2]
    host = _REACHED_BY.get(host, host)
    threading.Thread(target=_await_workers, args=(host, port, on_ready), daemon=True).start()
    Multiprocess(config, sockets).run()


def worker_application() -> Application:
    """The application of one worker process, its settings from the variables that the parent set."""
    return Application(load_settings(None, os.environ))


class _OneWorker(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's signature
        # uvicorn raises the signal again once it has ended, which would cut off what is left to do: removing an
        # ephemeral folder, saying goodbye. A second signal ends at once.
        self.force_exit = self.should_exit
        self.should_exit = True


def _listen(family: int, host: str, port: int) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise CannotListen(
                f"Port {port} is taken by another program. Stop that program, or choose another one with --port."
            ) from error
        raise CannotListen(f"{host} port {port} can't be listened on: {error.strerror}.") from error
    listener.set_inheritable(True)
    return listener


def _pass_settings_on(settings: Settings) -> None:
    for name, value in msgspec.to_builtins(settings).items():
        os.environ[VARIABLE_PREFIX + name.upper()] = str(value)


def _await_workers(host: str, port: int, on_ready: Callable[[], None]) -> None:
    for _ in range(int(_WORKERS_READY_SECONDS / 0.05)):
        if _is_ready(host, port):
            on_ready()
            return
        time.sleep(0.05)


def _is_ready(host: str, port: int) -> bool:
    # No urllib: it would ask the proxy that the environment names for our own address.
    connection = http.client.HTTPConnection(host, port, timeout=1)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
