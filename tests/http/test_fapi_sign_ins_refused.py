"""Sign-ins that are refused: every code of contract 4.3, and the attacks of CASES A."""

from collections.abc import Callable
from time import process_time
from typing import Any

import pytest
from browser import LIVE_ORIGIN, Browser, open_live, read_code
from faces import CONFIG, Api
from signing_in import EMAIL, HOUR, PASSWORD, attempt, begin, change_user, give_ticket, reset_code, stored_user

ATTEMPTS = "/client/sign_ins"


@pytest.fixture
def api(open_another: Callable[..., Api]) -> Api:
    """A service with one user, `EMAIL` and `PASSWORD`."""
    opened = open_another()
    opened.new_user(EMAIL, password=PASSWORD)
    return opened


@pytest.fixture
def browser(api: Api) -> Browser:
    """A browser of its instance."""
    return Browser(api)


def refuse(browser: Browser, form: dict[str, Any]) -> tuple[int, str, Any]:
    told = browser.refused("POST", ATTEMPTS, form)
    return told.status, told.code, told.meta.get("param_name")


def refuse_attempt(browser: Browser, sign_in: Any, **form: Any) -> tuple[int, str, Any]:
    told = browser.refused("POST", f"{ATTEMPTS}/{sign_in['id']}/attempt_first_factor", form)
    return told.status, told.code, told.meta.get("param_name")


def wrong_code(browser: Browser) -> str:
    return f"{(int(read_code(browser.api, EMAIL)) + 1) % 10**6:06}"


# ------------------------------------------------------------------------------------------------------ what is given


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"identifier": "bob@example.com"}, (422, "form_identifier_not_found", "identifier")),
        ({"identifier": "bob@example.com", "password": "x"}, (422, "form_identifier_not_found", "identifier")),
        ({"identifier": "no address"}, (422, "form_identifier_not_found", "identifier")),
        ({"identifier": "ada_l"}, (422, "form_identifier_not_found", "identifier")),
        ({"identifier": "+15555550100"}, (422, "form_identifier_not_found", "identifier")),
        ({"identifier": EMAIL, "password": "wrong"}, (422, "form_password_incorrect", "password")),
        ({"identifier": EMAIL, "password": PASSWORD + " "}, (422, "form_password_incorrect", "password")),
        ({"identifier": EMAIL, "password": "x" * 129}, (422, "form_password_incorrect", "password")),
        ({"identifier": EMAIL, "password": "\x00"}, (422, "form_param_format_invalid", "password")),
        ({"password": PASSWORD}, (422, "form_param_missing", "identifier")),
        ({"strategy": "email_code"}, (422, "form_param_missing", "identifier")),
        ({"identifier": EMAIL, "strategy": "password"}, (422, "form_param_missing", "password")),
        ({"identifier": EMAIL, "strategy": "phone_code"}, (422, "strategy_for_user_invalid", "strategy")),
        (
            {"identifier": EMAIL, "strategy": "email_code", "email_address_id": "idn_foreign"},
            (422, "strategy_for_user_invalid", "strategy"),
        ),
        ({"strategy": "oauth_google", "redirect_url": "/x"}, (422, "form_param_value_invalid", "strategy")),
        ({"identifier": EMAIL, "strategy": "passkey"}, (422, "form_param_value_invalid", "strategy")),
        ({"transfer": "true"}, (422, "form_param_value_invalid", "transfer")),
        ({"strategy": "ticket"}, (422, "form_param_missing", "ticket")),
        ({"strategy": "ticket", "ticket": "forged"}, (400, "ticket_invalid", None)),
        ({"ticket": "x" * 100_000}, (400, "ticket_invalid", None)),
    ],
)
def test_what_cant_begin_a_sign_in_is_refused_by_name(
    browser: Browser, form: dict[str, Any], expected: tuple[int, str, str | None]
) -> None:
    assert refuse(browser, form) == expected
    assert browser.get("/client") is None  # and left nothing behind


def test_a_user_without_a_password_is_told_to_use_another_way(api: Api, browser: Browser) -> None:
    api.new_user("bob@example.com")
    form = {"identifier": "bob@example.com", "password": PASSWORD}
    assert refuse(browser, form) == (422, "strategy_for_user_invalid", "strategy")


