"""Signing up through the Frontend API as clerk-js does it: every way that makes a user (contract 4.4, 4.15)."""

from collections.abc import Callable
from typing import Any

import pytest
from browser import LIVE_ORIGIN, Browser, open_live, read_code
from faces import CONFIG, START, Api
from signing_up import (
    EMAIL,
    HOUR,
    PASSWORD,
    TEST_CODE,
    TEST_EMAIL,
    attempt,
    begin,
    change,
    complete,
    invite,
    list_users,
    prepare,
)
from token_parts import decode_token


@pytest.fixture
def browser(api: Api) -> Browser:
    """A browser that has never been here."""
    return Browser(api)


def check_complete(browser: Browser, sign_up: Any) -> Any:
    """The user that a complete attempt made: one answer has all that a page goes on with (contract 4.3, 4.4)."""
    assert sign_up["status"] == "complete"
    assert (sign_up["missing_fields"], sign_up["unverified_fields"]) == ([], [])
    session_id, user_id = sign_up["created_session_id"], sign_up["created_user_id"]
    client = browser.client
    assert client["sign_up"] is None
    assert client["last_active_session_id"] == session_id
    (session,) = client["sessions"]
    assert (session["id"], session["status"], session["user"]["id"]) == (session_id, "active", user_id)
    claims = decode_token(session["last_active_token"]["jwt"])[1]
    assert (claims["sid"], claims["sub"]) == (session_id, user_id)
    assert claims["iat"] >= client["updated_at"] // 1000  # pitfall 5
    assert decode_token(browser.token())[1]["sid"] == session_id
    return browser.api.get(f"/users/{user_id}")


# --------------------------------------------------------------------------------------------- an address and a code


def test_an_address_a_password_and_the_code_that_was_sent_make_a_user(browser: Browser) -> None:
    made = begin(browser, first_name="Mary", last_name="Somerville", username="", phone_number="")
    assert (made["status"], made["missing_fields"]) == ("missing_requirements", [])
    assert (made["required_fields"], made["unverified_fields"]) == (["email_address", "password"], ["email_address"])
    assert made["optional_fields"] == ["first_name", "last_name"]
    assert (made["has_password"], made["password_enabled"], made["phone_number"]) == (True, True, None)
    assert made["abandon_at"] == START + 24 * HOUR
    assert browser.client["sign_up"] == made
    prepared = prepare(browser, made)
    assert prepared["verifications"]["email_address"]["strategy"] == "email_code"
    done = attempt(browser, made, read_code(browser.api, EMAIL))
    user = check_complete(browser, done)
    (email,) = user["email_addresses"]
    assert (email["email_address"], user["primary_email_address_id"]) == (EMAIL, email["id"])
    assert (email["verification"]["status"], email["verification"]["strategy"]) == ("verified", "email_code")
    assert (user["first_name"], user["last_name"], user["password_enabled"]) == ("Mary", "Somerville", True)
    assert browser.client["last_authentication_strategy"] == "email_code"
    assert browser.session["factor_verification_age"] == [0, -1]


def test_no_strategy_is_told_before_a_code_is_asked_for(browser: Browser) -> None:
    """Pages take a strategy for a code that was sent, and would never ask for one (contract 4.15)."""
    made = begin(browser)
    told = made["verifications"]["email_address"]
    assert (told["object"], told["status"], told["strategy"]) == ("verification_otp", "unverified", None)
    assert (told["next_action"], told["supported_strategies"]) == ("needs_prepare", ["email_code"])
    assert made["verifications"]["phone_number"] is made["verifications"]["external_account"] is None
    after = prepare(browser, made)["verifications"]["email_address"]
    assert (after["status"], after["strategy"], after["next_action"]) == ("unverified", "email_code", "needs_attempt")
    assert (after["attempts"], after["expire_at"]) == (0, START + 10 * 60 * 1000)
    done = attempt(browser, made, read_code(browser.api, EMAIL))["verifications"]["email_address"]
    assert (done["status"], done["strategy"], done["next_action"]) == ("verified", "email_code", "")


def test_the_password_signs_in_again_and_no_digest_stays_with_the_attempt(browser: Browser) -> None:
    done = complete(browser)
    assert Browser(browser.api).sign_in(TEST_EMAIL, PASSWORD)
    assert browser.api.sql("SELECT status, password_digest FROM sign_ups") == [("complete", None)]
    assert browser.get(f"/client/sign_ups/{done['id']}") == done
    assert done["has_password"]


