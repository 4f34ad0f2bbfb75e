"""Django REST framework: the authentication class and the permission classes, with the middleware and without it."""

import subprocess
import sys
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django_project import MIDDLEWARE, project
from rest_framework.authentication import BasicAuthentication
from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.permissions import SAFE_METHODS, AllowAny, BasePermission, IsAdminUser, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.throttling import UserRateThrottle
from rest_framework.views import APIView
from sdk_signing import NOW, make_token
from typing_extensions import TypedDict

from claimsmith import ConfigurationError
from claimsmith.django import get_auth
from claimsmith.django.rest import SessionTokenAuthentication, SessionTokenUser, require_auth

ADMIN = make_token(o={"id": "org_1", "rol": "admin"})
BOTH = pytest.mark.parametrize("middleware", [MIDDLEWARE, ()], ids=["middleware", "alone"])


STARTED_BY_SETTINGS = """
from django.conf import settings
settings.configure(
    SECRET_KEY="for tests",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "rest_framework"],
    REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": ["claimsmith.django.rest.SessionTokenAuthentication"]},
)
import django
django.setup()
from rest_framework.views import APIView
assert APIView.authentication_classes[0].__name__ == "SessionTokenAuthentication"
"""


class MyClaims(TypedDict):
    """What the tokens here carry besides the default claims."""

    fullName: str


class IsReading(BasePermission):
    """Anybody may read."""

    def has_permission(self, request: Request, view: APIView) -> bool:  # noqa: ARG002 - the framework's
        return request.method in SAFE_METHODS


class Rarely(UserRateThrottle):
    """Counts by the user's id."""

    def get_rate(self) -> str:
        return "2/day"


def make_view(*permissions: Any, **attributes: Any) -> Any:
    """A view that tells who calls, for those who have the permissions."""

    def tell(_self: APIView, request: Request) -> Response:
        user = request.user
        return Response({"user": str(user), "is_signed_in": bool(user and user.is_authenticated)})

    body = {
        "authentication_classes": [SessionTokenAuthentication],
        "permission_classes": permissions,
        "get": tell,
        "post": tell,
        **attributes,
    }
    return type("Told", (APIView,), body).as_view()


def client(token: str | None = None, cookie: str | None = None) -> APIClient:
    made = APIClient(enforce_csrf_checks=True, HTTP_HOST="localhost", raise_request_exception=True)
    if token is not None:
        made.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    if cookie is not None:
        made.cookies["__session"], made.cookies["__client_uat"] = cookie, str(NOW)
    return made


@BOTH
def test_a_signed_in_caller_is_the_user_by_header_and_by_cookie(middleware: Any) -> None:
    with project({"me": make_view(IsAuthenticated)}, MIDDLEWARE=middleware):
        for caller in (client(make_token()), client(cookie=make_token())):
            assert caller.get("/me").json() == {"user": "user_1", "is_signed_in": True}


@BOTH
@pytest.mark.parametrize("permission", [IsAuthenticated, require_auth()], ids=["own", "ours"])
def test_anyone_else_gets_401_with_the_reason(middleware: Any, permission: Any) -> None:
    with project({"me": make_view(permission)}, MIDDLEWARE=middleware):
        nobody = client().get("/me")
        forged = client("a.b.c").get("/me")
    assert (nobody.status_code, forged.status_code) == (401, 401)
    assert nobody["x-clerk-auth-reason"] == "session-token-and-uat-missing"
    assert (forged["x-clerk-auth-status"], forged["x-clerk-auth-reason"]) == ("signed-out", "token-invalid")
    assert forged["x-clerk-auth-message"]
    assert forged["www-authenticate"] == "Bearer"
    assert set(forged.json()) == {"detail"}


@BOTH
def test_a_view_for_anyone_serves_those_whose_token_is_bad(middleware: Any) -> None:
    with project({"me": make_view(AllowAny)}, MIDDLEWARE=middleware):
        answer = client("a.b.c").get("/me")
    assert answer.json() == {"user": "AnonymousUser", "is_signed_in": False}
    assert "x-clerk-auth-reason" not in answer


@BOTH
def test_a_missing_right_is_403_and_says_so(middleware: Any) -> None:
    with project({"me": make_view(require_auth(role="org:admin"))}, MIDDLEWARE=middleware):
        assert client(ADMIN).get("/me").status_code == 200
        answer = client(make_token()).get("/me")
    assert (answer.status_code, answer["x-clerk-auth-status"]) == (403, "signed-in")
    assert "right" in answer.json()["detail"]


@BOTH
def test_reverification_is_told_in_the_shape_that_front_ends_know(middleware: Any) -> None:
    with project({"me": make_view(require_auth(fresh="strict"))}, MIDDLEWARE=middleware):
        answer = client(make_token(fva=[60, -1])).get("/me")
        assert client(make_token(fva=[3, -1])).get("/me").status_code == 200
    assert (answer.status_code, answer["x-clerk-auth-reason"]) == (403, "reverification-error")
    told = answer.json()["clerk_error"]
    assert told["metadata"]["reverification"] == {"level": "second_factor", "afterMinutes": 10}


@BOTH
def test_claims_have_the_declared_type_or_the_caller_is_refused(middleware: Any) -> None:
    def tell(_self: APIView, request: Request) -> Response:
        return Response(request.auth.session_claims["fullName"])

    view = make_view(require_auth(claims=MyClaims), get=tell)
    with project({"me": view}, MIDDLEWARE=middleware):
        assert client(make_token()).get("/me").json() == "Ada Lovelace"
        refused = client(make_token(fullName=7)).get("/me")
    assert refused.status_code == 403
    assert "fullName" in refused.json()["detail"]


