"""Z-010: who may call what, asked of every route that the dashboard has."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from dashboard import Visitor, sign_in
from faces import Api
from litestar.handlers import HTTPRouteHandler

from claimsmith_server.faces import DASHBOARD_ROUTES

SAFE = {"GET", "HEAD", "OPTIONS"}
PUBLIC = {
    ("GET", "/dashboard/sign-in"),
    ("POST", "/dashboard/sign-in"),
    ("POST", "/dashboard/sign-out"),
    ("GET", "/dashboard/set-up"),
    ("POST", "/dashboard/set-up"),
    ("GET", "/dashboard/static/x"),
    ("GET", "/"),
}
"""All that may be open; the outbox has a rule of its own (a browser on this machine)."""
OWN_RULE = "/dashboard/outbox"
RANKS = {"viewer": 0, "editor": 1, "owner": 2}


class Route(NamedTuple):
    """One method of one path."""

    method: str
    path: str
    access: str

    @property
    def is_page(self) -> bool:
        return not self.path.startswith("/dashboard/api/")


def list_routes() -> list[Route]:
    """Every route, with `x` or `1` in the place of a parameter."""
    routes = []
    for handler in DASHBOARD_ROUTES:
        assert isinstance(handler, HTTPRouteHandler)
        for method in sorted(str(one) for one in handler.http_methods):
            access = str(handler.opt.get("access", "viewer" if method in SAFE else "editor"))
            routes += [Route(method, fill(path), access) for path in sorted(handler.paths)]
    return routes


def fill(path: str) -> str:
    parts = ("1" if part.endswith(":int}") else "x" if part.startswith("{") else part for part in path.split("/"))
    return "/".join(parts)


ROUTES = list_routes()
GUARDED = [one for one in ROUTES if one.access != "public"]
UNSAFE = [one for one in ROUTES if one.method not in SAFE]


@pytest.fixture
def api(open_another: Callable[..., Api]) -> Api:
    return open_another(attempt_rate_limit=0)


def send(visitor: Visitor, route: Route, **headers: str | None) -> Any:
    """A request as a page of the dashboard would send it, but for some headers."""
    given = {"X-CSRF-Token": visitor.csrf_token, "Content-Type": "application/json"}
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    body = {} if route.method in SAFE else {"content": b"{}"}
    return visitor.send(route.method, route.path, headers={**given, **told}, **body)


def told(answer: Any, route: Route) -> str:
    """What a refusal says: in the wire's shape to a script, on a page to a person."""
    if not route.is_page:
        return str(answer.json()["errors"][0]["message"])
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    return str(answer.text.partition("<h1>")[2].partition("</h1>")[0])


def test_Z_010_only_what_must_be_public_is_public() -> None:
    public = {(one.method, one.path) for one in ROUTES if one.access == "public"}
    assert {one for one in public - PUBLIC if not one[1].startswith(OWN_RULE)} == set()
    assert len(UNSAFE) >= 8
    assert {one.access for one in ROUTES} <= {"public", "viewer", "editor", "owner"}


def test_Z_010_without_a_sign_in_every_page_leads_to_the_form_and_everything_else_is_refused(api: Api) -> None:
    for stranger in (Visitor(api), Visitor(api, "x" * 43)):
        for route in GUARDED:
            answer = send(stranger, route)
            if route.method == "GET" and route.is_page:
                assert answer.status_code == 303, route
                assert answer.headers["location"].startswith("/dashboard/sign-in?next=/dashboard"), route
            else:
                assert answer.status_code == 401, route
            assert "csrf" not in answer.text


def test_Z_010_a_role_calls_what_it_may_and_nothing_else(api: Api) -> None:
    for role in ("viewer", "editor"):
        visitor = sign_in(api, role)  # type: ignore[arg-type]
        for route in GUARDED:
            if RANKS[role] < RANKS[route.access]:
                answer = send(visitor, route)
                assert answer.status_code == 403, (role, route, answer.text[:500])


def test_Z_010_every_reading_page_answers_a_viewer_without_failing(api: Api) -> None:
    for route in GUARDED:
        if route.method == "GET" and route.access == "viewer":
            answer = send(sign_in(api, "viewer"), route)
            assert answer.status_code < 500, (route, answer.text[:500])


