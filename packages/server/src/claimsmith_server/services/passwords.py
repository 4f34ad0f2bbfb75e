"""Password hashing: argon2id in a bounded pool, so that a flood of sign-ins never starves the minting of tokens."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import argon2

from claimsmith_server.clock import Clock
from claimsmith_server.core import passwords
from claimsmith_server.core.errors import (
    HASHING_BUSY,
    PASSWORD_COMMON,
    PASSWORD_DIGEST_INVALID,
    PASSWORD_TOO_LONG,
    PASSWORD_TOO_SHORT,
)

QUEUE_LENGTH = 16
_SALT_BYTES = 16
_RETRY_AFTER_SECONDS = "1"


class PasswordPool:
    """Threads that hash, one a core, with room for 16 that wait (CASES (c), case A-023)."""

    def __init__(self, clock: Clock) -> None:
        """Opens the pool; `close` ends it."""
        self._clock = clock
        self._workers = os.cpu_count() or 1
        self._waiting = 0
        self._threads = ThreadPoolExecutor(self._workers, thread_name_prefix="argon2")
        self._argon2 = argon2.PasswordHasher(
            time_cost=passwords.ARGON2_TIME,
            memory_cost=passwords.ARGON2_MEMORY_KIB,
            parallelism=passwords.ARGON2_PARALLELISM,
            hash_len=32,
            salt_len=_SALT_BYTES,
        )

    async def hash(self, password: str) -> str:
        """The stored form of a password's argon2id digest; about 35 ms of one core.

        Raises:
            ServiceError: `hashing_busy` when as many passwords wait as may.
        """
        if self._waiting >= self._workers + QUEUE_LENGTH:
            raise HASHING_BUSY(headers={"Retry-After": _RETRY_AFTER_SECONDS})
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            salt = self._clock.entropy(_SALT_BYTES)
            digest = await loop.run_in_executor(self._threads, lambda: self._argon2.hash(password, salt=salt))
        finally:
            self._waiting -= 1
        return passwords.store_form(passwords.NATIVE_HASHER, digest)

    def close(self) -> None:
        """Ends the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def check_password(password: str, identifiers: tuple[str | None, ...], *, skip_checks: bool = False) -> None:
    """Refuse a password that is too short, too long, common, or one of the user's own identifiers (cases A-019, A-020).

    `skip_checks` leaves only the upper bound, which protects the hasher.
    """
    length = passwords.check_length(password)
    if length == "long":
        raise PASSWORD_TOO_LONG(param_name="password", limit=passwords.MAX_LENGTH)
    if skip_checks:
        return
    if length == "short":
        raise PASSWORD_TOO_SHORT(param_name="password", limit=passwords.MIN_LENGTH)
    if password.lower() in _common_passwords() or passwords.is_personal(password, identifiers):
        raise PASSWORD_COMMON(param_name="password")


def import_digest(hasher: str, digest: str) -> str:
    """The stored form of a digest made elsewhere.

    Raises:
        ServiceError: `form_password_digest_invalid` when its form or its work is not allowed (case A-021).
    """
    problem = passwords.check_digest(hasher, digest)
    if problem:
        raise PASSWORD_DIGEST_INVALID(param_name="password_digest", hasher=hasher, problem=problem.problem)
    return passwords.store_form(hasher, digest)


@cache
def _common_passwords() -> frozenset[str]:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415 - 30,000 words that only sign-ups need

    return frozenset(word for word in FREQUENCY_LISTS["passwords"] if len(word) >= passwords.MIN_LENGTH)
