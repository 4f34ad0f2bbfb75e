"""`signed_in` through every adapter, with the test client of each framework, and without any token.

Django is set up once in a process, so its tests run in one of their own.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest

from claimsmith import testing
from claimsmith.auth import Auth, SignedOut

Ask = Callable[[str], tuple[int, Any]]
"""Asks for a path; gives status and, if it is JSON, the body."""
ADMIN = testing.Organization(role="org:admin")

# The frameworks' own test clients, whichever HTTP library they prefer this year.
pytestmark = pytest.mark.filterwarnings("ignore:Using `httpx` with `starlette.testclient` is deprecated")


def describe(caller: Auth[Any] | SignedOut) -> dict[str, Any]:
    return {"user": caller.user_id, "name": (caller.session_claims or {}).get("fullName")}


def read(answer: Any) -> tuple[int, Any]:
    return answer.status_code, answer.json() if answer.status_code == 200 else None


@contextmanager
def ask_fastapi() -> Iterator[Ask]:
    from fastapi import Depends, FastAPI, Request
    from starlette.testclient import TestClient

    from claimsmith.fastapi import Claimsmith, auth, get_auth, require_auth

    app = FastAPI()
    Claimsmith(app, testing.settings)

    @app.get("/auth")
    def by_contextvar() -> dict[str, Any]:
        return describe(auth())

    @app.get("/get_auth")
    async def by_dependency(request: Request, caller: Annotated[Any, Depends(get_auth)]) -> dict[str, Any]:
        return describe(caller)

    @app.get("/admin")
    def guarded(caller: Annotated[Any, Depends(require_auth(role="org:admin"))]) -> dict[str, Any]:
        return describe(caller)

    client = TestClient(app)
    yield lambda path: read(client.get(path))


@contextmanager
def ask_starlette() -> Iterator[Ask]:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.routing import Route
    from starlette.testclient import TestClient

    from claimsmith.starlette import Claimsmith, auth, get_auth, require_auth

    def by_contextvar(request: Request) -> JSONResponse:
        return JSONResponse(describe(auth()))

    async def by_request(request: Request) -> JSONResponse:
        return JSONResponse(describe(get_auth(request)))

    @require_auth(role="org:admin")
    async def guarded(request: Request) -> JSONResponse:
        return JSONResponse(describe(auth()))

    app = Starlette(routes=[Route("/auth", by_contextvar), Route("/get_auth", by_request), Route("/admin", guarded)])
    Claimsmith(app, testing.settings)
    with TestClient(app) as client:  # Its thread was started before any block is open.
        yield lambda path: read(client.get(path))


@contextmanager
def ask_litestar() -> Iterator[Ask]:
    from litestar import Litestar, Request, get
    from litestar.testing import TestClient

    from claimsmith.litestar import Claimsmith, auth, get_auth, require_auth

    @get("/auth", sync_to_thread=True)
    def by_contextvar() -> dict[str, Any]:
        return describe(auth())

    @get("/get_auth")
    async def by_request(request: Request[Any, Any, Any]) -> dict[str, Any]:
        return describe(get_auth(request))

    @get("/admin", guards=[require_auth(role="org:admin")])
    async def guarded() -> dict[str, Any]:
        return describe(auth())

    app = Litestar([by_contextvar, by_request, guarded], plugins=[Claimsmith(testing.settings)])
    with TestClient(app) as client:
        yield lambda path: read(client.get(path))


@contextmanager
def ask_flask() -> Iterator[Ask]:
    import flask

    from claimsmith.flask import Claimsmith, auth, get_auth, require_auth

    app = flask.Flask("tests")
    Claimsmith(app, testing.settings)
    app.add_url_rule("/auth", "auth", lambda: describe(auth()))
    app.add_url_rule("/get_auth", "get_auth", lambda: describe(get_auth(flask.request)))
    app.add_url_rule("/admin", "admin", require_auth(role="org:admin")(lambda: describe(auth())))
    client = app.test_client()

    def ask(path: str) -> tuple[int, Any]:
        answer = client.get(path)
        return answer.status_code, answer.get_json() if answer.status_code == 200 else None

    yield ask


ADAPTERS = {"fastapi": ask_fastapi, "starlette": ask_starlette, "litestar": ask_litestar, "flask": ask_flask}


@pytest.fixture(params=ADAPTERS)
def ask(request: pytest.FixtureRequest) -> Iterator[Ask]:
    """Asks an application of one framework."""
    pytest.importorskip(request.param)
    with ADAPTERS[request.param]() as ask:
        yield ask


@pytest.mark.parametrize("path", ["/auth", "/get_auth"])
def test_a_route_sees_the_caller_of_the_block_and_nobody_after_it(ask: Ask, path: str) -> None:
    with testing.signed_in({"fullName": "Ada"}, user="user_1"):
        assert ask(path) == (200, {"user": "user_1", "name": "Ada"})
        with testing.signed_out():
            assert ask(path) == (200, {"user": None, "name": None})
    assert ask(path) == (200, {"user": None, "name": None})


def test_a_guarded_route_asks_for_rights_of_the_caller(ask: Ask) -> None:
    assert ask("/admin")[0] == 401
    with testing.signed_in(user="user_1"):
        assert ask("/admin")[0] == 403
    with testing.signed_in(user="user_1", organization=ADMIN):
        assert ask("/admin") == (200, {"user": "user_1", "name": None})


def test_two_callers_at_once_are_told_apart() -> None:
    pytest.importorskip("starlette")
    import asyncio

    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    from claimsmith.starlette import Claimsmith, get_auth

    async def whoami(request: Request) -> PlainTextResponse:
        await asyncio.sleep(0.01)
        return PlainTextResponse(str(get_auth(request).user_id))

    app = Starlette(routes=[Route("/", whoami)])
    Claimsmith(app, testing.settings)

    async def ask_as(user: str) -> str:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            with testing.signed_in(user=user):
                return (await client.get("/")).text

    async def ask_both() -> list[str]:
        return await asyncio.gather(ask_as("user_1"), ask_as("user_2"))

    assert asyncio.run(ask_both()) == ["user_1", "user_2"]


def test_a_websocket_is_the_callers_too() -> None:
    pytest.importorskip("starlette")
    from starlette.applications import Starlette
    from starlette.routing import WebSocketRoute
    from starlette.testclient import TestClient
    from starlette.websockets import WebSocket

    from claimsmith.starlette import Claimsmith, get_auth

    async def whoami(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text(str(get_auth(socket).user_id))
        await socket.close()

    app = Starlette(routes=[WebSocketRoute("/", whoami)])
    Claimsmith(app, testing.settings)
    with testing.signed_in(user="user_1"), TestClient(app).websocket_connect("/") as socket:
        assert socket.receive_text() == "user_1"


DJANGO = """
import asyncio

