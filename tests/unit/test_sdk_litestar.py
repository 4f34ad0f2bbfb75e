# ruff: noqa: N815 - claims keep the names that they have in the token
"""What is Litestar's own: the plugin, guards on every layer, the dependency `auth`, the OpenAPI document."""

import json
from typing import Any

import anyio
import msgspec
import pytest
from asgi_applications import send, talk
from decision_table import Seen
from litestar import Controller, Litestar, Request, Router, asgi, get, post, websocket_listener
from litestar.di import NamedDependency, Provide
from litestar.openapi import OpenAPIConfig, ResponseSpec
from litestar.openapi.spec import Components
from sdk_signing import NOW, make_token, own_keys

from claimsmith import Auth, ConfigurationError, SessionClaims, Settings, SignedOut
from claimsmith.litestar import Claimsmith, get_auth, require_auth

ADMIN = {"id": "org_1", "slg": "acme", "rol": "admin"}


class Names(msgspec.Struct):
    fullName: str


class MyClaims(SessionClaims):
    fullName: str


class Posts(Controller):
    """A controller that everyone must sign in for, with one handler that asks for more."""

    path = "/posts"
    guards = (require_auth(),)

    @get()
    async def read(self, auth: NamedDependency[Auth]) -> str:
        return auth.user_id

    @post(guards=[require_auth(role="org:admin")], status_code=200)
    async def write(self, request: Request[Any, Any, Any]) -> str:
        return str(get_auth(request).user_id)


async def load_name(auth: NamedDependency[Auth[Names]]) -> str:
    return auth.session_claims.fullName


@get("/name", guards=[require_auth(claims=Names)], dependencies={"name": Provide(load_name)})
async def read_name(name: NamedDependency[str]) -> str:
    return name


@get("/mapping", guards=[require_auth(claims=MyClaims)])
async def read_mapping(auth: NamedDependency[Auth[MyClaims]]) -> str:
    return auth.session_claims["fullName"]


@get("/anyone")
async def anyone(auth: NamedDependency[Auth | SignedOut]) -> str | None:
    return auth.user_id


@get("/own", guards=[require_auth()], responses={401: ResponseSpec(None, description="Mine.")})
async def own() -> None: ...


@websocket_listener("/echo", guards=[require_auth()])
async def echo(data: str, auth: NamedDependency[Auth]) -> str:
    return auth.user_id + data


def make_app(*handlers: Any, **options: Any) -> Litestar:
    plugin = Claimsmith(Settings(), keys=own_keys(), clock=lambda: NOW)
    return Litestar([Posts, read_name, read_mapping, anyone, own, echo, *handlers], plugins=[plugin], **options)


def ask(path: str, token: str | None = None, app: Any = None, method: str = "GET") -> Seen:
    headers = [] if token is None else [("authorization", f"Bearer {token}")]
    return anyio.run(send, app or make_app(), method, f"http://localhost:3000{path}", headers)


def test_guards_of_outer_layers_hold_for_inner_ones() -> None:
    assert ask("/posts", make_token()).body == b"user_1"
    assert ask("/posts").status == 401
    assert ask("/posts", make_token(), method="POST").status == 403
    assert ask("/posts", make_token(o=ADMIN), method="POST").body == b"user_1"
    assert ask("/posts", method="POST").status == 401


def test_the_caller_reaches_handlers_and_their_dependencies_with_typed_claims() -> None:
    assert ask("/name", make_token()).body == b"Ada Lovelace"
    assert ask("/mapping", make_token()).body == b"Ada Lovelace"
    assert ask("/anyone", make_token()).body == b"user_1"
    assert ask("/anyone").body == b"null"


def test_a_guard_of_the_whole_application_covers_every_route() -> None:
    app = make_app(guards=[require_auth()])
    assert ask("/anyone", app=app).status == 401


def test_a_listener_knows_its_caller() -> None:
    opened = anyio.run(talk, make_app(), "/echo", [("authorization", f"Bearer {make_token()}")])
    assert opened[0]["type"] == "websocket.accept"
    (event,) = anyio.run(talk, make_app(), "/echo")
    assert (event["type"], event["code"]) == ("websocket.close", 1008)


def test_a_handler_that_needs_a_caller_without_asking_for_one_is_told_at_the_start() -> None:
    @get("/careless")
    async def careless(auth: NamedDependency[Auth]) -> str:
        return auth.user_id

    with pytest.raises(ConfigurationError, match=r"careless.*guards=\[require_auth\(\)\]"):
        make_app(careless)
    assert ask("/in/careless", app=make_app(Router("/in", route_handlers=[careless], guards=[require_auth()])))


def test_a_dependency_of_the_same_name_of_the_application_wins() -> None:
    @get("/other", dependencies={"auth": Provide(lambda: 7, sync_to_thread=False)})
    async def other(auth: NamedDependency[int]) -> int:
        return auth

    assert ask("/other", app=make_app(other)).body == b"7"


def test_other_asgi_applications_and_unknown_paths_are_left_alone() -> None:
    @asgi("/raw", copy_scope=True)
    async def raw(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"raw"})

    assert ask("/raw", app=make_app(raw)).body == b"raw"
    assert ask("/nowhere").status == 404


def test_the_openapi_document_tells_both_ways_to_sign_in_and_the_rights() -> None:
    document = json.loads(ask("/schema/openapi.json").body)
    assert document["components"]["securitySchemes"] == {
        "SessionToken": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "SessionCookie": {"type": "apiKey", "in": "cookie", "name": "__session"},
    }
    posts = document["paths"]["/posts"]
    rights = ["role:org:admin"]
    assert posts["post"]["security"] == [{"SessionToken": rights}, {"SessionCookie": rights}]
    assert posts["get"]["security"] == [{"SessionToken": []}, {"SessionCookie": []}]
    assert sorted(posts["post"]["responses"]) == ["200", "401", "403"]
    assert sorted(posts["get"]["responses"]) == ["200", "401"]
    assert "security" not in document["paths"]["/anyone"]["get"]
    assert not posts["get"].get("parameters")
    assert document["paths"]["/own"]["get"]["responses"]["401"]["description"] == "Mine."


def test_a_handler_of_two_paths_and_of_a_guarded_router_is_documented_once() -> None:
    @get(["/one", "/two"], guards=[require_auth()])
    async def twice(auth: NamedDependency[Auth]) -> str:
        return auth.user_id

    app = make_app(Router("/in", route_handlers=[twice], guards=[require_auth(role="org:admin")]))
    paths = json.loads(ask("/schema/openapi.json", app=app).body)["paths"]
    rights = ["role:org:admin"]
    for path in ("/in/one", "/in/two"):
        assert paths[path]["get"]["security"] == [{"SessionToken": rights}, {"SessionCookie": rights}]
        assert ask(path, make_token(o=ADMIN), app).body == b"user_1"


def test_the_document_keeps_what_the_application_says() -> None:
    components = Components(schemas={})
    for given in (components, [components]):
        config = OpenAPIConfig(title="Mine", version="7", components=given)
        document = json.loads(ask("/schema/openapi.json", app=make_app(openapi_config=config)).body)
        assert document["info"] == {"title": "Mine", "version": "7"}
        assert config.components is given
    assert ask("/anyone", app=make_app(openapi_config=None)).status == 200


def test_an_application_without_the_plugin_says_what_to_do() -> None:
    @get("/me", guards=[require_auth()])
    async def me() -> None: ...

    with pytest.raises(ConfigurationError, match="Claimsmith"):
        anyio.run(require_auth(), Request({"type": "http"}), me)
