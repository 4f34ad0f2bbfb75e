"""Signing in through the Frontend API as clerk-js does it: every factor, every way of beginning (contract 4.3)."""

from collections.abc import Callable
from typing import Any

import pytest
from browser import LIVE_ORIGIN, Browser, open_live, read_code
from faces import CONFIG, START, Api
from signing_in import (
    EMAIL,
    HOUR,
    PASSWORD,
    attempt,
    begin,
    change_user,
    factor_of,
    give_ticket,
    prepare,
    reset_code,
    stored_user,
)
from token_parts import decode_token

from claimsmith_server.services.passwords import needs_rehash


@pytest.fixture
def browser(api: Api) -> Browser:
    """A browser of an instance with one user, `EMAIL` and `PASSWORD`."""
    api.new_user(EMAIL, password=PASSWORD)
    return Browser(api)


def check_complete(browser: Browser, sign_in: Any) -> None:
    """One answer has all that a page goes on with (contract 4.3, "On completion")."""
    assert sign_in["status"] == "complete"
    session_id = sign_in["created_session_id"]
    client = browser.client
    assert client["sign_in"] is None
    assert client["last_active_session_id"] == session_id
    (session,) = [one for one in client["sessions"] if one["id"] == session_id]
    assert session["status"] == "active"
    claims = decode_token(session["last_active_token"]["jwt"])[1]
    assert (claims["sid"], claims["sub"]) == (session_id, session["user"]["id"])
    assert claims["iat"] >= client["updated_at"] // 1000  # pitfall 5
    assert decode_token(browser.token())[1]["sid"] == session_id


# ---------------------------------------------------------------------------------------------------------- passwords


def test_identifier_and_password_at_once_complete_in_one_answer(browser: Browser) -> None:
    made = browser.post("/client/sign_ins", {"identifier": EMAIL, "password": PASSWORD, "strategy": "password"})
    check_complete(browser, made)
    verification = made["first_factor_verification"]
    assert (verification["strategy"], verification["status"]) == ("password", "verified")
    assert browser.client["last_authentication_strategy"] == "password"
    assert browser.session["factor_verification_age"] == [0, -1]


def test_the_identifier_first_then_the_password(browser: Browser) -> None:
    made = begin(browser)
    assert browser.client["sign_in"] == made
    assert made["user_data"] == {"first_name": "Ada", "last_name": "Lovelace", "image_url": "", "has_image": False}
    assert [factor["strategy"] for factor in made["supported_first_factors"]] == [
        "password",
        "email_code",
        "reset_password_email_code",
    ]
    assert made["first_factor_verification"] is None
    assert made["abandon_at"] == START + 24 * HOUR
    check_complete(browser, attempt(browser, made, "password", password=PASSWORD))


def test_an_attempt_may_begin_empty_and_is_read_by_its_id(browser: Browser) -> None:
    made = browser.post("/client/sign_ins", {})
    assert (made["status"], made["identifier"], made["supported_first_factors"]) == ("needs_identifier", None, None)
    assert browser.get(f"/client/sign_ins/{made['id']}") == made
    assert browser.get("/client")["sign_in"] == made


def test_an_attempt_changes_nothing_that_pages_make_their_cookie_of(browser: Browser) -> None:
    begin(browser)
    before = browser.client["updated_at"]
    browser.api.now += 5000
    begin(browser)
    assert browser.client["updated_at"] == before


@pytest.mark.parametrize("identifier", ["ada@example.com", " Ada@EXAMPLE.com ", "ADA@example.COM", "ada_l", "ADA_L"])
def test_A_011_every_spelling_finds_the_same_user(api: Api, identifier: str) -> None:
    api.patch(CONFIG, {"authentication": {"username": "optional"}})
    user = api.new_user(EMAIL, username="Ada_L", password=PASSWORD)
    browser = Browser(api)
    browser.sign_in(identifier, PASSWORD)
    assert browser.session["user"]["id"] == user["id"]


def test_A_022_a_digest_of_another_kind_is_replaced_at_the_first_sign_in(api: Api) -> None:
    digest = "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8"  # SHA-256 of "password"
    user = api.new_user(EMAIL, password_digest=digest, password_hasher="sha256", skip_password_checks=True)
    before = stored_user(api, user["id"])
    browser = Browser(api)
    assert browser.refused("POST", "/client/sign_ins", {"identifier": EMAIL, "password": "wrong"}).status == 422
    assert stored_user(api, user["id"]).password_digest == before.password_digest
    browser.sign_in(EMAIL, "password")
    after = stored_user(api, user["id"])
    assert needs_rehash(before.password_digest or "")
    assert not needs_rehash(after.password_digest or "")
    assert after.updated_at == before.updated_at
    Browser(api).sign_in(EMAIL, "password")


# -------------------------------------------------------------------------------------------------------------- codes


