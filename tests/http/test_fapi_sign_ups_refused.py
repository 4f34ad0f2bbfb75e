"""What a sign-up refuses, and how it says so (contract 4.4; CASES A-006 to A-032)."""

from collections.abc import Callable
from typing import Any

import pytest
from browser import Browser, read_code
from faces import CONFIG, START, Api, Refused
from signing_up import (
    EMAIL,
    HOUR,
    MINUTE,
    PASSWORD,
    TEST_CODE,
    TEST_EMAIL,
    attempt,
    attempt_path,
    begin,
    change,
    complete,
    invite,
    list_users,
    prepare,
)


@pytest.fixture
def browser(api: Api) -> Browser:
    """A browser that has never been here."""
    return Browser(api)


def refuse(browser: Browser, **form: Any) -> Refused:
    """What is told of a new attempt that is refused; nothing of it is stored."""
    refused = browser.refused("POST", "/client/sign_ups", form)
    assert browser.api.sql("SELECT count(*) FROM sign_ups WHERE status = 'complete'") == [(0,)]
    return refused


def told(refused: Refused) -> tuple[int, str, Any]:
    """Status, code and the field that it is about."""
    return refused.status, refused.code, refused.meta.get("param_name")


# --------------------------------------------------------------------------------------------------------------- values


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("sev7n!!", "form_password_length_too_short"),
        ("x" * 129, "form_password_length_too_long"),
        ("x" * 200_000, "form_password_length_too_long"),
    ],
)
def test_A_019_a_password_of_the_wrong_length_is_refused(browser: Browser, password: str, code: str) -> None:
    assert told(refuse(browser, email_address=EMAIL, password=password)) == (422, code, "password")


@pytest.mark.parametrize("password", ["eight8!!", " leading and trailing ", "ünïcödé pässwörd", "x" * 73, "x" * 128])
def test_A_019_a_password_is_taken_as_it_is_neither_trimmed_nor_cut(browser: Browser, password: str) -> None:
    complete(browser, password=password)
    other = Browser(browser.api)
    form = {"identifier": TEST_EMAIL, "password": password[:-1]}
    assert other.refused("POST", "/client/sign_ins", form).code == "form_password_incorrect"
    assert other.sign_in(TEST_EMAIL, password)


@pytest.mark.parametrize("password", ["password1", "PASSWORD1", EMAIL, "iloveyou2"])
def test_A_020_a_password_that_attackers_try_first_is_refused(browser: Browser, password: str) -> None:
    assert told(refuse(browser, email_address=EMAIL, password=password)) == (422, "form_password_pwned", "password")


def test_A_020_a_password_is_compared_with_the_address_that_was_given_before(browser: Browser) -> None:
    made = browser.post("/client/sign_ups", {"email_address": "somerville@example.com"})
    refused = browser.refused("PATCH", f"/client/sign_ups/{made['id']}", {"password": "Somerville"})
    assert told(refused) == (422, "form_password_pwned", "password")


@pytest.mark.parametrize(
    "address",
    [
        "mary",
        "mary@",
        "a@b@example.com",
        '"mary"@example.com',
        "mary(x)@example.com",
        "mary\uff20example.com",
        "Mary <mary@example.com>",
        "mary@example.com\r\nBcc: eve@example.com",
        "m" * 10_000 + "@example.com",
    ],
)
def test_A_029_what_is_no_plain_address_is_refused(browser: Browser, address: str) -> None:
    refused = refuse(browser, email_address=address, password=PASSWORD)
    assert told(refused) == (422, "form_param_format_invalid", "email_address")


