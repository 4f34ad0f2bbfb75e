"""Attacks from other pages and by links: foreign origins, tossed cookies, other browsers' ids, addresses to lead to."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from browser import APP_ORIGIN, LIVE_ORIGIN, Browser, open_live
from faces import Api
from fapi_routes import ROUTES, TOKEN_ROUTES
from signing_in import EMAIL, PASSWORD, begin, give_ticket

FOREIGN = (
    "https://evil.example",
    "null",
    "",
    "http://example.com",
    "https://example.com.evil.example",
    "https://evilexample.com",
    "https://app.example.com",
    "https://example.com:8443",
    "https://example.com/",
    "https://EXAMPLE.com",
    "https://example.com@evil.example",
    "http://localhost:3000",
    "http://127.0.0.1:3000",
    "file://",
    "https://example.com https://evil.example",
)
WRITES = [(method, path) for method, path in ROUTES + TOKEN_ROUTES if method != "GET"]
TYPES = ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", "application/json")


@pytest.fixture
def live(open_another: Callable[..., Api]) -> Api:
    return open_live(open_another, public_url="https://clerk.example.com")


@pytest.fixture
def victim(live: Api) -> Browser:
    """Signed in with live keys: the cookie is all that it is known by."""
    live.new_user(EMAIL, password=PASSWORD)
    browser = Browser(live, cookies_only=True, origin=LIVE_ORIGIN)
    browser.sign_in(EMAIL, PASSWORD)
    return browser


def fill(path: str, value: str) -> str:
    return re.sub(r"\{[^}]*\}", value, path.removeprefix("/v1"))


def state(api: Api) -> list[Any]:
    """All that a write could have changed."""
    tables = ("clients", "sessions", "users", "sign_ins", "sign_ups", "organizations", "verifications", "audit_log")
    return [api.sql(f"SELECT * FROM {table}") for table in tables]  # noqa: S608 - names from the line above


def write(victim: Browser, method: str, path: str, origin: str | None, kind: str) -> httpx.Response:
    """A write as a page of another origin would make it, with the victim's cookies."""
    headers = {"Content-Type": kind, "Cookie": "; ".join(f"{name}={value}" for name, value in victim.cookies.items())}
    if origin is not None:
        headers["Origin"] = origin
    query = {"_method": method, "_clerk_session_id": victim.session_id or ""}
    target = f"/v1{path}" if path.startswith(("/client", "/me", "/organ", "/dev", "/env")) else path
    return victim.api.send("POST", target, key=None, content=b"identifier=a", headers=headers, params=query)


# --------------------------------------------------------------------------------------------------------------- CSRF


def test_C_001_no_write_of_a_foreign_page_reaches_a_handler(live: Api, victim: Browser) -> None:
    before = state(live)
    every = [(origin, method, path) for origin in FOREIGN for method, path in WRITES]
    for number, (origin, method, path) in enumerate(every):
        answer = write(victim, method, fill(path, victim.session_id or ""), origin, TYPES[number % len(TYPES)])
        assert answer.status_code == 403, (origin, method, path, answer.text)
        assert answer.json()["errors"][0]["code"] == "origin_invalid"
        assert "access-control-allow-origin" not in answer.headers
        assert "Origin" in answer.headers["vary"]
        assert "set-cookie" not in answer.headers
    assert state(live) == before


def test_C_001_a_write_without_an_origin_is_nobodys(live: Api, victim: Browser) -> None:
    for method, path in WRITES:
        if path.startswith(("/v1/me", "/v1/organizations", "/v1/client/sessions/")):
            answer = write(victim, method, fill(path, victim.session_id or ""), None, TYPES[0])
            assert answer.status_code in {401, 405}, (method, path, answer.text)
    assert victim.token()


