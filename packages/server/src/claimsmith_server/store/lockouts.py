"""Failed attempts of an account, over all factors: counted before anything is compared (cases A-009 to A-012)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

from sqlalchemy import BigInteger, Table, case, literal, or_, update

from claimsmith_server.store.database import Tx
from claimsmith_server.store.schema import administrators, users

Accounts = Literal["users", "administrators"]
"""Who has attempts to lose."""
_TABLES: Mapping[Accounts, Table] = MappingProxyType({"users": users, "administrators": administrators})


async def count_attempt(  # noqa: PLR0913 - a row and what to make of it
    tx: Tx,
    instance_id: str,
    account_id: str,
    *,
    now: int,
    limit: int,
    lockout_ms: int,
    of: Accounts = "users",
) -> int | None:
    """How many attempts in a row this one makes; None when the account is locked out, or is none of this instance.

    The attempt that reaches `limit` locks the account at once; if it turns out right, `forgive_attempts` undoes that.
    One statement, so that of two hundred attempts at once no more than `limit` are evaluated (case A-010).
    """
    columns = _TABLES[of].c
    was_locked = columns.lockout_expires_at.is_not(None)
    count = case((was_locked, literal(1, BigInteger)), else_=columns.failed_attempts + 1)
    is_open = or_(columns.lockout_expires_at.is_(None), columns.lockout_expires_at <= now)
    statement = (
        _of_account(of, instance_id, account_id)
        .where(is_open)
        .values(
            failed_attempts=count,
            lockout_expires_at=case((count >= limit, literal(now + lockout_ms, BigInteger)), else_=None),
        )
        .returning(columns.failed_attempts)
    )
    row = await tx.one(statement)
    return None if row is None else int(row[0])


async def uncount_attempt(tx: Tx, instance_id: str, account_id: str, *, of: Accounts = "users") -> None:
    """Nothing; one attempt that `count_attempt` counted, and that compared nothing after all, is taken back."""
    failed_attempts = _TABLES[of].c.failed_attempts
    counted = _of_account(of, instance_id, account_id).where(failed_attempts > 0)
    await tx.run(counted.values(failed_attempts=failed_attempts - 1, lockout_expires_at=None))


async def forgive_attempts(tx: Tx, instance_id: str, account_id: str, *, of: Accounts = "users") -> None:
    """Nothing; the account has no failed attempts and is not locked out."""
    await tx.run(_of_account(of, instance_id, account_id).values(failed_attempts=0, lockout_expires_at=None))


async def note_sign_in(tx: Tx, instance_id: str, user_id: str, *, now: int) -> None:
    """Nothing; the user signed in at `now`, which forgives failed attempts."""
    of_user = (users.c.instance_id == instance_id, users.c.id == user_id)
    changes = {"last_sign_in_at": now, "last_active_at": now, "failed_attempts": 0, "lockout_expires_at": None}
    await tx.run(update(users).where(*of_user).values(**changes))


def _of_account(of: Accounts, instance_id: str, account_id: str) -> Any:
    table = _TABLES[of]
    return update(table).where(table.c.instance_id == instance_id, table.c.id == account_id)
