"""Reverification: a factor proved again within a session, and what asks for it (contract 4.5; cases A-031, S-030)."""

from collections.abc import Callable
from typing import Any

import pytest
from browser import Browser, read_code
from faces import CONFIG, Api
from token_parts import decode_token

PASSWORD = "correct horse battery"
EMAIL = "ada@example.com"
MINUTE = 60 * 1000


@pytest.fixture
def browser(api: Api) -> Browser:
    """A browser in which Ada has been signed in for an hour."""
    user = api.new_user(EMAIL, password=PASSWORD)
    browser = Browser(api)
    browser.start_session(user["id"])
    api.now += 60 * MINUTE
    return browser


@pytest.fixture
def strict(browser: Browser) -> Browser:
    """The same, where changes of what guards the account need a recent factor."""
    browser.api.patch(CONFIG, {"authentication": {"reverification": True, "username": "optional"}})
    return browser


def verify(browser: Browser, step: str = "", **form: Any) -> Any:
    return browser.post(path_of(browser, step), form)


def refuse(browser: Browser, step: str = "", **form: Any) -> tuple[int, str, str]:
    refused = browser.refused("POST", path_of(browser, step), form)
    return refused.status, refused.code, refused.meta.get("param_name", "")


def path_of(browser: Browser, step: str) -> str:
    return f"/client/sessions/{browser.session_id}/verify" + (f"/{step}" if step else "")


def fva(browser: Browser) -> Any:
    return decode_token(browser.token())[1]["fva"]


def by_password(browser: Browser) -> Any:
    return verify(browser, "attempt_first_factor", strategy="password", password=PASSWORD)


@pytest.mark.parametrize("level", ["first_factor", "second_factor", "multi_factor"])
def test_a_password_reverifies_the_session(browser: Browser, level: str) -> None:
    assert fva(browser) == [60, -1]
    begun = verify(browser, level=level)
    assert (begun["object"], begun["status"], begun["level"]) == (
        "session_reverification",
        "needs_first_factor",
        "first_factor",
    )
    assert [factor["strategy"] for factor in begun["supported_first_factors"]] == ["password", "email_code"]
    assert begun["first_factor_verification"] is None
    assert fva(browser) == [60, -1]
    done = by_password(browser)
    assert (done["status"], done["supported_first_factors"]) == ("complete", None)
    assert done["first_factor_verification"]["strategy"] == "password"
    assert done["first_factor_verification"]["status"] == "verified"
    assert done["session"]["id"] == browser.session_id
    assert done["session"]["factor_verification_age"] == [0, -1]
    assert decode_token(done["session"]["last_active_token"]["jwt"])[1]["fva"] == [0, -1]
    assert browser.session["factor_verification_age"] == [0, -1]
    assert fva(browser) == [0, -1]
    browser.api.now += 3 * MINUTE
    assert fva(browser) == [3, -1]


def test_a_code_reverifies_the_session(browser: Browser) -> None:
    factor = verify(browser, level="first_factor")["supported_first_factors"][1]
    form = {"strategy": "email_code", "email_address_id": factor["email_address_id"]}
    prepared = verify(browser, "prepare_first_factor", **form)
    verification = prepared["first_factor_verification"]
    assert prepared["status"] == "needs_first_factor"
    assert (verification["status"], verification["attempts"]) == ("unverified", 0)
    assert verification["expire_at"] == browser.api.now + 10 * MINUTE
    code = read_code(browser.api, EMAIL)
    done = verify(browser, "attempt_first_factor", strategy="email_code", code=code)
    assert (done["status"], done["first_factor_verification"]["status"]) == ("complete", "verified")
    assert fva(browser) == [0, -1]
    spent = refuse(browser, "attempt_first_factor", strategy="email_code", code=code)
    assert spent == (400, "verification_already_verified", "code")


def test_an_address_need_not_be_named(browser: Browser) -> None:
    verify(browser, "prepare_first_factor", strategy="email_code")
    assert read_code(browser.api, EMAIL)


def test_a_code_to_a_number_reverifies_the_session(browser: Browser) -> None:
    browser.api.patch(CONFIG, {"authentication": {"phone_number": "optional"}})
    user = browser.api.new_user("b@example.com", phone_number=["+15555550100", "+491701234567"])
    other = Browser(browser.api)
    other.start_session(user["id"])
    strategies = [factor["strategy"] for factor in verify(other, level="first_factor")["supported_first_factors"]]
    assert strategies == ["email_code", "phone_code"]
    verify(other, "prepare_first_factor", strategy="phone_code")
    assert verify(other, "attempt_first_factor", strategy="phone_code", code="424242")["status"] == "complete"
    unreachable = next(one["id"] for one in user["phone_numbers"] if one["phone_number"].startswith("+49"))
    refused = refuse(other, "prepare_first_factor", strategy="phone_code", phone_number_id=unreachable)
    assert refused[:2] == (422, "phone_number_unreachable")


