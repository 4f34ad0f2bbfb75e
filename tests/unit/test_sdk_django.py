"""The Django adapter, over WSGI and ASGI calls of a project with its real middleware."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from asgiref.sync import iscoroutinefunction, sync_to_async
from decision_table import OVER_HTTP, PATHS, Row, Seen, check_answer, describe_caller, running_backend_api
from django.core.handlers.wsgi import WSGIRequest
from django.core.servers.basehttp import WSGIRequestHandler
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import engines
from django.test import RequestFactory, override_settings
from django.utils.decorators import method_decorator, sync_only_middleware
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from django_project import MIDDLEWARE, asgi, project, wsgi
from hypothesis import example, given
from hypothesis import strategies as st
from sdk_signing import NOW, PUBLISHABLE_KEY, make_token, own_keys, pem, rsa_key
from typing_extensions import TypedDict
from wsgi_calls import Answered, call_wsgi, make_environ, running_wsgi

from claimsmith import Auth, ConfigurationError, Options, RequestFacts, SignedOut, authenticate
from claimsmith.decisions import Decision
from claimsmith.django import ClaimsmithMiddleware, auth, get_auth, require_auth
from claimsmith.django.answers import finish_response
from claimsmith.django.application import load_application
from claimsmith.django.requests import find_decision, make_facts
from claimsmith.instance import parse_publishable_key

Ask = Callable[..., Answered]
ORIGIN = "http://localhost:3000"


def call(path: str, headers: Any = (), method: str = "GET") -> Answered:
    """What the project answers under WSGI."""
    return call_wsgi(wsgi(), method, ORIGIN + path, headers)


def call_asgi(path: str, headers: Any = (), method: str = "GET", **more: Any) -> Answered:
    """What the project answers under ASGI."""

    async def ask() -> Answered:
        transport = httpx.ASGITransport(app=asgi(), **more)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, trust_env=False) as client:
            answer = await client.request(method, path, headers=list(headers))
        return Answered(answer.status_code, answer.headers.multi_items(), answer.content)

    return asyncio.run(ask())


BOTH = pytest.mark.parametrize("ask", [call, call_asgi], ids=["wsgi", "asgi"])


def bearer(token: str) -> list[tuple[str, str]]:
    return [("authorization", f"Bearer {token}")]


def show(request: HttpRequest) -> HttpResponse:
    return JsonResponse(describe_caller(auth()))


async def show_async(request: HttpRequest) -> HttpResponse:
    return JsonResponse(describe_caller(auth()))


# The decision table --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def api_url() -> Iterator[str]:
    with running_backend_api() as url:
        yield url


def write_settings(row: Row, api_url: str) -> dict[str, Any]:
    """`settings.CLAIMSMITH` for a row: what its settings and options say."""
    settings, options = row.arguments(api_url)
    told = {name.upper(): getattr(settings, name) for name in settings.__struct_fields__}
    key = settings.publishable_key
    return {**told, "PUBLISHABLE_KEY": key and key.text, **{name.upper(): value for name, value in options.items()}}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("row", OVER_HTTP, ids=str)
def test_the_decision_table(row: Row, path: str, api_url: str) -> None:
    sent = f"{path}?{row.query.replace('{path}', path)}" if row.query else path
    for ask, view in ((call, show), (call_asgi, show_async)):
        views = {"page": view, "protected": require_auth()(view)}
        with project(views, write_settings(row, api_url)):
            answer = ask(sent, row.headers, row.method)
        check_answer(row, path, Seen(answer.status, answer.headers, answer.body))


# Views ---------------------------------------------------------------------------------------------------------------


class MyClaims(TypedDict):
    """What the tokens here carry besides the default claims."""

    fullName: str


@require_auth(claims=MyClaims)
def greet(request: HttpRequest, auth: Auth[MyClaims]) -> HttpResponse:
    return HttpResponse(auth.session_claims["fullName"])


@require_auth(claims=MyClaims)
async def greet_async(request: HttpRequest, auth: Auth[MyClaims]) -> HttpResponse:
    return HttpResponse(auth.session_claims["fullName"])


@require_auth(role="org:admin")
class Reports(View):
    """Guarded as a whole."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return show(request)


@require_auth(role="org:admin")
class ReportsAsync(View):
    """Guarded as a whole, with methods that are coroutines."""

    async def get(self, request: HttpRequest) -> HttpResponse:
        await asyncio.sleep(0)
        return await show_async(request)