def test_an_instance_without_passwords_takes_none(api: Api, browser: Browser) -> None:
    api.patch(CONFIG, {"authentication": {"password": "off"}})
    assert refuse(browser, {"identifier": EMAIL, "password": PASSWORD})[1] == "strategy_for_user_invalid"
    made = begin(browser)
    assert [factor["strategy"] for factor in made["supported_first_factors"]] == ["email_code"]
    assert refuse_attempt(browser, made, strategy="password", password=PASSWORD)[1] == "strategy_for_user_invalid"


def test_a_number_that_nobody_can_reach_is_no_factor_and_says_why(api: Api, browser: Browser) -> None:
    api.patch(CONFIG, {"authentication": {"phone_number": "optional"}})
    api.new_user("bob@example.com", phone_number=["+441632960961"])
    made = begin(browser, "+441632960961")
    assert "phone_code" not in {factor["strategy"] for factor in made["supported_first_factors"]}
    told = browser.refused("POST", f"{ATTEMPTS}/{made['id']}/prepare_first_factor", {"strategy": "phone_code"})
    assert (told.status, told.code) == (422, "phone_number_unreachable")


def test_A_017_a_password_for_nobody_costs_what_one_for_somebody_does(api: Api, browser: Browser) -> None:
    def measure(identifier: str) -> float:
        """Seconds of all threads' work for one wrong password."""
        before = process_time()
        refuse(browser, {"identifier": identifier, "password": "wrong"})
        return process_time() - before

    somebody = min(measure(EMAIL) for _ in range(4))
    nobody = min(measure("nobody@example.com") for _ in range(4))
    assert nobody > somebody * 2 / 3


# ------------------------------------------------------------------------------------------------------- the attempt


def test_A_006_an_attempt_is_its_own_clients_only(api: Api, browser: Browser) -> None:
    made = begin(browser, strategy="email_code")
    code = read_code(api, EMAIL)
    stranger = Browser(api)
    for other in (stranger, with_attempt(stranger)):
        path = f"{ATTEMPTS}/{made['id']}"
        for step in ("prepare_first_factor", "attempt_first_factor", "reset_password", "attempt_second_factor"):
            form = {"strategy": "email_code", "code": code, "password": "a new horse battery"}
            told = other.refused("POST", f"{path}/{step}", form)
            assert (told.status, told.code) == (404, "resource_not_found")
        assert other.refused("GET", path).status == 404
    assert stored_attempts(api, made["id"]) == [("needs_first_factor",)]


def with_attempt(browser: Browser) -> Browser:
    begin(browser)
    return browser


def stored_attempts(api: Api, sign_in_id: str) -> list[Any]:
    return api.sql("SELECT status FROM sign_ins WHERE id = ?", sign_in_id)


def test_A_006_a_code_counts_for_its_own_attempt_and_its_own_purpose(api: Api, browser: Browser) -> None:
    first = begin(browser, strategy="email_code")
    code = read_code(api, EMAIL)
    second = begin(browser)
    assert refuse_attempt(browser, second, strategy="email_code", code=code)[:2] == (400, "verification_missing")
    reset = refuse_attempt(browser, first, strategy="reset_password_email_code", code=code)
    assert reset == (422, "form_code_incorrect", "code")
    assert attempt(browser, first, "email_code", code=code)["status"] == "complete"


def test_A_006_a_code_is_void_once_its_address_is_no_longer_a_verified_one_of_the_user(
    api: Api, browser: Browser
) -> None:
    eve = api.post("/users", {"email_address": ["eve@example.com", "eve@example.net"]})
    made = begin(browser, "eve@example.net", strategy="email_code")
    code = read_code(api, "eve@example.net")
    address = next(one["id"] for one in eve["email_addresses"] if one["email_address"] == "eve@example.net")
    api.sql("UPDATE email_addresses SET verification_status = 'unverified' WHERE id = ?", address)
    assert refuse_attempt(browser, made, strategy="email_code", code=code)[1] == "strategy_for_user_invalid"


@pytest.mark.parametrize("code", ["", " ", "12345", "1234567", "\uff11\uff12\uff13\uff14\uff15\uff16", "00000x"])
def test_a_code_in_another_form_is_wrong(browser: Browser, code: str) -> None:
    made = begin(browser, strategy="email_code")
    expected = "form_code_incorrect" if code else "form_param_missing"
    assert refuse_attempt(browser, made, strategy="email_code", code=code) == (422, expected, "code")


