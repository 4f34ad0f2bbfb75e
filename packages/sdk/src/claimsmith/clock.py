"""The one place where the SDK reads the clock and draws lots; below the public edge both are arguments."""

import os
import time
from collections.abc import Callable

present: Callable[[], float] = time.time  # noqa: TID251 - the place that the rule asks for
"""Unix seconds, now. An alias and no function of ours, since each verification calls it."""

elapsed: Callable[[], float] = time.monotonic
"""Seconds on a clock that only moves forward; for the age of caches."""


def draw() -> float:
    """A number from 0 up to 1, evenly spread: the entropy of pauses that must not be the same everywhere."""
    return int.from_bytes(os.urandom(6)) / (1 << 48)
