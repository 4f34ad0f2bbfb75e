"""Users banned, locked, deleted; passwords checked and removed: what becomes of sessions and clients (S-018, A-009)."""

from typing import Any

import pytest
from browser import Browser, open_live
from faces import Api, Open, Refused, read_refusal
from token_parts import decode_token

PASSWORD = "correct horse battery"
HOUR = 3600 * 1000
SIGNED_OUT = (401, "authentication_invalid")
MARKS = ["ban", "lock"]


def mark(api: Api, user_id: str, what: str) -> Any:
    return api.post(f"/users/{user_id}/{what}")


def two_browsers(api: Api) -> tuple[str, list[Browser], str]:
    """A user with sessions in two browsers and one of the Backend API."""
    user_id = api.new_user()["id"]
    browsers = [Browser(api), Browser(api)]
    for browser in browsers:
        browser.start_session(user_id)
        browser.token()
    return user_id, browsers, api.new_session(user_id)


# ------------------------------------------------------------------------------------------------------ bans and locks
@pytest.mark.parametrize(("what", "field"), [("ban", "banned"), ("lock", "locked")])
def test_S_018_a_ban_and_a_lock_end_every_session_at_once(api: Api, what: str, field: str) -> None:
    user_id, browsers, own = two_browsers(api)
    tokens = [browser.session_id for browser in browsers]
    api.now += 1000
    told = mark(api, user_id, what)
    assert told["id"] == user_id
    assert told[field] is True
    for session_id in (*tokens, own):
        assert api.get(f"/sessions/{session_id}")["status"] == "revoked"
        assert api.refused("POST", f"/sessions/{session_id}/tokens")[0] == 401
    for browser, session_id in zip(browsers, tokens, strict=True):
        assert browser.refused("POST", f"/client/sessions/{session_id}/tokens")[:2] == SIGNED_OUT
        assert browser.refused("GET", "/me/sessions/active")[:2] == SIGNED_OUT
        client = browser.get("/client")
        assert client["sessions"] == []
        assert client["last_active_session_id"] is None


@pytest.mark.parametrize(("what", "undo"), [("ban", "unban"), ("lock", "unlock")])
def test_S_018_what_a_ban_ended_stays_ended_and_the_user_signs_in_anew(api: Api, what: str, undo: str) -> None:
    user_id, browsers, own = two_browsers(api)
    api.patch(f"/users/{user_id}", {"password": PASSWORD})
    mark(api, user_id, what)
    form = {"identifier": "ada@example.com", "password": PASSWORD}
    refused = browsers[0].refused("POST", "/client/sign_ins", form)
    assert refused[:2] == (403, {"ban": "user_banned", "lock": "user_locked"}[what])
    told = mark(api, user_id, undo)
    assert (told["banned"], told["locked"]) == (False, False)
    assert api.refused("POST", f"/sessions/{own}/tokens")[:2] == (401, "session_not_active")
    browsers[0].start_session(user_id)
    assert decode_token(browsers[0].token())[1]["sub"] == user_id


@pytest.mark.parametrize("what", ["ban", "unban", "lock", "unlock"])
def test_a_mark_may_be_set_again_and_is_in_the_audit_log(api: Api, what: str) -> None:
    user_id = api.new_user()["id"]
    first, second = mark(api, user_id, what), mark(api, user_id, what)
    for name in ("banned", "locked"):
        assert first[name] == second[name] == (what == {"banned": "ban", "locked": "lock"}[name])
    action = {"ban": "user.banned", "unban": "user.unbanned", "lock": "user.locked", "unlock": "user.unlocked"}[what]
    assert api.sql("SELECT target FROM audit_log WHERE action = ?", action) == [(user_id,), (user_id,)]


@pytest.mark.parametrize("what", ["ban", "unban", "lock", "unlock", "verify_password", "remove_password"])
def test_nobody_is_not_found(api: Api, what: str) -> None:
    body = {"password": PASSWORD} if what == "verify_password" else None
    assert api.refused("POST", f"/users/user_x/{what}", body)[:2] == (404, "resource_not_found")


