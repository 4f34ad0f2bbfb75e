"""What is Starlette's own: the decorator on functions, methods and websockets."""

from typing import Any

import anyio
import pytest
from asgi_applications import send, talk
from decision_table import Seen
from sdk_signing import NOW, make_token, own_keys
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket

from claimsmith import Auth, ConfigurationError, Settings
from claimsmith.application import Application
from claimsmith.asgi import AuthMiddleware
from claimsmith.starlette import Claimsmith, auth, get_auth, require_auth


class Posts(HTTPEndpoint):
    """A class of endpoints, each method with demands of its own."""

    @require_auth()
    async def get(self, request: Request) -> PlainTextResponse:
        return PlainTextResponse(f"read by {get_auth(request).user_id}")

    @require_auth(role="org:admin")
    def delete(self, _request: Request, auth: Auth) -> PlainTextResponse:
        return PlainTextResponse(f"gone by {auth.user_id}")


class Chat(WebSocketEndpoint):
    """A class of websocket endpoints."""

    @require_auth()
    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text(f"hello {auth().user_id}")


@require_auth()
async def keyword_only(*, request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(get_auth(request).user_id))


async def by_keyword(request: Request) -> PlainTextResponse:
    return await keyword_only(request=request)


@require_auth()
async def documented(_request: Request) -> PlainTextResponse:
    """What it does."""
    return PlainTextResponse("ok")


def make_app(**options: Any) -> Starlette:
    routes = [Route("/posts", Posts), Route("/keyword", by_keyword), WebSocketRoute("/chat", Chat)]
    app = Starlette(routes=[*routes, Mount("/inner", routes=[Route("/documented", documented)])])
    Claimsmith(app, Settings(), **{"keys": own_keys(), "clock": lambda: NOW, **options})
    return app


def ask(method: str, path: str, token: str | None = None, app: Any = None) -> Seen:
    headers = [] if token is None else [("authorization", f"Bearer {token}")]
    return anyio.run(send, app or make_app(), method, f"http://localhost:3000{path}", headers)


def test_each_method_of_a_class_has_its_own_demands() -> None:
    admin = make_token(o={"id": "org_1", "rol": "admin"})
    assert ask("GET", "/posts", make_token()).body == b"read by user_1"
    assert ask("DELETE", "/posts", admin).body == b"gone by user_1"
    assert ask("DELETE", "/posts", make_token()).status == 403
    assert ask("GET", "/posts").status == 401


def test_a_websocket_class_refuses_before_it_opens() -> None:
    sent = anyio.run(talk, make_app(), "/chat", [("authorization", f"Bearer {make_token()}")])
    assert sent[1] == {"type": "websocket.send", "text": "hello user_1"}
    (event,) = anyio.run(talk, make_app(), "/chat")
    assert (event["type"], event["code"]) == ("websocket.close", 1008)


def test_the_request_is_found_by_keyword_too() -> None:
    assert ask("GET", "/keyword", make_token()).body == b"user_1"
    assert ask("GET", "/keyword").status == 401


def test_mounted_routes_have_the_callers_of_the_application() -> None:
    assert ask("GET", "/inner/documented", make_token()).body == b"ok"
    assert ask("GET", "/inner/documented").values("x-clerk-auth-reason") == ["session-token-and-uat-missing"]


def test_an_endpoint_keeps_its_name_and_docstring() -> None:
    assert (documented.__name__, documented.__doc__) == ("documented", "What it does.")


def test_the_middleware_may_be_given_by_itself() -> None:
    application = Application(Settings(), keys=own_keys(), clock=lambda: NOW)
    middleware = [Middleware(AuthMiddleware, application=application)]
    app = Starlette(routes=[Route("/posts", Posts)], middleware=middleware)
    assert ask("GET", "/posts", make_token(), app).body == b"read by user_1"


def test_an_application_without_claimsmith_says_what_to_do() -> None:
    with pytest.raises(ConfigurationError, match="Claimsmith"):
        ask("GET", "/posts", app=Starlette(routes=[Route("/posts", Posts)]))


def test_the_decorator_on_something_without_a_request_says_so() -> None:
    with pytest.raises(ConfigurationError, match="request"):
        require_auth()(lambda: None)()
