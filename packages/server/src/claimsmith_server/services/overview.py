"""What goes on in an instance, as its front page tells it: sessions, sign-ins, tokens and their sizes over a time.

Times are cut into buckets of whole hours, six hours or days of UTC, the last of which is not over yet. Numbers of
tokens are as old as their last flush, five seconds at most.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, NamedTuple

import msgspec

from claimsmith_server.core.models import Instance, SigningAlgorithm, TokenLogEntry
from claimsmith_server.services.context import Service
from claimsmith_server.services.token_tally import HOUR_MS
from claimsmith_server.store import activity, session_claims, signing_keys, users
from claimsmith_server.store.token_counts import TokenCount, list_token_counts
from claimsmith_server.store.token_log import TokenLogFilter, list_token_log
from claimsmith_server.store.user_filters import UserFilter

RangeName = Literal["24h", "7d", "30d"]


class Range(NamedTuple):
    """A time up to now, in buckets."""

    step: int
    """Milliseconds of a bucket."""
    buckets: int

    def first_at(self, now: int) -> int:
        """When the first bucket begins, given that the last one has `now` in it."""
        return now - now % self.step - (self.buckets - 1) * self.step


RANGES: Final[dict[RangeName, Range]] = {
    "24h": Range(HOUR_MS, 24),
    "7d": Range(6 * HOUR_MS, 28),
    "30d": Range(24 * HOUR_MS, 30),
}
_LOG_ENTRIES: Final = 500
"""How many of the newest entries of the token log are summed up by claim."""


class Sizes(NamedTuple):
    """Bytes of the cookies that session tokens make, each rounded up to the next 64 B."""

    median: int
    p95: int
    largest: int


class Bucket(NamedTuple):
    """What happened in one part of the time."""

    at: int
    sign_ins: int
    minted: int
    sizes: Sizes | None
    """`None` when no session token was minted."""


class LackedClaim(NamedTuple):
    """A claim that tokens went without."""

    name: str
    why: Literal["omitted", "failed"]
    tokens: int
    sessions: int
    last_at: int


class KeyFacts(NamedTuple):
    """The key that signs."""

    kid: str
    algorithm: SigningAlgorithm
    active_since: int


class Overview(msgspec.Struct, frozen=True):
    """An instance at a moment, and over the time up to it."""

    active_sessions: int
    users: int
    new_users: int
    buckets: tuple[Bucket, ...]
    session_tokens: int
    template_tokens: int
    omitted: int
    failed: int
    sizes: Sizes | None
    lacked: tuple[LackedClaim, ...]
    """Of the newest entries of the token log, most tokens first."""
    claims_version: int
    """Of the live session claims; 0: none were published."""
    key: KeyFacts | None
    engine: str

    @property
    def sign_ins(self) -> int:
        """Sessions that began in the time."""
        return sum(bucket.sign_ins for bucket in self.buckets)

    @property
    def minted(self) -> int:
        """Tokens of both kinds."""
        return self.session_tokens + self.template_tokens


async def load_overview(service: Service, instance: Instance, asked: RangeName) -> Overview:
    """What the front page tells.

    Raises:
        Busy: the database took more than five seconds for one of the counts.
    """
    now = service.clock.now()
    db = service.database
    span = RANGES[asked]
    since = span.first_at(now)
    counts = await list_token_counts(db, instance.id, since=since, step=span.step)
    begun = await activity.count_sessions_begun(db, instance.id, since=since, step=span.step)
    claims = await session_claims.load_live_session_claims(db, instance.id)
    of_session = [count for count in counts if count.kind == "session"]
    return Overview(
        active_sessions=await activity.count_live_sessions(db, instance.id, now=now),
        users=await users.count_users(db, instance.id, UserFilter()),
        new_users=await activity.count_users_made(db, instance.id, since=since),
        buckets=_fill_buckets(span, since, begun, counts),
        session_tokens=sum(count.minted for count in of_session),
        template_tokens=sum(count.minted for count in counts if count.kind == "jwt_template"),
        omitted=sum(count.omitted for count in counts),
        failed=sum(count.failed for count in counts),
        sizes=measure_sizes(of_session),
        lacked=await _load_lacked(service, instance, since),
        claims_version=claims.version if claims else 0,
        key=await _load_key(service, instance),
        engine=db.dialect_name,
    )


def measure_sizes(counts: Iterable[TokenCount]) -> Sizes | None:
    """The median, the 95th percentile (nearest rank) and the largest of counted sizes; `None` of no token."""
    by_size: dict[int, int] = defaultdict(int)
    for count in counts:
        if count.minted:
            by_size[count.size] += count.minted
    total = sum(by_size.values())
    if not total:
        return None
    return Sizes(_nearest_rank(by_size, -(-total // 2)), _nearest_rank(by_size, -(-total * 95 // 100)), max(by_size))


def _nearest_rank(by_size: Mapping[int, int], rank: int) -> int:
    """The size of the token with this rank, the smallest one being the first."""
    seen = 0
    for size in sorted(by_size):
        seen += by_size[size]
        if seen >= rank:
            return size
    raise ValueError(rank)


def _fill_buckets(
    span: Range, since: int, begun: Mapping[int, int], counts: Sequence[TokenCount]
) -> tuple[Bucket, ...]:
    by_time: dict[int, list[TokenCount]] = defaultdict(list)
    for count in counts:
        by_time[count.hour].append(count)
    return tuple(
        Bucket(
            at,
            begun.get(at, 0),
            sum(count.minted for count in by_time[at]),
            measure_sizes(count for count in by_time[at] if count.kind == "session"),
        )
        for at in range(since, since + span.buckets * span.step, span.step)
    )


async def _load_lacked(service: Service, instance: Instance, since: int) -> tuple[LackedClaim, ...]:
    entries = await list_token_log(service.database, instance.id, TokenLogFilter(since=since), limit=_LOG_ENTRIES)
    by_claim: dict[tuple[str, Literal["omitted", "failed"]], list[TokenLogEntry]] = defaultdict(list)
    for entry in entries:
        for name in entry.omitted:
            by_claim[name, "omitted"].append(entry)
        for name in entry.failed:
            by_claim[name, "failed"].append(entry)
    found = [_sum_up(name, why, of_claim) for (name, why), of_claim in by_claim.items()]
    return tuple(sorted(found, key=lambda claim: (-claim.tokens, claim.name)))


def _sum_up(name: str, why: Literal["omitted", "failed"], entries: Sequence[TokenLogEntry]) -> LackedClaim:
    sessions = {entry.session_id for entry in entries}
    tokens = sum(entry.count for entry in entries)
    return LackedClaim(name, why, tokens, len(sessions), max(entry.updated_at for entry in entries))


async def _load_key(service: Service, instance: Instance) -> KeyFacts | None:
    key = await signing_keys.load_active_signing_key(service.database, instance.id)
    return None if key is None else KeyFacts(key.kid, key.algorithm, key.updated_at)
