"""Token counts and the token log: numbers that add up whoever stores them, pages that go on where one ended."""

import asyncio
from typing import Any

import pytest
from rows_of_tests import NOW, an_instance

from claimsmith_server.core.models import AuditEvent, TokenLogEntry
from claimsmith_server.store.audit import AuditFilter, insert_audit_event, list_audit_events
from claimsmith_server.store.database import Database, open_database
from claimsmith_server.store.errors import ForeignKeyViolation
from claimsmith_server.store.instances import insert_instance
from claimsmith_server.store.leftovers import delete_leftovers
from claimsmith_server.store.token_counts import TokenCount, add_token_counts, list_token_counts
from claimsmith_server.store.token_log import LogPlace, TokenLogFilter, add_token_log_entries, list_token_log

HOUR = 3_600_000
DAY = 24 * HOUR


async def add(db: Database, *counts: TokenCount, instance_id: str = "ins_a") -> None:
    await db.transact(lambda tx: add_token_counts(tx, db.dialect_name, instance_id, counts))


async def log(db: Database, *entries: TokenLogEntry) -> None:
    await db.transact(lambda tx: add_token_log_entries(tx, db.dialect_name, entries))


def an_entry(name: str, at: int = NOW, **more: Any) -> TokenLogEntry:
    known = {
        "id": f"tlog_{name}",
        "instance_id": "ins_a",
        "kind": "session",
        "template_id": None,
        "version": 3,
        "session_id": "sess_s",
        "user_id": "user_u",
        "omitted": ("wide",),
        "failed": (),
        "cookie_bytes": 4000,
        "count": 1,
        "created_at": at,
        "updated_at": at,
    }
    return TokenLogEntry(**{**known, **more})


def an_event(number: int, **more: Any) -> AuditEvent:
    known = {
        "id": f"audit_{number:03}",
        "instance_id": "ins_a",
        "actor": "secret_key",
        "action": "user.created",
        "target": "user_u",
        "details": {},
        "created_at": NOW + number // 3,
    }
    return AuditEvent(**{**known, **more})


@pytest.fixture
def filled(db: Database, run: Any) -> Database:
    run(insert_instance(db, an_instance()))
    run(insert_instance(db, an_instance("b")))
    return db


def test_counts_are_added_to_what_is_there(filled: Database, run: Any) -> None:
    run(add(filled, TokenCount(NOW, "session", 640, 3, 1, 0), TokenCount(NOW, "session", 704, 1, 0, 1)))
    run(add(filled, TokenCount(NOW, "session", 640, 2, 0, 2), TokenCount(NOW, "jwt_template", 640, 9, 0, 0)))
    run(add(filled, TokenCount(NOW, "session", 640, 100, 0, 0), instance_id="ins_b"))
    assert run(list_token_counts(filled, "ins_a", since=NOW, step=HOUR)) == [
        TokenCount(NOW, "jwt_template", 640, 9, 0, 0),
        TokenCount(NOW, "session", 640, 5, 1, 2),
        TokenCount(NOW, "session", 704, 1, 0, 1),
    ]


def test_hours_are_summed_up_to_longer_times(filled: Database, run: Any) -> None:
    midnight = NOW - NOW % DAY
    run(add(filled, *(TokenCount(midnight + hour * HOUR, "session", 640, hour + 1, 0, 0) for hour in range(30))))
    days = run(list_token_counts(filled, "ins_a", since=midnight, step=DAY))
    assert [(day.hour, day.minted) for day in days] == [(midnight, sum(range(1, 25))), (midnight + DAY, 25 * 6 + 15)]
    later = run(list_token_counts(filled, "ins_a", since=midnight + 29 * HOUR, step=DAY))
    assert [(day.hour, day.minted) for day in later] == [(midnight + DAY, 30)]


def test_processes_that_add_at_once_add_up(filled: Database, url: str, run: Any) -> None:
    counts = [TokenCount(NOW + hour * HOUR, "session", 640, 1, 0, 0) for hour in range(5)]

    async def work() -> None:
        second = filled if filled.dialect_name == "postgresql" else await open_database(url)
        try:
            await asyncio.gather(*(add(one, *counts) for one in (filled, second) * 10))
        finally:
            if second is not filled:
                await second.close()

    run(work())
    assert [one.minted for one in run(list_token_counts(filled, "ins_a", since=0, step=HOUR))] == [20] * 5


def test_counts_of_an_instance_that_is_gone_are_refused_whole(filled: Database, run: Any) -> None:
    with pytest.raises(ForeignKeyViolation):
        run(add(filled, TokenCount(NOW, "session", 640, 1, 0, 0), instance_id="ins_gone"))