import django
from django.conf import settings
from django.http import JsonResponse
from django.test import AsyncClient, Client
from django.urls import path

from claimsmith import testing
from claimsmith.django import auth, get_auth, require_auth


def by_contextvar(request):
    return JsonResponse({"user": auth().user_id})


async def by_request(request):
    return JsonResponse({"user": get_auth(request).user_id})


@require_auth(role="org:admin")
def guarded(request):
    return JsonResponse({"user": auth().user_id})


urlpatterns = [path("auth", by_contextvar), path("get_auth", by_request), path("admin", guarded)]
settings.configure(
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["*"],
    SECRET_KEY="of-a-test",
    MIDDLEWARE=["claimsmith.django.ClaimsmithMiddleware"],
)
django.setup()


def read(answer):
    return answer.status_code, answer.json() if answer.status_code == 200 else None


def ask_async(path):
    return read(asyncio.run(AsyncClient().get(path)))


def ask(path):
    return read(Client().get(path))


for ask in (ask, ask_async):
    with testing.signed_in(user="user_1"):
        assert ask("/auth") == (200, {"user": "user_1"}), ask("/auth")
        assert ask("/get_auth") == (200, {"user": "user_1"})
        assert ask("/admin")[0] == 403
    with testing.signed_in(user="user_1", organization=testing.Organization(role="admin")):
        assert ask("/admin") == (200, {"user": "user_1"})
    assert ask("/auth") == (200, {"user": None})
    assert ask("/admin")[0] == 401
"""


def test_a_django_view_sees_the_caller_of_the_block_and_nobody_after_it(tmp_path: Path) -> None:
    pytest.importorskip("django")
    script = tmp_path / "django_site.py"
    script.write_text(DJANGO)
    environment = dict(testing.environment)
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script)], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
