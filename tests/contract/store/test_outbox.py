"""The outbox: due, claimed, put off, done, kept, cleaned up; each on both engines."""

# ruff: noqa: ANN001, ANN002, ANN003, ANN201, ANN202 - fixtures are told apart by name

import pytest
from rows_of_tests import HOUR, NOW, an_instance

from claimsmith_server.core.models import OutboxMessage
from claimsmith_server.store import outbox
from claimsmith_server.store.errors import UniqueViolation
from claimsmith_server.store.instances import delete_instance, insert_instance


def a_message(name="m", **more) -> OutboxMessage:
    known = {
        "id": f"mail_{name}",
        "instance_id": "ins_a",
        "kind": "mail.verification_code",
        "payload": {"sealed": "x"},
        "attempts": 0,
        "available_at": NOW,
        "done_at": None,
        "created_at": NOW,
    }
    return OutboxMessage(**(known | more))


@pytest.fixture
def filled(db, run):
    """A database with two instances."""
    run(insert_instance(db, an_instance("a")))
    run(insert_instance(db, an_instance("b", environment="production")))
    return db


async def insert_all(db, *messages):
    for message in messages:
        await outbox.insert_outbox_message(db, message)


def test_only_due_messages_of_the_kinds_asked_for_are_claimed_oldest_first(filled, run):
    async def story():
        await insert_all(
            filled,
            a_message("late", available_at=NOW + 1),
            a_message("2"),
            a_message("1", available_at=NOW - 1),
            a_message("hook", kind="webhook.user"),
            a_message("done", done_at=NOW),
        )
        assert await outbox.has_due_messages(filled, now=NOW - 1, kinds="mail.")
        assert not await outbox.has_due_messages(filled, now=NOW - 2, kinds="mail.")
        claimed = await outbox.claim_messages(filled, now=NOW, until=NOW + 60, limit=9, kinds="mail.")
        assert [(one.id, one.available_at) for one in claimed] == [("mail_1", NOW + 60), ("mail_2", NOW + 60)]
        assert not await outbox.claim_messages(filled, now=NOW, until=NOW + 60, limit=9, kinds="mail.")
        assert [one.id for one in await outbox.load_due_messages(filled, now=NOW)] == ["mail_hook"]
        again = await outbox.claim_messages(filled, now=NOW + 60, until=NOW + 99, limit=2, kinds="mail.")
        assert [one.id for one in again] == ["mail_late", "mail_1"]

    run(story())


def test_a_claim_ends_with_the_transaction_that_made_it(filled, run):
    async def story():
        await insert_all(filled, a_message())

        async def fail(tx):
            assert await outbox.claim_messages(tx, now=NOW, until=NOW + 60, limit=1)
            raise LookupError

        with pytest.raises(LookupError):
            await filled.transact(fail)
        assert await outbox.claim_messages(filled, now=NOW, until=NOW + 60, limit=1)

    run(story())


def test_whose_lease_was_taken_over_changes_nothing(filled, run):
    async def story():
        await insert_all(filled, a_message())
        (mine,) = await outbox.claim_messages(filled, now=NOW, until=NOW + 1, limit=1)
        (theirs,) = await outbox.claim_messages(filled, now=NOW + 1, until=NOW + 2, limit=1)
        assert not await outbox.put_off_message(filled, mine, available_at=0, attempts=5)
        assert await outbox.put_off_message(filled, theirs, available_at=NOW + 9, attempts=1)
        found = await outbox.load_message(filled, "ins_a", "mail_m")
        assert found == a_message(available_at=NOW + 9, attempts=1)

    run(story())


def test_L_002_a_done_message_says_nothing_any_more(filled, run):
    async def story():
        await insert_all(filled, a_message())
        assert await outbox.finish_message(filled, "ins_a", "mail_m", now=NOW + 1)
        assert not await outbox.finish_message(filled, "ins_a", "mail_m", now=NOW + 2)
        assert await outbox.load_message(filled, "ins_a", "mail_m") == a_message(payload={}, done_at=NOW + 1)
        assert not await outbox.list_messages(filled, "ins_a", kinds="mail.", since=0, limit=9)

    run(story())


