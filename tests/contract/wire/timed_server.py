"""A server on a real socket whose clock tests can set back, so that a token has expired without anybody waiting."""

import asyncio
import base64
import secrets
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest
import uvicorn
from servers import DemoUser, Server

from claimsmith.instance import make_publishable_key
from claimsmith_server.app import Application, close_service, open_service
from claimsmith_server.clock import Clock
from claimsmith_server.core.models import Environment, Instance
from claimsmith_server.server import open_sockets
from claimsmith_server.services.context import Service
from claimsmith_server.services.instances import create_instance
from claimsmith_server.settings import Settings
from claimsmith_server.store.migration import migrate

T = TypeVar("T")
START_SECONDS = 20.0


class TimedServer:
    """A running server, and a service of our own over the same database, with the same clock."""

    def __init__(self, folder: Path, environment: Environment, frontend_api: str) -> None:
        self.offset_seconds = 0.0
        """What the server's clock is ahead of the machine's; negative: behind."""
        self._sockets = open_sockets("localhost", 0)
        key_file = folder / "master.key"
        key_file.write_text(base64.b64encode(secrets.token_bytes(32)).decode())
        key_file.chmod(0o600)
        self.settings = Settings(
            host="localhost",
            port=self._sockets[0].getsockname()[1],
            database_url=f"sqlite:///{folder}/timed.db",
            master_key_file=str(key_file),
            log_level="error",
        )
        self.clock = Clock(now=self._now, entropy=secrets.token_bytes)
        self._runner = asyncio.Runner()
        self.run(migrate(self.settings.database_url))
        self.service: Service = self.run(open_service(self.settings, self.clock))
        made = self.run(create_instance(self.service, "timed", environment, frontend_api))
        self.instance: Instance = made.instance
        self.server = Server(
            url=self.settings.base_url,
            fapi_url=self.settings.base_url,
            bapi_url=self.settings.base_url,
            publishable_key=make_publishable_key(frontend_api, environment),
            secret_key=made.secret_key,
            jwt_key="",
            dashboard_url="",
            instance_id=made.instance.id,
            demo_users=list[DemoUser](),
        )
        application = Application(self.settings, self.clock)
        config = uvicorn.Config(application, lifespan="on", log_config=None, access_log=False, proxy_headers=False)
        self._uvicorn = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._uvicorn.run, args=(self._sockets,), daemon=True)

    def run(self, work: Awaitable[T]) -> T:
        """The result of a coroutine, in this thread."""

        async def wait() -> T:
            return await work

        return self._runner.run(wait())

    def start(self) -> None:
        """Returns once requests are answered."""
        self._thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not self._uvicorn.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                pytest.fail("the server did not start", pytrace=False)
            time.sleep(0.01)

    def stop(self) -> None:
        """Ends it."""
        self._uvicorn.should_exit = True
        self._thread.join(START_SECONDS)
        self.run(close_service(self.service))
        self._runner.close()

    def _now(self) -> int:
        return time.time_ns() // 1_000_000 + int(self.offset_seconds * 1000)


@contextmanager
def running_timed_server(folder: Path, environment: Environment, frontend_api: str) -> Iterator[TimedServer]:
    """A new instance in a database of its own, served."""
    timed = TimedServer(folder, environment, frontend_api)
    timed.start()
    try:
        yield timed
    finally:
        timed.stop()


StartTimed = Callable[[Environment], TimedServer]
