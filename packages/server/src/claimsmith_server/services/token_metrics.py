"""The task that stores what was minted: every five seconds, and when the server ends.

What a process has counted is in its memory until then: a crash loses at most five seconds of numbers and of log
entries, never a token. Processes add to the same rows, so the numbers are those of all of them.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Final, TypeVar

import msgspec

from claimsmith_server.core.models import TokenLogEntry
from claimsmith_server.services.context import Service
from claimsmith_server.services.token_tally import CountKey, Lacking, Times
from claimsmith_server.store.database import Tx
from claimsmith_server.store.errors import Busy, StoreError, Unavailable
from claimsmith_server.store.token_counts import TokenCount, add_token_counts
from claimsmith_server.store.token_log import add_token_log_entries

EVERY_SECONDS = 5.0
BATCH: Final = 100
"""Rows of one transaction: some milliseconds, in which other writers and SQLite's event loop wait."""
_PAUSE_SECONDS = 0.002
_CLOSE_SECONDS = 5.0
_DAY_MS: Final = 24 * 3600 * 1000
_ID_CHARACTERS: Final = 28
K = TypeVar("K", CountKey, Lacking)
V = TypeVar("V")


class TokenMetrics:
    """One process' part in it; `start` it once the services are open, `close` it before they close."""

    def __init__(self, service: Service) -> None:
        """Nothing runs yet."""
        self._service = service
        self._tally = service.tally
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Nothing; from now on the numbers are stored every five seconds, while the event loop runs."""
        self._task = asyncio.create_task(self._work(), name="token metrics")

    async def close(self) -> None:
        """Nothing; what was counted up to now was stored, or was given five seconds for it."""
        self._closing.set()
        if self._task is None:
            return
        await asyncio.wait([self._task], timeout=_CLOSE_SECONDS)
        self._task.cancel()
        await asyncio.wait([self._task])

    async def flush(self) -> None:
        """Nothing; what was counted is in the database, or, where that can't be had now, back in memory."""
        taken = self._tally.take()
        for instance_id, counts in _batches(taken.counts):
            await self._store(instance_id, _storing_counts(self._service, instance_id, counts), counts, {})
        for instance_id, lacking in _batches(taken.lacking):
            await self._store(instance_id, _storing_log(self._service, lacking), {}, lacking)
        if taken.unlisted:
            self._service.log.warning("token log is full for now", tokens=taken.unlisted)

    async def _store(
        self,
        instance_id: str,
        work: Callable[[Tx], Awaitable[None]],
        counts: Mapping[CountKey, list[int]],
        lacking: Mapping[Lacking, Times],
    ) -> None:
        """Nothing; what can be stored later is kept, what never can (its instance is gone) is not."""
        try:
            await self._service.database.transact(work)
            await asyncio.sleep(_PAUSE_SECONDS)  # whoever waits is first
        except StoreError as error:
            is_for_later = isinstance(error, Busy | Unavailable)
            if is_for_later:
                self._tally.give_back(counts.items(), lacking.items())
            level = self._service.log.warning if is_for_later else self._service.log.error
            what = "token counts wait" if is_for_later else "token counts lost"
            level(what, instance_id=instance_id, error=type(error).__name__, exc_info=error)

    async def _work(self) -> None:
        """Wait, store; until closed, and once more then."""
        while not await self._is_closing_within(EVERY_SECONDS):
            await self._attempt()
        await self._attempt()

    async def _attempt(self) -> None:
        """Nothing; a failure is logged, and the task lives on."""
        try:
            await self.flush()
        except Exception:
            self._service.log.exception("token metrics failed")

    async def _is_closing_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._closing.wait()
        except TimeoutError:
            return False
        return True


def _batches(known: Mapping[K, V]) -> Iterator[tuple[str, dict[K, V]]]:
    """The same in parts of one instance each, so that none suffers from another's end, and none holds up mints."""
    grouped: dict[str, list[K]] = {}
    for key in known:
        grouped.setdefault(key.instance_id, []).append(key)
    for instance_id, keys in grouped.items():
        for start in range(0, len(keys), BATCH):
            yield instance_id, {key: known[key] for key in keys[start : start + BATCH]}


def _storing_counts(
    service: Service, instance_id: str, counts: Mapping[CountKey, list[int]]
) -> Callable[[Tx], Awaitable[None]]:
    rows = [TokenCount(key.hour, key.kind, key.size, *numbers) for key, numbers in sorted(counts.items())]
    engine = service.database.dialect_name

    async def work(tx: Tx) -> None:
        await add_token_counts(tx, engine, instance_id, rows)

    return work


def _storing_log(service: Service, lacking: Mapping[Lacking, Times]) -> Callable[[Tx], Awaitable[None]]:
    entries = sorted((_entry(which, times) for which, times in lacking.items()), key=lambda entry: entry.id)
    engine = service.database.dialect_name

    async def work(tx: Tx) -> None:
        await add_token_log_entries(tx, engine, entries)

    return work


def _entry(which: Lacking, times: Times) -> TokenLogEntry:
    """The row: one for each day (UTC), since its id is made of what it tells and of that day."""
    told = msgspec.json.encode((times.first_at // _DAY_MS, *which))
    return TokenLogEntry(
        id="tlog_" + hashlib.sha256(told).hexdigest()[:_ID_CHARACTERS],
        instance_id=which.instance_id,
        kind=which.kind,
        template_id=which.template_id,
        version=which.version,
        session_id=which.session_id,
        user_id=which.user_id,
        omitted=_storable(which.omitted),
        failed=_storable(which.failed),
        cookie_bytes=times.cookie_bytes,
        count=times.count,
        created_at=times.first_at,
        updated_at=times.last_at,
    )


def _storable(names: tuple[str, ...]) -> tuple[str, ...]:
    """Names of claims as the database takes them: JSON allows NUL in a name, PostgreSQL in no text (case I-010)."""
    return tuple(name.replace("\0", "\ufffd") for name in names)
