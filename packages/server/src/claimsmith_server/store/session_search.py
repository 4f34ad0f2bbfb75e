"""Sessions as people look for them: by user, device or browser, in whatever state."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import BigInteger, ColumnElement, func, literal, not_, or_, select

from claimsmith_server.core.models import Session
from claimsmith_server.store.database import Tx, scan_within
from claimsmith_server.store.errors import InvalidValue
from claimsmith_server.store.schema import organizations, sessions, users
from claimsmith_server.store.sessions import build_session, is_live, session_columns
from claimsmith_server.store.user_filters import UserFilter, narrow_users, normalise

SessionState = Literal["live", "ended", "all"]
_LONGEST_QUERY = 200


class SessionSearch(msgspec.Struct, frozen=True, kw_only=True):
    """Which sessions; what is empty does not narrow."""

    query: str = ""
    """Part of a user's name, address or id, of a device's or browser's name; or a session's whole id."""
    state: SessionState = "live"
    """At the moment of asking."""
    user_id: str = ""
    organization_id: str = ""
    """The session's active organization."""


async def search_sessions(  # noqa: PLR0913 - the parameters of one page
    tx: Tx, instance_id: str, which: SessionSearch, *, now: int, limit: int, offset: int = 0
) -> Sequence[Session]:
    """A page of sessions, newest first, each with its status at `now`.

    Raises:
        InvalidValue: a query that can't be searched for.
        Busy: it took more than five seconds.
    """
    statement = (
        select(*session_columns())
        .where(sessions.c.instance_id == instance_id, *_conditions(instance_id, which, now))
        .order_by(sessions.c.created_at.desc(), sessions.c.id.desc())
        .limit(literal(limit, BigInteger))
        .offset(literal(offset, BigInteger))
    )
    return [build_session(row, now) for row in await scan_within(tx, statement)]


async def load_organization_names(tx: Tx, instance_id: str, ids: Iterable[str]) -> dict[str, str]:
    """The names of those of these organizations that there are, by id."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    statement = select(organizations.c.id, organizations.c.name).where(
        organizations.c.instance_id == instance_id, organizations.c.id.in_(wanted)
    )
    return {row[0]: row[1] for row in await tx.all(statement)}


def _conditions(instance_id: str, which: SessionSearch, now: int) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if which.state != "all":
        live = is_live(now)
        found.append(live if which.state == "live" else not_(live))
    if which.user_id:
        found.append(sessions.c.user_id == which.user_id)
    if which.organization_id:
        found.append(sessions.c.last_active_organization_id == which.organization_id)
    if which.query.strip():
        found.append(_matches(instance_id, which.query.strip()))
    return found


def _matches(instance_id: str, query: str) -> ColumnElement[bool]:
    if len(query) > _LONGEST_QUERY:
        raise InvalidValue("query", f"longer than {_LONGEST_QUERY} characters")
    whose = narrow_users(select(users.c.id), instance_id, UserFilter(query=query))
    return or_(sessions.c.id == query, sessions.c.user_id.in_(whose), _uses(query))


def _uses(query: str) -> ColumnElement[bool]:
    """Whether the device's or the browser's name has the query in it.

    `activity` is JSON text whose members are in the struct's order, so a pattern reaches one value and no key.
    """
    escaped = normalise(query).replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    activity: ColumnElement[Any] = func.lower(sessions.c.activity)
    of_device = rf'%"device\_type":"%{escaped}%","is\_mobile"%'
    of_browser = rf'%"browser\_name":"%{escaped}%","browser\_version"%'
    return or_(activity.like(of_device, escape="\\"), activity.like(of_browser, escape="\\"))
