"""Every route of the Frontend API against requests that no page sends: whatever comes, no answer is a failure of ours.

Paths, queries, headers and bodies are drawn by hypothesis (cases I-002, I-005, I-008, D-002 to D-004, L-005).
"""

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import httpx
import pytest
from browser import APP_ORIGIN, Browser
from faces import Api, Tenant, open_api
from fapi_routes import ENDS, LASTING, METHODS, TOKEN_ROUTES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from signing_in import EMAIL, PASSWORD

NASTY = (
    "", "0", "-1", "9" * 30, "9" * 5000, "1e999999", "NaN", "true", "null", "[]", "{}", "{", '{"a":',
    "[" * 40 + "]" * 40,
    '{"a":' * 40 + "1" + "}" * 40, '{"a":1,"a":2}', '{"__proto__":{"x":1}}', '{"a":"\\u0000"}', '{"a":"\\ud800"}',
    '{"a":' + "1" * 5000 + "}", '{"a":1e999}', "\x00", "a\x00b", "\r\nSet-Cookie: a=b", "\u2028", "\u202e", "é" * 300,
    "' OR 1=1 --", '"; DROP TABLE users; --', "%", "_", "\\", "%25%00", "../../etc/passwd", "..%2f", "//evil.example",
    "javascript:alert(1)", "http://localhost:3000/", "https://evil.example/", "http://localhost:3000\\@evil.example",
    "http://[::1", "http://\ufdd0/", "x" * 9000, "+15555550100", "+" + "1" * 40, "ada@example.com", "a@b@c", "@",
    "ADA@EXAMPLE.COM",
    "\uff20", "{{user.id}}", "<script>alert(1)</script>", "org:admin", "email_code", "password", "ticket", "phone_code",
    "reset_password_email_code", "first_factor", "multi_factor", "🦊", "sess_", "user_x", "created_at;--",
)  # fmt: skip
FIELDS = (
    "identifier", "password", "strategy", "ticket", "code", "email_address", "phone_number", "username", "first_name",
    "last_name", "unsafe_metadata", "transfer", "locale", "legal_accepted", "current_password", "new_password", "level",
    "sign_out_of_other_sessions", "name", "slug", "role", "user_id", "notify", "email_address_id", "organization_id",
    "active_organization_id", "intent", "primary_email_address_id", "email_address_or_phone_number", "private_metadata",
)  # fmt: skip
QUERIES = (
    "_clerk_session_id", "__clerk_db_jwt", "_method", "_is_native", "redirect_url", "format", "organization_id",
    "limit", "offset", "status", "query", "paginated", "role", "ticket", "__clerk_testing_token", "__clerk_hs_reason",
)  # fmt: skip
TYPES = (
    "application/x-www-form-urlencoded",
    "application/json",
    "text/plain",
    "multipart/form-data",
    "",
    "a/b; c=\xff",
)

octets_as_text = st.binary(max_size=12).map(lambda octets: octets.decode("latin-1"))
nasty = st.one_of(st.sampled_from(NASTY), st.text(max_size=20), octets_as_text)
ODD_MEMBERS = ("[1]", "1", "null", "{}", "true", '"\\ud800"', '["a"]', *NASTY)
ODD_BODIES = (b"a=1&" * 1001, b"=&=&;", b"%", b"%zz=%", b"code=%ff%fe", b"code=%ed%a0%80", b"a[b][c]=1")


def pairs(names: Sequence[str]) -> st.SearchStrategy[list[tuple[str, str]]]:
    return st.lists(st.tuples(st.sampled_from(names), nasty), max_size=5)


def write_query(given_pairs: list[tuple[str, str]]) -> bytes:
    return "&".join(f"{name}={quote_plus(value, errors='replace')}" for name, value in given_pairs).encode()


def write_member(one: tuple[str, str]) -> bytes:
    return f'{{"{one[0]}": {one[1]}}}'.encode("utf-8", "replace")


bodies = st.one_of(
    pairs(FIELDS).map(write_query),
    st.sampled_from(NASTY).map(lambda text: text.encode("utf-8", "replace")),
    st.binary(max_size=40),
    st.sampled_from(ODD_BODIES),
    st.tuples(st.sampled_from(FIELDS), st.sampled_from(ODD_MEMBERS)).map(write_member),
)


