"""Hostile values in every field of every form, body and query of the dashboard: refused or kept, never a failure."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote_plus

import httpx
import pytest
from dashboard import Visitor, sign_in
from dashboard_estate import Estate, Form, Markup, crawl, furnish, list_routes
from faces import Api

HOSTILE = (
    "", "\x00", "a\x00b", "\ud800", "-1", "9" * 26, "1e999", "NaN", "0", "٣", "²", "\u202e🏴‍☠️",
    "[" * 50_000, '{"a":' * 9_000 + "1" + "}" * 9_000, '{"a": "\\ud800"}', '{"a": "\\u0000"}', '{"a": 1e999}',
    "x" * 20_000, "é" * 300, "{{user.public_metadata}}" * 50, "../../etc/passwd", "%00%ff", "%", "_",
    "\r\nSet-Cookie: a=b", "javascript:alert(1)", "//evil.example/", "+user_x", "-", "org:admin", "user_", "0001-01-01",
    "9999-12-31", "9223372036854775807.x",
)  # fmt: skip
API = "/dashboard/api"
QUERIES = (
    "query", "user_id", "organization_id", "organization", "session_id", "page", "offset", "limit", "order_by", "state",
    "status", "role", "range", "since", "until", "after", "actor", "action", "target", "kind", "user", "session",
    "done", "next", "token", "framework", "version", "preset", "pick", "impersonated",
)  # fmt: skip
JSON_VALUES: tuple[Any, ...] = (
    None, "", "\x00", -1, 2**53, 2**63, 2**70, 1.5, True, [], {}, "x" * 140_000, "{" * 20_000, '{"a":' * 5_000,
    '{"a": "{{' + "user." * 500 + 'id}}"}', '{"a": "' + "{{user.id}}" * 1_400 + '"}',
    '{"a": "\\ud800"}', '{"a": 1e999}', "{{", "{}", {"user_id": "\x00"}, {"user_id": "user_" + "x" * 120},
    {"a": {"b": [1, None]}}, ["session"],
)  # fmt: skip


@pytest.fixture
def api(open_on_engine: Callable[[], Api]) -> Api:
    return open_on_engine()


@pytest.fixture
def owner(api: Api) -> Visitor:
    return sign_in(api, "owner")


@pytest.fixture
def estate(api: Api, owner: Visitor) -> Estate:
    return furnish(api, owner=owner)


def list_forms(owner: Visitor, estate: Estate) -> Iterator[tuple[str, Form]]:
    """Each form once, with the page on which it stands, but for those that end the story."""
    seen = set()
    for path, answer in crawl(owner, estate).items():
        if "text/html" in answer.headers.get("content-type", ""):
            for form in Markup(answer.text).forms:
                form.action = form.action or path.partition("?")[0]
                key = (form.action, tuple(form.fields))
                if key not in seen and not form.action.endswith(("/delete", "/sign-out", "/remove", "/_parts")):
                    seen.add(key)
                    yield path, form


def read_again(owner: Visitor, path: str, form: Form) -> dict[str, str]:
    """The form's fields as its page has them now: what was saved before is no conflict."""
    forms = Markup(owner.get(path).text).forms
    same = (
        one
        for one in forms
        if (one.action or path.partition("?")[0], set(one.fields)) == (form.action, set(form.fields))
    )
    return next((one.fields for one in same), form.fields)


def send_form(owner: Visitor, action: str, fields: dict[str, str]) -> httpx.Response:
    """The answer to a form whose texts may be no texts."""
    fields = {**fields, "csrf_token": owner.csrf_token}
    body = "&".join(f"{name}={quote_plus(value.encode('utf-8', 'surrogatepass'))}" for name, value in fields.items())
    return owner.send("POST", action, content=body, headers={"Content-Type": "application/x-www-form-urlencoded"})