@pytest.mark.parametrize(
    ("field", "value"), [("phone_number", "555"), ("username", "a b"), ("username", "abc"), ("first_name", "x" * 257)]
)
def test_other_values_of_the_wrong_form_are_refused(api: Api, field: str, value: str) -> None:
    api.patch(CONFIG, {"authentication": {"phone_number": "optional", "username": "optional"}})
    refused = refuse(Browser(api), **{field: value})
    code = "form_param_value_invalid" if field == "first_name" else "form_param_format_invalid"
    assert told(refused) == (422, code, field)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "form_param_format_invalid"),
        ("[]", "form_param_format_invalid"),
        ('{"a":1,"a":2}', "form_param_format_invalid"),
        ('{"a":"\\u0000"}', "form_param_format_invalid"),
        ('{"a":' * 40 + "1" + "}" * 40, "form_param_format_invalid"),
        ('{"a":' * 10_000 + "1" + "}" * 10_000, "form_param_format_invalid"),
        ('{"a":"' + "x" * 8192 + '"}', "form_param_exceeds_allowed_size"),
    ],
)
def test_I_007_I_009_metadata_that_is_no_small_shallow_object_is_refused(
    browser: Browser, text: str, code: str
) -> None:
    assert told(refuse(browser, email_address=EMAIL, unsafe_metadata=text)) == (422, code, "unsafe_metadata")


@pytest.mark.parametrize("field", ["phone_number", "username", "password"])
def test_a_field_that_the_instance_does_not_have_is_unknown_unless_it_is_empty(api: Api, field: str) -> None:
    api.patch(CONFIG, {"authentication": {"password": "off"}})
    browser = Browser(api)
    assert told(refuse(browser, **{field: "something long"})) == (422, "form_param_unknown", field)
    assert browser.post("/client/sign_ups", {field: ""})["status"] == "missing_requirements"


@pytest.mark.parametrize(
    ("form", "param_name"),
    [
        ({"strategy": "oauth_google"}, "strategy"),
        ({"strategy": "email_link"}, "strategy"),
        ({"transfer": True}, "transfer"),
    ],
)
def test_ways_of_signing_up_that_are_not_here_are_refused(browser: Browser, form: Any, param_name: str) -> None:
    assert told(refuse(browser, **form)) == (422, "form_param_value_invalid", param_name)


def test_what_a_step_needs_is_asked_for(browser: Browser) -> None:
    assert told(refuse(browser, strategy="ticket")) == (422, "form_param_missing", "ticket")
    assert told(refuse(browser, strategy="email_code")) == (422, "form_param_missing", "email_address")
    made = browser.post("/client/sign_ups", {})
    path = f"/client/sign_ups/{made['id']}"
    refused = browser.refused("POST", f"{path}/prepare_verification", {"strategy": "email_code"})
    assert told(refused) == (422, "form_param_missing", "email_address")
    refused = browser.refused("POST", attempt_path(made), {"strategy": "email_code", "code": ""})
    assert told(refused) == (422, "form_param_missing", "code")
    for step in ("prepare_verification", "attempt_verification"):
        refused = browser.refused("POST", f"{path}/{step}", {"strategy": "web3_metamask_signature", "code": "1"})
        assert told(refused) == (422, "form_param_value_invalid", "strategy")


def test_a_number_that_cannot_be_reached_gets_no_code(api: Api) -> None:
    api.patch(CONFIG, {"authentication": {"phone_number": "optional"}})
    browser = Browser(api)
    made = browser.post("/client/sign_ups", {"phone_number": "+442071838750"})
    form = {"strategy": "phone_code"}
    refused = browser.refused("POST", f"/client/sign_ups/{made['id']}/prepare_verification", form)
    assert told(refused) == (422, "phone_number_unreachable", "phone_number")


# ----------------------------------------------------------------------------------------------- whose identifier it is


@pytest.mark.parametrize("address", [EMAIL, "MARY@Example.COM"])
def test_a_taken_address_is_told_on_its_field_in_any_spelling(browser: Browser, address: str) -> None:
    browser.api.new_user(EMAIL)
    refused = refuse(browser, email_address=address, password=PASSWORD)
    assert told(refused) == (422, "form_identifier_exists", "email_address")
    made = browser.post("/client/sign_ups", {})
    refused = browser.refused("PATCH", f"/client/sign_ups/{made['id']}", {"email_address": address})
    assert told(refused) == (422, "form_identifier_exists", "email_address")


