"""What a hostile reader of the SDK found: each test fails on the code as it was before."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import flask
import httpx
import msgspec
import pytest
from django.http import HttpRequest, HttpResponse
from django.views import View
from django.views.decorators.cache import cache_page
from django_project import asgi, project, wsgi
from fastapi import Depends, FastAPI
from litestar import Litestar, Request, get
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request as RestRequest
from rest_framework.response import Response
from rest_framework.views import APIView
from rich.pretty import pretty_repr
from sdk_signing import NOW, PUBLISHABLE_KEY, make_token, pem
from wsgi_calls import call_wsgi

from claimsmith import Auth, Settings, make_auth
from claimsmith.answers import Answer
from claimsmith.application import Application
from claimsmith.asgi import AuthMiddleware, read_asked
from claimsmith.authentication.backend_questions import HandshakePayload
from claimsmith.authentication.cookies import SessionCookies
from claimsmith.authentication.facts import Refreshed, RequestFacts
from claimsmith.authentication.handshake import Handshake, Sought
from claimsmith.authentication.refresh import RefreshedCookies
from claimsmith.claims.omitted import OmittedClaims
from claimsmith.decisions import Decision
from claimsmith.django import get_auth as get_in_django
from claimsmith.django import require_auth as require_in_django
from claimsmith.django import rest
from claimsmith.errors import ConfigurationError
from claimsmith.fastapi import Claimsmith as FastApiClaimsmith
from claimsmith.fastapi import require_auth as require_in_fastapi
from claimsmith.flask import Claimsmith as FlaskClaimsmith
from claimsmith.instance import parse_publishable_key
from claimsmith.litestar import Claimsmith as LitestarClaimsmith
from claimsmith.litestar import get_auth as get_litestar_auth
from claimsmith.litestar import require_auth as require_in_litestar
from claimsmith.network.transport import AsyncTransport, Call, Transport
from claimsmith_server.core.claims.types import STRING, Member, ObjectType
from claimsmith_server.core.typegen.python import write_python

ORIGIN = "http://localhost:3000"
SECRET = "eyJ-secret"
SIGN_IN = f"{ORIGIN}/sign-in"
PAGE = [("accept", "text/html"), ("sec-fetch-dest", "document")]


def settings(**more: Any) -> Settings:
    return Settings(publishable_key=parse_publishable_key(PUBLISHABLE_KEY), jwt_key=pem(), **more)


def cookies(token: str) -> list[tuple[str, str]]:
    return [("cookie", f"__session={token}; __client_uat={NOW - 5}; __clerk_db_jwt=dvb_1")]


def bearer(token: str) -> list[tuple[str, str]]:
    return [("authorization", f"Bearer {token}")]


def call_asgi(app: Any, path: str, headers: list[tuple[str, str]]) -> httpx.Response:
    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url=ORIGIN, trust_env=False
        ) as client:
            return await client.get(path, headers=headers)

    return asyncio.run(ask())


@require_in_django()
def greet(request: HttpRequest, auth: Auth) -> HttpResponse:
    return HttpResponse(f"{request.path} of {auth.user_id}")


@require_in_django()
async def greet_async(request: HttpRequest, auth: Auth) -> HttpResponse:
    return HttpResponse(f"{request.path} of {auth.user_id}")


@require_in_django()
class Greeting(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(f"{request.path} of {get_in_django(request).user_id}")


def _call_django(path: str, headers: list[tuple[str, str]], *, is_async: bool) -> tuple[int, bytes]:
    if not is_async:
        answered = call_wsgi(wsgi(), "GET", f"{ORIGIN}/{path}", headers)
        return answered.status, answered.body
    response = call_asgi(asgi(), f"/{path}", headers)
    return response.status_code, response.content


@pytest.mark.parametrize("is_async", [False, True], ids=["wsgi", "asgi"])
@pytest.mark.parametrize(
    ("path", "view"),
    [("function", greet), ("coroutine", greet_async), ("class", Greeting.as_view())],
    ids=["function", "coroutine", "class"],
)
def test_a_guarded_view_inside_cache_page_is_never_given_to_another_caller(
    path: str, view: Callable[..., Any], *, is_async: bool
) -> None:
    place = f"{path}-{is_async}"  # The cache lives as long as the process.
    with project({place: cache_page(60)(view)}):
        status, body = _call_django(place, cookies(make_token()), is_async=is_async)
        assert (status, b" of " in body) == (200, True)
        assert _call_django(place, [], is_async=is_async)[0] == 401
        assert b"user_1" not in _call_django(place, cookies(make_token(sub="user_2")), is_async=is_async)[1]


def test_a_refusal_of_a_mounted_application_leads_to_the_sign_in_page_and_says_why() -> None:
    app, mounted = FastAPI(), FastAPI()
    FastApiClaimsmith(app, settings(sign_in_url=SIGN_IN), clock=lambda: NOW)
    mounted.get("/page", dependencies=[Depends(require_in_fastapi())])(lambda: "Hello")
    app.mount("/mounted", mounted)
    page = call_asgi(app, "/mounted/page", PAGE)
    assert (page.status_code, page.headers["location"].partition("?")[0]) == (302, SIGN_IN)
    refused = call_asgi(app, "/mounted/page", [])
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert refused.headers["x-clerk-auth-reason"] == "session-token-and-uat-missing"


def test_an_omitted_claim_that_one_reader_changes_is_not_changed_for_the_next() -> None:
    answer = {"session_id": "sess_1", "claims": {"roles": ["reader"]}}
    http = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, json=answer)))
    omitted = OmittedClaims(Transport("http://localhost:4000", "sk_test_1", http=http))
    auth = make_auth({"sub": "user_1", "sid": "sess_1", "_omitted": ["roles"]}, "token", omitted=omitted)
    auth.claim_sync("roles").append("admin")
    asyncio.run(auth.claim("roles")).append("owner")
    assert auth.claim_sync("roles") == ["reader"]


def test_flask_says_that_an_application_knows_its_callers_already() -> None:
    app = flask.Flask("reports")
    claimsmith = FlaskClaimsmith(app, settings())
    with pytest.raises(ConfigurationError, match="once"):
        claimsmith.init_app(app)


FACTS = RequestFacts(
    method="GET",
    url=f"{ORIGIN}/?__clerk_handshake={SECRET}",
    headers=(("authorization", f"Bearer {SECRET}"), ("cookie", f"__session={SECRET}")),
)
COOKIE = f"__session={SECRET}; Path=/"
ADDRESS = f"https://demo.clerk.accounts.dev/v1/client/handshake?__session={SECRET}"


@pytest.mark.parametrize(
    "carrier",
    [
        FACTS,
        Refreshed(directives=(COOKIE,)),
        Answer(307, (("location", ADDRESS), ("set-cookie", COOKIE))),
        Decision(
            make_auth({"sub": "user_1"}, SECRET), FACTS, Answer(307, (("location", ADDRESS),)), set_cookies=(COOKIE,)
        ),
        Handshake("dev-browser-missing", ADDRESS, (COOKIE,)),
        Sought(session_token=SECRET, dev_browser=SECRET),
        SessionCookies((SECRET,), NOW, SECRET, suffixed=True),
        HandshakePayload((COOKIE,)),
        RefreshedCookies((COOKIE,)),
        settings(secret_key=SECRET),
    ],
    ids=lambda carrier: type(carrier).__name__,
)
def test_what_carries_tokens_and_secrets_never_shows_them_in_logs_and_tracebacks(carrier: msgspec.Struct) -> None:
    shown = repr(carrier), str(carrier), pretty_repr(carrier)
    assert all(SECRET not in text and type(carrier).__name__ in text for text in shown)


CALL = Call(method="GET", path="/v1/clients/handshake_payload", returns=dict[str, str], query={"nonce": SECRET})


def _answer_empty(request: httpx.Request) -> httpx.Response:
    assert request.url.params["nonce"] == SECRET
    return httpx.Response(200, json={})


def test_S_015_a_nonce_is_sent_and_is_in_no_line_that_httpx_logs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with httpx.Client(transport=httpx.MockTransport(_answer_empty)) as http:
        Transport("http://localhost:4000", "sk_test_1", http=http).send(CALL)
        assert (CALL.path in caplog.text, SECRET in caplog.text) == (True, False)
        http.get("http://localhost:4000/", params={"nonce": SECRET})
    assert caplog.text.count(SECRET) == 1, "the application's own calls are logged as ever"


def test_S_015_a_nonce_is_in_no_line_that_httpx_logs_in_an_event_loop(caplog: pytest.LogCaptureFixture) -> None:
    async def ask() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(_answer_empty)) as http:
            await AsyncTransport("http://localhost:4000", "sk_test_1", http=http).send(CALL)

    caplog.set_level(logging.INFO)
    asyncio.run(ask())
    assert (CALL.path in caplog.text, SECRET in caplog.text) == (True, False)


def _rest_view(permission: Any) -> Callable[..., Any]:
    class Report(APIView):
        authentication_classes = (rest.SessionTokenAuthentication,)
        permission_classes = (permission,)

        def get(self, request: RestRequest) -> Response:
            self.check_object_permissions(request, object())
            return Response("ok")

    return Report.as_view()


class Never(BasePermission):
    def has_permission(self, request: RestRequest, view: APIView) -> bool:  # noqa: ARG002 - the framework's signature
        return False


FRESH = rest.require_auth(fresh="strict")


@pytest.mark.parametrize(
    ("permission", "status", "is_told"),
    [
        (FRESH | AllowAny, 200, False),
        (AllowAny | FRESH, 200, False),
        (FRESH | Never, 403, False),
        (~FRESH, 200, False),
        (FRESH, 403, True),
        (AllowAny & FRESH, 403, True),
        (FRESH & AllowAny, 403, True),
    ],
    ids=["or", "or-last", "or-never", "not", "alone", "and-last", "and"],
)
def test_a_proof_that_is_too_old_is_asked_for_only_where_nothing_else_lets_the_caller_in(
    *, permission: Any, status: int, is_told: bool
) -> None:
    with project({"report": _rest_view(permission)}):
        answered = call_wsgi(wsgi(), "GET", f"{ORIGIN}/report", bearer(make_token(fva=[99, -1])))
    assert (answered.status, b"clerk_error" in answered.body) == (status, is_told)


def test_somebody_who_lacks_a_role_is_admitted_to_an_object_by_not_and_nobody_else() -> None:
    guest = rest.require_auth(role="org:guest")
    with project({"report": _rest_view(rest.require_auth() & ~guest)}):
        ask = wsgi()
        assert call_wsgi(ask, "GET", f"{ORIGIN}/report", bearer(make_token())).status == 200
        token = make_token(o={"id": "org_1", "rol": "guest"})
        assert call_wsgi(ask, "GET", f"{ORIGIN}/report", bearer(token)).status == 403
        assert call_wsgi(ask, "GET", f"{ORIGIN}/report").status == 401


def _by_user(request: Request[Any, Any, Any]) -> str:
    return f"{get_litestar_auth(request).user_id} {request.url}"


def _make_litestar(**cached: Any) -> Litestar:
    @get("/report", guards=[require_in_litestar()], **cached)
    async def report(request: Request[Any, Any, Any]) -> str:
        return str(get_litestar_auth(request).user_id)

    return Litestar([report], plugins=[LitestarClaimsmith(settings(), clock=lambda: NOW)], logging_config=None)


def test_litestars_cache_gives_no_guarded_answer_to_another_caller() -> None:
    with pytest.raises(ConfigurationError, match="cache_key_builder"):
        _make_litestar(cache=60)
    app = _make_litestar(cache=60, cache_key_builder=_by_user)
    for user in ("user_1", "user_2", "user_1"):
        assert call_asgi(app, "/report", bearer(make_token(sub=user))).text == user


def test_no_claim_hides_a_method_of_pydantics_classes() -> None:
    source = write_python(ObjectType((Member("mro", STRING, False),), None), "pydantic")
    namespace: dict[str, Any] = {}
    exec(source, namespace)  # noqa: S102 - what was generated here
    assert namespace["CustomSessionClaims"].model_validate({"mro": "text"}).mro_ == "text"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"origin": ORIGIN}, "user_1"),
        ({}, "user_1"),
        ({"origin": "https://partner.example"}, "user_1"),
        ({"origin": "http://evil.localhost:3000"}, "nobody"),
        ({"origin": "null"}, "nobody"),
        ({"origin": "http://evil.localhost:3000", "authorization": f"Bearer {make_token()}"}, "user_1"),
        # A proxy ends TLS in front of the server; the token was minted for another page of the same site.
        ({"origin": "https://app.example.com", "host": "app.example.com"}, "user_1"),
        ({"origin": "https://evil-app.example.com", "host": "app.example.com"}, "nobody"),
    ],
    ids=["own", "no-browser", "authorized", "sibling", "sandbox", "token-in-the-header", "own-host", "other-host"],
)
def test_a_websocket_of_another_origins_page_has_no_caller_by_cookie(headers: dict[str, str], expected: str) -> None:
    application = Application(settings(authorized_parties=(ORIGIN, "https://partner.example")), clock=lambda: NOW)
    told: list[str] = []

    async def note(scope: Any, _receive: Any, _send: Any) -> None:
        told.append(read_asked(scope).decision.caller.user_id or "nobody")

    sent = [*cookies(make_token()), *({"host": "localhost:3000"} | headers).items()]
    raw = [(name.encode(), value.encode()) for name, value in sent]
    scope = {"type": "websocket", "scheme": "ws", "path": "/", "query_string": b"", "headers": raw}

    async def nothing(*_: Any) -> Any:
        """Neither sends nor receives."""

    asyncio.run(AuthMiddleware(note, application)(scope, nothing, nothing))
    assert told == [expected]
