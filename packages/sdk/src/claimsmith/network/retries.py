"""When a call to the Backend API is made again: a pure decision over the method, what went wrong and the time left.

| what went wrong | GET, HEAD, PUT | DELETE | POST, PATCH |
|---|---|---|---|
| the connection was never made | again | again | again |
| 429: the server did nothing | again | again | no |
| 500, 502, 503, 504, or a connection that broke | again | no | no |

A DELETE whose first try may have worked is not repeated: the second one would answer 404 for what was a success.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

Failure = Literal["unsent", "refused", "unknown"]
"""`unsent`: no connection was made. `refused`: 429. `unknown`: what the server did, nobody can say."""

_ALL: frozenset[Failure] = frozenset(("unsent", "refused", "unknown"))
_REPEATABLE: Mapping[str, frozenset[Failure]] = {
    "GET": _ALL,
    "HEAD": _ALL,
    "PUT": _ALL,
    "DELETE": frozenset(("unsent", "refused")),
}
_UNSENT: frozenset[Failure] = frozenset(("unsent",))
_FAILURES: Mapping[int, Failure] = {429: "refused", 500: "unknown", 502: "unknown", 503: "unknown", 504: "unknown"}


class Retries(msgspec.Struct, frozen=True, kw_only=True):
    """How often, how soon and how long a call is tried; times are in seconds.

    Example:
        ```python
        patient = Retries(attempts=6, total_seconds=60.0)
        once = Retries(attempts=1)
        ```
    """

    attempts: int = 4
    """At most, the first one included."""
    first_pause: float = 0.25
    """The longest pause after the first try; it doubles with each one."""
    longest_pause: float = 8.0
    """What a pause grows to at most, a server's `Retry-After` aside."""
    attempt_seconds: float = 10.0
    """How long one try may wait for each of: a connection, and the next part of an answer."""
    total_seconds: float = 30.0
    """How long all tries and pauses may take together: none begins later, and what comes in later is given up."""

    def __post_init__(self) -> None:
        """Refuses what no call could be made with."""
        if self.attempts < 1 or min(self.attempt_seconds, self.total_seconds) <= 0:
            raise ValueError("attempts is at least 1, and attempt_seconds and total_seconds are above 0")
        if min(self.first_pause, self.longest_pause) < 0:
            raise ValueError("a pause is not below 0")


ONCE = Retries(attempts=1, total_seconds=10.0)
"""One try: for calls that somebody's request waits for."""


def classify_status(status: int) -> Failure | None:
    """What an answer's status means for another try; `None`: it is an answer, and stays what it is.

    Example:
        ```python
        assert classify_status(429) == "refused"
        assert classify_status(404) is None
        ```
    """
    return _FAILURES.get(status)


def find_pause(  # noqa: PLR0913 - the facts of a decision
    retries: Retries,
    method: str,
    failure: Failure,
    *,
    attempt: int,
    elapsed: float,
    retry_after: float | None = None,
    entropy: float = 0.0,
) -> float | None:
    """Seconds to wait before the next try, `None` when there is none.

    Full jitter: anything up to a limit that doubles with each try. After `Retry-After` the jitter comes on top, so that
    clients that were all told the same do not come back together.

    Args:
        retries: the bounds.
        method: of the call, e.g. `GET`.
        failure: what went wrong.
        attempt: the number of the try that failed, from 1.
        elapsed: seconds since the first try began.
        retry_after: seconds that the server asks for.
        entropy: from 0 up to 1.

    Example:
        ```python
        pause = find_pause(Retries(), "GET", "unknown", attempt=2, elapsed=0.4, entropy=0.5)
        assert pause == 0.25
        ```
    """
    if attempt >= retries.attempts or failure not in _REPEATABLE.get(method, _UNSENT):
        return None
    # The exponent is bounded too: with a thousand attempts 2.0 ** 1000 is no float any more.
    limit = min(retries.longest_pause, retries.first_pause * 2.0 ** min(attempt - 1, 60))
    pause = (retry_after or 0.0) + entropy * limit
    return pause if elapsed + pause < retries.total_seconds else None


def parse_retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that an answer asks to wait, `None` when it does not say, or not in a way that is understood.

    A date counts from the answer's own `Date`, so the clocks of the two machines need not agree (RFC 9110, 10.2.3).

    Example:
        ```python
        assert parse_retry_after({"retry-after": "3"}) == 3.0
        ```
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:  # noqa: PLR2004 - thirty years
        return float(text)
    if not text:
        return None
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - 10 ms for what few servers send

    try:
        pause = parsedate_to_datetime(text) - parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, pause.total_seconds())
