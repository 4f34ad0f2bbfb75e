"""What the dashboard's front page and the audit log cost with a million of everything: `python -m benchmarks.overview`.

Prints the median milliseconds of `services.overview.load_overview` for each range over a SQLite file with 1,000,000
users and sessions, a month of token counts and 10,000 entries of the token log; of the longest pause of the event loop
meanwhile; of pages of an audit log of 1,000,000 events; and the nanoseconds that counting adds to a mint.
"""

import asyncio
import sqlite3
import statistics
import sys
import tempfile
import time
import timeit
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from benchmarks import growth
from claimsmith_server.app import close_service, open_service
from claimsmith_server.clock import Clock, system_clock
from claimsmith_server.commands.dev_directory import write_master_key
from claimsmith_server.services.context import Service
from claimsmith_server.services.logs import AuditFilter, LogPlace, load_audit_page
from claimsmith_server.services.overview import RANGES, load_overview
from claimsmith_server.services.token_tally import HOUR_MS, TokenTally
from claimsmith_server.settings import Settings
from claimsmith_server.store import instances

ROWS = 1_000_000
ROUNDS = 5
_MONTH_MS = 30 * 24 * HOUR_MS
_PAUSE_SECONDS = 0.001


def main(rows: int) -> None:
    """Measure and print."""
    print(f"counting one mint: {measure_count():.0f} ns")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill(folder / "bench.db", rows)
        asyncio.run(measure(folder, rows))


def measure_count(rounds: int = 500_000) -> float:
    """The nanoseconds of `TokenTally.count`."""
    tally = TokenTally()
    seconds = timeit.repeat(lambda: tally.count("ins_0", "session", 832, growth.NOW), number=rounds, repeat=5)
    return min(seconds) / rounds * 1e9


def fill(file: Path, rows: int) -> None:
    """A database with that many users, sessions spread over a month, and audit events; half the sessions have ended."""
    growth.build_instance_file(file, rows)
    given = {"ins": growth.INSTANCE_ID, "now": growth.NOW, "rows": rows, "month": _MONTH_MS, "hour": HOUR_MS}
    with sqlite3.connect(file) as connection:
        connection.execute("DELETE FROM signing_keys")
        for statement in _FILLS:
            connection.execute(statement, {key: value for key, value in given.items() if f":{key}" in statement})
    connection.close()


_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {last})"
_FILLS = (
    """UPDATE sessions SET created_at = :now - (created_at - :now) * :month / :rows,
    status = CASE created_at % 2 WHEN 0 THEN 'active' ELSE 'ended' END""",
    _NUMBERS.format(last="30 * 24 * 20 - 1")
    + " INSERT INTO token_counts (instance_id, hour, kind, size, minted, omitted, failed)"
    " SELECT :ins, :now - :now % :hour - (i / 20) * :hour, 'session', 64 * (10 + i % 20), 100, 0, 0 FROM n",
    _NUMBERS.format(last="9999")
    + " INSERT INTO token_log (instance_id, id, kind, version, session_id, user_id, omitted, failed, cookie_bytes,"
    " count, created_at, updated_at) SELECT :ins, 'tlog_' || i, 'session', 1, 'sess_' || i, 'user_' || i, '[\"wide\"]',"
    " '[]', 4000, 3, :now - i, :now - i FROM n",
    _NUMBERS.format(last=":rows - 1")
    + " INSERT INTO audit_log (instance_id, id, actor, action, target, details, created_at)"
    " SELECT :ins, printf('audit_%08d', i), CASE i % 100000 WHEN 7 THEN 'admin_rare' ELSE 'secret_key' END,"
    " 'user.updated', 'user_' || i, '{}', :now - :rows + i FROM n",
)


async def measure(folder: Path, rows: int) -> None:
    """Open the services over the filled file and print what each question costs."""
    settings = Settings(
        database_url=f"sqlite:///{folder / 'bench.db'}", master_key_file=str(folder / "bench.key"), log_level="warning"
    )
    write_master_key(folder / "bench.key", system_clock())
    service = await open_service(settings, Clock(now=lambda: growth.NOW, entropy=system_clock().entropy))
    instance = await instances.load_first_instance(service.database)
    assert instance is not None
    print(f"{'with ' + format(rows, ',') + ' rows each':44}{'p50, ms':>10}{'longest pause of the loop, ms':>32}")
    for name in RANGES:
        await _print(f"overview, {name}", lambda name=name: load_overview(service, instance, name))  # type: ignore[misc]
    middle = LogPlace(growth.NOW - rows // 2, "audit_z")
    for told, which, after in (
        ("audit log, newest page", AuditFilter(), None),
        ("audit log, a page in the middle", AuditFilter(), middle),
        ("audit log, an actor of 10 events", AuditFilter(actor="admin_rare"), None),
        ("audit log, an actor of none", AuditFilter(actor="nobody"), None),
    ):
        await _print(told, _page_loader(service, instance, which, after))
    await close_service(service)


def _page_loader(service: Service, instance: Any, which: AuditFilter, after: LogPlace | None) -> Callable[[], Any]:
    return lambda: load_audit_page(service, instance, which, after=after)


async def _print(told: str, ask: Callable[[], Awaitable[Any]]) -> None:
    await ask()
    times: list[float] = []
    pauses: list[float] = []
    for _ in range(ROUNDS):
        watch = asyncio.create_task(_watch(pauses))
        started = time.perf_counter()
        await ask()
        times.append(time.perf_counter() - started)
        watch.cancel()
        await asyncio.wait([watch])
    print(f"{told:44}{statistics.median(times) * 1000:10.1f}{max(pauses, default=0) * 1000:32.1f}")


async def _watch(pauses: list[float]) -> None:
    """How long the event loop did not come back, each time."""
    while True:
        before = time.perf_counter()
        await asyncio.sleep(_PAUSE_SECONDS)
        pauses.append(time.perf_counter() - before - _PAUSE_SECONDS)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