def test_an_attempt_is_read_by_its_id_and_with_the_client(browser: Browser) -> None:
    made = begin(browser)
    assert browser.get(f"/client/sign_ups/{made['id']}") == made
    assert browser.get("/client")["sign_up"] == made
    other = begin(browser, "other@example.com")
    assert browser.get("/client")["sign_up"] == other


def test_a_sign_up_changes_nothing_that_pages_make_their_cookie_of_until_it_is_complete(browser: Browser) -> None:
    begin(browser)
    before = browser.client["updated_at"]
    browser.api.now += 5000
    complete(browser)
    assert browser.client["updated_at"] == before + 5000


def test_S_001_completing_gives_the_browser_a_new_client_token(api: Api) -> None:
    browser = Browser(api, cookies_only=True)
    made = begin(browser, TEST_EMAIL)
    before = dict(browser.cookies)
    prepare(browser, made)
    assert not browser.set_cookies
    attempt(browser, made, TEST_CODE)
    (name,) = before
    assert browser.cookies[name] != before[name]
    old = browser.twin()
    old.cookies = before
    assert old.get("/client") is None


def test_a_strategy_that_comes_with_the_fields_sends_the_code_at_once(browser: Browser) -> None:
    made = begin(browser, strategy="email_code")
    assert made["verifications"]["email_address"]["next_action"] == "needs_attempt"
    assert attempt(browser, made, read_code(browser.api, EMAIL))["status"] == "complete"


def test_clerk_js_own_way_with_passwords_names_the_strategy_password(browser: Browser) -> None:
    made = begin(browser, TEST_EMAIL, strategy="password", timezone="Europe/London", locale="en-GB")
    assert made["locale"] == "en-GB"
    prepare(browser, made)
    assert check_complete(browser, attempt(browser, made, TEST_CODE))["locale"] == "en-GB"


def test_A_034_test_addresses_take_the_code_424242_and_get_no_mail(browser: Browser) -> None:
    complete(browser)
    assert browser.api.sql("SELECT count(*) FROM outbox WHERE kind LIKE 'mail.%'") == [(0,)]


def test_A_034_in_production_test_addresses_are_like_any_other(open_another: Callable[..., Api]) -> None:
    live = open_live(open_another)
    browser = Browser(live, cookies_only=True, origin=LIVE_ORIGIN)
    made = begin(browser, TEST_EMAIL)
    prepare(browser, made)
    refused = browser.refused(
        "POST",
        f"/client/sign_ups/{made['id']}/attempt_verification",
        {"strategy": "email_code", "code": TEST_CODE},
    )
    assert refused.code == "form_code_incorrect"
    assert list_users(live, TEST_EMAIL) == []


# ------------------------------------------------------------------------------------------------------ field by field


def test_fields_may_come_one_by_one_and_what_is_absent_or_empty_stays(browser: Browser) -> None:
    made = browser.post("/client/sign_ups", {})
    assert (made["missing_fields"], made["unverified_fields"]) == (["email_address", "password"], [])
    changed = change(browser, made, email_address=TEST_EMAIL, first_name="Mary")
    assert (changed["missing_fields"], changed["unverified_fields"]) == (["password"], ["email_address"])
    assert change(browser, made, first_name="", last_name="Somerville")["first_name"] == "Mary"
    prepare(browser, made)
    verified = attempt(browser, made, TEST_CODE)
    assert (verified["status"], verified["unverified_fields"]) == ("missing_requirements", [])
    assert browser.client["sessions"] == []
    check_complete(browser, change(browser, made, password=PASSWORD))


def test_unsafe_metadata_and_consent_go_over_to_the_user(browser: Browser) -> None:
    done = complete(browser, unsafe_metadata={"theme": {"dark": True}}, legal_accepted=True)
    user = check_complete(browser, done)
    assert user["unsafe_metadata"] == {"theme": {"dark": True}}
    assert user["legal_accepted_at"] == START


def test_Z_004_what_a_browser_may_not_set_is_ignored(browser: Browser) -> None:
    more: dict[str, Any] = {
        "public_metadata": {"role": "admin"},
        "private_metadata": {"x": 1},
        "banned": True,
        "external_id": "e",
    }
    user = check_complete(browser, complete(browser, **more, email_address_strategy="admin", created_user_id="user_1"))
    assert (user["public_metadata"], user["private_metadata"], user["external_id"]) == ({}, {}, None)
    assert user["email_addresses"][0]["verification"]["strategy"] == "email_code"