@BOTH
def test_permissions_are_joined_to_others(middleware: Any) -> None:
    views = {
        "or": make_view(IsReading | require_auth(role="org:admin")),
        "or-turned": make_view(require_auth(role="org:admin") | IsReading),
        "and": make_view(IsReading & require_auth()),
        "not": make_view(~require_auth()),
    }
    with project(views, MIDDLEWARE=middleware):
        for path in ("/or", "/or-turned"):
            assert client().get(path).status_code == 200
            assert client().post(path).status_code == 401
            assert client(make_token()).post(path).status_code == 403
            assert client(ADMIN).post(path).status_code == 200
        assert (client().get("/and").status_code, client(ADMIN).get("/and").status_code) == (401, 200)
        assert (client().get("/not").status_code, client(ADMIN).get("/not").status_code) == (200, 403)


@BOTH
def test_an_unsafe_request_by_cookie_needs_djangos_csrf_token(middleware: Any) -> None:
    with project({"me": make_view(require_auth())}, MIDDLEWARE=middleware):
        refused = client(cookie=make_token()).post("/me")
        assert (refused.status_code, refused.json()["detail"][:11]) == (403, "CSRF Failed")
        assert client(make_token()).post("/me").status_code == 200
        both = client(make_token(), cookie=make_token())
        assert both.post("/me").status_code == 200
        by_cookie = client(cookie=make_token())
        by_cookie.cookies["csrftoken"] = "a" * 32
        assert by_cookie.post("/me").status_code == 403
        assert by_cookie.post("/me", headers={"X-CSRFToken": "a" * 32}).status_code == 200
        assert by_cookie.post("/me", headers={"X-CSRFToken": "b" * 32}).status_code == 403


@BOTH
def test_an_authorization_header_of_another_scheme_is_no_way_around_csrf(middleware: Any) -> None:
    with project({"me": make_view(require_auth())}, MIDDLEWARE=middleware):
        by_cookie = client(cookie=make_token())
        by_cookie.credentials(HTTP_AUTHORIZATION="Basic dTpw")
        assert by_cookie.post("/me").status_code == 403


@BOTH
def test_a_response_to_someone_varies_with_who_asks(middleware: Any) -> None:
    with project({"me": make_view(AllowAny)}, MIDDLEWARE=middleware):
        vary = client(make_token()).get("/me")["vary"].split(", ")
        assert set(vary) >= {"Authorization", "Cookie"}
        assert len(set(vary)) == len(vary)
        assert "Cookie" not in client().get("/me").get("vary", "")


def test_a_request_without_a_view_is_authenticated_all_the_same() -> None:
    with project({}, MIDDLEWARE=()):
        told = RequestFactory().get("/", headers={"Authorization": f"Bearer {make_token()}"})
        request = Request(told, authenticators=[SessionTokenAuthentication()])
        assert request.user.id == "user_1"


@BOTH
def test_function_views_work_too(middleware: Any) -> None:
    @api_view(["GET"])
    @authentication_classes([SessionTokenAuthentication])
    @permission_classes([require_auth()])
    def me(request: Request) -> Response:
        return Response({"user": request.auth.user_id, "same": get_auth(request).user_id})

    with project({"me": me}, MIDDLEWARE=middleware):
        assert client(make_token()).get("/me").json() == {"user": "user_1", "same": "user_1"}


def test_throttles_count_by_user_and_staff_is_nobody() -> None:
    views = {"rare": make_view(IsAuthenticated, throttle_classes=[Rarely]), "staff": make_view(IsAdminUser)}
    with project(views, CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}):
        asked = [client(make_token()).get("/rare").status_code for _ in range(3)]
        assert asked == [200, 200, 429]
        assert client(make_token(sub="user_2")).get("/rare").status_code == 200
        assert client(ADMIN).get("/staff").status_code == 403


def test_a_view_that_cannot_know_its_callers_is_told_so() -> None:
    views = {"me": make_view(require_auth(), authentication_classes=[BasicAuthentication])}
    with project(views), pytest.raises(ConfigurationError, match="SessionTokenAuthentication among the view"):
        client(cookie=make_token()).get("/me")


def test_a_caller_whom_another_class_knows_does_not_borrow_the_cookies_rights() -> None:
    """The cookie was not checked for forgery across sites, so what it says counts for nothing."""

    class Known(BasicAuthentication):
        def authenticate(self, request: Request) -> Any:
            return (SessionTokenUser(get_auth(request)), "another")  # type: ignore[arg-type]

    view = make_view(require_auth(), authentication_classes=[Known, SessionTokenAuthentication])
    with project({"me": view}):
        assert client(cookie=make_token()).post("/me").status_code == 403


def test_the_browsable_page_names_the_user() -> None:
    settings = {
        "TEMPLATES": [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
        "STATIC_URL": "/static/",
    }
    with project({"me": make_view(require_auth())}, **settings):
        answer = client(make_token()).get("/me", headers={"Accept": "text/html"})
    assert isinstance(answer, HttpResponse)
    assert (answer.status_code, b"user_1" in answer.content) == (200, True)


def test_settings_may_name_the_authentication_class_for_every_view() -> None:
    # In a process of its own: the framework reads its settings while it is imported, once.
    command = [sys.executable, "-W", "error", "-c", STARTED_BY_SETTINGS]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
