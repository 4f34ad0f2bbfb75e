"""What one process minted since it last told the database: numbers, and the tokens that lack some of their claims.

Counting is part of every mint, so it is one look-up in a dict and three additions, with no lock: all mints of a process
run in one event loop. `services.token_metrics` takes what is here and stores it.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from claimsmith_server.core.models import TokenKind

HOUR_MS: Final = 3600 * 1000
SIZE_STEP: Final = 64
"""Bytes: sizes are counted in steps of so many, rounded up, so that 4,096 is the end of a step."""
MOST_LACKING: Final = 1000
"""How many different tokens that lack claims are kept between two flushes; the rest are counted only."""


class CountKey(NamedTuple):
    """What is counted together: a column each of `token_counts`."""

    instance_id: str
    hour: int
    """Its beginning, unix milliseconds."""
    kind: TokenKind
    size: int
    """The most bytes of the cookie that such a token makes: a multiple of `SIZE_STEP`."""


class Lacking(NamedTuple):
    """A token that went without some of its claims, as what it has in common with others; names, never values."""

    instance_id: str
    kind: TokenKind
    template_id: str | None
    version: int
    session_id: str
    user_id: str
    omitted: tuple[str, ...]
    failed: tuple[str, ...]


class Times:
    """How often something happened, when first, when last."""

    __slots__ = ("cookie_bytes", "count", "first_at", "last_at")

    def __init__(self, now: int) -> None:
        """Not yet."""
        self.count = 0
        self.first_at = now
        self.last_at = now
        self.cookie_bytes = 0
        """Of the last one."""


class Taken(NamedTuple):
    """What was counted up to a moment."""

    counts: dict[CountKey, list[int]]
    """Minted, with claims omitted, with claims failed."""
    lacking: dict[Lacking, Times]
    unlisted: int
    """Tokens that lack claims and are not in `lacking`, for want of room."""


class TokenTally:
    """Counts of one process, between two flushes."""

    def __init__(self) -> None:
        """Nothing was minted yet."""
        self._counts: dict[CountKey, list[int]] = {}
        self._lacking: dict[Lacking, Times] = {}
        self._unlisted = 0

    def count(self, instance_id: str, kind: TokenKind, cookie_bytes: int, now: int) -> list[int]:
        """The numbers that the token was added to: minted, with claims omitted, with claims failed."""
        # A plain tuple is found as the `CountKey` it equals, and costs a third of making one.
        key = (instance_id, now - now % HOUR_MS, kind, -(-cookie_bytes // SIZE_STEP) * SIZE_STEP)
        numbers = self._counts.get(key)  # type: ignore[call-overload]
        if numbers is None:
            numbers = self._counts[CountKey(*key)] = [0, 0, 0]
        numbers[0] += 1
        return numbers  # type: ignore[no-any-return]

    def count_lacking(self, lacking: Lacking, cookie_bytes: int, now: int) -> None:
        """Nothing; the token is counted as one, and as one of those that lack these very claims."""
        numbers = self.count(lacking.instance_id, lacking.kind, cookie_bytes, now)
        numbers[1] += bool(lacking.omitted)
        numbers[2] += bool(lacking.failed)
        times = self._lacking.get(lacking)
        if times is None:
            if len(self._lacking) >= MOST_LACKING:
                self._unlisted += 1
                return
            times = self._lacking[lacking] = Times(now)
        times.count += 1
        times.last_at = now
        times.cookie_bytes = cookie_bytes

    def take(self) -> Taken:
        """Everything, which is not here any more."""
        taken = Taken(self._counts, self._lacking, self._unlisted)
        self._counts, self._lacking, self._unlisted = {}, {}, 0
        return taken

    def give_back(self, counts: Iterable[tuple[CountKey, list[int]]], lacking: Iterable[tuple[Lacking, Times]]) -> None:
        """Nothing; what could not be stored is added to what was counted meanwhile."""
        for key, numbers in counts:
            present = self._counts.setdefault(key, [0, 0, 0])
            for place, number in enumerate(numbers):
                present[place] += number
        for which, times in lacking:
            self._give_back(which, times)

    def _give_back(self, which: Lacking, times: Times) -> None:
        present = self._lacking.get(which)
        if present is not None:
            present.count += times.count
            present.first_at = times.first_at
        elif len(self._lacking) < MOST_LACKING:
            self._lacking[which] = times
        else:
            self._unlisted += times.count