class Mixed(View):
    """Open but for one method."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return show(request)

    @method_decorator(require_auth())
    def delete(self, request: HttpRequest, auth: Auth) -> HttpResponse:
        return HttpResponse(f"{auth.user_id} {get_auth(request).user_id}")


class MixedAsync(View):
    """The same with coroutines."""

    async def get(self, request: HttpRequest) -> HttpResponse:
        return await show_async(request)

    @method_decorator(require_auth())
    async def delete(self, request: HttpRequest, auth: Auth) -> HttpResponse:
        return HttpResponse(f"{auth.user_id} {get_auth(request).user_id}")


@method_decorator(require_auth(), name="dispatch")
class Dispatched(ReportsAsync):
    """Guarded again, the way of Django's own decorators."""


VIEWS: dict[str, Any] = {
    "anyone": show,
    "anyone-async": show_async,
    "greet": greet,
    "greet-async": greet_async,
    "reports": Reports.as_view(),
    "reports-async": ReportsAsync.as_view(),
    "mixed": Mixed.as_view(),
    "mixed-async": MixedAsync.as_view(),
    "dispatched": Dispatched.as_view(),
    "fresh": require_auth(fresh="strict")(show),
}
ADMIN = make_token(o={"id": "org_1", "rol": "admin"})
ANY_KIND = pytest.mark.parametrize("kind", ["", "-async"], ids=["sync", "async"])


@BOTH
@ANY_KIND
def test_a_view_is_given_the_caller_with_typed_claims(ask: Ask, kind: str) -> None:
    with project(VIEWS):
        answer = ask(f"/greet{kind}", bearer(make_token()))
        assert (answer.status, answer.body) == (200, b"Ada Lovelace")
        assert ask(f"/greet{kind}").status == 401


@BOTH
@ANY_KIND
def test_claims_of_the_wrong_shape_are_403(ask: Ask, kind: str) -> None:
    with project(VIEWS):
        answer = ask(f"/greet{kind}", bearer(make_token(fullName=7)))
    assert (answer.status, answer.values("x-clerk-auth-status")) == (403, ["signed-in"])
    assert b"fullName" in answer.body


@BOTH
@ANY_KIND
def test_a_class_is_guarded_by_the_decorator(ask: Ask, kind: str) -> None:
    with project(VIEWS):
        assert ask(f"/reports{kind}", bearer(ADMIN)).json == {"user_id": "user_1", "reason": None}
        assert ask(f"/reports{kind}").status == 401
        refused = ask(f"/reports{kind}", bearer(make_token()))
        assert (refused.status, refused.values("x-clerk-auth-status")) == (403, ["signed-in"])
        assert ask(f"/reports{kind}", bearer(ADMIN), "POST").status == 405
        assert ask(f"/reports{kind}", (), "POST").status == 401


@BOTH
@ANY_KIND
def test_a_method_is_guarded_by_djangos_method_decorator(ask: Ask, kind: str) -> None:
    with project(VIEWS):
        assert ask(f"/mixed{kind}").json == {"user_id": None, "reason": "session-token-and-uat-missing"}
        assert ask(f"/mixed{kind}", (), "DELETE").status == 401
        assert ask(f"/mixed{kind}", bearer(make_token()), "DELETE").body == b"user_1 user_1"


@BOTH
def test_dispatch_of_an_async_class_is_guarded_by_djangos_method_decorator(ask: Ask) -> None:
    with project(VIEWS):
        assert ask("/dispatched", bearer(ADMIN)).status == 200
        assert ask("/dispatched", bearer(make_token())).status == 403
        assert ask("/dispatched").status == 401


@BOTH
def test_fresh_asks_for_a_proof_of_identity(ask: Ask) -> None:
    with project(VIEWS):
        answer = ask("/fresh", bearer(make_token(fva=[60, -1])))
        assert ask("/fresh", bearer(make_token(fva=[3, -1]))).status == 200
    assert (answer.status, answer.values("x-clerk-auth-reason")) == (403, ["reverification-error"])


def test_a_guard_keeps_what_django_reads_of_a_view() -> None:
    guarded = require_auth()(csrf_exempt(show))
    assert (guarded.__name__, guarded.csrf_exempt) == ("show", True)  # type: ignore[attr-defined]
    assert iscoroutinefunction(require_auth()(show_async))
    assert not iscoroutinefunction(require_auth()(show))


