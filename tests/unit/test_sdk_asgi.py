"""What FastAPI, Starlette and Litestar have in common: one middleware, one decision table, no mix-up of callers."""

import functools
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import anyio
import pytest
from asgi_applications import FRAMEWORKS, Application, send, talk
from decision_table import DEV, OVER_HTTP, PATHS, Row, check_answer, running_backend_api
from sdk_signing import NOW, make_token, own_keys
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from claimsmith import Settings
from claimsmith.answers import Answer
from claimsmith.application import Application as SdkApplication
from claimsmith.asgi import AuthMiddleware, make_facts, read_asked, send_answer
from claimsmith.current import auth
from claimsmith.errors import ConfigurationError

ADMIN = {"id": "org_1", "slg": "acme", "rol": "admin"}
DOCUMENT = (("sec-fetch-dest", "document"), ("accept", "text/html"))
EACH = pytest.mark.parametrize("framework", FRAMEWORKS)


def bearer(**claims: Any) -> tuple[tuple[str, str]]:
    return (("authorization", f"Bearer {make_token(**claims)}"),)


@functools.cache
def plain(framework: str) -> Application:
    """An application without handshakes, that fetches nothing."""
    return FRAMEWORKS[framework](Settings(publishable_key=DEV), keys=own_keys(), clock=lambda: NOW)


def get(framework: str, path: str, headers: tuple[tuple[str, str], ...] = ()) -> Any:
    return anyio.run(send, plain(framework).asgi, "GET", f"http://localhost:3000{path}", headers)


@pytest.fixture(scope="module")
def api_url() -> Iterator[str]:
    with running_backend_api() as url:
        yield url


@pytest.fixture(scope="module")
def made() -> dict[tuple[str, str], Any]:
    """The applications of the table's rows, each made once."""
    return {}


@EACH
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("row", OVER_HTTP, ids=str)
def test_the_decision_table(
    row: Row, path: str, framework: str, api_url: str, made: dict[tuple[str, str], Any]
) -> None:
    key = (framework, row.application_key)
    if key not in made:
        settings, options = row.arguments(api_url)
        made[key] = FRAMEWORKS[framework](settings, **options).asgi
    check_answer(row, path, anyio.run(send, made[key], row.method, row.url(path), row.headers))


@EACH
def test_a_missing_right_is_403_and_a_missing_sign_in_is_401(framework: str) -> None:
    assert get(framework, "/admin", bearer(o=ADMIN)).body == b'["user_1"]'
    refused = get(framework, "/admin", bearer())
    assert (refused.status, json.loads(refused.body)["errors"][0]["code"]) == (403, "forbidden")
    assert refused.values("x-clerk-auth-status") == ["signed-in"]
    assert get(framework, "/admin").status == 401


@EACH
def test_a_proof_of_identity_that_is_too_old_is_asked_for_anew(framework: str) -> None:
    assert get(framework, "/fresh", bearer(fva=[9, -1])).status == 200
    refused = get(framework, "/fresh", bearer(fva=[10, -1]))
    assert refused.status == 403
    assert refused.values("x-clerk-auth-reason") == ["reverification-error"]
    assert json.loads(refused.body)["clerk_error"]["reason"] == "reverification-error"


@EACH
def test_claims_come_as_the_model_and_claims_of_another_shape_are_refused(framework: str) -> None:
    assert json.loads(get(framework, "/typed", bearer()).body) == ["user_1", "Ada Lovelace"]
    refused = get(framework, "/typed", bearer(fullName=7))
    assert (refused.status, json.loads(refused.body)["errors"][0]["code"]) == (403, "claims_invalid")
    assert "fullName" in json.loads(refused.body)["errors"][0]["message"]


@EACH
@pytest.mark.parametrize("path", ["/async", "/sync", "/stream", "/background"])
def test_fifty_interleaved_requests_of_two_users_are_never_mixed_up(framework: str, path: str) -> None:
    application = plain(framework)
    application.noted.clear()
    people = {name: bearer(sub=name, sid=f"sess_{name}") for name in ("user_ada", "user_grace")}
    seen: list[tuple[str, str]] = []

    async def ask(name: str) -> None:
        answer = await send(application.asgi, "GET", f"http://localhost:3000{path}", people[name])
        assert answer.status == 200
        seen.append((name, answer.body.decode()))

    async def ask_all() -> None:
        async with anyio.create_task_group() as tasks:
            for number in range(50):
                tasks.start_soon(ask, ("user_ada", "user_grace")[number % 2])

    anyio.run(ask_all)
    assert len(seen) == 50
    assert all(set(re.findall(r"\w+", body)) == {name} for name, body in seen), seen
    if path == "/background":
        assert sorted(map(str, application.noted)) == ["user_ada"] * 25 + ["user_grace"] * 25


