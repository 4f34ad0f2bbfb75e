"""What a session's status is at a moment: stored status and two deadlines."""

from claimsmith_server.core.models import SessionStatus


def status_at(status: SessionStatus, expire_at: int, abandon_at: int, now: int) -> SessionStatus:
    """The status that holds at `now`: a live session is `expired` or `abandoned` from the exact millisecond on.

    No clean-up job is needed for it (cases S-020, S-021). When both deadlines are past, the earlier one names it;
    `expired` wins a tie. A session that ended another way keeps its status.
    """
    if status not in ("active", "pending") or (now < expire_at and now < abandon_at):
        return status
    return "expired" if expire_at <= abandon_at else "abandoned"
