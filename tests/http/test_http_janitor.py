"""What the janitor throws away, and what it leaves alone (case D-013), on both engines."""

import asyncio
from typing import Any

import pytest
from browser import Browser
from faces import CONFIG, Api, Open
from sqlalchemy import func, insert, select

from claimsmith_server.services import janitor as janitors
from claimsmith_server.services.janitor import Janitor
from claimsmith_server.store import schema
from claimsmith_server.store.errors import Unavailable
from claimsmith_server.store.leftovers import LEFTOVERS, delete_leftovers

MINUTE = 60 * 1000
DAY = 24 * 60 * MINUTE
OTHERS = {"outbox", "audit_log", "token_counts", "token_log", "administrator_sessions"}
"""Kinds that `begin_everything` makes no old row of; `test_token_counts` and `test_dashboard_sign_in` have them."""


def tidy(api: Api, **how: bool) -> dict[str, int]:
    """What one turn deletes."""
    return {name: gone for name, gone in api.run(Janitor(api.service).tidy(**how)).items() if gone}


def count(api: Api, name: str) -> int:
    row = api.run(api.service.database.one(select(func.count()).select_from(schema.metadata.tables[name])))
    assert row is not None
    return int(row[0])


def begin_everything(api: Api) -> Browser:
    """A row of each kind: a sign-in with a code and a mail, a sign-up, a ticket, a nonce, development browsers."""
    browser = Browser(api)
    user_id = api.new_user()["id"]
    browser.post("/client/sign_ins", {"identifier": "ada@example.com", "strategy": "email_code"})
    browser.post("/client/sign_ups", {"email_address": "bob@example.com"})
    api.post("/sign_in_tokens", {"user_id": user_id, "expires_in_seconds": 60})
    query = {"redirect_url": "http://localhost:3000/", "format": "nonce"}
    browser.send("GET", "/client/handshake", query=query, headers={"Sec-Fetch-Dest": "document"})
    Browser(api)
    for name in ("sign_ins", "sign_ups", "verifications", "tickets", "rate_windows", "clients", "handshake_nonces"):
        assert count(api, name), name
    return browser


def test_D_013_what_strangers_leave_is_gone_in_time(open_on_engine: Open) -> None:
    api = open_on_engine()
    begin_everything(api)
    assert tidy(api) == {}
    api.now += 2 * MINUTE
    assert set(tidy(api)) == {"handshake_nonces"}
    api.now += DAY
    assert tidy(api).keys() - {"rate_windows"} == {"sign_ins", "sign_ups", "clients"}
    api.now += DAY
    assert tidy(api).keys() - {"rate_windows"} == {"verifications"}
    assert count(api, "rate_windows") == 0
    assert tidy(api) == {}
    api.now += 30 * DAY
    assert tidy(api) == {"tickets": 1}
    api.now += 60 * DAY
    assert tidy(api) == {"dev_browsers": 2}
    assert tidy(api) == {}
    assert {name for name in LEFTOVERS if count(api, name)} <= OTHERS
    assert count(api, "users") == 1


def test_a_turn_between_leaves_out_what_takes_reading_a_whole_table(api: Api) -> None:
    begin_everything(api)
    api.now += 100 * DAY
    assert tidy(api, thoroughly=False).keys() == {name for name in LEFTOVERS if LEFTOVERS[name].has_index} - OTHERS
    assert tidy(api).keys() == {"clients", "tickets", "dev_browsers"}


def test_sessions_stay_to_be_read_for_thirty_days_after_their_end(open_on_engine: Open) -> None:
    api = open_on_engine()
    user_id = api.new_user()["id"]
    expired, revoked = api.new_session(user_id), api.new_session(user_id)
    api.post(f"/sessions/{revoked}/revoke")
    api.now += 30 * DAY
    assert tidy(api) == {}
    api.now += 1
    assert tidy(api) == {"sessions": 1, "clients": 1}
    assert api.refused("GET", f"/sessions/{revoked}")[:2] == (404, "resource_not_found")
    api.now += 7 * DAY - 1
    assert tidy(api) == {}
    assert api.get(f"/sessions/{expired}")["status"] == "expired"
    api.now += 1
    assert tidy(api) == {"sessions": 1, "clients": 1}


def test_a_live_session_is_left_alone_however_old_it_is(open_on_engine: Open) -> None:
    api = open_on_engine()
    api.patch(CONFIG, {"session": {"maximum_lifetime_seconds": 315_360_000}})
    browser = Browser(api)
    session_id = browser.start_session(api.new_user()["id"])
    api.now += 365 * DAY
    assert tidy(api).keys() <= {"rate_windows", "audit_log"}
    assert browser.token(session_id)


