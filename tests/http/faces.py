"""One service as tests see it: requests into its faces, its clock, its log, its database."""

import asyncio
import base64
import hashlib
import io
import secrets
import sqlite3
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import httpx
import msgspec
from token_parts import decode_token

from claimsmith_server.app import close_service, open_service
from claimsmith_server.clock import Clock
from claimsmith_server.core.models import Instance
from claimsmith_server.faces import build_faces
from claimsmith_server.observability import configure_logging
from claimsmith_server.services.context import Service
from claimsmith_server.services.instances import create_instance
from claimsmith_server.settings import Settings
from claimsmith_server.store.migration import migrate

T = TypeVar("T")
START = 1_800_000_000_123
"""Unix milliseconds at which every test begins."""
MASTER_KEY = base64.b64encode(hashlib.sha256(b"a test's master key").digest()).decode() + "\n"
ORIGIN = "http://localhost:4000"


class Tenant(NamedTuple):
    """An instance with its secret key."""

    instance: Instance
    secret_key: str


class Refused(NamedTuple):
    """What an error body says, once its shape was checked."""

    status: int
    code: str
    meta: Mapping[str, Any]


class Api:
    """An open service. Requests carry the first tenant's secret key unless `key` says otherwise (None: no header)."""

    def __init__(self, runner: asyncio.Runner, service: Service, settings: Settings, tenants: list[Tenant]) -> None:
        self.now = START
        self.log = io.StringIO()
        self.tenants = tenants
        self.settings = settings
        self._runner = runner
        clock = Clock(now=lambda: self.now, entropy=secrets.token_bytes)
        self.service = service._replace(clock=clock, log=configure_logging(settings, self.log))
        self.service.keys._clock = clock
        self.faces = build_faces(self.service, settings)
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.faces), base_url=ORIGIN, headers={"Accept": "*/*"}
        )

    def run(self, work: Awaitable[T]) -> T:
        """The result of a coroutine."""

        async def wait() -> T:
            return await work

        return self._runner.run(wait())

    def send(self, method: str, path: str, *, key: str | None = "", **more: Any) -> httpx.Response:
        """The answer to one request; `path` starts at `/`."""
        headers = dict(more.pop("headers", {}))
        if key is not None:
            headers.setdefault("Authorization", f"Bearer {key or self.tenants[0].secret_key}")
        return self._runner.run(self._client.request(method, path, headers=headers, **more))

    def get(self, path: str, **more: Any) -> Any:
        """The JSON of a GET that succeeds, of a path below `/v1`."""
        return self.ok("GET", path, **more)

    def post(self, path: str, body: Any = None, **more: Any) -> Any:
        """The JSON of a POST that succeeds, of a path below `/v1`."""
        return self.ok("POST", path, **({} if body is None else {"json": body}), **more)

    def patch(self, path: str, body: Any, **more: Any) -> Any:
        """The JSON of a PATCH that succeeds, of a path below `/v1`."""
        return self.ok("PATCH", path, json=body, **more)

    def ok(self, method: str, path: str, **more: Any) -> Any:
        """The JSON of a request that succeeds, of a path below `/v1`; the answer's headers are checked."""
        answer = self.send(method, f"/v1{path}", **more)
        assert answer.status_code == 200, answer.text
        check_headers(answer)
        return answer.json()

    def refused(self, method: str, path: str, body: Any = None, **more: Any) -> Refused:
        """The only error of a request that fails, of a path below `/v1`; the body's shape is checked."""
        if body is not None:
            more["json"] = body
        return read_refusal(self.send(method, f"/v1{path}", **more))

    def forget_cookies(self) -> None:
        """Nothing; what answers set is forgotten, for those who keep their cookies themselves."""
        self._client.cookies.clear()

    def together(self, *work: Coroutine[Any, Any, Any]) -> list[Any]:
        """The results or exceptions of coroutines that run at once."""

        async def gather() -> list[Any]:
            return await asyncio.gather(*work, return_exceptions=True)

        return self._runner.run(gather())

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """As `send`, to be run with others by `together`."""
        headers = {"Authorization": f"Bearer {self.tenants[0].secret_key}"}
        return await self._client.request(method, path, headers=headers, **more)

    def new_user(self, email: str = "ada@example.com", **fields: Any) -> Any:
        """A user: Ada Lovelace unless told otherwise."""
        body = {"first_name": "Ada", "last_name": "Lovelace", "email_address": [email], **fields}
        return self.post("/users", body)

    def new_session(self, user_id: str | None = None, **fields: Any) -> str:
        """The id of a new session of a user."""
        session_id: str = self.post("/sessions", {"user_id": user_id or self.new_user()["id"], **fields})["id"]
        return session_id

    def mint(self, session_id: str, template: str | None = None, **body: Any) -> dict[str, Any]:
        """The claims of a new token."""
        path = f"/sessions/{session_id}/tokens" + (f"/{template}" if template else "")
        return decode_token(self.post(path, body or None)["jwt"])[1]

    def set_claims(self, claims: Any, **session: Any) -> Any:
        """What the config route answers when session claims are set."""
        return self.patch(CONFIG, {"session": {"claims": claims, **session}})

    def sql(self, statement: str, *values: Any) -> list[Any]:
        """Rows of a statement on the SQLite file, past every service."""
        file = self.settings.database_url.removeprefix("sqlite:///")
        with sqlite3.connect(file, timeout=5) as connection:
            rows = connection.execute(statement, values).fetchall()
        connection.close()
        return rows

    def events(self) -> list[dict[str, Any]]:
        """The log's lines."""
        return [msgspec.json.decode(line) for line in self.log.getvalue().splitlines()]

    def close(self) -> None:
        self._runner.run(self._client.aclose())
        self._runner.run(close_service(self.service))