# The middleware ------------------------------------------------------------------------------------------------------


def test_under_asgi_an_async_view_is_answered_in_the_event_loop() -> None:
    threads: list[int] = []

    async def where(request: HttpRequest) -> HttpResponse:
        threads.append(threading.get_ident())
        return await show_async(request)

    async def ask() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=asgi()), base_url=ORIGIN) as client:  # type: ignore[arg-type]
            assert (await client.get("/where", headers=bearer(make_token()))).json()["user_id"] == "user_1"

    with project({"where": require_auth()(where)}):
        asyncio.run(ask())
    assert threads == [threading.get_ident()]


@sync_only_middleware
def beside(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that Django runs in a thread under ASGI."""
    return get_response


@pytest.mark.parametrize("order", [0, 1])
@ANY_KIND
def test_the_caller_is_known_across_middleware_that_runs_in_threads(order: int, kind: str) -> None:
    middleware = [*MIDDLEWARE]
    middleware.insert(order, f"{__name__}.beside")
    with project(VIEWS, MIDDLEWARE=middleware):
        assert call_asgi(f"/anyone{kind}", bearer(make_token())).json == {"user_id": "user_1", "reason": None}
        assert call(f"/anyone{kind}", bearer(make_token())).json == {"user_id": "user_1", "reason": None}


@BOTH
def test_nothing_is_left_of_a_request(ask: Ask) -> None:
    def fail(request: HttpRequest) -> HttpResponse:
        raise ValueError(get_auth(request).user_id)

    with project({"fail": fail, "anyone": show}, DEBUG_PROPAGATE_EXCEPTIONS=False):
        options = {"raise_app_exceptions": False} if ask is call_asgi else {}
        assert ask("/fail", bearer(make_token()), **options).status == 500
        with pytest.raises(ConfigurationError, match="no request"):
            auth()
        assert ask("/anyone").json == {"user_id": None, "reason": "session-token-and-uat-missing"}


@BOTH
def test_a_response_to_someone_varies_with_who_asks(ask: Ask) -> None:
    with project(VIEWS):
        assert ask("/anyone", bearer(make_token())).values("vary") == ["Authorization, Cookie"]
        assert ask("/anyone").values("vary") == []


def test_cookies_of_a_handshake_keep_the_page_out_of_caches_and_beside_its_own_cookies(api_url: str) -> None:
    row = next(row for row in OVER_HTTP if row.id == "1 live nonce, in")

    def page(request: HttpRequest) -> HttpResponse:
        response = HttpResponse("hello")
        response.set_cookie("theme", "dark")
        return response

    with project({"page": page}, write_settings(row, api_url)):
        answer = call("/page", row.headers)
    assert answer.values("cache-control") == ["private, no-store"]
    assert sorted(answer.values("set-cookie")) == sorted([*row.expected.set_cookies, "theme=dark; Path=/"])


def test_two_cookies_of_one_name_are_both_sent() -> None:
    lines = (
        "__client_uat=0; Path=/; Domain=example.com",
        "__client_uat=0; Path=/",
        '__session=a"b,c; path=/; Max-Age=0',
    )
    decision = Decision(SignedOut("session-token-missing"), RequestFacts(method="GET", url=ORIGIN), set_cookies=lines)
    response = finish_response(finish_response(HttpResponse(), decision), decision)
    assert [cookie.OutputString() for cookie in response.cookies.values()] == list(lines)


@BOTH
def test_a_host_that_django_does_not_allow_is_400(ask: Ask) -> None:
    with project(VIEWS, ALLOWED_HOSTS=["app.example.com"]):
        assert ask("/anyone", bearer(make_token())).status == 400


@pytest.mark.parametrize("path", ["//evil.example/a", "/a/../b", "/a%20b/%C3%A9", "/./x", "/a:b,c@d"])
def test_a_handshake_comes_back_to_the_path_that_was_asked_for(path: str) -> None:
    facts = make_facts(WSGIRequest(make_environ("GET", f"{ORIGIN}{path}?q=%2F&r=a+b", ())))
    assert facts.url == f"{ORIGIN}{path}?q=%2F&r=a+b"


@BOTH
def test_a_request_that_has_not_passed_the_middleware_is_told_so(ask: Ask) -> None:
    with project(VIEWS, MIDDLEWARE=()):
        with pytest.raises(ConfigurationError, match=r'"claimsmith\.django\.ClaimsmithMiddleware" to MIDDLEWARE'):
            get_auth(RequestFactory().get("/"))
        assert call("/greet", bearer(make_token())).status == 500


def test_templates_know_the_caller_by_a_context_processor() -> None:
    engine = {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {"context_processors": ["claimsmith.django.provide_auth"]},
    }

    def page(request: HttpRequest) -> HttpResponse:
        written = "{% if auth.is_authenticated %}{{ auth.user_id }}{% else %}nobody{% endif %}"
        return HttpResponse(engines["django"].from_string(written).render({}, request))

    with project({"page": page}, TEMPLATES=[engine]):
        assert call("/page", bearer(make_token())).body == b"user_1"
        assert call("/page").body == b"nobody"


# Headers -------------------------------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("first", ["good", "bad"])
def test_J_039_two_authorization_headers_sign_nobody_in(ask: Ask, first: str) -> None:
    tokens = {"good": make_token(), "bad": make_token(key=rsa_key("attacker"))}
    ordered = [tokens.pop(first), *tokens.values()]
    with project(VIEWS):
        answer = ask("/greet", [*bearer(ordered[0]), *bearer(ordered[1])])
        same = ask("/greet", bearer(make_token()) * 2)
    assert (answer.status, answer.values("x-clerk-auth-reason")) == (401, ["token-invalid"])
    assert (same.status, same.values("x-clerk-auth-reason")) == (401, ["token-invalid"])


@pytest.mark.parametrize(
    "value", ["Bearer", "Bearer  x", "Bearer \xe9", "Basic \xe9", "x" * 100_000, "Bearer " + "." * 9999]
)
@BOTH
def test_J_039_no_authorization_value_is_ever_an_error_of_ours(ask: Ask, value: str) -> None:
    with project(VIEWS):
        assert (
            ask(
                "/greet", [(b"authorization", value.encode())] if ask is call_asgi else [("authorization", value)]
            ).status
            == 401
        )


@given(name=st.from_regex(r"[A-Z]+(_[A-Z]+){0,3}", fullmatch=True), prefix=st.sampled_from(["HTTP_", "HTTP_X_", ""]))
@example("SESSION", "HTTP_X_")
@example("CLAIMSMITH_DECISION", "")
@example("X_AUTHORIZATION", "HTTP_")
@example("REMOTE_USER", "")
def test_no_other_variable_of_a_wsgi_server_signs_anybody_in(name: str, prefix: str) -> None:
    """Servers that take `X_Y` for `X-Y` can't be told from those that don't, so no name with a hyphen may matter."""
    key = prefix + name
    if key in {"HTTP_AUTHORIZATION", "HTTP_COOKIE", "HTTP_HOST"}:
        return
    request = RequestFactory().get("/", **{key: f"Bearer {make_token()}"})
    caller = authenticate(make_facts(request), own_keys(), Options(), now=NOW)
    assert isinstance(caller, SignedOut)
    assert find_decision(request) is None


def test_J_039_bytes_that_are_no_text_are_no_error_of_ours() -> None:
    with project(VIEWS):
        assert (
            call_asgi("/greet", [(b"authorization", b"Bearer \xe9\xff"), (b"cookie", b"__session=\xff")]).status == 401
        )


# Settings ------------------------------------------------------------------------------------------------------------


def test_the_environment_gives_what_the_dictionary_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLERK_JWT_KEY", pem())
    monkeypatch.setenv("CLERK_PUBLISHABLE_KEY", "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
    with override_settings(
        CLAIMSMITH={"PUBLISHABLE_KEY": PUBLISHABLE_KEY, "AUTHORIZED_PARTIES": [ORIGIN, "https://b.example"]}
    ):
        application = load_application()
        assert load_application() is application
    assert application.settings.publishable_key == parse_publishable_key(PUBLISHABLE_KEY)
    assert application.settings.authorized_parties == (ORIGIN, "https://b.example")
    assert (application.settings.jwt_key, application.options.handshakes) == (pem().strip(), True)
    with override_settings(CLAIMSMITH={"HANDSHAKES": False}):
        assert not load_application().options.handshakes
    with override_settings():
        assert load_application().options.handshakes


@pytest.mark.parametrize(
    ("configured", "sentence"),
    [
        (
            {"SECRETKEY": "x"},
            r'settings\.CLAIMSMITH\["SECRETKEY"\] is not known\. Known are ACCEPT_PENDING, .*SECRET_KEY',
        ),
        ({"secret_key": "x"}, r'settings\.CLAIMSMITH\["secret_key"\] is not known'),
        ({"PUBLISHABLE_KEY": "pk_x"}, r'^settings\.CLAIMSMITH\["PUBLISHABLE_KEY"\]: a publishable key starts'),
        ({"JWT_KEY": "x"}, r'^settings\.CLAIMSMITH\["JWT_KEY"\]: '),
        ({"HANDSHAKES": "no"}, r'^settings\.CLAIMSMITH\["HANDSHAKES"\]: Expected `bool`, got `str`'),
        ({"AUDIENCE": "api"}, r'^settings\.CLAIMSMITH\["AUDIENCE"\]: Expected `array`, got `str`'),
        ({"LEEWAY": "5"}, r'^settings\.CLAIMSMITH\["LEEWAY"\]'),
        ({"AUTHORIZED_PARTIES": [1]}, r'^settings\.CLAIMSMITH\["AUTHORIZED_PARTIES"\] is a text or a list of texts'),
        (["PUBLISHABLE_KEY"], r"^settings\.CLAIMSMITH is a dict"),
        ({}, r"^No key to verify tokens with"),
    ],
)
def test_settings_that_cannot_be_right_are_named(
    configured: Any, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("JWT_KEY", "API_URL", "SECRET_KEY", "PUBLISHABLE_KEY"):
        monkeypatch.delenv(f"CLERK_{name}", raising=False)
        monkeypatch.delenv(f"CLAIMSMITH_{name}", raising=False)
    with (
        override_settings(CLAIMSMITH=configured, MIDDLEWARE=MIDDLEWARE),
        pytest.raises(ConfigurationError, match=sentence),
    ):
        ClaimsmithMiddleware(lambda _: HttpResponse())


# Many at once --------------------------------------------------------------------------------------------------------


def meet(request: HttpRequest) -> HttpResponse:
    time.sleep(0.002)
    return HttpResponse(f"{auth().user_id} {get_auth(request).user_id}")


async def meet_async(request: HttpRequest) -> HttpResponse:
    await asyncio.sleep(0.002)
    inner = await sync_to_async(lambda: auth().user_id)()
    return HttpResponse(f"{auth().user_id} {inner}")


USERS = ["user_1", "user_2"] * 25


def test_threads_never_mix_callers_up() -> None:
    with project({"meet": meet}):
        application = wsgi()
        tokens = {name: make_token(sub=name) for name in set(USERS)}

        def ask(name: str) -> bytes:
            return call_wsgi(application, "GET", f"{ORIGIN}/meet", bearer(tokens[name])).body

        with ThreadPoolExecutor(8) as pool:
            seen = list(pool.map(ask, USERS))
    assert seen == [f"{name} {name}".encode() for name in USERS]


@pytest.mark.parametrize("view", [meet, meet_async])
def test_tasks_never_mix_callers_up(view: Any) -> None:
    async def ask_all() -> list[bytes]:
        transport = httpx.ASGITransport(app=asgi())  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, trust_env=False) as client:
            asked = (client.get("/meet", headers=bearer(make_token(sub=name))) for name in USERS)
            return [answer.content for answer in await asyncio.gather(*asked)]

    with project({"meet": view}):
        seen = asyncio.run(ask_all())
    assert seen == [f"{name} {name}".encode() for name in USERS]


# A server of its own -------------------------------------------------------------------------------------------------


def test_over_a_socket_the_answer_is_the_same() -> None:
    """Django's own server: what it makes of repeated headers and of names with an underscore."""
    with project(VIEWS), running_wsgi(wsgi(), WSGIRequestHandler) as url:
        client = httpx.Client(base_url=url, trust_env=False)
        with client:
            assert client.get("/greet", headers=bearer(make_token())).text == "Ada Lovelace"
            assert client.get("/greet", headers=bearer(make_token()) * 2).status_code == 401
            assert (
                client.get("/anyone", headers=[("cookie", f"__session={make_token()}")]).json()["user_id"] == "user_1"
            )
            split = [("cookie", "a=b"), ("cookie", f"__session={make_token()}")]
            assert client.get("/anyone", headers=split).json()["user_id"] in {None, "user_1"}
