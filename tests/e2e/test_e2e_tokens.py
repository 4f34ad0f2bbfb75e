"""The session token's life in a browser: what is in it, when it changes, what happens when it has expired."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from chromium import Driver, Visitor
from places import (
    TOKEN_LIFETIME,
    Person,
    Site,
    come_back,
    decode_claims,
    read_claims,
    read_fresh_claims,
    sign_in,
    wait_for_session,
)

HANDSHAKE = "/v1/client/handshake"
TOKENS = "/tokens"
LEEWAY_SECONDS = 5
"""By how much SDKs let clocks differ (contract 2.4)."""

Cookies = list[dict[str, Any]]


class Left(NamedTuple):
    """Someone who signed in and closed the browser."""

    person: Person
    cookies: Cookies
    at: float
    """When, in monotonic seconds."""


@pytest.fixture(scope="session")
def all_left(browser: Driver, site: Site) -> list[Left]:
    """Two who left, at the same time, so that their tokens expire in one wait."""
    return [leave(browser, site), leave(browser, site)]


def leave(browser: Driver, site: Site) -> Left:
    """Who leaves. The cookies are of a handshake, as all are of who came back once: it sets the refresh cookie, too."""
    visitor, person = Visitor(browser), site.new_person()
    come_back(visitor, site, person).goto("about:blank")
    visitor.lose_cookies("__session")
    visitor.open_tab(f"{site.url}/client").wait_for("#session")
    cookies = list(visitor.cookies().values())
    visitor.close()
    return Left(person, cookies, time.monotonic())


@pytest.fixture
def come_late(visitor: Visitor, all_left: list[Left]) -> Callable[[Left], Visitor]:
    """Makes the visitor one of those who left, after their token expired. Such tests run last: others use the time."""

    def come(left: Left) -> Visitor:
        time.sleep(max(0.0, left.at + TOKEN_LIFETIME + LEEWAY_SECONDS + 1 - time.monotonic()))
        visitor.add_cookies(left.cookies)
        return visitor

    return come


@pytest.fixture
def left_behind(all_left: list[Left]) -> Left:
    """Who left, and whose session is as it was."""
    return all_left[0]


@pytest.fixture
def returning(come_late: Callable[[Left], Visitor], left_behind: Left) -> Visitor:
    """That person, back after the token expired."""
    return come_late(left_behind)


@pytest.fixture
def returning_without_refresh(returning: Visitor) -> Visitor:
    """The same, where no refresh cookie spares the handshake."""
    returning.lose_cookies("__refresh")
    return returning


def test_the_token_is_a_cookie_under_both_names(left_behind: Left) -> None:
    cookies = {cookie["name"]: cookie for cookie in left_behind.cookies}
    suffixed = [name for name in cookies if name.startswith("__session_")]
    assert len(suffixed) == 1
    assert cookies["__session"]["value"] == cookies[suffixed[0]]["value"]
    assert {cookies[name]["sameSite"] for name in ("__session", suffixed[0])} == {"Lax"}
    assert cookies["__client_uat"]["value"] != "0"


def test_every_tab_refreshes_before_the_token_expires(visitor: Visitor, site: Site, person: Person) -> None:
    tabs = [come_back(visitor, site, person), visitor.open_tab(f"{site.url}/client")]
    wait_for_session(tabs[1])
    first = [read_claims(tab) for tab in tabs]
    deadline = time.monotonic() + TOKEN_LIFETIME - 5
    while any(read_claims(tab)["iat"] <= old["iat"] for tab, old in zip(tabs, first, strict=True)):
        assert time.monotonic() < deadline, "a tab still has its first token"
        time.sleep(0.5)
    second = [read_claims(tab) for tab in tabs]
    assert {claims["sid"] for claims in second} == {first[0]["sid"]}
    assert all(new["iat"] < old["exp"] for new, old in zip(second, first, strict=True))
    assert visitor.requests(HANDSHAKE)[1:] == []


def test_an_edit_appears_after_a_refresh_that_was_asked_for(visitor: Visitor, site: Site, person: Person) -> None:
    tab = sign_in(visitor, site, person)
    assert read_claims(tab)["fullName"] == "Ada Lovelace"
    site.rename(person, "Augusta")
    assert read_fresh_claims(tab)["fullName"] == "Augusta Lovelace"
    assert tab.fetch_json("/api/claims")[1]["firstName"] == "Augusta Lovelace"
    tab.wait_for("text=Augusta Lovelace")


def test_an_edit_appears_within_one_lifetime_by_itself(visitor: Visitor, site: Site, person: Person) -> None:
    tab = sign_in(visitor, site, person)
    site.rename(person, "Augusta")
    edited_at = time.monotonic()
    while tab.fetch_json("/api/claims")[1]["firstName"] != "Augusta Lovelace":
        assert time.monotonic() < edited_at + TOKEN_LIFETIME, "the edit did not appear within one lifetime"
        time.sleep(0.5)


def test_a_banned_user_is_signed_out_within_one_lifetime(visitor: Visitor, site: Site, person: Person) -> None:
    tab = come_back(visitor, site, person)
    assert site.backend.post(f"/users/{person.id}/ban").status_code == 200
    tab.wait_until("!window.Clerk.session", seconds=TOKEN_LIFETIME)
    assert tab.fetch_json("/api/auth")[1]["isAuthenticated"] is False


def test_claims_too_large_for_a_cookie_are_left_out_and_sign_in_works(visitor: Visitor, other_site: Site) -> None:
    claims = {"plan": "{{user.public_metadata.plan}}", "history": "{{user.public_metadata.history}}"}
    person = other_site.new_person(public_metadata={"plan": "pro", "history": "x" * 4096})
    with other_site.changed_settings("session", claims=claims):
        tab = sign_in(visitor, other_site, person)
        told = tab.fetch_json("/api/auth")[1]
    assert (told["userId"], told["sessionClaims"]["plan"]) == (person.id, "pro")
    assert "history" not in told["sessionClaims"]


def test_a_template_token_is_refused_as_a_session(visitor: Visitor, site: Site, person: Person) -> None:
    made = site.backend.post("/jwt_templates", json={"name": f"partner-{person.id}", "claims": {"plan": "pro"}})
    assert made.status_code == 200, made.text
    tab = sign_in(visitor, site, person)
    tab.fill("#template", f"partner-{person.id}")
    tab.click("text=Mint from the template")
    tab.wait_until("document.querySelector('#minted').textContent.startsWith('ey')")
    token = tab.text("#minted")
    assert decode_claims(token)["plan"] == "pro"
    told = tab.evaluate(
        """async token => {
            const headers = {authorization: `Bearer ${token}`}
            return (await fetch('/api/auth', {headers, credentials: 'omit'})).json()
        }""",
        token,
    )
    assert (told["isAuthenticated"], told["reason"]) == (False, "token-type-mismatch")


def test_an_unknown_template_is_an_error_with_a_reason(visitor: Visitor, site: Site, person: Person) -> None:
    tab = sign_in(visitor, site, person)
    tab.fill("#template", "nobody-made-this")
    tab.click("text=Mint from the template")
    tab.wait_until("document.querySelector('#minted').textContent.length > 0")
    assert not tab.text("#minted").startswith("ey")
    assert visitor.requests("/tokens/nobody-made-this")[-1].status == 404


def test_an_expired_token_on_a_document_heals_by_one_handshake(
    returning_without_refresh: Visitor, site: Site, left_behind: Left
) -> None:
    tab = returning_without_refresh.open_tab(f"{site.url}/token")
    assert "Ada Lovelace" in tab.text('[data-claim="fullName"]')
    assert left_behind.person.id in tab.text('[data-claim="sub"]')
    assert len(returning_without_refresh.requests(HANDSHAKE)) == 1
    assert tab.url == f"{site.url}/token"


def test_an_expired_token_on_a_fetch_is_signed_out(returning_without_refresh: Visitor, site: Site) -> None:
    tab = returning_without_refresh.open_tab(
        f"{site.url}/icon.svg"
    )  # no document of the application: no handshake, no clerk-js
    status, told = tab.fetch_json("/api/auth")
    assert (status, told["isAuthenticated"]) == (200, False)
    assert told["reason"].startswith("session-token-expired")
    assert tab.fetch_json("/api/example")[0] == 401
    assert returning_without_refresh.requests(HANDSHAKE) == []


def test_the_refresh_cookie_heals_an_expired_token_without_a_handshake(
    returning: Visitor, site: Site, left_behind: Left
) -> None:
    assert [cookie["httpOnly"] for cookie in left_behind.cookies if cookie["name"].startswith("__refresh_")] == [True]
    tab = returning.open_tab(f"{site.url}/token")
    assert left_behind.person.id in tab.text('[data-claim="sub"]')
    assert returning.requests(HANDSHAKE) == []


def test_the_refresh_cookie_heals_an_expired_token_of_a_fetch(
    returning: Visitor, site: Site, left_behind: Left
) -> None:
    tab = returning.open_tab(f"{site.url}/icon.svg")
    status, told = tab.fetch_json("/api/auth")
    assert (status, told["isAuthenticated"], told["userId"]) == (200, True, left_behind.person.id)
    assert returning.requests(HANDSHAKE) == []


def test_the_refresh_cookie_of_a_revoked_session_heals_nothing(
    come_late: Callable[[Left], Visitor], site: Site, all_left: list[Left]
) -> None:
    revoked = all_left[1]
    [session] = site.backend.get("/sessions", params={"user_id": revoked.person.id, "status": "active"}).json()
    assert site.backend.post(f"/sessions/{session['id']}/revoke").status_code == 200
    tab = come_late(revoked).open_tab(f"{site.url}/icon.svg")
    assert tab.fetch_json("/api/auth")[1]["isAuthenticated"] is False
    tab.goto(f"{site.url}/token")
    assert tab.url.startswith(f"{site.url}/sign-in")
