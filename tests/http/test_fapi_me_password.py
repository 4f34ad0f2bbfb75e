"""A user's own password: changed, set, removed; lockouts and other sessions (contract 4.7; cases S-019, A-012)."""

from collections.abc import Callable
from typing import Any

import pytest
from browser import Browser
from faces import CONFIG, Api

from claimsmith_server.services.instances import load_public_instance
from claimsmith_server.services.mail import list_kept_mails

PASSWORD = "correct horse battery"
NEXT = "a better horse battery"
EMAIL = "ada@example.com"
HOUR = 3600 * 1000
CHANGE = {"current_password": PASSWORD, "new_password": NEXT}


@pytest.fixture
def browser(api: Api) -> Browser:
    """A browser in which Ada is signed in."""
    user = api.new_user(EMAIL, password=PASSWORD)
    browser = Browser(api)
    browser.start_session(user["id"])
    return browser


def change(browser: Browser, **form: Any) -> Any:
    return browser.post("/me/change_password", {**CHANGE, **form})


def refuse_change(browser: Browser, **form: Any) -> tuple[int, str, str]:
    refused = browser.refused("POST", "/me/change_password", {**CHANGE, **form})
    return refused.status, refused.code, refused.meta.get("param_name", "")


def mails(api: Api) -> list[tuple[str, str]]:
    instance = api.run(load_public_instance(api.service))
    return [(mail.to, mail.kind) for mail in api.run(list_kept_mails(api.service, instance))]


def test_a_password_is_changed_and_told_by_mail(browser: Browser) -> None:
    browser.api.now += 5000
    changed = change(browser)
    assert changed["password_last_updated_at"] == browser.api.now
    assert browser.session["user"] == changed
    assert mails(browser.api) == [(EMAIL, "password_changed")]
    other = Browser(browser.api)
    form = {"identifier": EMAIL, "password": PASSWORD}
    assert other.refused("POST", "/client/sign_ins", form).code == "form_password_incorrect"
    other.sign_in(EMAIL, NEXT)


BAD: list[tuple[dict[str, str], tuple[int, str, str]]] = [
    ({"current_password": ""}, (422, "form_param_missing", "current_password")),
    ({"current_password": PASSWORD + " "}, (422, "form_password_incorrect", "current_password")),
    ({"current_password": PASSWORD.upper()}, (422, "form_password_incorrect", "current_password")),
    ({"new_password": ""}, (422, "form_param_missing", "new_password")),
    ({"new_password": "1234567"}, (422, "form_password_length_too_short", "new_password")),
    ({"new_password": "x" * 129}, (422, "form_password_length_too_long", "new_password")),
    ({"new_password": "password1"}, (422, "form_password_pwned", "new_password")),
    ({"new_password": EMAIL}, (422, "form_password_pwned", "new_password")),
]


def test_a_bad_password_is_told_by_its_field(browser: Browser) -> None:
    for form, expected in BAD:
        assert refuse_change(browser, **form) == expected
    assert mails(browser.api) == []
    Browser(browser.api).sign_in(EMAIL, PASSWORD)


def test_S_019_other_sessions_are_dead_when_it_is_answered_and_ones_own_lives(browser: Browser) -> None:
    api = browser.api
    user_id = browser.session["user"]["id"]
    others = [Browser(api) for _ in range(3)]
    for other in others:
        other.start_session(user_id)
    stranger = Browser(api)
    stranger.start_session(api.new_user("eve@example.com")["id"])
    change(browser, sign_out_of_other_sessions=True)
    for other in others:
        assert other.refused("POST", f"/client/sessions/{other.session_id}/tokens").status == 401
        assert api.refused("POST", f"/sessions/{other.session_id}/tokens").status == 401
        before = other.client["updated_at"]
        after = other.get("/client")
        assert (after["sessions"], after["last_active_session_id"]) == ([], None)
        assert after["updated_at"] >= before
    browser.token()
    stranger.token()


def test_without_being_asked_to_it_leaves_other_sessions_alone(browser: Browser) -> None:
    other = Browser(browser.api)
    other.start_session(browser.session["user"]["id"])
    change(browser, sign_out_of_other_sessions=False)
    other.token()