def test_a_strategy_that_was_not_prepared_has_no_code(browser: Browser) -> None:
    made = begin(browser)
    assert refuse_attempt(browser, made, strategy="email_code", code="424242")[1] == "verification_missing"
    assert refuse_attempt(browser, made, strategy="phone_code", code="424242")[1] == "strategy_for_user_invalid"
    assert refuse_attempt(browser, made, strategy="totp", code="424242")[1] == "form_param_value_invalid"
    assert refuse_attempt(browser, made) == (422, "form_param_missing", "strategy")
    assert refuse_attempt(browser, made, strategy="password") == (422, "form_param_missing", "password")


def test_A_007_a_code_is_expired_from_ten_minutes_on(browser: Browser) -> None:
    made = begin(browser, strategy="email_code")
    browser.api.now += 10 * 60 * 1000
    code = read_code(browser.api, EMAIL)
    assert refuse_attempt(browser, made, strategy="email_code", code=code) == (422, "verification_expired", "code")
    assert browser.get(f"{ATTEMPTS}/{made['id']}")["first_factor_verification"]["status"] == "expired"


def test_a_code_is_used_once(browser: Browser) -> None:
    made = begin(browser, strategy="email_code")
    code = read_code(browser.api, EMAIL)
    attempt(browser, made, "email_code", code=code)
    browser.delete("/client/sessions")
    refused = refuse_attempt(browser, made, strategy="email_code", code=code)
    assert refused == (400, "verification_already_verified", "code")
    assert refuse_attempt(browser, made, strategy="password", password=PASSWORD)[1] == "client_state_invalid"


def test_A_004_the_fifth_wrong_guess_ends_a_code(browser: Browser) -> None:
    made = begin(browser, strategy="email_code")
    code, wrong = read_code(browser.api, EMAIL), wrong_code(browser)
    told = [refuse_attempt(browser, made, strategy="email_code", code=wrong)[1] for _ in range(5)]
    assert told == ["form_code_incorrect"] * 4 + ["verification_failed"]
    assert refuse_attempt(browser, made, strategy="email_code", code=code)[1] == "verification_failed"
    assert browser.get(f"{ATTEMPTS}/{made['id']}")["first_factor_verification"]["status"] == "failed"


def test_A_005_new_codes_and_new_attempts_bring_no_new_guesses(browser: Browser) -> None:
    api = browser.api
    for _ in range(2):
        made = begin(browser, strategy="email_code")
        wrong = wrong_code(browser)
        for _ in range(5):
            refuse_attempt(browser, made, strategy="email_code", code=wrong)
        change_user(api, user_id(api), failed_attempts=0, lockout_expires_at=None)
    told = refuse(Browser(api), {"identifier": EMAIL, "strategy": "email_code"})
    assert told[:2] == (429, "too_many_requests")
    api.now += HOUR
    begin(Browser(api), strategy="email_code")


def user_id(api: Api) -> str:
    made: str = api.get("/users")[0]["id"]
    return made


def test_an_attempt_is_abandoned_after_a_day(browser: Browser) -> None:
    made = begin(browser)
    browser.api.now += 24 * HOUR
    assert refuse_attempt(browser, made, strategy="password", password=PASSWORD)[:2] == (400, "client_state_invalid")
    assert browser.get(f"{ATTEMPTS}/{made['id']}")["status"] == "abandoned"
    assert browser.get("/client")["sign_in"] is None


def test_a_session_that_began_meanwhile_is_told(browser: Browser) -> None:
    made = begin(browser)
    browser.twin().sign_in(EMAIL, PASSWORD)
    browser.client = None
    assert refuse_attempt(browser, made, strategy="password", password=PASSWORD)[:2] == (400, "session_exists")
    assert browser.session is not None
    ticket = give_ticket(browser.api, user_id(browser.api))
    assert refuse_attempt(browser, made, strategy="ticket", ticket=ticket)[:2] == (400, "session_exists")


