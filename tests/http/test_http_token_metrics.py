"""Every mint is counted once, whichever face it is asked of; what tokens lack is logged by name, never by value."""

import asyncio
from typing import Any

import httpx
import msgspec
import pytest
from browser import Browser
from faces import ORIGIN, Api, Open
from sqlalchemy import select

from claimsmith_server.app import Application
from claimsmith_server.services import token_metrics
from claimsmith_server.services.token_metrics import TokenMetrics
from claimsmith_server.services.token_tally import Lacking
from claimsmith_server.store import schema
from claimsmith_server.store.errors import Unavailable
from claimsmith_server.store.instances import delete_instance

HOUR = 3_600_000
DAY = 24 * HOUR
CANARY = "canary-7391"
WIDE = {"wide": "{{user.public_metadata.wide}}", "plan": "{{user.public_metadata.plan}}"}


def flush(api: Api) -> None:
    api.run(TokenMetrics(api.service).flush())


def counts(api: Api, number: int = 0) -> list[tuple[Any, ...]]:
    """Hour, kind, size, minted, omitted, failed of the stored rows of a tenant."""
    return _rows(api, number, "token_counts", ("hour", "kind", "size", "minted", "omitted", "failed"))


def log(api: Api) -> list[tuple[Any, ...]]:
    """What the stored entries tell."""
    names = ("kind", "session_id", "user_id", "version", "omitted", "failed", "count")
    return [
        (*row[:4], *(msgspec.json.decode(part) for part in row[4:6]), row[6])
        for row in _rows(api, 0, "token_log", names)
    ]


def _rows(api: Api, number: int, table: str, names: tuple[str, ...]) -> list[tuple[Any, ...]]:
    found = schema.metadata.tables[table]
    statement = select(*(found.c[name] for name in names)).where(found.c.instance_id == api.tenants[number].instance.id)
    return sorted(tuple(row) for row in api.run(api.service.database.all(statement)))


def minted(api: Api) -> int:
    return sum(row[3] for row in counts(api))


def wide_session(api: Api, size: int = 4000) -> tuple[str, str]:
    """A user whose token is too large for its claims, and a session of theirs."""
    metadata = {"wide": CANARY + "x" * size, "plan": "pro"}
    user_id = api.new_user(public_metadata=metadata)["id"]
    return user_id, api.new_session(user_id)


