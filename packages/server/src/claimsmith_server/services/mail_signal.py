"""The nudge from who queues a mail to the task that sends it, within one process."""

import asyncio


class MailSignal:
    """Wakes the mail worker of this process; others look by themselves every second."""

    def __init__(self) -> None:
        """Not nudged yet."""
        self._event = asyncio.Event()

    def nudge(self) -> None:
        """Nothing; the worker looks now, and again shortly after, since what was queued may not be committed yet."""
        self._event.set()

    async def wait(self, seconds: float) -> bool:
        """Whether a nudge came within that time; it counts once."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return False
        self._event.clear()
        return True
