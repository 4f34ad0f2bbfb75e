"""The one place where the SDK reads the clock; everything below the public edge takes `now` as an argument."""

import time

present = time.time  # noqa: TID251 - the place that the rule asks for
"""Unix seconds, now. An alias and no function of ours, since each verification calls it."""

elapsed = time.monotonic
"""Seconds on a clock that only moves forward; for the age of caches."""
