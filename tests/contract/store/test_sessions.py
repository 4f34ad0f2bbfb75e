"""Sessions: status at a moment, conditional ends, filters."""

# ruff: noqa: ANN001, ANN003, ANN201, ANN202 - fixtures are told apart by name; ids of cases are upper case

import asyncio

import pytest
from rows_of_tests import HOUR, NOW, a_client, a_session, a_user, an_instance, fill
from sqlalchemy import text

from claimsmith_server.core.models import SessionStatus
from claimsmith_server.core.session_status import status_at
from claimsmith_server.store.clients import (
    delete_client,
    insert_client,
    load_client,
    update_client,
)
from claimsmith_server.store.errors import ForeignKeyViolation, InvalidValue, Unavailable
from claimsmith_server.store.instances import insert_instance
from claimsmith_server.store.mint import load_mint_context
from claimsmith_server.store.sessions import (
    SessionFilter,
    count_sessions,
    end_session,
    end_sessions_of_user,
    insert_session,
    list_sessions,
    load_session,
    touch_session,
)
from claimsmith_server.store.users import insert_user

STATUSES = SessionStatus.__args__


def test_a_session_comes_back_as_stored(db, run):
    async def story():
        stored = a_session(actor={"sub": "user_admin", "n": 1.0}, last_active_organization_id="org_o")
        await fill(db, session=stored)
        assert await load_session(db, "ins_a", "sess_s", now=NOW) == stored
        assert await load_session(db, "ins_b", "sess_s", now=NOW) is None
        assert await load_session(db, "ins_a", "sess_x", now=NOW) is None

    run(story())


def test_Z_001_a_session_cannot_point_into_another_instance(db, run):
    async def story():
        await fill(db)
        await insert_instance(db, an_instance("b"))
        await insert_user(db, a_user("of_b", instance_id="ins_b"))
        await insert_client(db, a_client("of_b", instance_id="ins_b"))
        for wrong in (
            {"user_id": "user_of_b"},
            {"client_id": "client_of_b"},
            {"instance_id": "ins_b"},
            {"user_id": "user_nobody"},
        ):
            with pytest.raises(ForeignKeyViolation):
                await insert_session(db, a_session("x", **wrong))
        assert await count_sessions(db, "ins_b", SessionFilter(), now=NOW) == 0

    run(story())


@pytest.mark.parametrize(
    ("expire_in", "abandon_in", "after"),
    [(HOUR, 2 * HOUR, "expired"), (2 * HOUR, HOUR, "abandoned"), (9, 9, "expired")],
)
def test_S_020_the_status_changes_at_the_exact_millisecond(db, run, expire_in, abandon_in, after):
    async def story():
        await fill(db, session=a_session(expire_at=NOW + expire_in, abandon_at=NOW + abandon_in))
        end = NOW + min(expire_in, abandon_in)
        row = await load_mint_context(db, "sess_s", instance_id="ins_a")
        for at, status in ((end - 1, "active"), (end, after), (end + 10**12, after)):
            assert (await load_session(db, "ins_a", "sess_s", now=at)).status == status
            assert row.status_at(at) == status
            for asked in STATUSES:
                found = await list_sessions(db, "ins_a", SessionFilter(status=asked), now=at)
                assert [session.status for session in found] == ([asked] if asked == status else [])
                assert await count_sessions(db, "ins_a", SessionFilter(status=asked), now=at) == len(found)

    run(story())


def test_S_021_an_expired_session_cannot_be_touched_though_nothing_cleaned_up(db, run):
    async def story():
        await fill(db, session=a_session(expire_at=NOW + 10))
        assert await touch_session(db, "ins_a", "sess_s", now=NOW + 9, abandon_at=NOW + HOUR) is not None
        assert await touch_session(db, "ins_a", "sess_s", now=NOW + 10, abandon_at=NOW + HOUR) is None
        assert await end_session(db, "ins_a", "sess_s", "revoked", now=NOW + 10) is None
        assert (await load_session(db, "ins_a", "sess_s", now=NOW + 10)).status == "expired"

    run(story())