def test_a_browser_in_the_middle_of_signing_in_is_left_alone(open_on_engine: Open) -> None:
    api = open_on_engine()
    browser = Browser(api)
    browser.post("/client")
    api.now += 2 * DAY
    user = api.new_user(password="correct horse battery")
    browser.post("/client/sign_ins", {"identifier": "ada@example.com"})
    assert "clients" not in tidy(api)
    sign_in = browser.get("/client")["sign_in"]
    form = {"strategy": "password", "password": "correct horse battery"}
    done = browser.post(f"/client/sign_ins/{sign_in['id']}/attempt_first_factor", form)
    assert done["status"] == "complete"
    assert browser.session["user"]["id"] == user["id"]


def test_a_development_browser_outlives_its_client(open_on_engine: Open) -> None:
    api = open_on_engine()
    browser = Browser(api)
    before = browser.post("/client")["id"]
    api.now += DAY + 1
    assert tidy(api).keys() - {"rate_windows"} == {"clients"}
    assert browser.get("/client") is None
    assert browser.post("/client")["id"] != before


def fill(api: Api, rows: int) -> None:
    """Development browsers that are too old at `api.now`."""
    values = {"instance_id": api.tenants[0].instance.id, "client_id": None, "created_at": api.now - 90 * DAY - 1}

    async def work(tx: Any) -> None:
        for number in range(rows):
            await tx.run(insert(schema.dev_browsers), {**values, "token_hash": number.to_bytes(32, "big")})

    api.run(api.service.database.transact(work))


def test_a_batch_is_never_larger_than_asked(open_on_engine: Open) -> None:
    api = open_on_engine()
    fill(api, 25)
    deleted = [api.run(delete_leftovers(api.service.database, "dev_browsers", now=api.now, limit=10)) for _ in range(4)]
    assert deleted == [10, 10, 5, 0]


def test_a_turn_goes_on_until_nothing_is_left_or_its_share_is_done(
    open_on_engine: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = open_on_engine()
    fill(api, 25)
    monkeypatch.setattr(janitors, "BATCH", 4)
    monkeypatch.setattr(janitors, "MOST_BATCHES", 3)
    assert tidy(api) == {"dev_browsers": 12}
    monkeypatch.setattr(janitors, "MOST_BATCHES", 100)
    assert tidy(api) == {"dev_browsers": 13}


def test_two_processes_share_the_work_and_each_row_is_counted_once(
    open_on_engine: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = open_on_engine(), open_on_engine()
    fill(first, 200)
    second.now = first.now
    monkeypatch.setattr(janitors, "BATCH", 7)
    work = [Janitor(api.service).tidy() for api in (first, second) * 2]
    gone = [one["dev_browsers"] for one in first.together(*work)]
    assert sum(gone) <= 200
    assert sum(gone) + tidy(first).get("dev_browsers", 0) == 200
    assert count(first, "dev_browsers") == 0


def test_one_log_line_tells_the_counts_and_an_idle_turn_tells_nothing(api: Api) -> None:
    fill(api, 3)
    tidy(api)
    tidy(api)
    (event,) = [event for event in api.events() if event["event"] == "leftovers deleted"]
    assert event["dev_browsers"] == 3
    assert event["level"] == "info"
    assert "clients" not in event


def test_the_task_tidies_by_itself_survives_failures_and_ends_at_once(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(api, 3)
    monkeypatch.setattr(janitors, "FIRST_SECONDS", 0.01)
    monkeypatch.setattr(janitors, "EVERY_SECONDS", 0.01)
    scan = api.service.database.scan
    failures = [Unavailable("injected"), ValueError("injected")]

    async def fail_at_first(*arguments: Any) -> Any:
        if failures:
            raise failures.pop()
        return await scan(*arguments)

    monkeypatch.setattr(api.service.database, "scan", fail_at_first)

    async def live() -> float:
        janitor = Janitor(api.service)
        janitor.start()
        async with asyncio.timeout(20):
            while await api.service.database.all(select(schema.dev_browsers.c.created_at)):  # noqa: ASYNC110 - a row
                await asyncio.sleep(0.01)
        started = asyncio.get_running_loop().time()
        await janitor.close()
        return asyncio.get_running_loop().time() - started

    assert api.run(live()) < 2
    told = [(event["event"], event["level"]) for event in api.events()]
    assert told.count(("janitor failed", "error")) == 1
    assert ("janitor failed", "warning") in told


def test_closing_what_never_started_is_well(api: Api) -> None:
    api.run(Janitor(api.service).close())