class Target:
    """A service with somebody signed in, and ids of theirs for the paths."""

    def __init__(self, api: Api, browser: Browser) -> None:
        self.api = api
        self.browser = browser
        self.known = ["org_x", browser.session_id or "sess_x", "user_x", "idn_x"]

    def ask(self, method: str, path: str, query: bytes, body: bytes, headers: dict[str, Any]) -> httpx.Response:
        api = self.api
        cookies = "; ".join(f"{name}={value}" for name, value in self.browser.cookies.items())
        sent = {"Origin": APP_ORIGIN, "Cookie": cookies, **headers}
        identity = f"__clerk_db_jwt={self.browser.dev_browser}".encode() if self.browser.dev_browser else b""
        target = httpx.URL("http://localhost:4000").copy_with(raw_path=path.encode() + b"?" + query + b"&" + identity)
        return api.run(api._client.request(method, target, content=body, headers=sent))


@pytest.fixture(scope="module")
def target(prepared: Any, runner: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """One service for all examples: what one leaves behind, the next one meets."""
    folder = Path(shutil.copytree(prepared[0], tmp_path_factory.mktemp("fuzz") / "service"))
    url = f"sqlite:///{folder}/claimsmith.db"
    tenants: list[Tenant] = prepared[1]
    quiet = {"sign_in_rate_limit": 0, "attempt_rate_limit": 0}
    with ExitStack() as stack:
        api = stack.enter_context(open_api(runner, url, folder / "master.key", tenants, **quiet))
        user = api.new_user(EMAIL, password=PASSWORD)
        browser = Browser(api)
        browser.start_session(user["id"])
        made = Target(api, browser)
        made.known.append(browser.post("/organizations", {"name": "Acme"})["id"])
        made.known.append(browser.client["sessions"][0]["user"]["email_addresses"][0]["id"])
        yield made


def fill(path: str, values: list[str]) -> str:
    """The path with its parameters replaced, percent-encoded as any client would."""
    left = iter(values)
    return re.sub(r"\{[^}]*\}", lambda _: quote(next(left, "x"), safe="", errors="replace") or "x", path)


def check(target: Target, answer: httpx.Response) -> None:
    """An answer that may be told: no failure, nothing reflected into headers, nothing of the inside."""
    assert answer.status_code < 500, (answer.request.method, answer.request.url, answer.text[:500])
    assert not any(event["level"] == "error" for event in target.api.events()), target.api.log.getvalue()[-3000:]
    assert "set-cookie" not in answer.headers or "\n" not in answer.headers["set-cookie"]
    for leak in ("Traceback", "sqlalchemy", "argon2id$", 'File "'):
        assert leak not in answer.text
    if answer.status_code >= 400 and "json" in answer.headers["content-type"]:
        assert answer.json()["errors"][0]["code"]
    target.api.log.truncate(0)
    target.api.log.seek(0)


RELAXED = settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)


def attack(target: Target, data: st.DataObject, routes: list[tuple[str, str]]) -> None:
    method, path = data.draw(st.sampled_from(routes))
    if routes is not ENDS and data.draw(st.integers(0, 9)) == 0:
        method = data.draw(st.sampled_from(METHODS[:4]))
    part = st.one_of(st.sampled_from(target.known), nasty)
    full = fill(path, [data.draw(part), data.draw(part)])
    query = write_query(data.draw(pairs(QUERIES)))
    body = b"" if method == "GET" else data.draw(bodies)
    kind = data.draw(st.sampled_from(TYPES)).encode("latin-1")
    agent = re.sub(rb"[\r\n\x00]", b" ", data.draw(nasty).encode("utf-8", "replace"))
    check(target, target.ask(method, full, query, body, {"Content-Type": kind, "User-Agent": agent}))


@RELAXED
@given(data=st.data())
def test_L_005_no_request_to_the_frontend_api_is_answered_with_a_failure(target: Target, data: st.DataObject) -> None:
    attack(target, data, LASTING + TOKEN_ROUTES * 3)


def test_after_all_of_that_the_browser_is_still_signed_in(target: Target) -> None:
    assert target.browser.token()


@settings(RELAXED, max_examples=60)
@given(data=st.data())
def test_L_005_nor_is_one_that_signs_out_or_deletes(target: Target, data: st.DataObject) -> None:
    attack(target, data, ENDS)