def test_an_entry_of_the_same_id_is_added_to_and_its_times_widen(filled: Database, run: Any) -> None:
    run(log(filled, an_entry("a", NOW + 100, count=2)))
    run(log(filled, an_entry("a", NOW + 900, count=3, cookie_bytes=4096)))
    run(log(filled, an_entry("a", NOW, count=4, cookie_bytes=1)))
    (entry,) = run(list_token_log(filled, "ins_a", TokenLogFilter(), limit=9))
    assert (entry.count, entry.cookie_bytes, entry.created_at, entry.updated_at) == (9, 4096, NOW, NOW + 900)
    assert entry.omitted == ("wide",)


def test_pages_of_the_token_log_meet_without_gap_or_overlap(filled: Database, run: Any) -> None:
    run(log(filled, *(an_entry(f"{number:02}", NOW + number // 4) for number in range(23))))
    seen, after = [], None
    while page := run(list_token_log(filled, "ins_a", TokenLogFilter(), limit=5, after=after)):
        seen += [entry.id for entry in page]
        after = LogPlace(page[-1].updated_at, page[-1].id)
    assert seen == sorted((f"tlog_{number:02}" for number in range(23)), reverse=True)


def test_the_token_log_is_narrowed_and_keeps_to_its_instance(filled: Database, run: Any) -> None:
    run(
        log(
            filled,
            an_entry("1", user_id="user_x"),
            an_entry("2", NOW + 5, session_id="sess_x"),
            an_entry("3", kind="jwt_template", template_id="jtmp_1"),
            an_entry("4", instance_id="ins_b"),
        )
    )

    def ids(**which: Any) -> set[str]:
        found = run(list_token_log(filled, "ins_a", TokenLogFilter(**which), limit=9))
        return {entry.id.removeprefix("tlog_") for entry in found}

    assert ids() == {"1", "2", "3"}
    assert ids(user_id="user_x") == {"1"}
    assert ids(session_id="sess_x") == {"2"}
    assert ids(kind="jwt_template") == {"3"}
    assert ids(since=NOW + 5) == {"2"}
    assert ids(until=NOW + 5) == {"1", "3"}


def test_pages_of_the_audit_log_meet_without_gap_or_overlap(filled: Database, run: Any) -> None:
    for number in range(20):
        run(insert_audit_event(filled, an_event(number)))
    seen, after = [], None
    while page := run(list_audit_events(filled, "ins_a", limit=7, after=after)):
        seen += [event.id for event in page]
        after = LogPlace(page[-1].created_at, page[-1].id)
    assert seen == [f"audit_{number:03}" for number in reversed(range(20))]


def test_the_audit_log_is_narrowed_by_actor_action_target_and_time(filled: Database, run: Any) -> None:
    for event in (
        an_event(0),
        an_event(3, actor="user_u", action="user.updated"),
        an_event(6, action="user_thing.created"),
        an_event(9, action="session.created", target="sess_s"),
        an_event(12, instance_id="ins_b"),
    ):
        run(insert_audit_event(filled, event))

    def numbers(**which: Any) -> list[int]:
        found = run(list_audit_events(filled, "ins_a", AuditFilter(**which)))
        return sorted(int(event.id.removeprefix("audit_")) for event in found)

    assert numbers() == [0, 3, 6, 9]
    assert numbers(actor="user_u") == [3]
    assert numbers(action="user") == [0, 3]
    assert numbers(action="user.created") == [0]
    assert numbers(action="user%") == []
    assert numbers(target="sess_s") == [9]
    assert numbers(since=NOW + 2) == [6, 9]
    assert numbers(until=NOW + 2) == [0, 3]


def test_D_012_what_is_told_of_tokens_and_deeds_ends_in_time(filled: Database, run: Any) -> None:
    run(add(filled, *(TokenCount(NOW - 91 * DAY, "session", size, 1, 0, 0) for size in (64, 128, 192))))
    run(add(filled, TokenCount(NOW - 90 * DAY, "session", 64, 1, 0, 0)))
    run(log(filled, an_entry("old", NOW - 14 * DAY - 1), an_entry("kept", NOW - 14 * DAY)))
    run(insert_audit_event(filled, an_event(1, created_at=NOW - 365 * DAY - 1)))
    run(insert_audit_event(filled, an_event(2, created_at=NOW - 365 * DAY)))
    names = ("token_counts", "token_log", "audit_log")
    gone = [run(delete_leftovers(filled, name, now=NOW, limit=100)) for name in names]
    assert gone == [3, 1, 1]
    assert [run(delete_leftovers(filled, name, now=NOW, limit=100)) for name in names] == [0, 0, 0]
    assert [one.hour for one in run(list_token_counts(filled, "ins_a", since=0, step=HOUR))] == [NOW - 90 * DAY]
    assert [entry.id for entry in run(list_token_log(filled, "ins_a", TokenLogFilter(), limit=9))] == ["tlog_kept"]
    assert [event.id for event in run(list_audit_events(filled, "ins_a"))] == ["audit_002"]
