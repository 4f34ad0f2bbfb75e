"""The task that throws away what nobody needs any more, so that strangers can't fill the disk (case D-013).

Nothing depends on it: whatever has expired is refused on reading, whether its row is still there or not (case S-021).
"""

import asyncio
from collections import Counter

from claimsmith_server.services.context import Service
from claimsmith_server.store.errors import StoreError
from claimsmith_server.store.leftovers import LEFTOVERS, delete_leftovers

FIRST_SECONDS = 60.0
EVERY_SECONDS = 300.0
RARELY = 12
"""Kinds without an index are looked for every so many times: once an hour."""
BATCH = 200
"""Rows of one transaction: some milliseconds, in which others wait."""
MOST_BATCHES = 250
"""Of a kind, each time; the rest has to wait for the next."""
_PAUSE_SECONDS = 0.005
_CLOSE_SECONDS = 5.0


class Janitor:
    """One process' part in it; `start` it once the services are open, `close` it before they close."""

    def __init__(self, service: Service) -> None:
        """Nothing runs yet."""
        self._service = service
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Nothing; from now on it is tidied every few minutes, while the event loop runs."""
        self._task = asyncio.create_task(self._work(), name="janitor")

    async def close(self) -> None:
        """Nothing; the batch that is being deleted was given five seconds."""
        self._closing.set()
        if self._task is None:
            return
        await asyncio.wait([self._task], timeout=_CLOSE_SECONDS)
        self._task.cancel()
        await asyncio.wait([self._task])

    async def tidy(self, *, thoroughly: bool = True) -> Counter[str]:
        """How many rows of each kind are gone; one log line tells the same, when there were any.

        Several processes may do so at once: each row is deleted by one of them.
        """
        gone: Counter[str] = Counter()
        for name, leftover in LEFTOVERS.items():
            if thoroughly or leftover.has_index:
                gone[name] = await self._delete_all(name)
        if gone.total():
            self._service.log.info("leftovers deleted", **{name: count for name, count in gone.items() if count})
        return gone

    async def _delete_all(self, name: str) -> int:
        now = self._service.clock.now()
        gone = 0
        for _ in range(MOST_BATCHES):
            count = await delete_leftovers(self._service.database, name, now=now, limit=BATCH)
            gone += count
            if count < BATCH or self._closing.is_set():
                break
            await asyncio.sleep(_PAUSE_SECONDS)  # whoever waits for the writer is first
        return gone

    async def _work(self) -> None:
        """Wait, tidy; until closed."""
        turn = 0
        pause = FIRST_SECONDS
        while not await self._is_closing_within(pause):
            await self._attempt(thoroughly=turn % RARELY == 0)
            turn += 1
            pause = EVERY_SECONDS

    async def _attempt(self, *, thoroughly: bool) -> None:
        """Nothing; a failure is logged, and the task lives on."""
        try:
            await self.tidy(thoroughly=thoroughly)
        except Exception as error:  # noqa: BLE001 - the next turn may go well, whatever it was
            level = self._service.log.warning if isinstance(error, StoreError) else self._service.log.error
            level("janitor failed", error=type(error).__name__, exc_info=error)

    async def _is_closing_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._closing.wait()
        except TimeoutError:
            return False
        return True