def test_D_002_no_field_of_any_form_makes_the_service_fail(owner: Visitor, estate: Estate) -> None:
    sent, failed = 0, []
    for path, form in list(list_forms(owner, estate)):
        for name in sorted(set(form.fields) - {"csrf_token"}):
            fields = read_again(owner, path, form)
            for value in HOSTILE[sent % 3 :: 3]:  # each field a third of them, each value in a third of the fields
                answer = send_form(owner, form.action, {**fields, name: value})
                sent += 1
                if answer.status_code >= 500:
                    failed.append((form.action, name, value[:30], answer.status_code))
                if answer.status_code in {303, 409}:
                    fields = read_again(owner, path, form)
    assert not failed
    assert sent > 1_200


def test_I_002_no_query_makes_a_page_fail(owner: Visitor, estate: Estate) -> None:
    failed = []
    paths = {estate.fill(route.path) for route in list_routes() if route.is_read and "static" not in route.path}
    for path in sorted(paths):
        for value in (value for value in HOSTILE[::2] if len(value) < 4_000):
            text = quote_plus(value.encode("utf-8", "surrogatepass"))
            answer = owner.get(path + "?" + "&".join(f"{name}={text}" for name in QUERIES))
            failed += [(path, "all", value)] if answer.status_code >= 500 else []
    for path in sorted(path for path in paths if path.count("/") <= 3 and "outbox" not in path):
        for name in QUERIES:
            for value in ("a\x00b", "-1", "9" * 26):
                answer = owner.get(f"{path}?{name}={quote_plus(value.encode('utf-8', 'surrogatepass'))}")
                failed += [(path, name, value)] if answer.status_code >= 500 else []
    assert not failed


def test_I_008_no_id_in_a_path_makes_the_service_fail(owner: Visitor, estate: Estate) -> None:
    failed = []
    for route in list_routes():
        for value in (
            "%00",
            "user_x%00",
            "%ff",
            "..%2f..",
            "%2e%2e%2f",
            "x" * 3_000,
            "%ED%A0%80",
            "%F0%9F%98%80",
            "%0d%0a",
            "9" * 40,
            "%25",
        ):
            path = estate.fill(route.path, **dict.fromkeys(estate.ids, value))
            if path != estate.fill(route.path):
                answer = owner.send(route.method, path, headers={"X-CSRF-Token": owner.csrf_token})
                failed += [(route, value, answer.status_code)] if answer.status_code >= 500 else []
    assert not failed


def test_D_002_no_body_of_the_editor_makes_the_service_fail(owner: Visitor, estate: Estate) -> None:
    template = estate.ids["template_id"]
    bodies: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/preview", {"target": "session", "text": "{}", "subject": {}, "claims_version": 2}),
        ("POST", "/population", {"target": "session", "text": "{}", "claims_version": 2, "sample": 1}),
        ("POST", f"/claims/{template}", {"text": "{}", "base_version": 1, "reason": "x"}),
        ("POST", "/claims/session", {"text": "{}", "base_version": 1, "reason": "x"}),
        ("PUT", "/drafts/session", {"text": "{}", "base_version": 1}),
        ("POST", "/fixtures/session", {"name": "x", "context": {}, "expected": {}, "subject": {}, "text": "{}"}),
    ]
    failed = []
    for method, path, body in bodies:
        for name in body:
            for value in JSON_VALUES:
                answer = owner.json(method, API + path, {**body, name: value})
                failed += [(path, name, str(value)[:40], answer.status_code)] if answer.status_code >= 500 else []
        for octets in (
            b"\xff",
            b"[]",
            b"null",
            b"{",
            b"\x00",
            b'{"text":"\\ud800"}',
            b'{"a":' * 9_000,
            b"[" * 90_000,
            b'{"text":"","text":""}',
        ):
            head = {"X-CSRF-Token": owner.csrf_token, "Content-Type": "application/json"}
            answer = owner.send(method, API + path, content=octets, headers=head)
            assert 400 <= answer.status_code < 500, (path, octets[:20])
    assert not failed
    assert owner.get(f"{API}/editor/session").status_code == 200
    assert owner.page("/dashboard/sessions/claims")
