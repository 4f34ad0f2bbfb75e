"""The pool that hashes and checks passwords: bounded, equal for known and unknown users, on today's parameters."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator

import argon2
import pytest

from claimsmith_server.clock import Clock
from claimsmith_server.core import passwords
from claimsmith_server.core.errors import ServiceError
from claimsmith_server.services.passwords import _NOBODYS, QUEUE_LENGTH, PasswordPool, needs_rehash

PASSWORD = "correct horse battery staple"
MD5 = "{md5}5f4dcc3b5aa765d61d8327deb882cf99"


@pytest.fixture
def pool() -> Iterator[PasswordPool]:
    counter = iter(range(10**6))
    opened = PasswordPool(Clock(now=lambda: 0, entropy=lambda size: next(counter).to_bytes(size, "big")))
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "password",
    [
        PASSWORD,
        "x" * 8,
        "x" * 72,
        "x" * 73,
        "x" * 128,
        "😀" * 128,
        "pass\0word",
        " spaces ",
        "p\u00e4ss",
        "\ud800 alone",
    ],
)
async def test_A_019_a_password_is_kept_whole(pool: PasswordPool, password: str) -> None:
    stored = await pool.hash(password)
    assert await pool.verify(stored, password)
    for other in (password[:-1], password + "x", password.strip() + "\t", password.replace("\0", ""), password + "\0"):
        if other != password:
            assert not await pool.verify(stored, other)


async def test_A_019_a_password_that_is_too_long_is_wrong_without_hashing(pool: PasswordPool) -> None:
    stored = await pool.hash(PASSWORD)
    started = time.process_time()
    for password in ("x" * 129, "x" * 1_000_000):
        assert not await pool.verify(stored, password)
        assert not await pool.verify_nobody(password)
    assert time.process_time() - started < 0.02


async def test_an_imported_digest_is_checked_in_the_pool(pool: PasswordPool) -> None:
    assert await pool.verify(MD5, "password")
    assert not await pool.verify(MD5, "passwork")


@pytest.mark.parametrize("stored", ["", "odd", "{argon2id}", "{argon2id}$argon2id$", "{unknown}x", "{md5}x"])
async def test_an_odd_digest_is_wrong_and_never_raises(pool: PasswordPool, stored: str) -> None:
    assert await pool.verify(stored, PASSWORD) is False


# ----------------------------------------------------------------------------------------------------- unknown users
async def test_A_017_an_unknown_user_costs_what_a_known_one_costs(pool: PasswordPool) -> None:
    stored = await pool.hash(PASSWORD)
    known, unknown = _parameters(stored), _parameters(_NOBODYS)
    assert unknown == known
    spent = [
        await _least_time(lambda: pool.verify(stored, "wrong password")),
        await _least_time(lambda: pool.verify_nobody("wrong password")),
    ]
    assert min(spent) > 0.005
    assert max(spent) < 2 * min(spent)


async def test_A_017_nobody_has_no_password(pool: PasswordPool) -> None:
    for password in ("", PASSWORD, "\0" * 16):
        assert await pool.verify_nobody(password) is False


async def test_A_016_a_quick_imported_digest_does_not_tell_that_its_user_exists(pool: PasswordPool) -> None:
    quick = await _least_time(lambda: pool.verify(MD5, "wrong password"))
    nobody = await _least_time(lambda: pool.verify_nobody("wrong password"))
    assert quick > nobody / 2


async def _least_time(verify: Callable[[], Awaitable[bool]]) -> float:
    """Seconds of CPU, the least of five, so that other programs don't count."""
    spent = []
    for _ in range(5):
        started = time.process_time()
        assert not await verify()
        spent.append(time.process_time() - started)
    return min(spent)


def _parameters(stored: str) -> argon2.Parameters:
    return argon2.extract_parameters(stored.removeprefix("{argon2id}"))


# ------------------------------------------------------------------------------------------------------------ rehash
async def test_A_022_a_digest_of_today_stays(pool: PasswordPool) -> None:
    assert not needs_rehash(await pool.hash(PASSWORD))


@pytest.mark.parametrize(
    "stored",
    [
        MD5,
        "{bcrypt}$2b$12$CCCCCCCCCCCCCCCCCCCCC.gkH6UnjS0HnlIFKPrxOxecnCGXTwVua",
        "{argon2i}" + _NOBODYS.removeprefix("{argon2id}").replace("argon2id", "argon2i"),
        _NOBODYS.replace("m=19456", "m=12288"),
        _NOBODYS.replace("m=19456", "m=65536"),
        _NOBODYS.replace("t=2", "t=1"),
        _NOBODYS.replace("p=1", "p=4"),
        _NOBODYS.replace("$" + "A" * 22 + "$", "$" + "A" * 11 + "$"),
        _NOBODYS[:-21],
        _NOBODYS.replace("{argon2id}", "{argon2i}"),
        "{argon2id}",
        "{argon2id}$argon2id$v=19$m=x",
        "",
        "odd",
    ],
)
def test_A_022_whatever_else_is_replaced_at_the_next_sign_in(stored: str) -> None:
    assert needs_rehash(stored)


# ------------------------------------------------------------------------------------------------------------- floods
async def test_A_023_a_flood_is_bounded_and_the_rest_is_refused_before_anything_is_hashed(pool: PasswordPool) -> None:
    stored = await pool.hash(PASSWORD)
    order: list[str] = []

    async def sign_in(number: int) -> None:
        try:
            await (pool.verify(stored, PASSWORD) if number % 2 else pool.verify_nobody(PASSWORD))
        except ServiceError as busy:
            order.append(f"{busy.status} {busy.items[0].code}, again in {busy.headers['Retry-After']} s")
        else:
            order.append("checked")

    room = pool._workers + QUEUE_LENGTH
    await asyncio.gather(*(sign_in(number) for number in range(room + 100)))
    assert order == ["503 hashing_busy, again in 1 s"] * 100 + ["checked"] * room
    assert await pool.verify(stored, PASSWORD)


async def test_A_023_those_who_hash_and_those_who_check_share_one_bound(pool: PasswordPool) -> None:
    room = pool._workers + QUEUE_LENGTH
    waiting = [asyncio.create_task(pool.hash(PASSWORD)) for _ in range(room)]
    await asyncio.sleep(0)
    for refused in (pool.verify(MD5, "password"), pool.verify_nobody("password"), pool.hash("password")):
        with pytest.raises(ServiceError):
            await refused
    await asyncio.gather(*waiting)
    assert await pool.verify(MD5, "password")


async def test_A_023_who_gives_up_makes_room(pool: PasswordPool) -> None:
    room = pool._workers + QUEUE_LENGTH
    waiting = [asyncio.create_task(pool.verify_nobody(PASSWORD)) for _ in range(room)]
    await asyncio.sleep(0)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert await pool.verify(MD5, "password")


async def test_A_023_the_loop_turns_while_passwords_are_checked(pool: PasswordPool) -> None:
    checks = asyncio.gather(*(pool.verify_nobody(PASSWORD) for _ in range(8)))
    turns = 0
    while not checks.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert turns > 10


def test_the_native_hasher_is_one_that_may_be_imported() -> None:
    assert passwords.NATIVE_HASHER in passwords.DIGEST_RULES
