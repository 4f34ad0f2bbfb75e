"""Rate limits: a sliding window a caller, in memory, bounded."""

from collections import OrderedDict, deque

from claimsmith_server.core.errors import TOO_MANY_REQUESTS

WINDOW_SECONDS = 10
_MAX_CALLERS = 100_000


class RateLimit:
    """At most `limit` requests of one caller in any 10 seconds; 0 switches it off."""

    def __init__(self, limit: int) -> None:
        """`limit` is a setting: `backend_rate_limit`."""
        self._limit = limit
        self._callers: OrderedDict[bytes, deque[int]] = OrderedDict()

    def count(self, caller: bytes, now: int) -> None:
        """Count one request at `now` (unix milliseconds).

        Raises:
            ServiceError: `too_many_requests`, with Retry-After in seconds.
        """
        if not self._limit:
            return
        times = self._callers.setdefault(caller, deque())
        self._callers.move_to_end(caller)
        if len(self._callers) > _MAX_CALLERS:
            self._callers.popitem(last=False)
        start = now - WINDOW_SECONDS * 1000
        while times and times[0] <= start:
            times.popleft()
        if len(times) >= self._limit:
            wait = -(-(times[0] - start) // 1000)
            headers = {"Retry-After": str(max(1, wait))}
            raise TOO_MANY_REQUESTS(limit=self._limit, seconds=WINDOW_SECONDS, headers=headers)
        times.append(now)
