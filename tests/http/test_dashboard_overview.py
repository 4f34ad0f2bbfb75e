"""The front page: numbers that are true, charts that say them in words too, and what to do next when all is empty."""

import re
import time
from typing import Any

import pytest
from browser import Browser
from dashboard import sign_in
from faces import Api, Open
from sqlalchemy import insert

from claimsmith_server.services.token_metrics import TokenMetrics
from claimsmith_server.store import schema

HOUR = 3_600_000
DAY = 24 * HOUR
WIDE = {"wide": "{{user.public_metadata.wide}}"}
EVIL = "<script>alert(1)</script>"


def stats(page: str) -> dict[str, int]:
    """The four numbers at the top."""
    found = re.findall(r'<p class="label">([^<]+)</p><p class="value">([\d,]+)</p>', page)
    return {label: int(value.replace(",", "")) for label, value in found}


def flush(api: Api) -> None:
    api.run(TokenMetrics(api.service).flush())


def mint_wide(api: Api) -> str:
    """The id of a session whose token went without a claim."""
    api.set_claims(WIDE)
    user = api.new_user("wide@example.com", public_metadata={"wide": "canary-7391" + "x" * 4000})
    session_id: str = api.new_session(user["id"])
    api.mint(session_id)
    flush(api)
    return session_id


def test_an_empty_instance_is_told_what_to_do_next(api: Api) -> None:
    page = sign_in(api).page("/dashboard")
    assert stats(page) == {"Active sessions": 0, "Sign-ins": 0, "Tokens minted": 0, "Users": 0}
    for path in ("api-keys", "users/new", "sessions", "sessions/claims"):
        assert f'href="/dashboard/{path}"' in page
    assert "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=pk_test_" in page
    assert "CLERK_SECRET_KEY=sk_…" in page
    assert "Nothing happened in these 24 hours" in page
    assert "chart-plot" not in page


def test_steps_that_are_done_are_marked_and_leave_once_all_are(api: Api) -> None:
    visitor = sign_in(api)
    api.new_user()
    page = visitor.page("/dashboard")
    assert page.count('<span class="unseen"> (done)</span>') == 1
    mint_wide(api)
    assert "What to do next" not in visitor.page("/dashboard")


def test_the_numbers_are_those_of_the_instance_alone(open_on_engine: Open) -> None:
    api = open_on_engine()
    key = api.tenants[1].secret_key
    other = api.post("/users", {"email_address": ["eve@example.com"]}, key=key)["id"]
    api.post("/sessions", {"user_id": other}, key=key)
    user_id = api.new_user()["id"]
    live, ended = api.new_session(user_id), api.new_session(user_id)
    api.mint(live)
    api.mint(live)
    api.post(f"/sessions/{ended}/revoke")
    flush(api)
    page = sign_in(api).page("/dashboard")
    assert stats(page) == {"Active sessions": 1, "Sign-ins": 2, "Tokens minted": 2, "Users": 1}


def test_a_session_that_expired_or_was_abandoned_is_not_active(open_on_engine: Open) -> None:
    api = open_on_engine()
    api.new_session()
    api.now += 7 * DAY - 1
    visitor = sign_in(api)
    assert stats(visitor.page("/dashboard"))["Active sessions"] == 1
    api.now += 1
    assert stats(visitor.page("/dashboard"))["Active sessions"] == 0


def test_a_range_begins_with_its_first_bucket(open_on_engine: Open) -> None:
    api = open_on_engine()
    user_id = api.new_user()["id"]
    begin = api.now
    for age in (0, 2 * DAY, 10 * DAY, 40 * DAY):
        api.now = begin + 40 * DAY - age
        api.mint(api.new_session(user_id))
    flush(api)
    api.now = begin + 40 * DAY
    visitor = sign_in(api)
    for name, count in (("24h", 1), ("7d", 2), ("30d", 3), ("no range", 1)):
        found = stats(visitor.page(f"/dashboard?range={name}"))
        assert (found["Sign-ins"], found["Tokens minted"]) == (count, count), name


