"""The one place where the SDK reads the clock; everything below the public edge takes `now` as an argument."""

import time


def present() -> float:
    """Unix seconds, now."""
    return time.time_ns() / 1e9


def elapsed() -> float:
    """Seconds on a clock that only moves forward; for the age of caches."""
    return time.monotonic()