def test_many_users_are_banned_in_the_order_asked_or_none_is(api: Api) -> None:
    people = [api.new_user(f"{name}@example.com")["id"] for name in ("ada", "bob", "cy")]
    sessions = [api.new_session(user_id) for user_id in people]
    refused = api.refused("POST", "/users/ban", {"user_ids": [*people, "user_x"]})
    assert refused == (404, "resource_not_found", {"param_name": "user_ids"})
    for session_id in sessions:
        api.mint(session_id)
    asked = [people[2], people[0], people[2]]
    told = api.post("/users/ban", {"user_ids": asked})
    assert [(user["id"], user["banned"]) for user in told] == [(people[2], True), (people[0], True)]
    assert api.refused("POST", f"/sessions/{sessions[0]}/tokens")[0] == 401
    api.mint(sessions[1])
    assert [user["banned"] for user in api.post("/users/unban", {"user_ids": people})] == [False, False, False]


@pytest.mark.parametrize("user_ids", [[], ["x"] * 51, [""], "user_x", [1], None])
def test_I_006_a_list_of_users_has_bounds(api: Api, user_ids: Any) -> None:
    for what in ("ban", "unban"):
        refused = api.refused("POST", f"/users/{what}", {"user_ids": user_ids})
        assert refused.status == 422
        assert refused.meta["param_name"].startswith("user_ids")


def test_Z_001_a_list_with_another_instances_user_bans_nobody(api: Api) -> None:
    ours = api.new_user()["id"]
    theirs = api.post("/users", {"skip_user_requirement": True}, key=api.tenants[1].secret_key)["id"]
    refused = api.refused("POST", "/users/ban", {"user_ids": [theirs, ours]}, key=api.tenants[1].secret_key)
    assert refused[:2] == (404, "resource_not_found")
    assert api.sql("SELECT count(*) FROM users WHERE banned") == [(0,)]


def test_S_017_when_sessions_cant_be_ended_the_user_isnt_said_to_be_banned(api: Api) -> None:
    user_id, browsers, own = two_browsers(api)
    api.sql(
        "CREATE TRIGGER broken BEFORE UPDATE ON sessions WHEN new.status = 'revoked' "
        "BEGIN SELECT RAISE(ABORT, 'injected'); END"
    )
    for what in MARKS:
        assert read_refusal(api.send("POST", f"/v1/users/{user_id}/{what}")).status >= 500
    api.sql("DROP TRIGGER broken")
    told = api.get(f"/users/{user_id}")
    assert (told["banned"], told["locked"]) == (False, False)
    api.mint(own)
    browsers[0].token()


# ------------------------------------------------------------------------------------------------------------- clients
def several(open_another: Open) -> tuple[Api, Browser, list[str], list[str]]:
    """A live browser with sessions of three users, the last of whom is active."""
    live = open_live(open_another)
    live.patch("/platform/applications/app_1/instances/production/config", {"session": {"single_session_mode": False}})
    people = [live.new_user(f"{name}@example.com")["id"] for name in ("ada", "bob", "cy")]
    browser = Browser(live, cookies_only=True, origin="https://example.com")
    sessions = []
    for user_id in people:
        live.now += 1000
        browser.post("/client")
        sessions.append(browser.start_session(user_id))
    return live, browser, people, sessions


ENDS = ["ban", "lock", "delete", "revoke", "password", "remove_password"]


def end(api: Api, how: str, user_id: str, session_id: str) -> None:
    if how == "delete":
        api.ok("DELETE", f"/users/{user_id}")
    elif how == "revoke":
        api.post(f"/sessions/{session_id}/revoke")
    elif how == "password":
        api.patch(f"/users/{user_id}", {"password": PASSWORD, "sign_out_of_other_sessions": True})
    elif how == "remove_password":
        api.post(f"/users/{user_id}/remove_password", {"sign_out_of_other_sessions": True})
    else:
        mark(api, user_id, how)