def test_a_taken_number_or_username_is_told_on_its_field(api: Api) -> None:
    api.patch(CONFIG, {"authentication": {"phone_number": "optional", "username": "optional"}})
    api.new_user(EMAIL, phone_number=["+15555550100"], username="mary_s")
    browser = Browser(api)
    for field, value in (("phone_number", "+1 555 555-0100"), ("username", "MARY_S")):
        assert told(refuse(browser, **{field: value})) == (422, "form_identifier_exists", field)


def test_a_reserved_address_is_taken(browser: Browser) -> None:
    browser.api.new_user(EMAIL, email_address_identification_status=["reserved"])
    assert refuse(browser, email_address=EMAIL).code == "form_identifier_exists"


def test_A_028_an_attempt_reserves_nothing_and_its_password_is_nobodys(browser: Browser) -> None:
    attacker = Browser(browser.api)
    theirs = begin(attacker, TEST_EMAIL, password="attacker's password")
    prepare(attacker, theirs)
    complete(browser)
    refused = attacker.refused("POST", attempt_path(theirs), {"strategy": "email_code", "code": TEST_CODE})
    assert told(refused) == (422, "form_identifier_exists", "email_address")
    assert len(list_users(browser.api, TEST_EMAIL)) == 1
    form = {"identifier": TEST_EMAIL, "password": "attacker's password"}
    assert Browser(browser.api).refused("POST", "/client/sign_ins", form).code == "form_password_incorrect"


def test_A_028_an_address_that_somebody_only_claimed_goes_to_who_proves_it(open_on_engine: Callable[[], Api]) -> None:
    api = open_on_engine()
    api.patch(CONFIG, {"authentication": {"verify_email_address": False}})
    squatter = begin(Browser(api), TEST_EMAIL, password="attacker's password")["created_user_id"]
    assert refuse_taken(api) == "form_identifier_exists"
    api.patch(CONFIG, {"authentication": {"verify_email_address": True}})
    owner = complete(Browser(api))["created_user_id"]
    (user,) = list_users(api, TEST_EMAIL)
    assert user["id"] == owner
    left = api.get(f"/users/{squatter}")
    assert (left["email_addresses"], left["primary_email_address_id"]) == ([], None)
    form = {"identifier": TEST_EMAIL, "password": "attacker's password"}
    assert Browser(api).refused("POST", "/client/sign_ins", form).code == "form_password_incorrect"


def refuse_taken(api: Api) -> str:
    """What is told to whoever claims a claimed address without being asked for proof."""
    form = {"email_address": TEST_EMAIL, "password": PASSWORD}
    return Browser(api).refused("POST", "/client/sign_ups", form).code


# ------------------------------------------------------------------------------------------------------- wrong moments


def test_session_exists_carries_the_client_that_pages_go_on_with(browser: Browser) -> None:
    session_id = complete(browser)["created_session_id"]
    browser.client = None
    refused = browser.refused("POST", "/client/sign_ups", {"email_address": EMAIL, "password": PASSWORD})
    assert (refused.status, refused.code) == (400, "session_exists")
    assert browser.client["last_active_session_id"] == session_id


def test_S_025_an_attempt_is_its_own_browsers_alone(browser: Browser) -> None:
    made = begin(browser, TEST_EMAIL)
    prepare(browser, made)
    other = Browser(browser.api)
    begin(other)
    path = f"/client/sign_ups/{made['id']}"
    for stranger in (other, Browser(browser.api)):
        form = {"strategy": "email_code", "code": TEST_CODE}
        for method, step in (
            ("GET", ""),
            ("PATCH", ""),
            ("POST", "/prepare_verification"),
            ("POST", "/attempt_verification"),
        ):
            refused = stranger.refused(method, path + step, None if method == "GET" else form)
            assert (refused.status, refused.code) == (404, "resource_not_found"), (method, step)


def test_an_attempt_is_abandoned_after_a_day(browser: Browser) -> None:
    made = begin(browser, TEST_EMAIL)
    browser.api.now = START + 24 * HOUR - 1
    prepare(browser, made)
    browser.api.now = START + 24 * HOUR
    refused = browser.refused("POST", attempt_path(made), {"strategy": "email_code", "code": TEST_CODE})
    assert (refused.status, refused.code) == (400, "client_state_invalid")
    assert browser.get(f"/client/sign_ups/{made['id']}")["status"] == "abandoned"
    assert browser.get("/client")["sign_up"] is None