def test_a_code_by_mail(browser: Browser) -> None:
    made = begin(browser)
    factor = factor_of(made, "email_code")
    prepared = prepare(browser, made, "email_code", email_address_id=factor["email_address_id"])
    verification = prepared["first_factor_verification"]
    assert verification["object"] == "verification_otp"
    assert (verification["status"], verification["strategy"]) == ("unverified", "email_code")
    assert verification["expire_at"] == START + 10 * 60 * 1000
    done = attempt(browser, made, "email_code", code=read_code(browser.api, EMAIL))
    check_complete(browser, done)
    assert done["first_factor_verification"]["status"] == "verified"
    assert browser.client["last_authentication_strategy"] == "email_code"


def test_a_strategy_with_the_identifier_begins_and_sends_at_once(browser: Browser) -> None:
    made = begin(browser, strategy="email_code")
    assert made["first_factor_verification"]["strategy"] == "email_code"
    assert browser.client["sign_in"] == made
    check_complete(browser, attempt(browser, made, "email_code", code=read_code(browser.api, EMAIL)))


def test_a_test_address_takes_424242_and_is_sent_nothing(api: Api) -> None:
    api.new_user("ada+clerk_test@example.com", password=PASSWORD)
    browser = Browser(api)
    made = begin(browser, "ada+clerk_test@example.com", strategy="email_code")
    assert api.sql("SELECT count(*) FROM outbox WHERE kind LIKE 'mail.%'") == [(0,)]
    check_complete(browser, attempt(browser, made, "email_code", code="424242"))


def test_a_test_number_takes_424242(api: Api) -> None:
    api.patch(CONFIG, {"authentication": {"phone_number": "optional"}})
    api.new_user(EMAIL, phone_number=["+15555550100"], password=PASSWORD)
    browser = Browser(api)
    made = begin(browser, "+1 (555) 555-0100")
    factor = factor_of(made, "phone_code")
    assert factor["safe_identifier"] == "+15555550100"
    prepare(browser, made, "phone_code", phone_number_id=factor["phone_number_id"])
    check_complete(browser, attempt(browser, made, "phone_code", code="424242"))


def test_a_code_is_sent_again_after_half_a_minute_and_only_the_newest_counts(browser: Browser) -> None:
    made = begin(browser, strategy="email_code")
    first = read_code(browser.api, EMAIL)
    browser.api.now += 29_999
    assert prepare(browser, made, "email_code")["first_factor_verification"]["expire_at"] == START + 600_000
    assert read_code(browser.api, EMAIL) == first
    browser.api.now += 1
    again = prepare(browser, made, "email_code")
    assert again["first_factor_verification"]["expire_at"] == browser.api.now + 600_000
    second = read_code(browser.api, EMAIL)
    if second != first:
        path = f"/client/sign_ins/{made['id']}/attempt_first_factor"
        refused = browser.refused("POST", path, {"strategy": "email_code", "code": first})
        assert refused.code == "form_code_incorrect"
    check_complete(browser, attempt(browser, made, "email_code", code=second))


def test_A_007_a_code_holds_until_the_millisecond_before_ten_minutes(browser: Browser) -> None:
    made = begin(browser, strategy="email_code")
    browser.api.now += 10 * 60 * 1000 - 1
    check_complete(browser, attempt(browser, made, "email_code", code=read_code(browser.api, EMAIL)))


# ------------------------------------------------------------------------------------------------------------- resets


def test_a_forgotten_password_is_replaced_after_a_code(browser: Browser) -> None:
    api = browser.api
    elsewhere = Browser(api)
    elsewhere.sign_in(EMAIL, PASSWORD)
    made = reset_code(browser)
    done = browser.post(f"/client/sign_ins/{made['id']}/reset_password", {"password": "a new horse battery"})
    check_complete(browser, done)
    assert browser.client["last_authentication_strategy"] == "reset_password_email_code"
    assert elsewhere.token()  # nobody asked to end it
    assert api.sql("SELECT count(*) FROM outbox WHERE kind = 'mail.password_changed'") == [(1,)]
    other = Browser(api)
    assert other.refused("POST", "/client/sign_ins", {"identifier": EMAIL, "password": PASSWORD}).status == 422
    other.sign_in(EMAIL, "a new horse battery")


def test_S_019_a_reset_ends_other_sessions_where_that_is_asked_for(browser: Browser) -> None:
    elsewhere = Browser(browser.api)
    elsewhere.sign_in(EMAIL, PASSWORD)
    made = reset_code(browser)
    path = f"/client/sign_ins/{made['id']}/reset_password"
    check_complete(browser, browser.post(path, {"password": "a new horse battery", "sign_out_of_other_sessions": True}))
    assert elsewhere.refused("POST", f"/client/sessions/{elsewhere.session_id}/tokens").status == 401


def test_a_new_password_is_chosen_within_the_hour(browser: Browser) -> None:
    made = reset_code(browser)
    browser.api.now += HOUR
    refused = browser.refused("POST", f"/client/sign_ins/{made['id']}/reset_password", {"password": "another horse"})
    assert (refused.status, refused.code) == (400, "client_state_invalid")


# ------------------------------------------------------------------------------------------------------------ tickets


