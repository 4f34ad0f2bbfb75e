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