def test_what_is_complete_is_not_changed_any_more(browser: Browser) -> None:
    done = complete(browser)
    refused = browser.refused("PATCH", f"/client/sign_ups/{done['id']}", {"first_name": "Eve"})
    assert (refused.status, refused.code) == (400, "client_state_invalid")
    for step in ("prepare_verification", "attempt_verification"):
        form = {"strategy": "email_code", "code": TEST_CODE}
        refused = browser.refused("POST", f"/client/sign_ups/{done['id']}/{step}", form)
        assert (refused.status, refused.code) == (400, "verification_already_verified")


# --------------------------------------------------------------------------------------------------------------- codes


def test_codes_are_refused_as_what_is_wrong_with_them(browser: Browser) -> None:
    made = begin(browser)
    form = {"strategy": "email_code", "code": "000000"}
    assert told(browser.refused("POST", attempt_path(made), form)) == (400, "verification_missing", "code")
    prepare(browser, made)
    right = read_code(browser.api, EMAIL)
    form["code"] = f"{(int(right) + 1) % 10**6:06d}"
    assert told(browser.refused("POST", attempt_path(made), form)) == (422, "form_code_incorrect", "code")
    browser.api.now += 10 * MINUTE
    form["code"] = right
    assert told(browser.refused("POST", attempt_path(made), form)) == (422, "verification_expired", "code")
    assert list_users(browser.api, EMAIL) == []


def test_A_004_after_five_wrong_guesses_the_code_is_void(browser: Browser) -> None:
    made = begin(browser)
    prepare(browser, made)
    right = read_code(browser.api, EMAIL)
    wrong = {"strategy": "email_code", "code": f"{(int(right) + 1) % 10**6:06d}"}
    codes = [browser.refused("POST", attempt_path(made), wrong).code for _ in range(5)]
    assert codes == ["form_code_incorrect"] * 4 + ["verification_failed"]
    assert browser.get(f"/client/sign_ups/{made['id']}")["verifications"]["email_address"]["status"] == "failed"
    form = {"strategy": "email_code", "code": right}
    assert told(browser.refused("POST", attempt_path(made), form)) == (422, "verification_failed", "code")


def test_A_005_A_011_the_budget_of_an_address_is_one_however_it_is_spelled(browser: Browser) -> None:
    for spelling in ("mary@example.com", "Mary@example.com"):
        other = Browser(browser.api)
        made = begin(other, spelling)
        prepare(other, made)
        wrong = {"strategy": "email_code", "code": f"{(int(read_code(browser.api, EMAIL)) + 1) % 10**6:06d}"}
        for _ in range(5):
            other.refused("POST", attempt_path(made), wrong)
    made = begin(browser, "MARY@example.com")
    path = f"/client/sign_ups/{made['id']}/prepare_verification"
    assert browser.refused("POST", path, {"strategy": "email_code"}).code == "too_many_requests"


def test_A_006_a_code_verifies_only_the_address_that_it_was_sent_to(browser: Browser) -> None:
    made = begin(browser, TEST_EMAIL)
    prepare(browser, made)
    changed = change(browser, made, email_address=EMAIL)
    assert changed["verifications"]["email_address"]["next_action"] == "needs_prepare"
    form = {"strategy": "email_code", "code": TEST_CODE}
    assert browser.refused("POST", attempt_path(made), form).code == "verification_missing"
    assert list_users(browser.api, EMAIL) == []


def test_A_006_a_code_of_one_attempt_is_no_code_of_another(browser: Browser) -> None:
    first = begin(browser)
    prepare(browser, first)
    code = read_code(browser.api, EMAIL)
    other = Browser(browser.api)
    second = begin(other)
    form = {"strategy": "email_code", "code": code}
    assert other.refused("POST", attempt_path(second), form).code == "verification_missing"
    prepare(other, second)
    assert other.refused("POST", attempt_path(second), form).code == "form_code_incorrect"