@EACH
def test_nothing_is_left_behind_after_a_request(framework: str) -> None:
    async def ask_and_look() -> None:
        await send(plain(framework).asgi, "GET", "http://localhost:3000/typed", bearer())
        with pytest.raises(ConfigurationError):
            auth()

    anyio.run(ask_and_look)


@EACH
def test_a_cache_never_gives_one_callers_answer_to_another(framework: str, api_url: str) -> None:
    assert get(framework, "/page", bearer()).values("vary") == ["Authorization, Cookie"]
    assert get(framework, "/admin", bearer()).values("vary") == ["Authorization, Cookie"]
    assert get(framework, "/page").values("vary") == []
    row = next(row for row in OVER_HTTP if row.id == "11 refreshed")
    settings, options = row.arguments(api_url)
    app = FRAMEWORKS[framework](settings, **options).asgi
    refreshed = anyio.run(send, app, row.method, row.url("/page"), row.headers)
    assert refreshed.values("set-cookie") == list(row.expected.set_cookies)
    assert refreshed.values("cache-control") == ["private, no-store"]


@EACH
def test_a_websocket_knows_its_caller(framework: str) -> None:
    app = plain(framework).asgi
    for path in ("/socket", "/guarded"):
        events = anyio.run(talk, app, path, bearer())
        assert [event["type"] for event in events] == ["websocket.accept", "websocket.send", "websocket.close"]
        told = events[1].get("text") or events[1]["bytes"]
        assert json.loads(told) == ["user_1", "user_1"]
    events = anyio.run(talk, app, "/socket")
    assert json.loads(events[1].get("text") or events[1]["bytes"]) == [None, None]


@EACH
def test_a_websocket_of_nobody_is_closed_before_it_opens(framework: str) -> None:
    (event,) = anyio.run(talk, plain(framework).asgi, "/guarded")
    assert (event["type"], event["code"]) == ("websocket.close", 1008)


@EACH
def test_a_websocket_is_never_sent_to_a_handshake(framework: str) -> None:
    options = {"keys": own_keys(), "clock": lambda: NOW, "handshakes": True}
    app = FRAMEWORKS[framework](Settings(publishable_key=DEV), **options).asgi
    assert anyio.run(send, app, "GET", "http://localhost:3000/page", DOCUMENT).status == 307
    (event,) = anyio.run(talk, app, "/guarded", DOCUMENT)
    assert (event["type"], event["code"]) == ("websocket.close", 1008)
    opened = anyio.run(talk, app, "/socket", DOCUMENT)
    assert opened[0]["type"] == "websocket.accept"


@EACH
def test_S_033_what_a_proxy_would_say_is_not_believed(framework: str) -> None:
    """A server that trusts its proxy puts it into the scope; the headers themselves are anybody's words."""
    forged = (
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "https"),
        ("forwarded", "host=evil.example;proto=https"),
        ("x-original-url", "/evil"),
        ("x-clerk-auth-status", "signed-in"),
        ("x-clerk-auth-reason", "none"),
    )
    options = {"keys": own_keys(), "clock": lambda: NOW, "handshakes": True}
    app = FRAMEWORKS[framework](Settings(publishable_key=DEV), **options).asgi
    url = "http://localhost:3000/protected?a=1"
    assert anyio.run(send, app, "GET", url, (*DOCUMENT, *forged)) == anyio.run(send, app, "GET", url, DOCUMENT)
    assert anyio.run(send, app, "GET", url, forged) == anyio.run(send, app, "GET", url)


@EACH
def test_what_a_trusted_proxy_says_is_what_the_server_made_of_it(framework: str) -> None:
    options = {"keys": own_keys(), "clock": lambda: NOW, "handshakes": True}
    app = FRAMEWORKS[framework](Settings(publishable_key=DEV), **options).asgi
    served = ProxyHeadersMiddleware(app, trusted_hosts="127.0.0.1")
    sent = (*DOCUMENT, ("x-forwarded-proto", "https"))
    (location,) = anyio.run(send, served, "GET", "http://localhost:3000/page", sent).values("location")
    assert parse_qs(urlsplit(location).query)["redirect_url"] == ["https://localhost:3000/page"]
    (location,) = anyio.run(send, app, "GET", "http://localhost:3000/page", sent).values("location")
    assert parse_qs(urlsplit(location).query)["redirect_url"] == ["http://localhost:3000/page"]