def test_a_wrong_factor_changes_nothing(browser: Browser) -> None:
    wrong = refuse(browser, "attempt_first_factor", strategy="password", password="not the password")
    assert wrong == (422, "form_password_incorrect", "password")
    verify(browser, "prepare_first_factor", strategy="email_code")
    code = "000000" if read_code(browser.api, EMAIL) != "000000" else "111111"
    assert refuse(browser, "attempt_first_factor", strategy="email_code", code=code) == (
        422,
        "form_code_incorrect",
        "code",
    )
    assert fva(browser) == [60, -1]


NO_STEPS: list[tuple[str, dict[str, str], tuple[int, str, str]]] = [
    ("", {}, (422, "form_param_missing", "level")),
    ("", {"level": "third_factor"}, (422, "form_param_value_invalid", "level")),
    ("prepare_first_factor", {}, (422, "form_param_missing", "strategy")),
    ("prepare_first_factor", {"strategy": "passkey"}, (422, "form_param_value_invalid", "strategy")),
    ("prepare_first_factor", {"strategy": "password"}, (422, "strategy_for_user_invalid", "strategy")),
    ("prepare_first_factor", {"strategy": "phone_code"}, (422, "strategy_for_user_invalid", "strategy")),
    (
        "prepare_first_factor",
        {"strategy": "email_code", "email_address_id": "idn_x"},
        (422, "strategy_for_user_invalid", "strategy"),
    ),
    ("attempt_first_factor", {}, (422, "form_param_missing", "strategy")),
    ("attempt_first_factor", {"strategy": "password"}, (422, "form_param_missing", "password")),
    ("attempt_first_factor", {"strategy": "email_code"}, (422, "form_param_missing", "code")),
    ("attempt_first_factor", {"strategy": "email_code", "code": "1"}, (400, "verification_missing", "code")),
    ("attempt_first_factor", {"strategy": "ticket", "ticket": "x"}, (422, "form_param_value_invalid", "strategy")),
    (
        "attempt_first_factor",
        {"strategy": "reset_password_email_code", "code": "1"},
        (422, "form_param_value_invalid", "strategy"),
    ),
    (
        "attempt_first_factor",
        {"strategy": "phone_code", "code": "424242"},
        (422, "strategy_for_user_invalid", "strategy"),
    ),
    ("prepare_second_factor", {"strategy": "phone_code"}, (422, "strategy_for_user_invalid", "strategy")),
    (
        "attempt_second_factor",
        {"strategy": "totp", "code": "123456"},
        (422, "strategy_for_user_invalid", "strategy"),
    ),
]
"""A step and its form, and what is told of it."""


def test_what_is_no_step_is_told(browser: Browser) -> None:
    for step, form, expected in NO_STEPS:
        assert refuse(browser, step, **form) == expected, (step, form)
    assert fva(browser) == [60, -1]


def test_S_025_a_session_of_another_browser_is_not_reverified(browser: Browser) -> None:
    other = Browser(browser.api)
    other.start_session(browser.api.new_user("eve@example.com", password=PASSWORD)["id"])
    form = {"strategy": "password", "password": PASSWORD}
    refused = other.refused("POST", path_of(browser, "attempt_first_factor"), form)
    assert refused[:2] == (404, "resource_not_found")


def test_A_006_the_code_of_one_session_does_not_reverify_another(browser: Browser) -> None:
    other = Browser(browser.api)
    other.start_session(browser.session["user"]["id"])
    verify(browser, "prepare_first_factor", strategy="email_code")
    code = read_code(browser.api, EMAIL)
    assert refuse(other, "attempt_first_factor", strategy="email_code", code=code)[1] == "verification_missing"
    browser.api.now += 1
    verify(other, "prepare_first_factor", strategy="email_code")
    assert refuse(other, "attempt_first_factor", strategy="email_code", code=code)[1] == "form_code_incorrect"


def test_A_001_one_of_many_at_once_spends_the_code(open_on_engine: Callable[[], Api]) -> None:
    browser = Browser(open_on_engine())
    browser.start_session(browser.api.new_user(EMAIL)["id"])
    verify(browser, "prepare_first_factor", strategy="email_code")
    form = {"strategy": "email_code", "code": read_code(browser.api, EMAIL)}
    path = path_of(browser, "attempt_first_factor")
    answers = browser.api.together(*(browser.ask("POST", path, form) for _ in range(20)))
    assert [answer.status_code for answer in answers].count(200) == 1