def test_C_005_a_foreign_page_is_told_nothing_it_could_read(live: Api, victim: Browser) -> None:
    paths = ("/client", "/me", f"/client/sessions/{victim.session_id}", "/environment")
    for origin, path in ((origin, path) for origin in FOREIGN for path in paths):
        answer = live.run(victim.ask("GET", path, headers={"Origin": origin}))
        assert not [name for name in answer.headers if name.startswith("access-control-")]
        preflight = live.run(victim.ask("OPTIONS", path, headers={"Origin": origin}))
        assert not [name for name in preflight.headers if name.startswith("access-control-")]
        assert "Origin" in answer.headers["vary"]
        assert "Origin" in preflight.headers["vary"]


def test_C_003_reads_change_nothing(live: Api, victim: Browser) -> None:
    before = state(live)
    live.now += 5000
    for method, path in ROUTES:
        if method == "GET" and path != "/v1/client/handshake":  # which touches, as a visit of the page would
            query = {"redirect_url": f"{LIVE_ORIGIN}/", "ticket": "x", "_clerk_session_id": victim.session_id or ""}
            answer = live.run(victim.ask("GET", fill(path, victim.session_id or ""), query=query))
            assert answer.status_code < 500
    assert state(live) == before


def test_C_002_the_method_in_a_query_counts_in_a_post_alone(live: Api, victim: Browser) -> None:
    for path in ("/client", "/client/sessions", "/me"):
        live.run(victim.ask("GET", path, query={"_method": "DELETE"}))
    assert victim.token()


# ------------------------------------------------------------------------------------------------- other people's ids


def test_Z_002_nothing_of_another_browser_is_reached_by_its_ids(api: Api) -> None:
    """Every route with an id in its path, with the ids of somebody else's session, attempts and address."""
    victim, thief = Browser(api), Browser(api)
    victim.start_session(api.new_user(EMAIL, password=PASSWORD)["id"])
    thief.start_session(api.new_user("eve@example.com", password=PASSWORD)["id"])
    other = Browser(api)
    attempts = [begin(other)["id"], other.post("/client/sign_ups", {"first_name": "Ada"})["id"]]
    organization = victim.post("/organizations", {"name": "Acme"})["id"]
    theirs = victim.session["user"]
    ids = [str(victim.session_id), *attempts, organization, theirs["id"], theirs["email_addresses"][0]["id"]]
    before = api.sql("SELECT * FROM sessions WHERE id = ?", victim.session_id)
    for method, path in (one for one in ROUTES + TOKEN_ROUTES if "{" in one[1] and one[1].startswith("/v1/")):
        for wanted in ids:
            form = None if method == "GET" else {"strategy": "password", "password": PASSWORD, "level": "first_factor"}
            answer = api.run(thief.ask(method, fill(path, wanted), form))
            assert 400 <= answer.status_code < 500, (method, path, wanted, answer.text[:300])
            assert EMAIL not in answer.text
    assert api.sql("SELECT * FROM sessions WHERE id = ?", victim.session_id) == before


@pytest.mark.parametrize("path", ["/me", "/me/sessions", "/me/email_addresses", "/me/organization_memberships"])
def test_S_025_the_acting_session_is_one_of_the_own_browser(api: Api, path: str) -> None:
    victim, thief = Browser(api), Browser(api)
    victim.start_session(api.new_user(EMAIL)["id"])
    thief.start_session(api.new_user("eve@example.com")["id"])
    refused = thief.refused("GET", path, query={"_clerk_session_id": str(victim.session_id)})
    assert (refused.status, refused.code) == (401, "authentication_invalid")


def test_S_014_live_keys_know_no_browser_by_an_address(live: Api, victim: Browser) -> None:
    token = next(value for name, value in victim.cookies.items() if name == "__client")
    stranger = Browser(live, cookies_only=True, origin=LIVE_ORIGIN)
    for query in ({"__clerk_db_jwt": token}, {"__client": token}, {"_is_native": "1"}, {"__dev_session": token}):
        answer = live.run(stranger.ask("GET", "/client", query=query))
        assert EMAIL not in answer.text
    assert live.run(stranger.ask("POST", "/dev_browser")).status_code == 400


# ----------------------------------------------------------------------------------------------- addresses to lead to