@EACH
@pytest.mark.parametrize(
    "path",
    ["/%70rotected", "/protected/", "//protected", "/Protected", "/protected;x", "/protected%2f", "/./protected"],
)
def test_S_032_however_the_path_is_spelled_a_protected_route_never_answers_a_stranger(
    framework: str, path: str
) -> None:
    assert get(framework, path).status in {307, 401, 404, 405}


@EACH
@pytest.mark.parametrize(
    "value", [b"Bearer", b"Bearer  x", "Bearer é".encode(), b"Basic \xff", b"x" * 100_000, b"Bearer " + b"." * 9999]
)
def test_J_039_no_authorization_value_is_ever_an_error_of_ours(framework: str, value: bytes) -> None:
    app = plain(framework).asgi
    assert anyio.run(send, app, "GET", "http://localhost:3000/protected", [(b"authorization", value)]).status == 401


@EACH
@pytest.mark.parametrize("host", ["[", "a b", "x:y:z", "]", "http://[", "a/b", "", "é"])
def test_an_unreadable_host_header_is_no_error_of_ours(framework: str, host: str) -> None:
    headers = [(b"host", host.encode("latin-1")), (b"cookie", f"__session={make_token()}".encode())]
    assert anyio.run(send, plain(framework).asgi, "GET", "http://localhost:3000/page", headers).status in {200, 400}


@pytest.mark.parametrize(
    ("changed", "url"),
    [
        ({}, "http://app.example/a%2Fb?x=%20"),
        ({"scheme": "https"}, "https://app.example/a%2Fb?x=%20"),
        ({"type": "websocket", "scheme": "wss"}, "https://app.example/a%2Fb?x=%20"),
        ({"raw_path": None}, "http://app.example/a/b%25%20?x=%20"),
        ({"raw_path": b"http://evil.example/x"}, "http://app.example/http://evil.example/x?x=%20"),
        ({"raw_path": b"//evil.example/x"}, "http://app.example//evil.example/x?x=%20"),
        ({"raw_path": b"*", "query_string": b""}, "http://app.example/*"),
        ({"headers": [], "server": ("::1", 8000)}, "http://[::1]:8000/a%2Fb?x=%20"),
        ({"headers": [], "server": ("/run/socket", None)}, "http:///run/socket/a%2Fb?x=%20"),
        ({"headers": []}, "http://localhost/a%2Fb?x=%20"),
    ],
)
def test_the_address_is_what_the_browser_sent_on_the_servers_own_host(changed: dict[str, Any], url: str) -> None:
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/a/b% ",
        "raw_path": b"/a%2Fb",
        "query_string": b"x=%20",
        "headers": [(b"Host", b"app.example")],
    }
    assert make_facts(scope | changed).url == url


def test_headers_are_as_they_came_repeated_ones_repeated() -> None:
    headers = [(b"Authorization", b"a"), (b"authorization", b"b"), (b"x", b"\xff")]
    facts = make_facts({"type": "http", "path": "/", "headers": headers})
    assert facts.headers == (("authorization", "a"), ("authorization", "b"), ("x", "\xff"))


def test_any_asgi_application_works_under_the_middleware() -> None:
    async def whoami(scope: Any, _receive: Any, send: Any) -> None:
        caller = read_asked(scope).decision.caller
        await send_answer(Answer(200, (("x-user", caller.user_id or "nobody"),), b"ok"), send)

    application = SdkApplication(Settings(), keys=own_keys(), clock=lambda: NOW)
    app = AuthMiddleware(whoami, application)
    assert anyio.run(send, app, "GET", "http://localhost/", bearer()).values("x-user") == ["user_1"]
    assert anyio.run(send, app, "GET", "http://localhost/").values("x-user") == ["nobody"]


def test_other_scopes_pass_by_untouched() -> None:
    seen: list[Any] = []

    async def note(scope: Any, receive: Any, send: Any) -> None:
        seen.extend((scope, receive, send))

    app = AuthMiddleware(note, SdkApplication(Settings(), keys=own_keys()))
    scope = {"type": "lifespan"}
    anyio.run(app, scope, anyio.sleep, anyio.sleep)
    assert seen == [{"type": "lifespan"}, anyio.sleep, anyio.sleep]


def test_a_request_that_no_middleware_saw_is_a_mistake_that_says_so() -> None:
    with pytest.raises(ConfigurationError, match="middleware"):
        read_asked({"type": "http"})
