"""What is spent once stays spent, whatever the time is for whoever comes second (case A-002), on both engines."""

# ruff: noqa: ANN001, ANN201, ANN202 - fixtures are told apart by name; ids of cases are upper case

import asyncio

import pytest
from rows_of_tests import HOUR, NOW, fill

from claimsmith_server.core.attempts import Ticket
from claimsmith_server.store.handshake_nonces import insert_handshake_nonce, use_handshake_nonce
from claimsmith_server.store.tickets import insert_ticket, load_ticket, revoke_ticket, spend_ticket

HASH = b"\1" * 32
EARLIER_OR_LATER = [-5000, -1, 0, 1, 5000]
"""Another process read its clock before, or after."""


def a_ticket() -> Ticket:
    return Ticket(
        id="sit_t", instance_id="ins_a", kind="sign_in", user_id="user_u", token_hash=HASH, status="pending",
        actor=None, session_max_duration_seconds=None, expire_at=NOW + HOUR, created_at=NOW, updated_at=NOW,
    )  # fmt: skip


@pytest.mark.parametrize("by", EARLIER_OR_LATER)
def test_A_002_a_nonce_for_one_use_is_used_once(db, run, by):
    async def work():
        await fill(db)
        await insert_handshake_nonce(db, "ins_a", HASH, b"sealed", expire_at=NOW + HOUR, now=NOW)
        first = await use_handshake_nonce(db, "ins_a", HASH, now=NOW, reuse_ms=0)
        return first, await use_handshake_nonce(db, "ins_a", HASH, now=NOW + by, reuse_ms=0)

    assert run(work()) == (b"sealed", None)


@pytest.mark.parametrize(("by", "is_given"), [(-5000, True), (0, True), (9999, True), (10_000, False)])
def test_S_012_a_nonce_for_several_uses_is_used_for_some_seconds(db, run, by, is_given):
    async def work():
        await fill(db)
        await insert_handshake_nonce(db, "ins_a", HASH, b"sealed", expire_at=NOW + HOUR, now=NOW)
        for now in (NOW, NOW + 5000):
            assert await use_handshake_nonce(db, "ins_a", HASH, now=now, reuse_ms=10_000)
        return await use_handshake_nonce(db, "ins_a", HASH, now=NOW + by, reuse_ms=10_000) is not None

    assert run(work()) is is_given


@pytest.mark.parametrize("by", EARLIER_OR_LATER)
def test_A_002_a_ticket_is_spent_or_revoked_and_neither_twice(db, run, by):
    async def work():
        await fill(db)
        await insert_ticket(db, a_ticket())
        spends = (spend_ticket(db, "ins_a", "sit_t", now=NOW + by) for _ in range(20))
        spent = await asyncio.gather(spend_ticket(db, "ins_a", "sit_t", now=NOW), *spends)
        assert await revoke_ticket(db, "ins_a", "sit_t", "sign_in", now=NOW + by) is None
        stored = await load_ticket(db, "ins_a", "sit_t")
        assert stored is not None
        return spent.count(True), stored.status

    assert run(work()) == (1, "accepted")
