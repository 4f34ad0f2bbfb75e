"""Codes that were sent: a guess is counted before it is compared, and a code is spent by one conditional update."""

from sqlalchemy import BigInteger, bindparam, case, func, insert, literal, select, update

from claimsmith_server.core.attempts import CODE_ATTEMPTS, Verification, VerificationPurpose
from claimsmith_server.store.database import Tx
from claimsmith_server.store.rows import Shape
from claimsmith_server.store.schema import verifications

_SHAPE = Shape(Verification, verifications)
_INSERT = insert(verifications)
_LATEST = (
    select(*_SHAPE.columns)
    .where(
        verifications.c.instance_id == bindparam("instance", required=False),
        verifications.c.subject_id == bindparam("subject", required=False),
        verifications.c.purpose == bindparam("purpose", required=False),
    )
    .order_by(verifications.c.created_at.desc(), verifications.c.id.desc())
    .limit(1)
)


async def insert_verification(tx: Tx, verification: Verification) -> None:
    """Nothing; the verification is stored, and is its subject's latest."""
    await tx.run(_INSERT, _SHAPE.values(verification))


async def load_latest_verification(
    tx: Tx, instance_id: str, subject_id: str, purpose: VerificationPurpose
) -> Verification | None:
    """The latest verification of a subject for a purpose: the only one that counts."""
    row = await tx.one(_LATEST, {"instance": instance_id, "subject": subject_id, "purpose": purpose})
    return None if row is None else _SHAPE.build(row)


async def count_guess(tx: Tx, verification: Verification, *, now: int) -> Verification | None:
    """The verification with one more guess counted; None when it is spent, exhausted or expired (case A-004).

    The count is stored before anything is compared: of a hundred guesses at once, five are evaluated.
    """
    statement = (
        update(verifications)
        .where(
            verifications.c.instance_id == verification.instance_id,
            verifications.c.id == verification.id,
            verifications.c.status == "unverified",
            verifications.c.attempts < CODE_ATTEMPTS,
            verifications.c.expire_at > now,
        )
        .values(attempts=verifications.c.attempts + 1, updated_at=now)
        .returning(*_SHAPE.columns)
    )
    row = await tx.one(statement)
    return None if row is None else _SHAPE.build(row)


async def spend_verification(tx: Tx, verification: Verification, *, now: int) -> bool:
    """Whether this call verified it: one of all that race does (case A-001)."""
    statement = (
        update(verifications)
        .where(
            verifications.c.instance_id == verification.instance_id,
            verifications.c.id == verification.id,
            verifications.c.status == "unverified",
            verifications.c.expire_at > now,
        )
        .values(status="verified", updated_at=now)
    )
    return await tx.run(statement) > 0


async def count_recent_guesses(tx: Tx, instance_id: str, target: str, *, since: int) -> int:
    """How many guesses there were of codes sent to this target since then, over all flows (case A-005).

    The right one of a code that was spent is none of them: who signs in by codes all day guesses nothing.
    """
    guesses = verifications.c.attempts - case((verifications.c.status == "verified", 1), else_=0)
    statement = select(func.coalesce(func.sum(guesses), literal(0, BigInteger))).where(
        verifications.c.instance_id == instance_id,
        verifications.c.target == target,
        verifications.c.created_at > since,
    )
    row = await tx.one(statement)
    return 0 if row is None else int(row[0])