def test_statuses_in_sql_and_in_python_agree_on_every_combination(db, run):
    async def story():
        await fill(db)
        number = 0
        for status in STATUSES:
            for expire_at in (NOW - 1, NOW, NOW + 1):
                for abandon_at in (NOW - 1, NOW, NOW + 1):
                    number += 1
                    await insert_session(
                        db, a_session(f"{number}", status=status, expire_at=expire_at, abandon_at=abandon_at)
                    )
        every = await list_sessions(db, "ins_a", SessionFilter(), now=0, limit=500)
        assert len(every) == 73
        for status in STATUSES:
            expected = {s.id for s in every if status_at(s.status, s.expire_at, s.abandon_at, NOW) == status}
            found = await list_sessions(db, "ins_a", SessionFilter(status=status), now=NOW, limit=500)
            assert {session.id for session in found} == expected

    run(story())


def test_S_016_a_session_ends_once(db, run):
    async def story():
        await fill(db)
        ended = await asyncio.gather(*(end_session(db, "ins_a", "sess_s", "revoked", now=NOW + 1) for _ in range(20)))
        winners = [session for session in ended if session is not None]
        assert [(session.status, session.updated_at) for session in winners] == [("revoked", NOW + 1)]
        assert await end_session(db, "ins_a", "sess_x", "ended", now=NOW) is None
        assert await end_session(db, "ins_b", "sess_s", "ended", now=NOW) is None
        assert (await load_session(db, "ins_a", "sess_s", now=NOW)).status == "revoked"

    run(story())


def test_S_017_a_revoke_that_cannot_be_stored_is_an_error_and_the_session_stays(db, run):
    async def story():
        await fill(db)
        if db.dialect_name == "sqlite":
            failing = (
                "CREATE TRIGGER broken BEFORE UPDATE ON sessions BEGIN SELECT RAISE(ABORT, 'disk on fire'); END",
                "DROP TRIGGER broken",
            )
        else:
            function = (
                "CREATE FUNCTION broken() RETURNS trigger AS 'BEGIN RAISE EXCEPTION ''fire''; END' LANGUAGE plpgsql"
            )
            await db.run(text(function))
            failing = (
                "CREATE TRIGGER broken BEFORE UPDATE ON sessions FOR EACH ROW EXECUTE FUNCTION broken()",
                "DROP FUNCTION broken() CASCADE",
            )
        await _define(db, failing[0])
        try:
            with pytest.raises(Unavailable):
                await end_session(db, "ins_a", "sess_s", "revoked", now=NOW)
            with pytest.raises(Unavailable):
                await end_sessions_of_user(db, "ins_a", "user_u", "revoked", now=NOW)
        finally:
            await _define(db, failing[1])
        assert (await load_session(db, "ins_a", "sess_s", now=NOW)).status == "active"
        assert (await end_session(db, "ins_a", "sess_s", "revoked", now=NOW)).status == "revoked"

    async def _define(db, statement):
        await db.transact(lambda tx: tx.all(text(statement)))

    run(story())


def test_S_022_touch_and_revoke_at_once_always_end_revoked(db, run):
    async def story():
        await fill(db)
        for number in range(200):
            await insert_session(db, a_session(f"r{number}"))

        async def touch(name):
            return await touch_session(db, "ins_a", name, now=NOW + 1, abandon_at=NOW + HOUR)

        async def pair(number):
            name = f"sess_r{number}"
            revoke = end_session(db, "ins_a", name, "revoked", now=NOW + 1)
            order = (revoke, touch(name)) if number % 2 else (touch(name), revoke)
            results = await asyncio.gather(*order)
            assert (results[0] if number % 2 else results[1]).status == "revoked"
            assert await touch(name) is None
            assert (await load_session(db, "ins_a", name, now=NOW + 2)).status == "revoked"

        for start in range(0, 200, 20):
            await asyncio.gather(*(pair(number) for number in range(start, start + 20)))

    run(story())


