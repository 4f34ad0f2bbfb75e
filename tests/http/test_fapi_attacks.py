"""Attacks on accounts through the Frontend API: guesses beyond their budget, races, what outlives its reason."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import signing_up
from browser import Browser, read_code
from faces import Api
from signing_in import (
    EMAIL,
    HOUR,
    PASSWORD,
    attempt,
    begin,
    change_user,
    give_ticket,
    prepare,
    reset_code,
    stored_user,
)
from sqlalchemy import text

from claimsmith_server.store.database import Tx

ATTEMPTS = "/client/sign_ins"
COMPARED = ("form_code_incorrect", "verification_failed")


@pytest.fixture
def user(api: Api) -> Any:
    return api.new_user(EMAIL, password=PASSWORD)


@pytest.fixture
def on_engine(open_on_engine: Callable[[], Api]) -> Api:
    return open_on_engine()


def tell_code(answer: Any) -> str:
    """What an answer comes down to."""
    return "won" if answer.status_code == 200 else str(answer.json()["errors"][0]["code"])


def count(api: Api, statement: str) -> int:
    """The only number of a statement, on any engine."""

    async def work(tx: Tx) -> int:
        row = await tx.one(text(statement))
        return int(row[0]) if row else 0

    return api.run(api.service.database.transact(work))


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


# ------------------------------------------------------------------------------------------------- budgets of guesses


def test_A_005_right_codes_are_no_guesses_so_that_nobody_is_refused_for_signing_in_often(api: Api, user: Any) -> None:
    for _ in range(12):
        api.now += 31_000
        browser = Browser(api)
        made = begin(browser, strategy="email_code")
        assert attempt(browser, made, "email_code", code=read_code(api, EMAIL))["status"] == "complete"


def test_A_005_wrong_codes_stay_counted_when_the_right_one_follows(api: Api, user: Any) -> None:
    for _ in range(2):
        change_user(api, user["id"], failed_attempts=0, lockout_expires_at=None)
        browser = Browser(api)
        made = begin(browser, strategy="email_code")
        code = read_code(api, EMAIL)
        path = f"{ATTEMPTS}/{made['id']}/attempt_first_factor"
        for _ in range(4):
            assert browser.refused("POST", path, {"strategy": "email_code", "code": wrong(code)}).code in COMPARED
        attempt(browser, made, "email_code", code=code)
        browser.delete("/client/sessions")
        api.now += 31_000
    browser = Browser(api)
    made = begin(browser, strategy="email_code")
    path = f"{ATTEMPTS}/{made['id']}/attempt_first_factor"
    form = {"strategy": "email_code", "code": wrong(read_code(api, EMAIL))}
    told = [browser.refused("POST", path, form).code for _ in range(3)]
    assert told == ["form_code_incorrect", "form_code_incorrect", "too_many_requests"]


def test_A_005_of_sixty_guesses_at_once_of_twenty_codes_for_one_address_ten_are_compared(on_engine: Api) -> None:
    begun = []
    for _ in range(20):
        browser = Browser(on_engine)
        made = signing_up.begin(browser)
        signing_up.prepare(browser, made)
        begun.append((browser, signing_up.attempt_path(made)))
    form = {"strategy": "email_code", "code": "000000"}
    asked = [browser.ask("POST", path, form) for browser, path in begun for _ in range(3)]
    told = Counter(tell_code(answer) for answer in on_engine.together(*asked))
    assert sum(told[code] for code in COMPARED) <= 10
    assert told["too_many_requests"] >= 40


def test_A_011_an_address_has_one_budget_of_guesses_however_it_is_spelt_and_by_whom(api: Api) -> None:
    browser = Browser(api)
    browser.start_session(api.new_user("eve@example.com")["id"])
    compared = 0
    for spelling in ("victim@example.net", "Victim@example.net", "vIctim@Example.NET"):
        made = browser.post("/me/email_addresses", {"email_address": spelling})
        path = f"/me/email_addresses/{made['id']}"
        for _ in range(2):
            api.now += 31_000
            browser.send("POST", f"{path}/prepare_verification", {"strategy": "email_code"})
            for _ in range(5):
                refused = browser.refused("POST", f"{path}/attempt_verification", {"code": "000000"})
                compared += refused.code in COMPARED
        browser.delete(path)
    assert compared <= 10


def test_A_014_codes_of_a_sign_up_are_not_sent_faster_than_an_address_may_ask(api: Api) -> None:
    browser = Browser(api, address="10.9.9.9")
    made = signing_up.begin(browser)
    path = f"/client/sign_ups/{made['id']}/prepare_verification"
    told = Counter(browser.send("POST", path, {"strategy": "email_code"}).status_code for _ in range(12))
    assert told == {200: 4, 429: 8}


@pytest.mark.parametrize("path", ["/client", "/dev_browser"])
def test_D_013_an_address_can_not_make_rows_without_end(api: Api, path: str) -> None:
    told = set()
    for _ in range(150):
        browser = Browser(api, cookies_only=True, origin=None, address="10.9.9.9")
        told.add(api.run(browser.ask("POST", path)).status_code)
    assert 429 in told


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "X_Forwarded_For", "True-Client-IP"])
def test_C_009_a_header_buys_no_more_attempts(api: Api, user: Any, header: str) -> None:
    browser = Browser(api, address="10.9.9.9")
    codes = []
    for number in range(6):
        headers = {header: f"192.0.2.{number}"}
        codes.append(
            browser.refused("POST", ATTEMPTS, {"identifier": EMAIL, "password": "wrong"}, headers=headers).code
        )
    assert codes == ["form_password_incorrect"] * 3 + ["too_many_requests"] * 3


@pytest.mark.parametrize("path", ["//client//sign_ins", "/client/sign_ins/", "/client/sign_ins?x=1"])
def test_A_014_another_spelling_of_the_path_buys_no_more_attempts(api: Api, user: Any, path: str) -> None:
    browser = Browser(api, address="10.9.9.9")
    form = {"identifier": EMAIL, "password": "wrong"}
    assert {browser.refused("POST", ATTEMPTS, form).code for _ in range(3)} == {"form_password_incorrect"}
    answer = api.run(browser.ask("POST", path, form))
    assert answer.status_code in {404, 429}


def test_A_012_guesses_at_every_door_share_one_count(api: Api, user: Any) -> None:
    inside = Browser(api)
    inside.sign_in(EMAIL, PASSWORD)
    verify = f"/client/sessions/{inside.session_id}/verify/attempt_first_factor"
    doors: list[tuple[str, dict[str, str]]] = [
        (verify, {"strategy": "password", "password": "wrong"}),
        ("/me/change_password", {"current_password": "wrong", "new_password": "new horse battery"}),
    ]
    outside = Browser(api)
    for number in range(5):
        door, form = doors[number % 2]
        assert inside.refused("POST", door, form).code == "form_password_incorrect"
        told = outside.refused("POST", ATTEMPTS, {"identifier": EMAIL, "password": "wrong"}).code
        assert told == ("user_locked" if number == 4 else "form_password_incorrect")
    assert outside.refused("POST", ATTEMPTS, {"identifier": EMAIL, "password": PASSWORD}).code == "user_locked"
    assert inside.token(), "A-013: who is signed in stays signed in"
    assert stored_user(api, user["id"]).failed_attempts == 10


# ------------------------------------------------------------------------------------------------ what outlives what


def test_a_reset_that_waits_is_void_once_the_user_chose_another_password(api: Api, user: Any) -> None:
    thief = Browser(api)
    waiting = reset_code(thief)
    api.now += 60_000
    victim = Browser(api)
    victim.sign_in(EMAIL, PASSWORD)
    form = {"current_password": PASSWORD, "new_password": "another horse battery", "sign_out_of_other_sessions": "true"}
    victim.post("/me/change_password", form)
    api.now += 1000
    refused = thief.refused("POST", f"{ATTEMPTS}/{waiting['id']}/reset_password", {"password": "thieves horse battery"})
    assert refused.code == "client_state_invalid"
    Browser(api).sign_in(EMAIL, "another horse battery")


def test_S_002_a_reset_that_signs_out_elsewhere_leaves_no_browser_with_a_dead_session(api: Api, user: Any) -> None:
    other = Browser(api)
    other.sign_in(EMAIL, PASSWORD)
    browser = Browser(api)
    waiting = reset_code(browser)
    api.now += 1000
    form = {"password": "another horse battery", "sign_out_of_other_sessions": "true"}
    browser.post(f"{ATTEMPTS}/{waiting['id']}/reset_password", form)
    before = other.client["updated_at"]
    seen = other.get("/client")
    assert (seen["sessions"], seen["last_active_session_id"]) == ([], None)
    assert seen["updated_at"] > before


def test_A_006_a_reset_that_waits_is_nobody_elses(api: Api, user: Any) -> None:
    waiting = reset_code(Browser(api))
    other = Browser(api)
    other.post("/client")
    path = f"{ATTEMPTS}/{waiting['id']}"
    assert other.refused("POST", f"{path}/reset_password", {"password": "thieves horse battery"}).status == 404
    assert other.refused("GET", path).status == 404


@pytest.mark.parametrize("changes", [{"banned": True}, {"locked": True}])
@pytest.mark.parametrize("way", ["password", "email_code", "ticket", "reset"])
def test_S_018_nobody_who_was_banned_or_locked_meanwhile_finishes_a_sign_in(
    api: Api, user: Any, way: str, changes: dict[str, bool]
) -> None:
    browser = Browser(api)
    made = reset_code(browser) if way == "reset" else begin(browser)
    form = {"strategy": way, "password": PASSWORD}
    if way == "email_code":
        prepare(browser, made, way)
        form["code"] = read_code(api, EMAIL)
    elif way == "ticket":
        form["ticket"] = give_ticket(api, user["id"])
    change_user(api, user["id"], **changes)
    verb = "reset_password" if way == "reset" else "attempt_first_factor"
    refused = browser.refused("POST", f"{ATTEMPTS}/{made['id']}/{verb}", {**form, "password": PASSWORD})
    assert refused.code == ("user_banned" if "banned" in changes else "user_locked")
    assert count(api, "SELECT count(*) FROM sessions") == 0


def test_a_sign_in_that_is_complete_does_nothing_more(api: Api, user: Any) -> None:
    browser = Browser(api)
    made = begin(browser)
    attempt(browser, made, "password", password=PASSWORD)
    browser.delete("/client/sessions")
    path = f"{ATTEMPTS}/{made['id']}"
    for verb, form in (
        ("attempt_first_factor", {"strategy": "password", "password": PASSWORD}),
        ("attempt_first_factor", {"strategy": "ticket", "ticket": give_ticket(api, user["id"])}),
        ("prepare_first_factor", {"strategy": "email_code"}),
        ("reset_password", {"password": "another horse battery"}),
    ):
        assert browser.refused("POST", f"{path}/{verb}", form).code == "client_state_invalid"
    assert browser.get("/client")["sessions"] == []


def test_who_uses_a_browser_after_somebody_signed_out_is_not_told_whose_session_it_was(api: Api, user: Any) -> None:
    browser = Browser(api)
    session_id = browser.sign_in(EMAIL, PASSWORD)
    browser.delete("/client/sessions")
    answer = browser.send("GET", f"/client/sessions/{session_id}")
    assert answer.status_code == 401
    assert EMAIL not in answer.text


# -------------------------------------------------------------------------------------------------------------- races


def test_where_one_session_is_allowed_sign_ins_of_several_users_at_once_leave_one(on_engine: Api) -> None:
    browser = Browser(on_engine)
    browser.post("/client")
    people = [on_engine.new_user(f"user{number}@example.com")["id"] for number in range(6)]
    forms = [{"strategy": "ticket", "ticket": give_ticket(on_engine, person)} for person in people]
    told = Counter(
        tell_code(answer) for answer in on_engine.together(*(browser.ask("POST", ATTEMPTS, form) for form in forms))
    )
    assert set(told) <= {"won", "session_exists", "service_unavailable"}
    assert count(on_engine, "SELECT count(*) FROM sessions WHERE status = 'active'") == 1


def test_first_sign_ins_of_one_browser_at_once_leave_no_session_behind_that_it_does_not_know(on_engine: Api) -> None:
    person = on_engine.new_user(EMAIL)["id"]
    browser = Browser(on_engine)
    forms = [{"strategy": "ticket", "ticket": give_ticket(on_engine, person)} for _ in range(6)]
    on_engine.together(*(browser.ask("POST", ATTEMPTS, form) for form in forms))
    assert count(on_engine, "SELECT count(*) FROM clients") == 1
    assert count(on_engine, "SELECT count(*) FROM sessions WHERE status = 'active'") == 1
    assert len(browser.get("/client")["sessions"]) == 1


def test_A_007_a_code_ends_to_the_millisecond(api: Api, user: Any) -> None:
    for late, code in ((0, None), (1, "verification_expired")):
        browser = Browser(api)
        made = begin(browser, strategy="email_code")
        form = {"strategy": "email_code", "code": read_code(api, EMAIL)}
        api.now += 10 * 60 * 1000 - 1 + late
        answer = browser.send("POST", f"{ATTEMPTS}/{made['id']}/attempt_first_factor", form)
        assert tell_code(answer) == (code or "won")
        api.now += HOUR
