"""Proving again who one is, within a session: what the status becomes, by which factors, for how long it counts. Pure.

What the table does not list is refused. A user with a second factor is never done after the first one, so a step-up is
not satisfied by a lower method (case S-030).
"""

from collections.abc import Mapping
from typing import Literal, get_args

from claimsmith_server.core.models import Session
from claimsmith_server.core.sign_in import FirstFactor

ReverificationLevel = Literal["first_factor", "second_factor", "multi_factor"]
ReverificationStatus = Literal["needs_first_factor", "needs_second_factor", "complete"]
ReverificationEvent = Literal[
    "prepare_first_factor",
    "verify_first_factor",
    "verify_first_of_two_factors",
    "prepare_second_factor",
    "verify_second_factor",
]
"""What happens to a reverification; each factor of an event was found right before."""

TRANSITIONS: Mapping[tuple[ReverificationStatus, ReverificationEvent], ReverificationStatus] = {
    ("needs_first_factor", "prepare_first_factor"): "needs_first_factor",
    ("needs_first_factor", "verify_first_factor"): "complete",
    ("needs_first_factor", "verify_first_of_two_factors"): "needs_second_factor",
    ("needs_second_factor", "prepare_second_factor"): "needs_second_factor",
    ("needs_second_factor", "verify_second_factor"): "complete",
}
LEVELS: tuple[ReverificationLevel, ...] = get_args(ReverificationLevel)
STATUSES: tuple[ReverificationStatus, ...] = get_args(ReverificationStatus)
EVENTS: tuple[ReverificationEvent, ...] = get_args(ReverificationEvent)

STRATEGIES = ("password", "email_code", "phone_code")
"""First factors that count; a one-time ticket is none (case S-030), nor is a code that resets a password."""
FRESH_MS = 10 * 60 * 1000
"""How long a verified factor lets its user change what guards the account (cases A-031, S-030)."""


def next_status(status: ReverificationStatus, event: ReverificationEvent) -> ReverificationStatus | None:
    """The status after an event; `None` when the event is refused there."""
    return TRANSITIONS.get((status, event))


def begin(level: ReverificationLevel, *, has_second_factor: bool) -> tuple[ReverificationLevel, ReverificationStatus]:
    """The level that is used, and the status that it begins with.

    Who has no second factor proves the first one, whatever was asked for: pages ask for `second_factor` when they don't
    know better.
    """
    if not has_second_factor:
        return "first_factor", "needs_first_factor"
    return level, "needs_second_factor" if level == "second_factor" else "needs_first_factor"


def filter_factors(factors: tuple[FirstFactor, ...]) -> tuple[FirstFactor, ...]:
    """Those of a user's first factors that prove who somebody is, in their order."""
    return tuple(factor for factor in factors if factor.strategy in STRATEGIES)


def is_fresh(session: Session, *, has_second_factor: bool, now: int) -> bool:
    """Whether the session's factors were verified within the last ten minutes; both, where there are two.

    `now` is in unix milliseconds. At ten minutes to the millisecond it is over, as it is for SDKs that read `fva`.
    """
    times = [session.first_factor_verified_at]
    if has_second_factor:
        times.append(session.second_factor_verified_at)
    return all(time is not None and now - time < FRESH_MS for time in times)
