"""The one place that reads the clock and draws entropy; everything else takes both as arguments."""

import secrets
import time
from collections.abc import Callable
from typing import NamedTuple


class Clock(NamedTuple):
    """The present and randomness, as two functions."""

    now: Callable[[], int]
    """Unix milliseconds."""
    entropy: Callable[[int], bytes]
    """`n` unpredictable bytes."""


def system_clock() -> Clock:
    """The machine's clock and its cryptographic random source."""
    return Clock(now=lambda: time.time_ns() // 1_000_000, entropy=secrets.token_bytes)


def fixed_clock(now: int, seed: bytes = b"claimsmith") -> Clock:
    """A clock that stands at `now` (unix milliseconds), and entropy that is the same in each run: for tests."""
    import hashlib  # noqa: PLC0415 - only tests and demos pay for it

    counter = 0

    def entropy(size: int) -> bytes:
        nonlocal counter
        counter += 1
        return hashlib.shake_256(seed + counter.to_bytes(8)).digest(size)

    return Clock(now=lambda: now, entropy=entropy)
