"""Sign-ups at once: one user an address, one success a code, one member an invitation (cases A-001, A-002, Z-013)."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from browser import Browser
from faces import CONFIG, Api
from signing_up import PASSWORD, TEST_CODE, TEST_EMAIL, attempt_path, begin, invite, list_users, prepare

CODE = {"strategy": "email_code", "code": TEST_CODE}


@pytest.fixture
def on_engine(open_on_engine: Callable[[], Api]) -> Api:
    """A service on SQLite and on PostgreSQL."""
    return open_on_engine()


def outcomes(answers: list[Any]) -> Counter[str]:
    """How many answers succeeded, and how many failed with which code."""
    return Counter(_outcome(answer) for answer in answers)


def _outcome(answer: Any) -> str:
    assert isinstance(answer, httpx.Response), answer
    return "ok" if answer.status_code == 200 else str(answer.json()["errors"][0]["code"])


def test_Z_013_of_several_sign_ups_for_one_address_at_once_one_makes_the_user(on_engine: Api) -> None:
    browsers = [Browser(on_engine) for _ in range(6)]
    begun = []
    for browser in browsers:
        made = begin(browser, TEST_EMAIL)
        prepare(browser, made)
        begun.append(made)
    asked = (browser.ask("POST", attempt_path(made), CODE) for browser, made in zip(browsers, begun, strict=True))
    assert outcomes(on_engine.together(*asked)) == {"ok": 1, "form_identifier_exists": 5}
    assert len(list_users(on_engine, TEST_EMAIL)) == 1
    signed_in = [browser for browser in browsers if browser.get("/client")["sessions"]]
    assert len(signed_in) == 1


def test_Z_013_of_several_sign_ups_for_one_username_at_once_one_makes_the_user(on_engine: Api) -> None:
    on_engine.patch(CONFIG, {"authentication": {"email_address": "off", "username": "required"}})
    form = {"username": "mary_s", "password": PASSWORD}
    asked = (Browser(on_engine).ask("POST", "/client/sign_ups", form) for _ in range(6))
    assert outcomes(on_engine.together(*asked)) == {"ok": 1, "form_identifier_exists": 5}
    assert on_engine.get("/users/count")["total_count"] == 1


def test_A_001_one_code_fifty_times_at_once_makes_one_user_and_one_session(on_engine: Api) -> None:
    browser = Browser(on_engine)
    made = begin(browser, TEST_EMAIL)
    prepare(browser, made)
    told = outcomes(on_engine.together(*(browser.ask("POST", attempt_path(made), CODE) for _ in range(50))))
    assert told["ok"] == 1
    assert set(told) <= {"ok", "verification_already_verified", "verification_failed", "service_unavailable"}
    (user,) = list_users(on_engine, TEST_EMAIL)
    assert len(on_engine.get("/sessions", params={"user_id": user["id"]})) == 1


def test_A_002_one_invitation_at_once_from_several_browsers_makes_one_member(on_engine: Api) -> None:
    organization_id, ticket = invite(on_engine, TEST_EMAIL)
    form = {"ticket": ticket, "password": PASSWORD}
    told = outcomes(on_engine.together(*(Browser(on_engine).ask("POST", "/client/sign_ups", form) for _ in range(6))))
    assert told["ok"] == 1
    assert set(told) <= {"ok", "form_identifier_exists", "ticket_invalid"}
    assert len(list_users(on_engine, TEST_EMAIL)) == 1
    assert organization_id


def test_a_change_and_the_code_at_once_never_verify_the_changed_address(on_engine: Api) -> None:
    for _ in range(5):
        browser = Browser(on_engine)
        made = browser.post("/client/sign_ups", {"email_address": TEST_EMAIL})
        prepare(browser, made)
        path = f"/client/sign_ups/{made['id']}"
        on_engine.together(
            browser.ask("POST", attempt_path(made), CODE),
            browser.ask("PATCH", path, {"email_address": "victim@example.com"}),
        )
        after = browser.get(path)
        is_verified = after["verifications"]["email_address"]["status"] == "verified"
        assert is_verified == (after["email_address"] == TEST_EMAIL)
