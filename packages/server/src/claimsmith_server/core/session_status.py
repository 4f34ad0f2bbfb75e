"""The life of a session: a table of what may happen to it, and what its status is at a moment."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, get_args

from claimsmith_server.core.models import SessionStatus

SessionEvent = Literal["touch", "complete_tasks", "end", "remove", "revoke", "replace", "expire", "abandon"]

_ENDS: dict[SessionEvent, SessionStatus] = {
    "end": "ended",
    "remove": "removed",
    "revoke": "revoked",
    "replace": "replaced",
    "expire": "expired",
    "abandon": "abandoned",
}
TRANSITIONS: Mapping[tuple[SessionStatus, SessionEvent], SessionStatus] = MappingProxyType(
    {
        ("active", "touch"): "active",
        ("pending", "touch"): "pending",
        ("pending", "complete_tasks"): "active",
        **{("active", event): status for event, status in _ENDS.items()},
        **{("pending", event): status for event, status in _ENDS.items()},
    }
)
"""What may happen. A pair that is not here changes nothing: whatever has ended stays as it ended (case S-022)."""
LIVE_STATUSES: tuple[SessionStatus, ...] = tuple(
    status for status in get_args(SessionStatus) if (status, "touch") in TRANSITIONS
)
"""Statuses in which a session can be used: those in which it can be touched."""


def next_status(status: SessionStatus, event: SessionEvent) -> SessionStatus | None:
    """The status after an event; `None` when the event does not happen to a session in this one."""
    return TRANSITIONS.get((status, event))


def is_live(status: SessionStatus) -> bool:
    """Whether the session can be used."""
    return status in LIVE_STATUSES


def status_at(status: SessionStatus, expire_at: int, abandon_at: int, now: int) -> SessionStatus:
    """The status that holds at `now`: a live session is `expired` or `abandoned` from the exact millisecond on.

    No clean-up job is needed for it (cases S-020, S-021). When both deadlines are past, the earlier one names it;
    `expired` wins a tie. A session that ended another way keeps its status.
    """
    if not is_live(status) or (now < expire_at and now < abandon_at):
        return status
    return _ENDS["expire" if expire_at <= abandon_at else "abandon"]