def test_a_sign_in_token_signs_in_once(api: Api) -> None:
    user = api.new_user(EMAIL)
    ticket = give_ticket(api, user["id"])
    browser = Browser(api)
    made = browser.post("/client/sign_ins", {"strategy": "ticket", "ticket": ticket})
    check_complete(browser, made)
    assert made["identifier"] == EMAIL
    assert made["first_factor_verification"]["object"] == "verification_ticket"
    refused = Browser(api).refused("POST", "/client/sign_ins", {"strategy": "ticket", "ticket": ticket})
    assert (refused.status, refused.code, refused.meta.get("param_name")) == (400, "ticket_invalid", None)


def test_a_ticket_may_complete_an_attempt_that_has_begun(browser: Browser) -> None:
    made = begin(browser)
    user_id = browser.api.get("/users")[0]["id"]
    check_complete(browser, attempt(browser, made, "ticket", ticket=give_ticket(browser.api, user_id)))


def test_S_027_an_actor_token_starts_a_session_that_says_who_acts_and_for_how_long(api: Api) -> None:
    user = api.new_user(EMAIL)
    actor = {"sub": "user_support"}
    ticket = give_ticket(api, user["id"], "actor", actor=actor, session_max_duration_seconds=600)
    browser = Browser(api)
    check_complete(browser, browser.post("/client/sign_ins", {"strategy": "ticket", "ticket": ticket}))
    assert browser.session["actor"] == actor
    assert browser.session["expire_at"] == START + 600_000
    assert decode_token(browser.token())[1]["act"] == actor
    assert stored_user(api, user["id"]).last_sign_in_at is None


# ----------------------------------------------------------------------------------------- several sessions, cookies


def test_with_several_sessions_another_user_joins_the_browser(browser: Browser) -> None:
    browser.api.set_claims({}, single_session_mode=False)
    browser.api.new_user("bob@example.com", password=PASSWORD)
    first = browser.sign_in(EMAIL, PASSWORD)
    browser.api.now += 1000
    made = browser.post("/client/sign_ins", {"identifier": "bob@example.com", "password": PASSWORD})
    check_complete(browser, made)
    assert {one["id"] for one in browser.client["sessions"]} == {first, made["created_session_id"]}
    refused = browser.refused("POST", "/client/sign_ins", {"identifier": EMAIL})
    assert (refused.status, refused.code) == (400, "identifier_already_signed_in")
    assert refused.meta["session_id"] == first
    assert len(browser.client["sessions"]) == 2  # told beside the refusal


def test_with_one_session_a_second_sign_in_is_refused_with_the_client_beside_it(browser: Browser) -> None:
    session_id = browser.sign_in(EMAIL, PASSWORD)
    stale = browser.twin()
    stale.client = None
    for form in (
        {"identifier": EMAIL},
        {},
        {"identifier": "nobody@example.com"},
        {"strategy": "ticket", "ticket": "x"},
    ):
        refused = stale.refused("POST", "/client/sign_ins", form)
        assert (refused.status, refused.code) == (400, "session_exists")
    assert stale.client["last_active_session_id"] == session_id


def test_who_was_banned_stands_in_nobodys_way(browser: Browser) -> None:
    browser.sign_in(EMAIL, PASSWORD)
    change_user(browser.api, browser.session["user"]["id"], banned=True)
    browser.api.new_user("bob@example.com", password=PASSWORD)
    browser.sign_in("bob@example.com", PASSWORD)
    assert [one["user"]["email_addresses"][0]["email_address"] for one in browser.client["sessions"]] == [
        "bob@example.com"
    ]


def test_S_001_a_live_sign_in_gives_the_browser_a_new_token_and_the_old_one_is_nobodys(
    open_another: Callable[..., Api],
) -> None:
    live = open_live(open_another)
    live.new_user(EMAIL, password=PASSWORD)
    attacker = Browser(live, cookies_only=True, origin=LIVE_ORIGIN)
    begin(attacker)
    assert attacker.set_cookies["__client"]["httponly"]
    victim = attacker.twin()  # the attacker's cookie, planted
    victim.sign_in(EMAIL, PASSWORD)
    assert victim.cookies["__client"] != attacker.cookies["__client"]
    assert victim.set_cookies["__client"]["samesite"] == "lax"
    assert attacker.get("/client") is None
    assert victim.get("/client")["last_active_session_id"] == victim.session_id
    assert victim.set_cookies.get("__client_uat") is None  # said once
    assert victim.cookies["__client_uat"] == str(START // 1000)


def test_S_002_a_reset_gives_the_browser_a_new_token_too(open_another: Callable[..., Api]) -> None:
    live = open_live(open_another)
    live.new_user(EMAIL, password=PASSWORD)
    browser = Browser(live, cookies_only=True, origin=LIVE_ORIGIN)
    made = begin(browser, strategy="reset_password_email_code")
    code = read_code(live, EMAIL)
    attempt(browser, made, "reset_password_email_code", code=code)
    before = browser.twin()
    browser.post(f"/client/sign_ins/{made['id']}/reset_password", {"password": "a new horse battery"})
    assert before.get("/client") is None
    assert browser.get("/client")["last_active_session_id"] == browser.session_id