# ------------------------------------------------------------------------------------------------- what asks for it


def guarded(browser: Browser) -> list[tuple[str, str, dict[str, str]]]:
    """Everything that needs a recent factor, with a form that would succeed; the end of the account comes last."""
    email = browser.session["user"]["primary_email_address_id"]
    return [
        ("POST", "/me/email_addresses/", {"email_address": "b@example.com"}),
        ("POST", "/me/phone_numbers/", {"phone_number": "+15555550100"}),
        ("PATCH", "/me", {"username": "countess"}),
        ("POST", "/me/change_password", {"current_password": PASSWORD, "new_password": "another long one"}),
        ("POST", "/me/remove_password", {"current_password": "another long one"}),
        ("DELETE", f"/me/email_addresses/{email}", {}),
        ("DELETE", "/me", {}),
    ]


def test_A_031_without_a_recent_factor_nothing_that_guards_the_account_changes(strict: Browser) -> None:
    on = {"phone_number": "optional", "password": "optional"}
    strict.api.patch(CONFIG, {"authentication": on})
    for method, path, form in guarded(strict):
        assert strict.refused(method, path, form)[:2] == (403, "session_reverification_required"), path
    by_password(strict)
    strict.api.now += 10 * MINUTE - 1
    for method, path, form in guarded(strict)[:4]:
        assert strict.send(method, path, form).status_code == 200, path
    strict.api.now += 1
    for method, path, form in guarded(strict):
        refused = strict.refused(method, path, {**form, "username": "another"})
        assert refused[:2] == (403, "session_reverification_required"), path


def test_S_029_with_a_recent_factor_a_session_elsewhere_is_revoked(strict: Browser) -> None:
    other = Browser(strict.api)
    other.start_session(strict.session["user"]["id"])
    path = f"/me/sessions/{other.session_id}/revoke"
    assert strict.refused("POST", path)[:2] == (403, "session_reverification_required")
    other.token()
    by_password(strict)
    assert strict.post(path)["status"] == "revoked"
    assert other.refused("POST", f"/client/sessions/{other.session_id}/tokens").status == 401


def test_A_031_what_guards_nothing_needs_no_recent_factor(strict: Browser) -> None:
    user = strict.session["user"]
    form = {"first_name": "Grace", "username": "", "primary_email_address_id": user["primary_email_address_id"]}
    assert strict.patch("/me", form)["first_name"] == "Grace"
    strict.patch("/me/metadata", {"unsafe_metadata": {"a": 1}})


def test_A_031_with_a_recent_factor_the_current_password_is_not_asked_for(strict: Browser) -> None:
    """`PasswordForm` of @clerk/ui 1.36 shows no field for it where `auth_config.reverification` is on."""
    by_password(strict)
    form = {"new_password": "another long one", "current_password": "not the password"}
    assert strict.refused("POST", "/me/change_password", form).code == "form_password_incorrect"
    strict.post("/me/change_password", {"new_password": "another long one", "sign_out_of_other_sessions": True})
    Browser(strict.api).sign_in(EMAIL, "another long one")


def test_A_031_off_nothing_asks_for_it(browser: Browser) -> None:
    browser.post("/me/email_addresses/", {"email_address": "b@example.com"})


def test_S_030_a_sign_in_by_ticket_satisfies_no_step_up(strict: Browser) -> None:
    other = Browser(strict.api)
    other.start_session(strict.session["user"]["id"], strategy="ticket")
    assert fva(other) == [-1, -1]
    form = {"email_address": "b@example.com"}
    assert other.refused("POST", "/me/email_addresses/", form)[:2] == (403, "session_reverification_required")
    by_password(other)
    other.post("/me/email_addresses/", form)


def test_S_030_the_first_of_two_factors_satisfies_no_step_up(strict: Browser) -> None:
    strict.api.sql("UPDATE users SET two_factor_enabled = 1")
    assert verify(strict, level="second_factor")["status"] == "needs_second_factor"
    begun = verify(strict, level="multi_factor")
    assert (begun["status"], begun["level"]) == ("needs_first_factor", "multi_factor")
    assert by_password(strict)["status"] == "needs_second_factor"
    form = {"email_address": "b@example.com"}
    refused = strict.refused("POST", "/me/email_addresses/", form)
    assert refused[:2] == (403, "session_reverification_required")