CONFIG = "/platform/applications/app_1/instances/development/config"


def check_headers(answer: httpx.Response) -> None:
    """What every JSON answer's headers must say (contract pitfall 1, C-007, C-016)."""
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    if not answer.headers["cache-control"].startswith("public, max-age=300"):
        assert answer.headers["cache-control"] == "no-store"
    assert not [name for name in answer.headers if name.startswith("access-control-")]


def read_refusal(answer: httpx.Response) -> Refused:
    """The only error of an answer, its whole shape checked (contract 5.3)."""
    assert 400 <= answer.status_code < 600, answer.text
    check_headers(answer)
    body = answer.json()
    assert set(body) == {"errors", "clerk_trace_id"}
    assert len(body["clerk_trace_id"]) == 32
    (error,) = body["errors"]
    assert set(error) - {"meta"} == {"code", "message", "long_message"}
    assert all(isinstance(error[name], str) and error[name] for name in ("code", "message", "long_message"))
    assert "{" not in error["message"]
    return Refused(answer.status_code, error["code"], error.get("meta", {}))


@contextmanager
def open_api(runner: asyncio.Runner, url: str, key_file: Path, tenants: list[Tenant], **settings: Any) -> Iterator[Api]:
    """A service over a prepared database; closed at the end."""
    made = Settings(database_url=url, master_key_file=str(key_file), log_level="debug", **settings)
    api = Api(runner, runner.run(open_service(made)), made, tenants)
    try:
        yield api
    finally:
        api.close()


async def make_tenants(url: str, key_file: Path) -> list[Tenant]:
    """Two instances in a new database."""
    await migrate(url)
    service = await open_service(Settings(database_url=url, master_key_file=str(key_file)))
    try:
        made = [await create_instance(service, slug, "development", f"{slug}.clerk.accounts.dev") for slug in "ab"]
    finally:
        await close_service(service)
    return [Tenant(one.instance, one.secret_key) for one in made]


Open = Callable[..., Api]