def test_with_several_sessions_a_ticket_of_who_is_signed_in_names_the_session(api: Api, browser: Browser) -> None:
    api.set_claims({}, single_session_mode=False)
    session_id = browser.sign_in(EMAIL, PASSWORD)
    ticket = give_ticket(api, user_id(api))
    told = browser.refused("POST", ATTEMPTS, {"strategy": "ticket", "ticket": ticket})
    assert (told.code, told.meta["session_id"]) == ("identifier_already_signed_in", session_id)
    api.now += 1000
    acting = give_ticket(api, user_id(api), "actor", actor={"sub": "user_support"})
    browser.post(ATTEMPTS, {"strategy": "ticket", "ticket": acting})
    assert [one["actor"] for one in browser.client["sessions"]] == [None, {"sub": "user_support"}]


# ------------------------------------------------------------------------------------------ second factors, passwords


def test_A_024_steps_out_of_order_are_refused(browser: Browser) -> None:
    empty = browser.post(ATTEMPTS, {})
    made = begin(browser)
    for sign_in in (empty, made):
        for step in ("prepare_second_factor", "attempt_second_factor", "reset_password"):
            told = browser.refused("POST", f"{ATTEMPTS}/{sign_in['id']}/{step}", {"password": "a new horse battery"})
            assert (told.status, told.code) == (400, "client_state_invalid")
    assert refuse_attempt(browser, empty, strategy="password", password=PASSWORD)[1] == "client_state_invalid"
    done = reset_code(browser)
    assert refuse_attempt(browser, done, strategy="password", password=PASSWORD)[1] == "client_state_invalid"
    told = browser.refused("POST", f"{ATTEMPTS}/{done['id']}/prepare_first_factor", {"strategy": "email_code"})
    assert told.code == "client_state_invalid"


@pytest.mark.parametrize("way", ["password", "email_code", "ticket", "reset"])
def test_A_024_who_has_a_second_factor_gets_no_session_by_the_first(api: Api, browser: Browser, way: str) -> None:
    change_user(api, user_id(api), two_factor_enabled=True)
    if way == "password":
        done = browser.post(ATTEMPTS, {"identifier": EMAIL, "password": PASSWORD})
    elif way == "ticket":
        done = browser.post(ATTEMPTS, {"strategy": "ticket", "ticket": give_ticket(api, user_id(api))})
    elif way == "email_code":
        made = begin(browser, strategy="email_code")
        done = attempt(browser, made, "email_code", code=read_code(api, EMAIL))
    else:
        made = reset_code(browser)
        done = browser.post(f"{ATTEMPTS}/{made['id']}/reset_password", {"password": "a new horse battery"})
    assert (done["status"], done["created_session_id"]) == ("needs_second_factor", None)
    assert browser.client["sessions"] == []
    assert browser.client["sign_in"] == done
    told = browser.refused("POST", f"{ATTEMPTS}/{done['id']}/attempt_second_factor", {"strategy": "totp"})
    assert told.code == "strategy_for_user_invalid"


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "form_param_missing"),
        ("short", "form_password_length_too_short"),
        ("x" * 129, "form_password_length_too_long"),
        ("password123", "form_password_pwned"),
        ("iloveyou1", "form_password_pwned"),
        (EMAIL, "form_password_pwned"),
    ],
)
def test_A_020_a_bad_new_password_is_refused_and_may_be_followed_by_a_good_one(
    browser: Browser, password: str, code: str
) -> None:
    made = reset_code(browser)
    path = f"{ATTEMPTS}/{made['id']}/reset_password"
    told = browser.refused("POST", path, {"password": password})
    assert (told.status, told.code, told.meta["param_name"]) == (422, code, "password")
    assert browser.post(path, {"password": "a new horse battery"})["status"] == "complete"


def test_a_reset_is_refused_to_who_signed_in_meanwhile(browser: Browser) -> None:
    made = reset_code(browser)
    browser.twin().sign_in(EMAIL, PASSWORD)
    told = browser.refused("POST", f"{ATTEMPTS}/{made['id']}/reset_password", {"password": "a new horse battery"})
    assert (told.status, told.code) == (400, "session_exists")


def test_a_reset_is_done_once(browser: Browser) -> None:
    made = reset_code(browser)
    path = f"{ATTEMPTS}/{made['id']}/reset_password"
    browser.post(path, {"password": "a new horse battery"})
    assert browser.refused("POST", path, {"password": "one more horse battery"}).code == "client_state_invalid"


# ---------------------------------------------------------------------------------------------------- locked, banned


