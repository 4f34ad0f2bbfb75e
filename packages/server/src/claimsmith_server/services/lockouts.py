"""Attempts that users may fail: ten in a row over all factors, then an hour's pause (CASES (c), A-009 to A-013)."""

from claimsmith_server.core.errors import USER_BANNED, USER_LOCKED, ServiceError
from claimsmith_server.core.models import User
from claimsmith_server.services.context import Service
from claimsmith_server.store import lockouts

MAX_FAILED_ATTEMPTS = 10
LOCKOUT_MS = 3600 * 1000
_MINUTE_MS = 60 * 1000


async def count_attempt(service: Service, user: User) -> int:
    """Which failed attempt this one would be; count it before the secret is compared, forgive it when it was right.

    Raises:
        ServiceError: `user_banned`, or `user_locked` with the minutes that remain.
    """
    require_allowed(user)
    now = service.clock.now()
    count = await lockouts.count_attempt(
        service.database, user.instance_id, user.id, now=now, limit=MAX_FAILED_ATTEMPTS, lockout_ms=LOCKOUT_MS
    )
    if count is None:
        raise user_locked(user, now)
    return count


async def uncount_attempt(service: Service, user: User) -> None:
    """Nothing; an attempt that was counted, and that compared nothing after all, is taken back."""
    await lockouts.uncount_attempt(service.database, user.instance_id, user.id)


def require_unlocked(user: User, now: int) -> None:
    """Refuse a user who may not sign in, or not yet."""
    require_allowed(user)
    if (user.lockout_expires_at or 0) > now:
        raise user_locked(user, now)


def refuse_attempt(count: int, refusal: ServiceError) -> ServiceError:
    """What to tell after a wrong attempt: the refusal, or that the user is locked out now."""
    return USER_LOCKED(minutes=LOCKOUT_MS // _MINUTE_MS) if count >= MAX_FAILED_ATTEMPTS else refusal


def require_allowed(user: User) -> None:
    """Refuse a user whom an operator banned or locked."""
    if user.banned:
        raise USER_BANNED()
    if user.locked:
        raise USER_LOCKED(minutes=LOCKOUT_MS // _MINUTE_MS)


def user_locked(user: User, now: int) -> ServiceError:
    """The refusal that says how long a lockout lasts."""
    left = (user.lockout_expires_at or now + LOCKOUT_MS) - now
    return USER_LOCKED(
        minutes=max(1, -(-left // _MINUTE_MS)), meta={"lockout_expires_in_seconds": max(1, -(-left // 1000))}
    )
