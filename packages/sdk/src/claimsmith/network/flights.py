"""A fetch in flight, which threads and event loops wait for together."""

import threading
from concurrent.futures import Future


class Flight:
    """One fetch: whoever needs its result waits for it, and whoever ends it first has ended it.

    Example:
        ```python
        flight = Flight(process=os.getpid(), late_at=104.0)
        assert flight.end()
        flight.tell()
        assert flight.wait(1.0)
        ```
    """

    def __init__(self, *, process: int, late_at: float) -> None:
        """In flight from now on.

        Args:
            process: the id of the process whose thread fetches.
            late_at: when to give it up, in seconds of the caller's clock.
        """
        self.process = process
        self.late_at = late_at
        self._end = threading.Lock()
        self._told: Future[None] = Future()

    def end(self) -> bool:
        """Whether the caller is the first to end it, and so the one whose outcome counts."""
        return self._end.acquire(blocking=False)

    def tell(self) -> None:
        """Wake all who wait."""
        self._told.set_result(None)

    def wait(self, seconds: float) -> bool:
        """Whether it ended within so many seconds; blocks the thread."""
        try:
            self._told.result(seconds)
        except TimeoutError:
            return False
        return True

    async def wait_async(self, seconds: float) -> bool:
        """Whether it ended within so many seconds; blocks no event loop, and under asyncio no thread either."""
        import asyncio  # noqa: PLC0415 - 30 ms that applications without an event loop do not pay

        try:
            asyncio.get_running_loop()
        except RuntimeError:  # An event loop of another library, which anyio knows.
            from anyio import to_thread  # noqa: PLC0415 - only needed there

            return await to_thread.run_sync(self.wait, seconds)
        # Unlike `wait_for`, this cancels nothing: a task that gives up must not take the result away from others.
        done, _ = await asyncio.wait([asyncio.wrap_future(self._told)], timeout=seconds)
        return bool(done)