def test_A_009_ten_wrong_passwords_lock_the_user_for_an_hour(api: Api, browser: Browser) -> None:
    form = {"identifier": EMAIL, "password": "wrong"}
    told = [browser.refused("POST", ATTEMPTS, form) for _ in range(10)]
    assert [one.code for one in told] == ["form_password_incorrect"] * 9 + ["user_locked"]
    right = browser.refused("POST", ATTEMPTS, {**form, "password": PASSWORD})
    assert (right.status, right.code) == (403, "user_locked")
    assert right.meta["lockout_expires_in_seconds"] == 3600
    api.now += HOUR - 1
    assert browser.refused("POST", ATTEMPTS, {**form, "password": PASSWORD}).meta["lockout_expires_in_seconds"] == 1
    api.now += 1
    browser.sign_in(EMAIL, PASSWORD)
    assert stored_user(api, user_id(api)).failed_attempts == 0


def test_A_009_a_right_password_forgives_the_wrong_ones(api: Api) -> None:
    for _ in range(2):
        for _ in range(9):
            refuse(Browser(api), {"identifier": EMAIL, "password": "wrong"})
        Browser(api).sign_in(EMAIL, PASSWORD)


def test_A_011_all_spellings_share_one_count(api: Api, browser: Browser) -> None:
    api.patch(CONFIG, {"authentication": {"username": "optional", "phone_number": "optional"}})
    api.new_user("bob@example.com", username="bob_b", phone_number=["+15555550100"], password=PASSWORD)
    spellings = ["bob@example.com", "BOB@example.com", " bob@EXAMPLE.com", "bob_b", "BOB_B", "+1 555 555 0100"]
    told = [refuse(browser, {"identifier": spellings[n % 6], "password": "wrong"})[1] for n in range(10)]
    assert told == ["form_password_incorrect"] * 9 + ["user_locked"]


def test_A_012_all_factors_share_one_count(api: Api, browser: Browser) -> None:
    made = begin(browser, strategy="email_code")
    wrong = wrong_code(browser)
    for _ in range(4):
        assert refuse_attempt(browser, made, strategy="email_code", code=wrong)[1] == "form_code_incorrect"
    for _ in range(5):
        assert refuse_attempt(browser, made, strategy="password", password="wrong")[1] == "form_password_incorrect"
    assert refuse(browser, {"identifier": EMAIL, "password": "wrong"})[:2] == (403, "user_locked")
    code = read_code(api, EMAIL)
    assert refuse_attempt(browser, made, strategy="email_code", code=code)[:2] == (403, "user_locked")
    told = browser.refused("POST", f"{ATTEMPTS}/{made['id']}/prepare_first_factor", {"strategy": "email_code"})
    assert told.code == "user_locked"


def test_A_012_what_compares_nothing_is_not_counted(api: Api, browser: Browser) -> None:
    made = begin(browser)
    for _ in range(11):
        assert refuse_attempt(browser, made, strategy="email_code", code="424242")[1] == "verification_missing"
    assert stored_user(api, user_id(api)).failed_attempts == 0
    browser.sign_in(EMAIL, PASSWORD)


def test_A_013_a_lockout_leaves_sessions_and_tickets_alone(api: Api, browser: Browser) -> None:
    browser.sign_in(EMAIL, PASSWORD)
    attacker = Browser(api)
    for _ in range(11):
        refuse(attacker, {"identifier": EMAIL, "password": "wrong"})
    assert browser.token()
    ticket = give_ticket(api, user_id(api))
    assert Browser(api).post(ATTEMPTS, {"strategy": "ticket", "ticket": ticket})["status"] == "complete"


@pytest.mark.parametrize(("state", "code"), [("banned", "user_banned"), ("locked", "user_locked")])
def test_who_was_banned_or_locked_gets_in_no_way(api: Api, browser: Browser, state: str, code: str) -> None:
    made = begin(browser, strategy="email_code")
    mailed = read_code(api, EMAIL)
    ticket = give_ticket(api, user_id(api))
    change_user(api, user_id(api), **{state: True})
    assert refuse(browser, {"identifier": EMAIL, "password": PASSWORD})[:2] == (403, code)
    assert refuse(browser, {"identifier": EMAIL, "strategy": "email_code"})[:2] == (403, code)
    assert refuse_attempt(browser, made, strategy="email_code", code=mailed)[:2] == (403, code)
    assert refuse(browser, {"strategy": "ticket", "ticket": ticket})[:2] == (403, code)
    change_user(api, user_id(api), **{state: False})
    assert browser.post(ATTEMPTS, {"strategy": "ticket", "ticket": ticket})["status"] == "complete"  # it was not spent