def test_S_019_all_sessions_of_a_user_end_but_one(db, run):
    async def story():
        await fill(db)
        await insert_user(db, a_user("v"))
        await insert_session(db, a_session("pending", status="pending"))
        await insert_session(db, a_session("late", expire_at=NOW))
        await insert_session(db, a_session("gone", status="removed"))
        await insert_session(db, a_session("other", user_id="user_v"))
        assert await end_sessions_of_user(db, "ins_a", "user_u", "revoked", now=NOW, but="sess_s") == ["sess_pending"]
        assert await end_sessions_of_user(db, "ins_a", "user_u", "revoked", now=NOW) == ["sess_s"]
        statuses = {s.id: s.status for s in await list_sessions(db, "ins_a", SessionFilter(), now=NOW)}
        assert statuses == {
            "sess_s": "revoked",
            "sess_pending": "revoked",
            "sess_late": "expired",
            "sess_gone": "removed",
            "sess_other": "active",
        }

    run(story())


def test_a_touch_moves_activity_and_organization(db, run):
    async def story():
        await fill(db)
        touched = await touch_session(db, "ins_a", "sess_s", now=NOW + 5, abandon_at=NOW + 6, organization_id="org_o")
        assert (touched.last_active_at, touched.abandon_at, touched.updated_at) == (NOW + 5, NOW + 6, NOW + 5)
        assert touched.last_active_organization_id == "org_o"
        kept = await touch_session(db, "ins_a", "sess_s", now=NOW + 5, abandon_at=NOW + 9)
        assert kept.last_active_organization_id == "org_o"
        none = await touch_session(db, "ins_a", "sess_s", now=NOW + 5, abandon_at=NOW + 9, organization_id=None)
        assert none.last_active_organization_id is None

    run(story())


def test_lists_are_newest_first_and_filtered(db, run):
    async def story():
        await fill(db)
        await insert_user(db, a_user("v"))
        await insert_client(db, a_client("d"))
        for number in range(5):
            await insert_session(db, a_session(f"{number}", created_at=NOW + number, user_id="user_v"))
        await insert_session(db, a_session("d", created_at=NOW + 9, client_id="client_d"))

        async def names(limit=10, offset=0, **which):
            found = await list_sessions(db, "ins_a", SessionFilter(**which), now=NOW, limit=limit, offset=offset)
            return [session.id.removeprefix("sess_") for session in found]

        assert await names() == ["d", "4", "3", "2", "1", "s", "0"]
        assert await names(limit=2, offset=1) == ["4", "3"]
        assert await names(user_id="user_v") == ["4", "3", "2", "1", "0"]
        assert await names(client_id="client_d") == ["d"]
        assert await names(client_id="client_d", user_id="user_v") == []
        assert await names(offset=10**18) == []
        assert await count_sessions(db, "ins_a", SessionFilter(user_id="user_v"), now=NOW) == 5
        with pytest.raises(InvalidValue):
            await names(user_id="a\0b")
        with pytest.raises(InvalidValue):
            await names(offset=2**63)

    run(story())


def test_a_client_knows_its_last_active_session_and_takes_its_sessions_with_it(db, run):
    async def story():
        await fill(db)
        assert (await load_client(db, "ins_a", "client_c")).last_active_session_id is None
        client = await update_client(db, "ins_a", "client_c", last_active_session_id="sess_s", updated_at=NOW + 1)
        assert (client.last_active_session_id, client.updated_at) == ("sess_s", NOW + 1)
        assert await load_client(db, "ins_a", "client_c") == client
        assert await load_client(db, "ins_b", "client_c") is None
        assert await delete_client(db, "ins_a", "client_c")
        assert await load_session(db, "ins_a", "sess_s", now=NOW) is None

    run(story())
