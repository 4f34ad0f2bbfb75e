"""Whether a mint stays as fast when an instance grows: `python benchmarks/growth.py [USERS ...]`.

Prints the median time of `store.mint.load_mint_context` on SQLite with 1,000, 100,000 and 1,000,000 users taken at
random, and ratios to the first: of the read alone, and of a mint, which is one read and one signature (target 1.15).
`build_instance_file` makes such a database for other benchmarks too.
"""

import asyncio
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from claimsmith_server.core.instance_settings import InstanceSettings
from claimsmith_server.store.database import open_database
from claimsmith_server.store.migration import migrate
from claimsmith_server.store.mint import load_mint_context

INSTANCE_ID = "ins_0RtYq0bench0bench0bench0bench"
KID = "ins_0RtYq0benchkey"
NOW = 1_800_000_000_000
READS = 5_000

_NUMBERED = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < :last)"


def _id(prefix: str) -> str:
    """SQL for ids as long as real ones; later rows sort later, as ids that begin with the time do."""
    return f"'{prefix}_0RtYq0' || printf('%022d', i)"


_LOADS = {
    "users": {
        "id": _id("user"),
        "username": "'User' || i",
        "normal_username": "'user' || i",
        "first_name": "'Ada'",
        "last_name": "'Lovelace'",
        "normal_name": "'ada lovelace'",
        "image_url": "'https://img.example/' || i",
        "has_image": "0",
        "primary_email_address_id": _id("idn"),
        "two_factor_enabled": "0",
        "public_metadata": """'{"plan":"pro","number":' || i || '}'""",
        "private_metadata": "'{}'",
        "unsafe_metadata": "'{}'",
        "banned": "0",
        "locked": "0",
        "delete_self_enabled": "1",
        "create_organization_enabled": "1",
    },
    "email_addresses": {
        "id": _id("idn"),
        "user_id": _id("user"),
        "position": "0",
        "email_address": "'User' || i || '@example.com'",
        "normal_email_address": "'user' || i || '@example.com'",
        "reserved": "0",
        "verification_status": "'verified'",
    },
    "clients": {"id": _id("client")},
    "sessions": {
        "id": _id("sess"),
        "client_id": _id("client"),
        "user_id": _id("user"),
        "status": "'active'",
        "first_factor_verified_at": ":now",
        "last_active_at": ":now",
        "expire_at": ":now + 9000000000000",
        "abandon_at": ":now + 9000000000000",
    },
}
"""Columns of each table as SQL over the number `i`; `instance_id` and the two times are the same everywhere."""


def session_id(number: int) -> str:
    """The id of the session of user `number`, in a file that `build_instance_file` made."""
    return f"sess_0RtYq0{number:022d}"


def build_instance_file(path: Path, users: int) -> str:
    """The url of a new database with one instance and `users` users, each with an e-mail address and a live session.

    The instance has an active signing key row whose private key is empty: a benchmark that signs replaces it.
    """
    url = f"sqlite:///{path}"
    asyncio.run(migrate(url))
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript("PRAGMA synchronous = OFF; PRAGMA cache_size = -200000; PRAGMA foreign_keys = OFF; BEGIN")
    settings = msgspec.json.encode(InstanceSettings()).decode()
    connection.execute(
        "INSERT INTO instances VALUES (?, 'bench', 'development', 'bench.clerk.accounts.dev', ?, 1, 0, ?, ?)",
        (INSTANCE_ID, settings, NOW, NOW),
    )
    connection.execute(
        "INSERT INTO signing_keys VALUES (?, ?, 'RS256', 'active', '{}', x'', ?, ?)", (INSTANCE_ID, KID, NOW, NOW)
    )
    for table, columns in _LOADS.items():
        every = {"instance_id": ":instance", **columns, "created_at": ":now + i", "updated_at": ":now + i"}
        load = f"{_NUMBERED} INSERT INTO {table} ({', '.join(every)}) SELECT {', '.join(every.values())} FROM n"
        connection.execute(load, {"instance": INSTANCE_ID, "last": users - 1, "now": NOW})
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return url


async def measure_read(url: str, users: int, reads: int = READS) -> float:
    """The median of the read's microseconds, each of another user taken at random."""
    database = await open_database(url)
    chosen = random.Random(1)  # noqa: S311 - the same users in each run
    times = []
    for turn in range(reads * 2):
        wanted = session_id(chosen.randrange(users))
        start = time.perf_counter_ns()
        row = await load_mint_context(database, wanted, instance_id=INSTANCE_ID)
        if turn >= reads:  # the first ones bring the file into memory
            times.append(time.perf_counter_ns() - start)
        assert row is not None
        assert row.context.user.primary_email_address is not None
    await database.close()
    return statistics.median(times) / 1000


def measure_signature(count: int = 400) -> float:
    """The median microseconds of one RSA-2048 signature, which every mint pays beside its read."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    times = []
    for _ in range(count):
        start = time.perf_counter_ns()
        key.sign(b"header.payload", padding.PKCS1v15(), hashes.SHA256())
        times.append(time.perf_counter_ns() - start)
    return statistics.median(times) / 1000


def main(sizes: list[int]) -> None:
    """Print one line for each size."""
    signature = measure_signature()
    print(f"one RSA-2048 signature: {signature:.0f} us; a mint is one read and one signature")
    print(f"{'users':>10}  {'load s':>7}  {'file MB':>8}  {'read p50 us':>11}  {'ratio':>6}  {'mint ratio':>10}")
    first = None
    for users in sizes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "growth.db"
            start = time.perf_counter()
            url = build_instance_file(path, users)
            loaded = time.perf_counter() - start
            read = asyncio.run(measure_read(url, users))
            first = first or read
            ratio = (read + signature) / (first + signature)
            size = path.stat().st_size / 1e6
            print(f"{users:>10,}  {loaded:>7.1f}  {size:>8.1f}  {read:>11.1f}  {read / first:>6.2f}  {ratio:>10.2f}")


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [1_000, 100_000, 1_000_000])