def test_a_user_who_was_deleted_takes_the_attempt_along(api: Api, browser: Browser) -> None:
    made = begin(browser)
    api.ok("DELETE", f"/users/{user_id(api)}")
    assert refuse_attempt(browser, made, strategy="password", password=PASSWORD)[0] in {404, 422}
    assert browser.get("/client")["sign_in"] is None


# ------------------------------------------------------------------------------------------------------------ tickets


def test_A_026_a_ticket_is_refused_once_it_is_late_revoked_or_of_another_user(api: Api, browser: Browser) -> None:
    ada = user_id(api)
    bob = api.new_user("bob@example.com")["id"]
    late = give_ticket(api, ada, expire_at=api.now)
    assert refuse(browser, {"strategy": "ticket", "ticket": late}) == (400, "ticket_expired_code", None)
    for status in ("accepted", "revoked"):
        spent = give_ticket(api, ada, status=status)
        assert refuse(browser, {"strategy": "ticket", "ticket": spent}) == (400, "ticket_invalid", None)
    good = give_ticket(api, ada)
    for odd in (good[:-1], good + "A", good.lower(), good + "\u00e9"):
        assert refuse(browser, {"strategy": "ticket", "ticket": odd})[1] == "ticket_invalid"  # S-024
    made = begin(browser, "bob@example.com")
    assert refuse_attempt(browser, made, strategy="ticket", ticket=good)[1] == "ticket_invalid"
    api.ok("DELETE", f"/users/{bob}")
    assert browser.post(ATTEMPTS, {"strategy": "ticket", "ticket": good})["status"] == "complete"


def test_A_026_a_ticket_of_another_instance_is_unknown(api: Api, open_another: Callable[..., Api]) -> None:
    ticket = give_ticket(api, user_id(api))
    other = open_another(instance="b")
    told = Browser(other).refused("POST", ATTEMPTS, {"strategy": "ticket", "ticket": ticket})
    assert told.code == "ticket_invalid"


# ------------------------------------------------------------------------------------------------ limits, live, forms


def test_A_014_one_address_begins_five_sign_ins_in_ten_seconds(api: Api) -> None:
    one = Browser(api, address="203.0.113.7")
    for _ in range(5):
        one.post(ATTEMPTS, {})
    answer = one.send("POST", ATTEMPTS, {})
    assert one.read_refusal(answer).code == "too_many_requests"
    assert 1 <= int(answer.headers["retry-after"]) <= 10
    Browser(api, address="203.0.113.8").post(ATTEMPTS, {})
    api.now += 10_000
    one.post(ATTEMPTS, {})


def test_A_014_one_address_tries_three_secrets_in_ten_seconds(api: Api) -> None:
    one = Browser(api, address="203.0.113.7")
    for name in (EMAIL, "nobody@example.com", EMAIL):
        assert refuse(one, {"identifier": name, "password": "wrong"})[0] == 422
    assert refuse(one, {"identifier": EMAIL, "password": PASSWORD})[:2] == (429, "too_many_requests")


def test_A_034_a_live_instance_knows_no_test_identities(open_another: Callable[..., Api]) -> None:
    live = open_live(open_another)
    live.new_user("ada+clerk_test@example.com", password=PASSWORD)
    browser = Browser(live, cookies_only=True, origin=LIVE_ORIGIN)
    made = begin(browser, "ada+clerk_test@example.com", strategy="email_code")
    code = read_code(live, "ada+clerk_test@example.com")
    if code != "424242":
        assert refuse_attempt(browser, made, strategy="email_code", code="424242")[1] == "form_code_incorrect"


def test_C_001_a_write_without_an_origin_is_nobodys(open_another: Callable[..., Api]) -> None:
    live = open_live(open_another)
    live.new_user(EMAIL, password=PASSWORD)
    browser = Browser(live, cookies_only=True, origin=LIVE_ORIGIN)
    made = begin(browser)
    twin = browser.twin()
    twin.origin = None
    assert refuse_attempt(twin, made, strategy="password", password=PASSWORD)[0] == 404
