"""Passwords hashed and checked in a bounded pool, so that a flood of sign-ins never starves the minting of tokens."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

import argon2

from claimsmith_server.clock import Clock
from claimsmith_server.core import digests, passwords
from claimsmith_server.core.errors import (
    HASHING_BUSY,
    PASSWORD_COMMON,
    PASSWORD_DIGEST_INVALID,
    PASSWORD_TOO_LONG,
    PASSWORD_TOO_SHORT,
)

_Result = TypeVar("_Result")

QUEUE_LENGTH = 16
_SALT_BYTES = 16
_DIGEST_BYTES = 32
_RETRY_AFTER_SECONDS = "1"
_NATIVE = argon2.Parameters(
    type=argon2.Type.ID,
    version=argon2.low_level.ARGON2_VERSION,
    salt_len=_SALT_BYTES,
    hash_len=_DIGEST_BYTES,
    time_cost=passwords.ARGON2_TIME,
    memory_cost=passwords.ARGON2_MEMORY_KIB,
    parallelism=passwords.ARGON2_PARALLELISM,
)
"""What every new digest is made with."""
_NOBODYS = (
    f"{{{passwords.NATIVE_HASHER}}}$argon2id$v={_NATIVE.version}"
    f"$m={_NATIVE.memory_cost},t={_NATIVE.time_cost},p={_NATIVE.parallelism}$" + "A" * 22 + "$" + "A" * 43
)
"""A stored digest, all zeros, that no known password has; it costs what a real one costs (case A-017)."""


class PasswordPool:
    """Threads that hash, one a core, with room for 16 that wait (CASES (c), case A-023)."""

    def __init__(self, clock: Clock) -> None:
        """Opens the pool; `close` ends it."""
        self._clock = clock
        self._workers = os.cpu_count() or 1
        self._waiting = 0
        self._threads = ThreadPoolExecutor(self._workers, thread_name_prefix="argon2")
        self._argon2 = argon2.PasswordHasher.from_parameters(_NATIVE)

    async def hash(self, password: str) -> str:
        """The stored form of a password's argon2id digest; about 35 ms of one core.

        Raises:
            ServiceError: `hashing_busy` when as many passwords wait as may.
        """
        salt = self._clock.entropy(_SALT_BYTES)
        digest = await self._run(lambda: self._argon2.hash(digests.encode_password(password), salt=salt))
        return passwords.store_form(passwords.NATIVE_HASHER, digest)

    async def verify(self, stored: str, password: str) -> bool:
        """Whether a password belongs to a stored digest; about 35 ms of one core, and what an imported digest asks for.

        A wrong password takes at least as long as argon2id, whatever the digest, so that a quick imported one doesn't
        tell that its user exists (case A-016). A password that is longer than any may be is wrong at once.

        Raises:
            ServiceError: `hashing_busy` when as many passwords wait as may.
        """
        if passwords.check_length(password) == "long":
            return False
        return await self._run(lambda: _verify(stored, password))

    async def verify_nobody(self, password: str) -> bool:
        """`False`, after the time that a user's password would have taken (case A-017).

        Raises:
            ServiceError: `hashing_busy` when as many passwords wait as may.
        """
        return await self.verify(_NOBODYS, password)

    def close(self) -> None:
        """Ends the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], _Result]) -> _Result:
        if self._waiting >= self._workers + QUEUE_LENGTH:
            raise HASHING_BUSY(headers={"Retry-After": _RETRY_AFTER_SECONDS})
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1


def needs_rehash(stored: str) -> bool:
    """Whether a digest is anything but argon2id as new ones are, so that the next sign-in replaces it (case A-022)."""
    hasher, _, digest = stored.partition("}")
    if hasher != f"{{{passwords.NATIVE_HASHER}":
        return True
    try:
        return argon2.extract_parameters(digest) != _NATIVE
    except argon2.exceptions.InvalidHashError:
        return True


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


def _verify(stored: str, password: str) -> bool:
    if digests.is_match(stored, password):
        return True
    if not stored.startswith(f"{{{passwords.NATIVE_HASHER}}}"):
        digests.is_match(_NOBODYS, password)
    return False


@cache
def _common_passwords() -> frozenset[str]:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415 - 30,000 words that only sign-ups need

    return frozenset(word for word in FREQUENCY_LISTS["passwords"] if len(word) >= passwords.MIN_LENGTH)