ELSEWHERE = (
    "//evil.example",
    "https:evil.example",
    "https:/\\evil.example",
    "\\\\evil.example",
    "https://example.com@evil.example/",
    "https://example.com:pw@evil.example/",
    "https://example.com.evil.example/",
    "https://evil.example\\.example.com/",
    "https://evil.example#@example.com",
    "javascript:alert(1)//https://example.com",
    "data:text/html,x",
    "https://example.com\t.evil.example/",
    " https://evil.example",
    "https://ex\u0430mple.com/",
    "https://example.com:444/",
    "http://example.com/",
    "/relative",
    "https://example.com/%0d%0a\r\nSet-Cookie: a=b",
    "https://example.com/\x00",
    "https://" + "a" * 9000,
    "http://localhost:3000/",
)


@pytest.mark.parametrize("path", ["/v1/client/handshake", "/v1/client/touch", "/v1/tickets/accept"])
def test_S_008_no_link_leads_away(live: Api, path: str) -> None:
    good = {"redirect_url": f"{LIVE_ORIGIN}/", "ticket": "x"}
    assert live.send("GET", path, key=None, params=good).headers["location"].startswith(f"{LIVE_ORIGIN}/")
    for redirect_url in ELSEWHERE:
        answer = live.send("GET", path, key=None, params={**good, "redirect_url": redirect_url})
        assert answer.status_code in {400, 422}, (redirect_url, answer.headers)
        assert "location" not in answer.headers
        assert "evil" not in answer.headers.get("set-cookie", "")


@pytest.mark.parametrize("name", ["redirect_url", "sign_in_force_redirect_url", "sign_in_fallback_redirect_url"])
def test_S_008_no_hosted_page_leads_away(live: Api, victim: Browser, name: str) -> None:
    for redirect_url in ELSEWHERE:
        lead(live, victim, name, redirect_url)


def lead(live: Api, victim: Browser, name: str, redirect_url: str) -> None:
    """A hosted page and its button, with an address to lead to in the query."""
    cookies = "; ".join(f"{key}={value}" for key, value in victim.cookies.items())
    headers = {"Origin": "https://clerk.example.com", "Cookie": cookies}
    page = live.send("GET", "/sign-in", key=None, params={name: redirect_url}, headers=headers)
    policy = page.headers["content-security-policy"]
    assert "evil" not in policy
    assert "localhost" not in policy
    answer = live.send("POST", "/sign-in/continue", key=None, params={name: redirect_url}, headers=headers)
    assert answer.status_code == 303
    assert urlsplit(answer.headers["location"]).netloc in {"", "example.com", "clerk.example.com"}


def test_a_ticket_in_a_link_is_not_spent_by_opening_it(api: Api) -> None:
    """C-003: mail programs and previews open links."""
    person = api.new_user(EMAIL)["id"]
    ticket = give_ticket(api, person)
    browser = Browser(api, cookies_only=True, origin=None)
    for _ in range(3):
        answer = api.run(browser.ask("GET", "/tickets/accept", query={"ticket": ticket}))
        assert answer.status_code == 303
        assert answer.headers["referrer-policy"] == "no-referrer"
        page = api.send("GET", "/sign-in", key=None, params={"__clerk_ticket": ticket})
        assert page.status_code == 200
    assert api.sql("SELECT status FROM tickets") == [("pending",)]
    assert api.sql("SELECT count(*) FROM sessions") == [(0,)]


def test_S_001_an_id_in_a_link_is_given_no_client(api: Api) -> None:
    """Who writes the link knows the id, and would share what it is given."""
    thief = Browser(api, origin=None)
    victim = Browser(api, cookies_only=True, origin=APP_ORIGIN)
    victim.start_session(api.new_user(EMAIL)["id"])
    query = {"redirect_url": f"{APP_ORIGIN}/", "__clerk_db_jwt": str(thief.dev_browser), "format": "nonce"}
    answer = api.run(victim.ask("GET", "/client/handshake", query=query, headers={"Sec-Fetch-Dest": "document"}))
    assert answer.status_code in {307, 400}
    assert thief.get("/client") is None
