"""Failed attempts of a user, over all factors: counted before anything is compared (cases A-009 to A-012)."""

from sqlalchemy import BigInteger, case, literal, or_, update

from claimsmith_server.store.database import Tx
from claimsmith_server.store.schema import users


async def count_attempt(  # noqa: PLR0913 - a row and what to make of it
    tx: Tx, instance_id: str, user_id: str, *, now: int, limit: int, lockout_ms: int
) -> int | None:
    """How many attempts in a row this one makes; None when the user is locked out, or is none of this instance.

    The attempt that reaches `limit` locks the user out at once; if it turns out right, `forgive_attempts` undoes that.
    One statement, so that of two hundred attempts at once no more than `limit` are evaluated (case A-010).
    """
    was_locked = users.c.lockout_expires_at.is_not(None)
    count = case((was_locked, literal(1, BigInteger)), else_=users.c.failed_attempts + 1)
    statement = (
        update(users)
        .where(
            users.c.instance_id == instance_id,
            users.c.id == user_id,
            or_(users.c.lockout_expires_at.is_(None), users.c.lockout_expires_at <= now),
        )
        .values(
            failed_attempts=count,
            lockout_expires_at=case((count >= limit, literal(now + lockout_ms, BigInteger)), else_=None),
        )
        .returning(users.c.failed_attempts)
    )
    row = await tx.one(statement)
    return None if row is None else int(row[0])


async def uncount_attempt(tx: Tx, instance_id: str, user_id: str) -> None:
    """Nothing; one attempt that `count_attempt` counted, and that compared nothing after all, is taken back."""
    counted = (users.c.instance_id == instance_id, users.c.id == user_id, users.c.failed_attempts > 0)
    changes = {"failed_attempts": users.c.failed_attempts - 1, "lockout_expires_at": None}
    await tx.run(update(users).where(*counted).values(**changes))


async def forgive_attempts(tx: Tx, instance_id: str, user_id: str) -> None:
    """Nothing; the user has no failed attempts and is not locked out."""
    of_user = (users.c.instance_id == instance_id, users.c.id == user_id)
    await tx.run(update(users).where(*of_user).values(failed_attempts=0, lockout_expires_at=None))


async def note_sign_in(tx: Tx, instance_id: str, user_id: str, *, now: int) -> None:
    """Nothing; the user signed in at `now`, which forgives failed attempts."""
    of_user = (users.c.instance_id == instance_id, users.c.id == user_id)
    changes = {"last_sign_in_at": now, "last_active_at": now, "failed_attempts": 0, "lockout_expires_at": None}
    await tx.run(update(users).where(*of_user).values(**changes))
