"""Does a mint's read stay as fast when an instance grows?  `python benchmarks/growth.py [USERS ...]`

Prints the median time of `store.mint.load_mint_context` on SQLite with 1,000, 100,000 and 1,000,000 users, and the
ratio to the first; the target is 1.15. `build_instance_file` makes such a database for other benchmarks too.
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
from claimsmith_server.core.models import InstanceSettings
from claimsmith_server.store.database import open_database
from claimsmith_server.store.migration import migrate
from claimsmith_server.store.mint import load_mint_context

INSTANCE_ID = "ins_0RtYq0bench0bench0bench0bench"
KID = "ins_0RtYq0benchkey"
NOW = 1_800_000_000_000
READS = 4_000
TARGET = 1.15

# Ids as long as real ones; later rows sort later, as ids that begin with the time do.
_NUMBERED = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < :last)"
_ID = "'{prefix}_0RtYq0' || printf('%022d', i)"
_LOADS = (
    f"""{_NUMBERED} INSERT INTO users SELECT :instance, {_ID.format(prefix="user")}, NULL, 'user' || i, 'user' || i, 'Ada',
        'Lovelace', 'ada lovelace', NULL, 'https://img.example/' || i, 0, {_ID.format(prefix="idn")}, NULL, NULL, NULL, NULL, 0,
        '{{"plan":"pro","n":' || i || '}}', '{{}}', '{{}}', 0, 0, 1, 1, NULL, NULL, :now, :now, :now + i, :now + i FROM n""",
    f"""{_NUMBERED} INSERT INTO email_addresses SELECT :instance, {_ID.format(prefix="idn")}, {_ID.format(prefix="user")}, 0,
        'user' || i || '@example.com', 'user' || i || '@example.com', 0, 'verified', 'admin', :now, :now FROM n""",
    f"""{_NUMBERED} INSERT INTO clients SELECT :instance, {_ID.format(prefix="client")}, NULL, :now, :now FROM n""",
    f"""{_NUMBERED} INSERT INTO sessions SELECT :instance, {_ID.format(prefix="sess")}, {_ID.format(prefix="client")},
        {_ID.format(prefix="user")}, 'active', NULL, NULL, :now, NULL, :now, :now + 604800000, :now + 9000000000000, :now + i,
        :now + i FROM n""",
)


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
    connection.executescript("PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; PRAGMA foreign_keys = OFF; BEGIN")
    settings = msgspec.json.encode(InstanceSettings()).decode()
    connection.execute(
        "INSERT INTO instances VALUES (?, 'bench', 'development', 'bench.clerk.accounts.dev', ?, 1, 0, ?, ?)",
        (INSTANCE_ID, settings, NOW, NOW),
    )
    connection.execute(
        "INSERT INTO signing_keys VALUES (?, ?, 'RS256', 'active', '{}', x'', ?, ?)", (INSTANCE_ID, KID, NOW, NOW)
    )
    for load in _LOADS:
        connection.execute(load, {"instance": INSTANCE_ID, "last": users - 1, "now": NOW})
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return url


async def measure_read(url: str, users: int, reads: int = READS) -> float:
    """The median of the read's microseconds, each of another user taken at random."""
    database = await open_database(url)
    chosen = random.Random(1)
    times = []
    for turn in range(reads + 500):
        wanted = session_id(chosen.randrange(users))
        start = time.perf_counter_ns()
        row = await load_mint_context(database, wanted, instance_id=INSTANCE_ID)
        if turn >= 500:  # the first ones fill caches
            times.append(time.perf_counter_ns() - start)
        assert row is not None
        assert row.context.user.primary_email_address is not None
    await database.close()
    return statistics.median(times) / 1000


def main(sizes: list[int]) -> None:
    """Print one line for each size."""
    first = None
    print(f"{'users':>10}  {'load s':>7}  {'file MB':>8}  {'read p50 us':>11}  {'ratio':>6}")
    for users in sizes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "growth.db"
            start = time.perf_counter()
            url = build_instance_file(path, users)
            loaded = time.perf_counter() - start
            microseconds = asyncio.run(measure_read(url, users))
            first = first or microseconds
            megabytes = path.stat().st_size / 1e6
            print(f"{users:>10,}  {loaded:>7.1f}  {megabytes:>8.1f}  {microseconds:>11.1f}  {microseconds / first:>6.2f}")


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [1_000, 100_000, 1_000_000])