def test_the_table_says_what_the_charts_draw(api: Api) -> None:
    session_id = api.new_session()
    for _ in range(3):
        api.mint(session_id)
    flush(api)
    page = sign_in(api).page("/dashboard")
    (row,) = [part for part in page.split("<tr>") if '<td class="num">3</td>' in part]
    assert re.search(r'<th scope="row">Jan 15, 08:00 to 09:00</th><td class="num">1</td>', row)
    assert len(re.findall(r'<td class="num">([\d,]+) B</td>', row)) == 3
    assert page.count("<title>") == 1 + 3 * 24  # the page's own, and one for each slot of three charts
    assert "Jan 15, 08:00 to 09:00 UTC: 3 tokens" in page
    assert "4,096 B: a larger cookie is never minted" in page


def test_claims_that_tokens_went_without_are_named_and_no_value_is_told(api: Api) -> None:
    mint_wide(api)
    page = sign_in(api).page("/dashboard")
    assert '<code class="wrap">wide</code>' in page
    assert "1 token left claims out for size" in page
    assert 'href="/dashboard/logs/tokens"' in page
    assert "canary-7391" not in page


def test_what_data_say_is_inert_and_no_style_or_script_is_inline(api: Api) -> None:
    api.set_claims({EVIL: "{{user.public_metadata.wide}}"})
    api.mint(api.new_session(api.new_user(public_metadata={"wide": "x" * 4000})["id"]))
    flush(api)
    answer = sign_in(api).get("/dashboard")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in answer.text
    assert EVIL not in answer.text
    assert " style=" not in answer.text
    assert not re.search(r"<script(?![^>]* src=)", answer.text)
    assert "unsafe-inline" not in answer.headers["content-security-policy"]


def test_health_names_version_engine_and_the_age_of_the_key(open_on_engine: Open) -> None:
    api = open_on_engine()
    page = sign_in(api).page("/dashboard")
    assert ("SQLite" if api.service.database.dialect_name == "sqlite" else "PostgreSQL") in page
    assert re.search(r"RS256, active for [\d,]+ days", page)
    assert "sk_test_" not in page


def test_a_viewer_sees_it_and_a_stranger_does_not(api: Api) -> None:
    assert sign_in(api, "viewer").get("/dashboard").status_code == 200
    answer = Browser(api).api.send("GET", "/dashboard", key=None)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/dashboard/sign-in")
    assert api.send("GET", "/", key=None).headers["location"] == "/dashboard"


def test_many_sessions_are_counted_in_time(api: Api) -> None:
    """20,000 sessions here; `benchmarks/overview.py` has 1,000,000."""
    session_id = api.new_session()
    columns = [column.name for column in schema.sessions.columns]
    (row,) = api.sql(f"SELECT {', '.join(columns)} FROM sessions WHERE id = ?", session_id)  # noqa: S608 - our names
    known: dict[str, Any] = dict(zip(columns, row, strict=True))

    async def work(tx: Any) -> None:
        for number in range(20_000):
            fields = {"id": f"sess_{number:05}", "created_at": api.now - number * 1000}
            await tx.run(insert(schema.sessions), {**known, **fields})

    api.run(api.service.database.transact(work))
    visitor = sign_in(api)
    started = time.perf_counter()
    assert stats(visitor.page("/dashboard"))["Active sessions"] == 20_001
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize("name", ["24h", "7d", "30d"])
def test_every_range_is_drawn_in_parts_that_fill_the_width(api: Api, name: str) -> None:
    api.mint(api.new_session())
    flush(api)
    page = sign_in(api).page(f"/dashboard?range={name}")
    slots = {"24h": 24, "7d": 28, "30d": 30}[name]
    assert page.count('<g class="chart-slot">') == 3 * slots
    assert page.count('aria-current="page"') == 2
