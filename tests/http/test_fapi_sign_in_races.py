"""Sign-ins that race, in one process on both engines: what is single-use is used once, what is counted is counted."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from browser import Browser, read_code
from faces import Api
from signing_in import EMAIL, PASSWORD, begin, change_user, give_ticket, reset_code, stored_user

from claimsmith_server.core.errors import ServiceError
from claimsmith_server.services.callers import Caller, Credentials, load_caller
from claimsmith_server.services.first_factors import check_password
from claimsmith_server.services.instances import load_public_instance
from claimsmith_server.services.sign_ins.factors import first_factor_step
from claimsmith_server.services.sign_ins.steps import Step, take_step
from claimsmith_server.services.sign_ins.view import require_sign_in
from claimsmith_server.store.sessions import list_live_sessions
from claimsmith_server.store.verifications import load_latest_verification

ATTEMPTS = "/client/sign_ins"
LOST = {
    "verification_already_verified",
    "verification_failed",
    "client_state_invalid",
    "session_exists",
    "user_locked",
    "ticket_invalid",
}
"""What those who come second may be told."""


@pytest.fixture
def api(open_on_engine: Callable[[], Api]) -> Api:
    """A service on each engine with one user, `EMAIL` and `PASSWORD`."""
    opened = open_on_engine()
    opened.new_user(EMAIL, password=PASSWORD)
    return opened


def user_id(api: Api) -> str:
    made: str = api.get("/users")[0]["id"]
    return made


def count_sessions(api: Api) -> int:
    instance_id = api.tenants[0].instance.id
    work = list_live_sessions(api.service.database, instance_id, now=api.now, user_id=user_id(api))
    return len(api.run(work))


def race(api: Api, browsers: list[Browser], path: str, form: dict[str, Any]) -> Counter[str]:
    """How often each code was answered, `won` for a success; anything but 200 and clean refusals fails.

    Who found every connection of the database taken was told so and is left out: the pool is bounded.
    """
    answers = api.together(*(browser.ask("POST", path, form) for browser in browsers))
    told = Counter(read_outcome(answer) for answer in answers)
    del told["service_unavailable"]
    assert told
    return told


def read_outcome(answer: httpx.Response | BaseException) -> str:
    assert isinstance(answer, httpx.Response), repr(answer)
    if answer.status_code == 200:
        return "won"
    assert 400 <= answer.status_code < 500 or "retry-after" in answer.headers, answer.text
    code: str = answer.json()["errors"][0]["code"]
    return code


def test_A_001_of_fifty_requests_with_one_code_one_signs_in(api: Api) -> None:
    browser = Browser(api)
    made = begin(browser, strategy="email_code")
    form = {"strategy": "email_code", "code": read_code(api, EMAIL)}
    told = race(api, [browser] * 50, f"{ATTEMPTS}/{made['id']}/attempt_first_factor", form)
    assert told["won"] == 1
    assert set(told) <= {"won"} | LOST
    assert count_sessions(api) == 1


def test_A_001_of_two_requests_with_one_code_one_signs_in_and_nobody_is_locked_out(api: Api) -> None:
    browser = Browser(api)
    made = begin(browser, strategy="email_code")
    form = {"strategy": "email_code", "code": read_code(api, EMAIL)}
    told = race(api, [browser] * 2, f"{ATTEMPTS}/{made['id']}/attempt_first_factor", form)
    assert told["won"] == 1
    assert set(told) <= {"won"} | LOST - {"user_locked"}
    assert stored_user(api, user_id(api)).failed_attempts <= 1


def test_A_002_of_fifty_browsers_with_one_ticket_one_signs_in(api: Api) -> None:
    ticket = give_ticket(api, user_id(api))
    browsers = [Browser(api) for _ in range(50)]
    told = race(api, browsers, ATTEMPTS, {"strategy": "ticket", "ticket": ticket})
    assert told["won"] == 1
    assert set(told) == {"won", "ticket_invalid"}
    assert count_sessions(api) == 1


def test_A_002_a_reset_code_and_its_reset_happen_once(api: Api) -> None:
    browser = Browser(api)
    made = begin(browser, strategy="reset_password_email_code")
    form = {"strategy": "reset_password_email_code", "code": read_code(api, EMAIL)}
    path = f"{ATTEMPTS}/{made['id']}"
    told = race(api, [browser] * 8, f"{path}/attempt_first_factor", form)
    assert told["won"] == 1
    assert set(told) <= {"won"} | LOST
    passwords = [f"new horse battery {number}" for number in range(6)]
    answers = api.together(*(browser.ask("POST", f"{path}/reset_password", {"password": one}) for one in passwords))
    outcomes = [read_outcome(answer) for answer in answers]
    assert Counter(outcomes)["won"] == 1
    assert set(outcomes) <= {"won", "service_unavailable"} | LOST
    assert count_sessions(api) == 1
    Browser(api).sign_in(EMAIL, passwords[outcomes.index("won")])


def test_A_004_of_a_hundred_guesses_at_once_five_are_compared(api: Api) -> None:
    browser = Browser(api)
    made = begin(browser, strategy="email_code")
    code = read_code(api, EMAIL)
    wrong = f"{(int(code) + 1) % 10**6:06}"
    path = f"{ATTEMPTS}/{made['id']}/attempt_first_factor"
    told = race(api, [browser] * 100, path, {"strategy": "email_code", "code": wrong})
    assert told["form_code_incorrect"] <= 4
    assert set(told) <= {"form_code_incorrect", "verification_failed", "user_locked"}
    change_user(api, user_id(api), failed_attempts=0, lockout_expires_at=None)
    assert race(api, [browser], path, {"strategy": "email_code", "code": code}) == {"verification_failed": 1}
    instance_id = api.tenants[0].instance.id
    work = load_latest_verification(api.service.database, instance_id, made["id"], "first_factor")
    verification = api.run(work)
    assert verification is not None
    assert verification.attempts == 5


def test_A_010_of_two_hundred_passwords_at_once_ten_are_compared(api: Api) -> None:
    browser = Browser(api)
    made = begin(browser)
    path = f"{ATTEMPTS}/{made['id']}/attempt_first_factor"
    told = race(api, [browser] * 200, path, {"strategy": "password", "password": "wrong"})
    assert told["form_password_incorrect"] <= 9
    assert set(told) <= {"form_password_incorrect", "user_locked"}
    assert stored_user(api, user_id(api)).failed_attempts == 10
    assert race(api, [browser], path, {"strategy": "password", "password": PASSWORD}) == {"user_locked": 1}


def test_A_010_after_nine_wrong_passwords_one_more_is_compared(api: Api) -> None:
    change_user(api, user_id(api), failed_attempts=9)
    browser = Browser(api)
    made = begin(browser)
    path = f"{ATTEMPTS}/{made['id']}/attempt_first_factor"
    assert set(race(api, [browser] * 50, path, {"strategy": "password", "password": "wrong"})) == {"user_locked"}
    assert stored_user(api, user_id(api)).failed_attempts == 10


def test_first_attempts_of_one_browser_share_one_client(api: Api) -> None:
    browser = Browser(api)
    assert set(race(api, [browser] * 10, ATTEMPTS, {"identifier": EMAIL})) == {"won"}
    assert browser.get("/client")["sign_in"]["identifier"] == EMAIL
    reset_code(browser)


# ------------------------------------------------------------------------------- between a check and what it allows


def check_first(api: Api, browser: Browser) -> tuple[Caller, Step]:
    """A right password that was checked and not used yet."""
    made = begin(browser)
    service = api.service
    instance = api.run(load_public_instance(service))
    caller = api.run(load_caller(service, instance, Credentials(dev_browser=browser.dev_browser)))
    user = stored_user(api, user_id(api))
    proof = api.run(check_password(service, user, PASSWORD))
    sign_in = api.run(require_sign_in(service, caller, made["id"]))
    return caller, first_factor_step(sign_in, user, proof, api.now)


@pytest.mark.parametrize("two_factor_enabled", [False, True])
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"password_digest": "{argon2id}$another"}, "form_password_incorrect"),
        ({"banned": True}, "user_banned"),
        ({"locked": True}, "user_locked"),
    ],
)
def test_what_changes_between_the_check_and_the_session_counts(
    api: Api, changes: dict[str, Any], code: str, *, two_factor_enabled: bool
) -> None:
    change_user(api, user_id(api), two_factor_enabled=two_factor_enabled)
    caller, step = check_first(api, Browser(api))
    change_user(api, user_id(api), **changes)
    with pytest.raises(ServiceError) as refused:
        api.run(take_step(api.service, caller, step))
    assert refused.value.items[0].code == code
    assert count_sessions(api) == 0
    assert (stored_user(api, user_id(api)).password_digest == "{argon2id}$another") == ("password_digest" in changes)


def test_a_right_password_that_nothing_came_between_starts_a_session(api: Api) -> None:
    caller, step = check_first(api, Browser(api))
    assert api.run(take_step(api.service, caller, step)).view.sign_in.status == "complete"
    assert count_sessions(api) == 1
    with pytest.raises(ServiceError) as refused:  # the same step again
        api.run(take_step(api.service, caller, step))
    assert refused.value.items[0].code == "client_state_invalid"
    assert count_sessions(api) == 1