def test_A_012_wrong_passwords_here_count_with_those_at_sign_in(browser: Browser) -> None:
    api = browser.api
    stranger = Browser(api)
    wrong = {"identifier": EMAIL, "password": "not the password"}
    session = f"/client/sessions/{browser.session_id}/verify/attempt_first_factor"
    for _ in range(3):
        assert refuse_change(browser, current_password="not the password")[1] == "form_password_incorrect"
        assert stranger.refused("POST", "/client/sign_ins", wrong).code == "form_password_incorrect"
        form = {"strategy": "password", "password": "not the password"}
        assert browser.refused("POST", session, form).code == "form_password_incorrect"
    assert refuse_change(browser, current_password="not the password")[:2] == (403, "user_locked")
    assert refuse_change(browser)[:2] == (403, "user_locked")
    assert browser.refused("POST", session, {"strategy": "password", "password": PASSWORD}).code == "user_locked"
    assert stranger.refused("POST", "/client/sign_ins", {**wrong, "password": PASSWORD}).code == "user_locked"
    browser.token()  # the session that the user has is unaffected (case A-013)
    api.now += HOUR
    change(browser)


def test_A_010_of_many_guesses_at_once_ten_are_evaluated(browser: Browser) -> None:
    form = {"current_password": "not the password", "new_password": NEXT}
    answers = browser.api.together(*(browser.ask("POST", "/me/change_password", form) for _ in range(16)))
    codes = [answer.json()["errors"][0]["code"] for answer in answers]
    assert codes.count("form_password_incorrect") == 9
    assert codes.count("user_locked") == 7


def test_a_right_password_forgives_the_wrong_ones(browser: Browser) -> None:
    for _ in range(9):
        refuse_change(browser, current_password="not the password")
    change(browser)
    assert refuse_change(browser, current_password="not the password")[1] == "form_password_incorrect"


def test_of_two_changes_at_once_one_is_told_that_its_password_is_old(open_on_engine: Callable[[], Api]) -> None:
    browser = Browser(open_on_engine())
    browser.start_session(browser.api.new_user(EMAIL, password=PASSWORD)["id"])
    asked = [{**CHANGE, "new_password": f"{NEXT} {number}"} for number in range(2)]
    answers = browser.api.together(*(browser.ask("POST", "/me/change_password", form) for form in asked))
    assert sorted(answer.status_code for answer in answers) == [200, 422]
    winner = next(form for form, answer in zip(asked, answers, strict=True) if answer.status_code == 200)
    Browser(browser.api).sign_in(EMAIL, winner["new_password"])


def test_who_has_no_password_sets_one(api: Api) -> None:
    user = api.new_user(EMAIL)
    browser = Browser(api)
    browser.start_session(user["id"])
    assert browser.get("/me")["password_enabled"] is False
    changed = browser.post("/me/change_password", {"new_password": NEXT, "sign_out_of_other_sessions": True})
    assert changed["password_enabled"] is True
    Browser(api).sign_in(EMAIL, NEXT)


def test_where_passwords_are_off_none_is_set(browser: Browser) -> None:
    browser.api.patch(CONFIG, {"authentication": {"password": "off"}})
    assert refuse_change(browser) == (422, "form_param_unknown", "new_password")


def test_A_014_attempts_of_one_address_are_limited(browser: Browser) -> None:
    browser.address = "203.0.113.7"
    for _ in range(3):
        refuse_change(browser, current_password="not the password")
    answer = browser.send("POST", "/me/change_password", CHANGE)
    assert browser.read_refusal(answer)[:2] == (429, "too_many_requests")
    assert int(answer.headers["retry-after"]) in range(1, 11)


# ------------------------------------------------------------------------------------------------------------ removing


def test_a_password_goes_where_codes_sign_in(browser: Browser) -> None:
    api = browser.api
    api.patch(CONFIG, {"authentication": {"password": "optional"}})
    wrong = {"current_password": "not the password"}
    assert browser.refused("POST", "/me/remove_password", wrong).code == "form_password_incorrect"
    assert browser.refused("POST", "/me/remove_password", {}).code == "form_param_missing"
    removed = browser.post("/me/remove_password", {"current_password": PASSWORD})
    assert (removed["password_enabled"], removed["password_last_updated_at"]) == (False, None)
    assert mails(api) == [(EMAIL, "password_changed")]
    assert browser.refused("POST", "/me/remove_password", {"current_password": PASSWORD})[:2] == (
        400,
        "no_password_set",
    )


def test_a_password_that_everybody_needs_stays(browser: Browser) -> None:
    form = {"current_password": PASSWORD}
    assert browser.refused("POST", "/me/remove_password", form)[:2] == (400, "password_required")


def test_a_password_that_is_the_only_factor_stays(browser: Browser) -> None:
    api = browser.api
    api.patch(CONFIG, {"authentication": {"password": "optional", "username": "optional"}})
    user = api.post("/users", {"username": "no_address", "password": PASSWORD})
    other = Browser(api)
    other.start_session(user["id"])
    refused = other.refused("POST", "/me/remove_password", {"current_password": PASSWORD})
    assert refused[:2] == (400, "last_identification_deletion_failed")
    assert other.get("/me")["password_enabled"] is True