def test_mints_of_every_way_are_counted_by_hour_kind_and_size(open_on_engine: Open) -> None:
    api = open_on_engine()
    api.post("/jwt_templates", {"name": "supabase", "claims": {"role": "authenticated"}})
    session_id = api.new_session()
    tokens = [api.post(f"/sessions/{session_id}/tokens")["jwt"] for _ in range(3)]
    api.mint(session_id, "supabase")
    browser = Browser(api)
    theirs = browser.start_session(api.new_user("bob@example.com")["id"])
    browser.token(theirs)
    api.now += HOUR
    api.mint(session_id)
    flush(api)
    rows = counts(api)
    hour = api.now - api.now % HOUR
    assert {row[0] for row in rows} == {hour - HOUR, hour}
    assert sum(row[3] for row in rows if row[1] == "jwt_template") == 1
    sizes = [-(-(len(jwt) + 18) // 64) * 64 for jwt in tokens]  # `__session_<8 characters>`
    assert set(sizes) <= {row[2] for row in rows if row[1] == "session"}
    assert sum(row[3] for row in rows if row[1] == "session" and row[0] == hour) == 1
    assert sum(row[3] for row in rows if row[1] == "session") >= 5
    assert all(row[4:] == (0, 0) for row in rows)
    assert counts(api, 1) == []


def test_a_refused_mint_is_not_counted(api: Api) -> None:
    session_id = api.new_session()
    api.post(f"/sessions/{session_id}/revoke")
    api.refused("POST", f"/sessions/{session_id}/tokens")
    flush(api)
    assert counts(api) == []


def test_flushes_of_several_processes_add_up(open_on_engine: Open) -> None:
    first, second = open_on_engine(), open_on_engine()
    second.now = first.now
    session_id = first.new_session()
    for api in (first, second, second):
        api.mint(session_id)
    work = [TokenMetrics(api.service).flush() for api in (first, second)]
    assert first.together(*work) == [None, None]
    first.mint(session_id)
    flush(first)
    flush(first)
    assert minted(first) == 4
    assert len(counts(first)) == 1


def test_a_token_that_lacks_claims_is_logged_by_name_and_never_by_value(open_on_engine: Open) -> None:
    api = open_on_engine()
    api.set_claims(WIDE)
    user_id, session_id = wide_session(api)
    for _ in range(3):
        assert api.mint(session_id)["_omitted"] == ["wide"]
    flush(api)
    assert log(api) == [("session", session_id, user_id, 1, ["wide"], [], 3)]
    assert sum(row[4] for row in counts(api)) == 3
    columns = schema.token_log.columns
    assert CANARY not in repr(api.run(api.service.database.all(select(*columns))))


def test_entries_of_a_session_are_one_row_a_day(open_on_engine: Open) -> None:
    api = open_on_engine()
    api.set_claims(WIDE)
    user_id, session_id = wide_session(api)
    midnight = api.now - api.now % DAY + DAY
    for at in (midnight - HOUR, midnight - 1, midnight):
        api.now = at
        api.mint(session_id)
        flush(api)
    assert [row[-1] for row in log(api)] == [1, 2]
    api.set_claims({"broad": "{{user.public_metadata.wide}}"})
    api.mint(session_id)
    flush(api)
    assert sorted((row[3], row[4], row[-1]) for row in log(api)) == [
        (1, ["wide"], 1),
        (1, ["wide"], 2),
        (2, ["broad"], 1),
    ]
    assert {row[2] for row in log(api)} == {user_id}


def test_I_010_a_claim_whose_name_no_database_takes_is_logged_all_the_same(open_on_engine: Open) -> None:
    api = open_on_engine()
    names = ("a\0b", "plain")
    which = Lacking(api.tenants[0].instance.id, "session", None, 1, "sess_s", "user_u", names, ())
    api.service.tally.count_lacking(which, 4000, api.now)
    flush(api)
    assert [row[4] for row in log(api)] == [["a\ufffdb", "plain"]]


def test_more_entries_than_one_transaction_takes_are_all_stored(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_metrics, "BATCH", 2)
    api.set_claims(WIDE)
    user_id, session_id = wide_session(api)
    for one in (session_id, *(api.new_session(user_id) for _ in range(4))):
        api.mint(one)
    flush(api)
    assert len(log(api)) == 5


def test_a_flush_that_finds_no_database_loses_nothing(open_on_engine: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    api = open_on_engine()
    api.set_claims(WIDE)
    _, session_id = wide_session(api)
    api.mint(session_id)

    async def refuse(*_: Any) -> None:
        raise Unavailable("injected")

    with monkeypatch.context() as broken:
        broken.setattr(api.service.database, "transact", refuse)
        flush(api)
    assert counts(api) == []
    api.mint(session_id)
    flush(api)
    assert minted(api) == 2
    assert [row[-1] for row in log(api)] == [2]
    assert ("token counts wait", "warning") in [(event["event"], event["level"]) for event in api.events()]


def test_an_instance_that_is_gone_takes_its_counts_with_it_and_no_others(open_on_engine: Open) -> None:
    api = open_on_engine()
    key = api.tenants[1].secret_key
    user_id = api.post("/users", {"email_address": ["eve@example.com"]}, key=key)["id"]
    session_id = api.post("/sessions", {"user_id": user_id}, key=key)["id"]
    api.post(f"/sessions/{session_id}/tokens", key=key)
    api.mint(api.new_session())
    api.run(delete_instance(api.service.database, api.tenants[1].instance.id))
    flush(api)
    assert minted(api) == 1
    assert api.service.tally.take() == ({}, {}, 0)
    assert "token counts lost" in {event["event"] for event in api.events()}


def test_the_task_flushes_by_itself_and_once_more_at_its_end(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    session_id = api.new_session()
    monkeypatch.setattr(token_metrics, "EVERY_SECONDS", 0.01)
    path = f"/v1/sessions/{session_id}/tokens"

    async def live() -> float:
        metrics = TokenMetrics(api.service)
        metrics.start()
        assert (await api.ask("POST", path)).status_code == 200
        async with asyncio.timeout(20):
            while not await api.service.database.all(select(schema.token_counts.c.minted)):  # noqa: ASYNC110 - a row
                await asyncio.sleep(0.01)
        monkeypatch.setattr(token_metrics, "EVERY_SECONDS", 1000)
        await asyncio.sleep(0.05)
        assert (await api.ask("POST", path)).status_code == 200
        started = asyncio.get_running_loop().time()
        await metrics.close()
        return asyncio.get_running_loop().time() - started

    assert api.run(live()) < 2
    assert minted(api) == 2


def test_closing_what_never_started_is_well(api: Api) -> None:
    api.run(TokenMetrics(api.service).close())


def test_a_server_that_ends_stores_what_it_counted(api: Api) -> None:
    path = f"/v1/sessions/{api.new_session()}/tokens"
    app = Application(api.settings)
    headers = {"Authorization": f"Bearer {api.tenants[0].secret_key}"}
    told: list[str] = []

    async def receive() -> dict[str, Any]:
        if not told:
            return {"type": "lifespan.startup"}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=ORIGIN) as client:
            assert (await client.post(path, headers=headers)).status_code == 200
        return {"type": "lifespan.shutdown"}

    async def send(message: Any) -> None:
        told.append(message["type"])

    api.run(app({"type": "lifespan"}, receive, send))
    assert told == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert minted(api) == 1
