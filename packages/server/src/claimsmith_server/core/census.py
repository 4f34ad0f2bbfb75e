"""What the cookies of a population take: counted one by one, told as percentiles, histogram and who is over."""

import heapq
from collections import Counter
from collections.abc import Callable, Iterable

import msgspec

MOST_BARS = 40
BAR_BYTES = 64
MOST_OVER = 100


class Bar(msgspec.Struct, frozen=True):
    """A bar of the histogram: cookies of at least `from` and less than `to` bytes."""

    from_: int = msgspec.field(name="from")
    to: int
    count: int


class OverUser(msgspec.Struct, frozen=True):
    """A user whose cookie would be over the limit."""

    id: str
    name: str
    cookie_bytes: int
    largest_claim: str | None


class Over(msgspec.Struct, frozen=True):
    """Who would be over the limit: how many there are, and those with the largest cookies."""

    count: int
    users: list[OverUser]


class CensusResult(msgspec.Struct, frozen=True):
    """What was found; without users all numbers are 0."""

    of: int
    total: int
    """All users there are; more than `of` after a sample."""
    p50: int
    p95: int
    max: int
    histogram: list[Bar]
    over: Over
    omitted: dict[str, int]
    failed: dict[str, int]
    largest_user_id: str | None


class Census:
    """What was seen so far. Its memory does not grow with the users, but with the different sizes."""

    def __init__(self, limit: int | None) -> None:
        """`limit` in bytes; `None` for tokens that are for no cookie: nobody is over then."""
        self._limit = limit
        self._sizes: Counter[int] = Counter()
        self._over: list[tuple[int, str, OverUser]] = []
        self._over_count = 0
        self._largest = (-1, "")
        self._omitted: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()

    def add(
        self,
        user_id: str,
        cookie_bytes: int,
        describe: Callable[[], OverUser],
        left_out: tuple[Iterable[str], Iterable[str]],
    ) -> None:
        """See one user's cookie.

        Args:
            user_id: whose it is.
            cookie_bytes: before anything is left out.
            describe: tells the user; called only for those who will be listed.
            left_out: names of the claims that were omitted, and of those that failed.
        """
        self._sizes[cookie_bytes] += 1
        self._largest = max(self._largest, (cookie_bytes, user_id))
        omitted, failed = left_out
        self._omitted.update(omitted)
        self._failed.update(failed)
        if self._limit is None or cookie_bytes <= self._limit:
            return
        self._over_count += 1
        if len(self._over) < MOST_OVER:
            heapq.heappush(self._over, (cookie_bytes, user_id, describe()))
        elif cookie_bytes > self._over[0][0]:
            heapq.heapreplace(self._over, (cookie_bytes, user_id, describe()))

    def conclude(self, total: int) -> CensusResult:
        """What was found, of `total` users in all."""
        ordered = sorted(self._sizes.items())
        users = [told for _, _, told in sorted(self._over, reverse=True)]
        return CensusResult(
            of=self._sizes.total(),
            total=total,
            p50=find_percentile(ordered, 50),
            p95=find_percentile(ordered, 95),
            max=ordered[-1][0] if ordered else 0,
            histogram=draw_histogram(ordered),
            over=Over(self._over_count, users),
            omitted=dict(self._omitted.most_common()),
            failed=dict(self._failed.most_common()),
            largest_user_id=self._largest[1] or None,
        )


def find_percentile(ordered: list[tuple[int, int]], percent: int) -> int:
    """The least size that `percent` of all have at most (nearest rank); `ordered` are sizes and counts, ascending."""
    rank = -(-sum(count for _, count in ordered) * percent // 100)
    for size, count in ordered:
        rank -= count
        if rank <= 0:
            return size
    return 0


def draw_histogram(ordered: list[tuple[int, int]]) -> list[Bar]:
    """Bars side by side from the least size to the largest, 64 bytes wide or a multiple of it: at most 40."""
    if not ordered:
        return []
    width, first, last = BAR_BYTES, ordered[0][0], ordered[-1][0]
    while last // width - first // width >= MOST_BARS:
        width += BAR_BYTES
    counts: Counter[int] = Counter()
    for size, count in ordered:
        counts[size // width] += count
    places = range(first // width, last // width + 1)
    return [Bar(place * width, (place + 1) * width, counts[place]) for place in places]