def test_a_username_and_a_password_are_enough_where_addresses_are_off(api: Api) -> None:
    api.patch(CONFIG, {"authentication": {"email_address": "off", "username": "required"}})
    browser = Browser(api)
    made = browser.post("/client/sign_ups", {"username": "mary_s", "password": PASSWORD})
    assert check_complete(browser, made)["username"] == "mary_s"
    assert browser.client["last_authentication_strategy"] == "password"
    Browser(api).sign_in("MARY_S", PASSWORD)


def test_a_phone_number_and_its_code(api: Api) -> None:
    api.patch(CONFIG, {"authentication": {"email_address": "off", "phone_number": "required", "password": "off"}})
    browser = Browser(api)
    made = browser.post("/client/sign_ups", {"phone_number": "+1 (555) 555-0100"})
    assert (made["phone_number"], made["unverified_fields"]) == ("+15555550100", ["phone_number"])
    told = prepare(browser, made, "phone_code")["verifications"]["phone_number"]
    assert (told["strategy"], told["next_action"]) == ("phone_code", "needs_attempt")
    user = check_complete(browser, attempt(browser, made, TEST_CODE, "phone_code"))
    assert user["primary_phone_number_id"] == user["phone_numbers"][0]["id"]
    assert user["phone_numbers"][0]["verification"]["strategy"] == "phone_code"


def test_either_address_or_number_comes_by_one_field(api: Api) -> None:
    api.patch(CONFIG, {"authentication": {"email_address": "optional", "phone_number": "optional"}})
    one = Browser(api).post("/client/sign_ups", {"email_address_or_phone_number": EMAIL})
    other = Browser(api).post("/client/sign_ups", {"email_address_or_phone_number": "+15555550100"})
    assert (one["email_address"], other["phone_number"]) == (EMAIL, "+15555550100")


def test_where_no_proof_is_asked_for_the_user_is_made_at_once_with_an_unverified_address(api: Api) -> None:
    api.patch(CONFIG, {"authentication": {"verify_email_address": False}})
    browser = Browser(api)
    user = check_complete(browser, begin(browser))
    (email,) = user["email_addresses"]
    assert (email["verification"], email["reserved"]) == (None, False)
    assert user["primary_email_address_id"] == email["id"]
    assert Browser(api).sign_in(EMAIL, PASSWORD)


def test_several_sessions_in_one_browser_where_the_instance_allows_them(api: Api) -> None:
    api.patch(CONFIG, {"session": {"single_session_mode": False}})
    browser = Browser(api)
    first = complete(browser, "one+clerk_test@example.com")
    second = complete(browser, "two+clerk_test@example.com")
    ids = {first["created_session_id"], second["created_session_id"]}
    assert {session["id"] for session in browser.client["sessions"]} == ids
    assert browser.session_id == second["created_session_id"]


# --------------------------------------------------------------------------------------------------------- invitations


def test_an_invitation_brings_its_address_verified_and_makes_a_member(browser: Browser) -> None:
    organization_id, ticket = invite(browser.api, "Invited@example.com")
    made = browser.post("/client/sign_ups", {"strategy": "ticket", "ticket": ticket})
    assert (made["email_address"], made["unverified_fields"]) == ("Invited@example.com", [])
    assert made["missing_fields"] == ["password"]
    told = made["verifications"]["email_address"]
    assert (told["object"], told["status"], told["strategy"]) == ("verification_ticket", "verified", "ticket")
    user = check_complete(browser, change(browser, made, password=PASSWORD))
    assert user["email_addresses"][0]["verification"]["status"] == "verified"
    (membership,) = browser.session["user"]["organization_memberships"]
    assert (membership["organization"]["id"], membership["role"]) == (organization_id, "org:member")
    assert membership["public_metadata"] == {"seat": 7}
    assert browser.session["last_active_organization_id"] == organization_id
    assert decode_token(browser.token())[1]["o"]["id"] == organization_id


def test_a_page_sends_the_ticket_again_with_the_fields(browser: Browser) -> None:
    _, ticket = invite(browser.api, EMAIL)
    browser.post("/client/sign_ups", {"strategy": "ticket", "ticket": ticket})
    form = {"strategy": "ticket", "ticket": ticket, "email_address": EMAIL.upper(), "password": PASSWORD}
    check_complete(browser, browser.post("/client/sign_ups", form))


def test_A_032_who_was_invited_may_sign_up_where_nobody_else_may(api: Api) -> None:
    api.patch(CONFIG, {"authentication": {"sign_up_mode": "restricted"}})
    _, ticket = invite(api, EMAIL)
    browser = Browser(api)
    check_complete(browser, browser.post("/client/sign_ups", {"ticket": ticket, "password": PASSWORD}))