def test_Z_001_nobody_reads_or_finishes_messages_of_another_instance(filled, run):
    async def story():
        await insert_all(filled, a_message())
        assert await outbox.load_message(filled, "ins_b", "mail_m") is None
        assert not await outbox.finish_message(filled, "ins_b", "mail_m", now=NOW)
        assert not await outbox.list_messages(filled, "ins_b", kinds="mail.", since=0, limit=9)
        await insert_all(filled, a_message(instance_id="ins_b"))
        with pytest.raises(UniqueViolation):
            await insert_all(filled, a_message())

    run(story())


def test_messages_of_development_instances_are_kept_with_what_they_say(filled, run):
    async def story():
        await insert_all(filled, a_message(), a_message("hook", kind="webhook.user"), a_message(instance_id="ins_b"))
        assert await outbox.has_due_messages(filled, now=NOW, kinds="mail.", environment="development")
        assert await outbox.keep_messages(filled, now=NOW, kinds="mail.", environment="development") == 1
        assert not await outbox.has_due_messages(filled, now=NOW, kinds="mail.", environment="development")
        assert await outbox.has_due_messages(filled, now=NOW, kinds="mail.", environment="production")
        (kept,) = await outbox.list_messages(filled, "ins_a", kinds="mail.", since=NOW, limit=9)
        assert kept == a_message(done_at=NOW)
        assert not await outbox.list_messages(filled, "ins_a", kinds="mail.", since=NOW + 1, limit=9)

    run(story())


def test_the_newest_messages_come_first_and_the_surplus_goes(filled, run):
    async def story():
        made = [a_message(str(number), created_at=NOW + number, done_at=NOW) for number in range(5)]
        await insert_all(filled, *made, a_message(instance_id="ins_b", done_at=NOW))
        newest = await outbox.list_messages(filled, "ins_a", kinds="mail.", since=0, limit=2)
        assert [one.id for one in newest] == ["mail_4", "mail_3"]
        assert await outbox.delete_surplus_messages(filled, "ins_a", kinds="mail.", keep=2) == 3
        assert await outbox.list_messages(filled, "ins_a", kinds="mail.", since=0, limit=9) == newest
        assert await outbox.load_message(filled, "ins_b", "mail_m")

    run(story())


def test_waiting_messages_are_never_surplus(filled, run):
    async def story():
        await insert_all(filled, a_message("old"), a_message("new", created_at=NOW + 1, done_at=NOW))
        assert await outbox.delete_surplus_messages(filled, "ins_a", kinds="mail.", keep=1) == 0

    run(story())


def test_what_is_old_is_given_up_by_exact_kind_or_deleted_once_done(filled, run):
    async def story():
        await insert_all(
            filled,
            a_message(),
            a_message("other", kind="mail.verification_code_2"),
            a_message("new", created_at=NOW + 1),
        )
        kinds = ["mail.verification_code"]
        assert await outbox.drop_stale_messages(filled, now=NOW + HOUR, before=NOW + 1, kinds=kinds) == 1
        assert await outbox.drop_stale_messages(filled, now=NOW + HOUR, before=NOW + 1, kinds=kinds) == 0
        assert await outbox.delete_done_messages(filled, before=NOW + HOUR, kinds="mail.") == 0
        assert await outbox.delete_done_messages(filled, before=NOW + HOUR + 1, kinds="web") == 0
        assert await outbox.delete_done_messages(filled, before=NOW + HOUR + 1, kinds="mail.") == 1
        assert await outbox.load_message(filled, "ins_a", "mail_m") is None
        assert [one.id for one in await outbox.load_due_messages(filled, now=NOW)] == ["mail_new", "mail_other"]

    run(story())


def test_an_instances_messages_go_with_it(filled, run):
    async def story():
        await insert_all(filled, a_message())
        await delete_instance(filled, "ins_a")
        assert await outbox.load_message(filled, "ins_a", "mail_m") is None

    run(story())
