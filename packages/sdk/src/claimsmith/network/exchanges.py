"""One call on its way, apart from how its bytes travel: tries, pauses, the time that is left, the size of an answer."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

import msgspec

from claimsmith.errors import ApiError, ApiErrorItem, ConnectionFailed
from claimsmith.network.retries import Failure, Retries, classify_status, find_pause, parse_retry_after

MAX_ANSWER_BYTES = 32 * 1024 * 1024
"""500 users with all the metadata that they may have are half of it."""
_UNSENT = frozenset(("ConnectError", "ConnectTimeout", "PoolTimeout", "UnsupportedProtocol"))
"""httpx's names of failures before a byte of the request was sent."""
_TOLD = frozenset(("ConnectError",))
"""Those whose text is the system's own and helps; of others the name is enough."""
_HIDES_QUERY: ContextVar[bool] = ContextVar("claimsmith_hides_query", default=False)


class Received(msgspec.Struct, frozen=True):
    """An answer as it came; header names are matched as the mapping matches them, httpx's in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def is_compressed(self) -> bool:
        """Whether its body is not as it was asked for; such a one is not read: small may become big."""
        return self.headers.get("content-encoding", "identity") != "identity"

    @property
    def retry_after(self) -> float | None:
        """Seconds that it asks to wait."""
        return parse_retry_after(self.headers)

    @property
    def trace_id(self) -> str | None:
        """The trace that a proxy before the server gave it."""
        return self.headers.get("cf-ray")


class Body:
    """An answer's body as it comes in, bounded in size and time; `octets` is what came so far."""

    def __init__(self, received: Received, address: str, deadline: float, clock: Callable[[], float]) -> None:
        self.octets: bytearray = bytearray()
        self._received = received
        self._address = address
        self._deadline = deadline
        self._clock = clock

    def add(self, chunk: bytes) -> None:
        """Nothing; the octets grow by the chunk.

        Raises:
            ApiError: too many of them.
            ConnectionFailed: too late.
        """
        self.octets += chunk
        if len(self.octets) > MAX_ANSWER_BYTES:
            item = ApiErrorItem("unexpected_answer", f"The answer is over {MAX_ANSWER_BYTES} bytes.")
            raise ApiError(self._received.status, (item,), self._received.trace_id)
        if self._clock() > self._deadline:
            raise ConnectionFailed(self._address, "its answer comes too slowly", was_sent=True)


class Exchange:
    """One call, from its first try to the answer that counts."""

    def __init__(
        self,
        method: str,
        address: str,
        retries: Retries,
        clock: Callable[[], float],
        entropy: Callable[[], float],
    ) -> None:
        self._method = method
        self._address = address
        self._retries = retries
        self._clock = clock
        self._entropy = entropy
        self._began = clock()
        self._attempt = 0
        self._was_sent = False
        self._last: Received | ConnectionFailed | None = None

    def seconds_for_attempt(self) -> float:
        """How long the next try may wait for one thing: never 0, since that means no limit to some."""
        left = self._retries.total_seconds - (self._clock() - self._began)
        return max(0.001, min(self._retries.attempt_seconds, left))

    def begin_body(self, received: Received) -> Body:
        """Where the answer's body is gathered, until the time for all tries is over."""
        return Body(received, self._address, self._began + self._retries.total_seconds, self._clock)

    def pause_after(self, outcome: Received | ConnectionFailed) -> float | None:
        """Seconds to wait before the next try, `None` when the outcome is the last word."""
        self._attempt += 1
        self._last = outcome
        failure, retry_after = _classify(outcome)
        if failure is None:
            return None
        self._was_sent |= failure == "unknown"
        return find_pause(
            self._retries,
            self._method,
            failure,
            attempt=self._attempt,
            elapsed=self._clock() - self._began,
            retry_after=retry_after,
            entropy=self._entropy(),
        )

    def received(self) -> Received:
        """The answer that counts.

        Raises:
            ConnectionFailed: there is none; `was_sent` is of all tries.
        """
        if isinstance(self._last, Received):
            return self._last
        assert self._last is not None  # noqa: S101 - it is asked for after a try
        raise ConnectionFailed(self._last.address, self._last.reason, was_sent=self._was_sent) from None


@contextmanager
def hidden_query() -> Iterator[None]:
    """A block whose requests httpx logs without their query: that may hold a nonce (case S-015) or somebody's address.

    httpx writes a line with the whole address at INFO, which some frameworks let through by default.
    """
    logging.getLogger("httpx").addFilter(_hide_query)  # Once: the logger has it only once, however often it is added.
    token = _HIDES_QUERY.set(True)
    try:
        yield
    finally:
        _HIDES_QUERY.reset(token)


def _hide_query(record: logging.LogRecord) -> bool:
    """Yes, log it: a line of ours without the query, a line of the application's as it is."""
    if _HIDES_QUERY.get() and isinstance(record.args, tuple):
        record.args = tuple(_cut_query(value) for value in record.args)
    return True


def _cut_query(value: object) -> object:
    return str(value).partition("?")[0] if type(value).__name__ == "URL" else value


def describe_failure(error: Exception, address: str) -> ConnectionFailed:
    """What is told of a try that httpx gave up: nothing that holds a header or a body."""
    name = type(error).__name__
    reason = f"{name}, {error}" if name in _TOLD and str(error) else name
    return ConnectionFailed(address, reason, was_sent=name not in _UNSENT)


def _classify(outcome: Received | ConnectionFailed) -> tuple[Failure | None, float | None]:
    if isinstance(outcome, ConnectionFailed):
        return ("unknown" if outcome.was_sent else "unsent"), None
    return classify_status(outcome.status), outcome.retry_after