@pytest.mark.parametrize("how", ENDS)
def test_a_client_that_loses_its_active_session_has_another_one_and_moves_on(open_another: Open, how: str) -> None:
    live, browser, people, sessions = several(open_another)
    before = browser.get("/client")
    assert before["last_active_session_id"] == sessions[2]
    live.now += 5000
    end(live, how, people[2], sessions[2])
    after = browser.get("/client")
    assert [session["id"] for session in after["sessions"]] == sessions[:2]
    assert after["last_active_session_id"] == sessions[1]
    assert after["updated_at"] == live.now // 1000 * 1000 > before["updated_at"]
    assert live.sql("SELECT last_active_session_id FROM clients WHERE id = ?", after["id"]) == [(sessions[1],)]
    assert browser.cookies["__client_uat"] == str(live.now // 1000)
    browser.token(sessions[0])


@pytest.mark.parametrize("how", ENDS)
def test_a_client_that_loses_another_session_keeps_its_active_one(open_another: Open, how: str) -> None:
    live, browser, people, sessions = several(open_another)
    end(live, how, people[0], sessions[0])
    after = browser.get("/client")
    assert [session["id"] for session in after["sessions"]] == sessions[1:]
    assert after["last_active_session_id"] == sessions[2]
    browser.token()


@pytest.mark.parametrize("how", ENDS)
def test_a_client_that_loses_its_last_session_is_signed_out_and_keeps_its_token(open_another: Open, how: str) -> None:
    live, browser, people, sessions = several(open_another)
    cookie = browser.cookies["__client"]
    for user_id, session_id in zip(people, sessions, strict=True):
        end(live, how, user_id, session_id)
    after = browser.get("/client")
    assert (after["sessions"], after["last_active_session_id"]) == ([], None)
    assert browser.cookies["__client_uat"] == "0"
    assert browser.cookies["__client"] == cookie
    assert live.sql("SELECT last_active_session_id FROM clients WHERE id = ?", after["id"]) == [(None,)]


def test_ending_what_has_ended_leaves_its_client_alone(open_another: Open) -> None:
    live, browser, people, sessions = several(open_another)
    end(live, "revoke", people[2], sessions[2])
    before = browser.get("/client")
    live.now += 5000
    end(live, "revoke", people[2], sessions[2])
    end(live, "ban", people[2], sessions[2])
    assert browser.get("/client")["updated_at"] == before["updated_at"]


def test_a_ban_ends_more_sessions_than_any_page_lists(api: Api) -> None:
    user_id = api.new_user()["id"]
    sessions = [api.new_session(user_id) for _ in range(60)]
    mark(api, user_id, "ban")
    assert api.sql("SELECT count(*) FROM sessions WHERE status = 'revoked'") == [(len(sessions),)]
    assert api.sql("SELECT count(*) FROM clients WHERE last_active_session_id IS NOT NULL") == [(0,)]


def test_S_018_a_ban_and_sign_ins_at_once_leave_no_session_alive(open_on_engine: Open) -> None:
    first, second = open_on_engine(), open_on_engine()
    user_id = first.new_user()["id"]
    for round_number in range(5):
        tickets = [first.post("/sign_in_tokens", {"user_id": user_id})["token"] for _ in range(6)]
        browsers = [Browser(api) for api in (first, second) for _ in range(3)]
        asked = [
            browser.ask("POST", "/client/sign_ins", {"strategy": "ticket", "ticket": ticket})
            for browser, ticket in zip(browsers, tickets, strict=True)
        ]
        place = round_number % len(asked)
        asked.insert(place, second.ask("POST", f"/v1/users/{user_id}/ban"))
        answers = first.together(*asked)
        assert answers[place].status_code == 200
        assert {answer.status_code for answer in answers} <= {200, 400, 403}
        first.post(f"/users/{user_id}/unban")
        live = first.get("/sessions", params={"user_id": user_id, "status": "active", "limit": 100})
        assert live == []


# ----------------------------------------------------------------------------------------------------------- passwords
def with_password(api: Api) -> str:
    user_id: str = api.new_user(password=PASSWORD)["id"]
    return user_id


def verify(api: Api, user_id: str, password: str) -> Refused | None:
    answer = api.send("POST", f"/v1/users/{user_id}/verify_password", json={"password": password})
    if answer.status_code == 200:
        assert answer.json() == {"verified": True}
        return None
    return read_refusal(answer)


def test_a_password_is_verified_and_a_wrong_one_is_told_on_its_field(api: Api) -> None:
    user_id = with_password(api)
    assert verify(api, user_id, PASSWORD) is None
    for wrong in (PASSWORD + " ", PASSWORD.upper(), "", "x" * 5000):
        assert verify(api, user_id, wrong) == (422, "form_password_incorrect", {"param_name": "password"})
    assert api.refused("POST", f"/users/{user_id}/verify_password")[:2] == (422, "form_param_missing")
    assert verify(api, api.new_user("bob@example.com")["id"], PASSWORD) == (400, "no_password_set", {})


def test_A_009_ten_wrong_passwords_lock_out_and_unlocking_ends_that(api: Api) -> None:
    user_id = with_password(api)
    session_id = api.new_session(user_id)
    told = [verify(api, user_id, "wrong password") for _ in range(10)]
    assert [refused and refused.code for refused in told] == ["form_password_incorrect"] * 9 + ["user_locked"]
    refused = verify(api, user_id, PASSWORD)
    assert refused is not None
    assert (refused.status, refused.code) == (403, "user_locked")
    assert refused.meta["lockout_expires_in_seconds"] == 3600
    assert api.get(f"/users/{user_id}")["locked"] is True
    api.mint(session_id)  # whoever is signed in is not disturbed
    unlocked = mark(api, user_id, "unlock")
    assert (unlocked["locked"], unlocked["lockout_expires_in_seconds"]) == (False, None)
    assert verify(api, user_id, PASSWORD) is None
    api.mint(session_id)


def test_A_012_wrong_passwords_count_with_those_of_sign_ins(api: Api) -> None:
    user_id = with_password(api)
    for _ in range(5):
        verify(api, user_id, "wrong password")
        form = {"identifier": "ada@example.com", "password": "wrong password"}
        refused = Browser(api).refused("POST", "/client/sign_ins", form)
    assert refused.code == "user_locked"
    for _ in range(2):
        last = verify(api, user_id, PASSWORD)
        assert last is not None
        assert last.code == "user_locked"
    api.now += HOUR
    assert verify(api, user_id, PASSWORD) is None
    assert api.sql("SELECT failed_attempts FROM users") == [(0,)]


def test_A_010_of_thirty_wrong_passwords_at_once_ten_are_compared(open_on_engine: Open) -> None:
    first, second = open_on_engine(), open_on_engine()
    user_id = with_password(first)
    body = {"password": "wrong password"}
    asked = [api.ask("POST", f"/v1/users/{user_id}/verify_password", json=body) for api in (first, second) * 15]
    codes = [answer.json()["errors"][0]["code"] for answer in first.together(*asked)]
    compared = codes.count("form_password_incorrect")
    assert compared <= 9
    assert set(codes) <= {"form_password_incorrect", "user_locked", "hashing_busy"}


def test_a_banned_users_password_is_not_compared(api: Api) -> None:
    user_id = with_password(api)
    mark(api, user_id, "ban")
    for password in (PASSWORD, "wrong password"):
        refused = verify(api, user_id, password)
        assert refused is not None
        assert refused.code == "user_banned"


def test_a_removed_password_is_gone_and_sessions_stay_unless_asked(api: Api) -> None:
    user_id = with_password(api)
    session_id = api.new_session(user_id)
    assert api.post(f"/users/{user_id}/remove_password")["password_enabled"] is False
    assert verify(api, user_id, PASSWORD) == (400, "no_password_set", {})
    api.mint(session_id)
    before = api.get(f"/users/{user_id}")
    api.now += 1000
    assert api.post(f"/users/{user_id}/remove_password", {"sign_out_of_other_sessions": False}) == before
    api.post(f"/users/{user_id}/remove_password", {"sign_out_of_other_sessions": True})
    assert api.refused("POST", f"/sessions/{session_id}/tokens")[:2] == (401, "session_not_active")
    actions = api.sql("SELECT count(*) FROM audit_log WHERE action = 'user.password_removed'")
    assert actions == [(1,)]


def test_S_019_a_new_password_ends_sessions_when_asked(api: Api) -> None:
    user_id = with_password(api)
    session_id = api.new_session(user_id)
    api.patch(f"/users/{user_id}", {"password": PASSWORD + "!"})
    api.mint(session_id)
    api.patch(f"/users/{user_id}", {"password": PASSWORD, "sign_out_of_other_sessions": True})
    assert api.refused("POST", f"/sessions/{session_id}/tokens")[:2] == (401, "session_not_active")