def test_a_verified_address_needs_no_second_code(browser: Browser) -> None:
    made = browser.post("/client/sign_ups", {"email_address": TEST_EMAIL})
    prepare(browser, made)
    attempt(browser, made, TEST_CODE)
    path = f"/client/sign_ups/{made['id']}/prepare_verification"
    refused = browser.refused("POST", path, {"strategy": "email_code"})
    assert (refused.status, refused.code) == (400, "verification_already_verified")


@pytest.mark.parametrize(("limit", "count"), [("sign_in", 5), ("attempt", 3)])
def test_A_014_one_address_may_not_do_it_too_often(browser: Browser, limit: str, count: int) -> None:
    made = begin(browser)
    one = Browser(browser.api, address="192.0.2.7")
    one.dev_browser = browser.dev_browser
    path = "/client/sign_ups" if limit == "sign_in" else attempt_path(made)
    answers = [one.send("POST", path, {"strategy": "email_code", "code": "1"}) for _ in range(count + 1)]
    assert [answer.status_code == 429 for answer in answers] == [False] * count + [True]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 10


# --------------------------------------------------------------------------------------------- invitations, restriction


def test_A_027_a_ticket_that_is_none_or_no_more_is_refused(browser: Browser) -> None:
    for ticket, code in (
        ("no such ticket", "ticket_invalid"),
        ("x" * 10_000, "ticket_invalid"),
        (invite(browser.api, "a@example.com", status="revoked")[1], "ticket_invalid"),
        (invite(browser.api, "b@example.com", status="accepted")[1], "ticket_invalid"),
        (invite(browser.api, "c@example.com", expire_at=START)[1], "ticket_expired_code"),
    ):
        refused = refuse(browser, strategy="ticket", ticket=ticket, password=PASSWORD)
        assert told(refused) == (400, code, None)


def test_A_027_an_invitation_is_not_for_another_address(browser: Browser) -> None:
    _, ticket = invite(browser.api, EMAIL)
    refused = refuse(browser, ticket=ticket, email_address="eve@example.com", password=PASSWORD)
    assert told(refused) == (422, "form_param_value_invalid", "email_address")
    made = browser.post("/client/sign_ups", {"ticket": ticket})
    form = {"email_address": "eve@example.com", "password": PASSWORD}
    refused = browser.refused("PATCH", f"/client/sign_ups/{made['id']}", form)
    assert told(refused) == (422, "form_param_value_invalid", "email_address")


def test_A_027_an_invitation_that_is_revoked_meanwhile_makes_no_user(browser: Browser) -> None:
    _, ticket = invite(browser.api, EMAIL)
    made = browser.post("/client/sign_ups", {"ticket": ticket})
    browser.api.sql("UPDATE organization_invitations SET status = 'revoked'")
    refused = browser.refused("PATCH", f"/client/sign_ups/{made['id']}", {"password": PASSWORD})
    assert (refused.status, refused.code) == (400, "ticket_invalid")
    assert list_users(browser.api, EMAIL) == []
    assert browser.get("/client")["sessions"] == []


def test_A_032_where_sign_up_is_restricted_every_way_in_is_closed(api: Api) -> None:
    browser = Browser(api)
    begun = begin(browser, TEST_EMAIL)
    prepare(browser, begun)
    api.patch(CONFIG, {"authentication": {"sign_up_mode": "restricted"}})
    other = Browser(api)
    for form in (
        {},
        {"email_address": EMAIL, "password": PASSWORD},
        {"email_address": EMAIL, "strategy": "email_code"},
    ):
        refused = other.refused("POST", "/client/sign_ups", form)
        assert (refused.status, refused.code) == (403, "sign_up_mode_restricted")
    path = f"/client/sign_ups/{begun['id']}"
    form = {"strategy": "email_code", "code": TEST_CODE}
    assert browser.refused("PATCH", path, {"first_name": "Eve"}).code == "sign_up_mode_restricted"
    assert browser.refused("POST", attempt_path(begun), form).code == "sign_up_mode_restricted"
    assert list_users(api, TEST_EMAIL) == []
    assert other.get("/client") is None