def test_Z_010_without_the_csrf_token_every_write_is_refused(api: Api) -> None:
    visitor, other = sign_in(api, "owner"), sign_in(api, "owner")
    for route in UNSAFE:
        for token in (None, "", "x" * 64, other.csrf_token, visitor.token):
            answer = send(visitor, route, X_CSRF_Token=token)
            assert answer.status_code == 403, (route, token)
            assert told(answer, route) == "The page was too old"


def test_C_001_a_write_from_another_origin_is_refused(api: Api) -> None:
    visitor = sign_in(api, "owner")
    for route in UNSAFE:
        for headers in (
            {"Origin": "https://evil.example", "Sec_Fetch_Site": "cross-site"},
            {"Origin": "https://evil.example", "Sec_Fetch_Site": None},
            {"Origin": "http://localhost:4001", "Sec_Fetch_Site": "same-site"},
            {"Origin": "https://localhost:4000"},
            {"Origin": "null"},
            {"Origin": None, "Sec_Fetch_Site": None},
        ):
            answer = send(visitor, route, **headers)
            assert answer.status_code == 403, (route, headers)
            assert told(answer, route) == "Invalid HTTP Origin header"


def test_Z_010_the_session_of_a_removed_administrator_ends_at_once(api: Api) -> None:
    owner, removed = sign_in(api, "owner"), sign_in(api, "editor")
    owner.done(f"/dashboard/team/{removed.administrator.id}/remove")
    for route in GUARDED:
        assert send(removed, route).status_code in {303, 401}, route


def test_Z_010_a_role_is_that_of_the_moment(api: Api) -> None:
    visitor = sign_in(api, "owner")
    assert visitor.get("/dashboard/team").status_code == 200
    api.sql("UPDATE administrators SET role = 'viewer' WHERE id = ?", visitor.administrator.id)
    assert visitor.get("/dashboard/team").status_code == 403
    assert visitor.post("/dashboard/team/invitations", {"role": "owner"}).status_code == 403


def test_Z_001_a_cookie_of_another_instance_is_none(open_another: Callable[..., Api]) -> None:
    own, foreign = (open_another(instance=one.instance.slug) for one in open_another().tenants)
    visitor = sign_in(own, "owner")
    assert visitor.get("/dashboard/account").status_code == 200
    assert Visitor(foreign, visitor.token).get("/dashboard/account").status_code == 303


def test_a_cookie_that_is_sent_twice_with_two_values_is_none(api: Api) -> None:
    visitor = sign_in(api, "owner")
    twice = f"{visitor.cookie}={visitor.token}; {visitor.cookie}={'x' * 43}"
    assert visitor.get("/dashboard/account", headers={"Cookie": twice}).status_code == 303


def test_forms_and_scripts_may_carry_the_token_each_its_way_but_not_in_the_address(api: Api) -> None:
    visitor = sign_in(api, "owner")
    form = {"role": "viewer"}
    assert visitor.post("/dashboard/team/invitations", form).status_code == 200
    header = {"X-CSRF-Token": visitor.csrf_token}
    assert visitor.post("/dashboard/team/invitations", {**form, "csrf_token": ""}, headers=header).status_code == 200
    path = f"/dashboard/team/invitations?csrf_token={visitor.csrf_token}"
    assert visitor.post(path, {**form, "csrf_token": ""}).status_code == 403
    twice = {**form, "csrf_token": [visitor.csrf_token, "x"]}
    assert visitor.post("/dashboard/team/invitations", twice).status_code == 403


def test_D_001_a_body_that_is_too_large_is_refused_by_the_edge(api: Api) -> None:
    visitor = sign_in(api, "owner")
    assert visitor.post("/dashboard/team/invitations", {"role": "x" * 2_000_000}).status_code == 413
    many = "&".join(f"a{index}=1" for index in range(1001))
    answer = visitor.send("POST", "/dashboard/team/invitations", content=many,
                          headers={"Content-Type": "application/x-www-form-urlencoded"})  # fmt: skip
    assert answer.status_code == 400
