"""Sessions: their status is what it is at the moment of asking, and ends by one conditional update."""

from collections.abc import Sequence
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from claimsmith_server.core.models import Activity, Session, SessionStatus
from claimsmith_server.core.session_status import LIVE_STATUSES, status_at
from claimsmith_server.store.database import Tx
from claimsmith_server.store.mint import MintRow, MintTemplate, load_mint_context
from claimsmith_server.store.rows import Shape
from claimsmith_server.store.schema import clients, sessions
from claimsmith_server.store.statements import Row

__all__ = [
    "MintRow",
    "MintTemplate",
    "SessionFilter",
    "build_session",
    "count_sessions",
    "end_session",
    "end_sessions_of_client",
    "end_sessions_of_user",
    "insert_session",
    "is_live",
    "leave_clients_of_user",
    "list_live_sessions",
    "list_sessions",
    "load_mint_context",
    "load_session",
    "note_verified_factor",
    "session_columns",
    "touch_session",
]

KEEP: Final = "keep"
"""As `organization_id` of a touch: the active organization stays what it is."""
EndStatus = Literal["ended", "removed", "revoked", "replaced"]

_SHAPE = Shape(Session, sessions)
_INSERT = insert(sessions)
_BY_ID = select(*_SHAPE.columns).where(
    sessions.c.instance_id == bindparam("instance", required=False), sessions.c.id == bindparam("id", required=False)
)


class SessionFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which sessions; None does not narrow."""

    client_id: str | None = None
    user_id: str | None = None
    status: SessionStatus | None = None
    """The status at the moment of asking, not the stored one."""


async def insert_session(tx: Tx, session: Session) -> None:
    """Nothing; the session is stored.

    Raises:
        ForeignKeyViolation: its user or client is not of its instance (case Z-001).
    """
    await tx.run(_INSERT, _SHAPE.values(session))


async def load_session(tx: Tx, instance_id: str, session_id: str, *, now: int) -> Session | None:
    """The session, its status as it is at `now`."""
    row = await tx.one(_BY_ID, {"instance": instance_id, "id": session_id})
    return None if row is None else build_session(row, now)


async def list_sessions(  # noqa: PLR0913 - a row and what to make of it
    tx: Tx, instance_id: str, which: SessionFilter, *, now: int, limit: int = 10, offset: int = 0
) -> Sequence[Session]:
    """A page of sessions, newest first."""
    statement = (
        _narrow(select(*_SHAPE.columns), instance_id, which, now)
        .order_by(sessions.c.created_at.desc(), sessions.c.id.desc())
        .limit(literal(limit, BigInteger))
        .offset(literal(offset, BigInteger))
    )
    return [build_session(row, now) for row in await tx.all(statement)]


async def count_sessions(tx: Tx, instance_id: str, which: SessionFilter, *, now: int) -> int:
    """How many sessions there are."""
    row = await tx.one(_narrow(select(func.count()).select_from(sessions), instance_id, which, now))
    return 0 if row is None else int(row[0])


async def end_session(tx: Tx, instance_id: str, session_id: str, status: EndStatus, *, now: int) -> Session | None:
    """The session, ended by this call; None when it was not live (any more), or is none of this instance.

    One conditional update: of two that race, one gets the session. Once this returns outside a transaction, no mint
    anywhere sees the session live (case S-016), and no touch brings it back (S-022).
    """
    statement = (
        update(sessions)
        .where(sessions.c.instance_id == instance_id, sessions.c.id == session_id, is_live(now))
        .values(status=status, updated_at=now)
        .returning(*_SHAPE.columns)
    )
    row = await tx.one(statement)
    return None if row is None else build_session(row, now)


async def end_sessions_of_user(  # noqa: PLR0913 - a row and what to make of it
    tx: Tx, instance_id: str, user_id: str, status: EndStatus, *, now: int, but: str | None = None
) -> Sequence[str]:
    """The ids of all live sessions of a user, ended by this call; `but` names one to leave alone (case S-019)."""
    statement = (
        update(sessions)
        .where(sessions.c.instance_id == instance_id, sessions.c.user_id == user_id, is_live(now))
        .values(status=status, updated_at=now)
        .returning(sessions.c.id)
    )
    if but is not None:
        statement = statement.where(sessions.c.id != but)
    return sorted(row[0] for row in await tx.all(statement))


async def end_sessions_of_client(
    tx: Tx, instance_id: str, client_id: str, status: EndStatus, *, now: int
) -> Sequence[str]:
    """The ids of all live sessions of a client, ended by this call."""
    statement = (
        update(sessions)
        .where(sessions.c.instance_id == instance_id, sessions.c.client_id == client_id, is_live(now))
        .values(status=status, updated_at=now)
        .returning(sessions.c.id)
    )
    return sorted(row[0] for row in await tx.all(statement))


async def leave_clients_of_user(tx: Tx, instance_id: str, user_id: str, *, now: int) -> int:
    """How many clients just lost a session of this user: each has another live one as its active one, or none.

    One statement, however many there are; `end_sessions_of_user` at the same `now` comes before it. A client that loses
    a session otherwise than by itself keeps its token, and `updated_at` moves (`core.client_state`, `lose_…`).
    """
    ended = (sessions.c.user_id == user_id, sessions.c.status.not_in(LIVE_STATUSES), sessions.c.updated_at == now)
    lost = select(sessions.c.client_id).where(sessions.c.instance_id == instance_id, *ended)
    left = (sessions.c.instance_id == instance_id, sessions.c.client_id == clients.c.id, is_live(now))
    newest = select(sessions.c.id).where(*left).order_by(sessions.c.created_at.desc(), sessions.c.id.desc()).limit(1)
    active = clients.c.last_active_session_id
    stays = select(sessions.c.id).where(*left, sessions.c.id == active).exists()
    statement = (
        update(clients)
        .where(clients.c.instance_id == instance_id, clients.c.id.in_(lost))
        .values(last_active_session_id=case((stays, active), else_=newest.scalar_subquery()), updated_at=now)
    )
    return await tx.run(statement)


async def list_live_sessions(  # noqa: PLR0913 - a row and what to make of it
    tx: Tx, instance_id: str, *, now: int, client_id: str | None = None, user_id: str | None = None, limit: int = 50
) -> Sequence[Session]:
    """Active and pending sessions of a client or of a user, oldest first."""
    statement = (
        select(*_SHAPE.columns)
        .where(sessions.c.instance_id == instance_id, is_live(now))
        .order_by(sessions.c.created_at, sessions.c.id)
        .limit(limit)
    )
    if client_id is not None:
        statement = statement.where(sessions.c.client_id == client_id)
    if user_id is not None:
        statement = statement.where(sessions.c.user_id == user_id)
    return [build_session(row, now) for row in await tx.all(statement)]


async def note_verified_factor(tx: Tx, instance_id: str, session_id: str, *, now: int) -> Session | None:
    """The session with its first factor verified at `now` (`fva`); None when it is not live (any more)."""
    statement = (
        update(sessions)
        .where(sessions.c.instance_id == instance_id, sessions.c.id == session_id, is_live(now))
        .values(first_factor_verified_at=now, updated_at=now)
        .returning(*_SHAPE.columns)
    )
    row = await tx.one(statement)
    return None if row is None else build_session(row, now)


async def touch_session(  # noqa: PLR0913 - a row and what to make of it
    tx: Tx,
    instance_id: str,
    session_id: str,
    *,
    now: int,
    abandon_at: int,
    organization_id: str | None = KEEP,
    activity: Activity | None = None,
) -> Session | None:
    """The session with activity at `now`; None when it is not live (any more), or is none of this instance.

    Args:
        tx: a database or a transaction.
        instance_id: the instance.
        session_id: the session.
        now: unix milliseconds.
        abandon_at: when it will be abandoned without further activity.
        organization_id: the organization to make active; None for none, `KEEP` to leave it.
        activity: where it was used; None leaves what is stored.
    """
    values: dict[str, Any] = {"last_active_at": now, "abandon_at": abandon_at, "updated_at": now}
    if organization_id != KEEP:
        values["last_active_organization_id"] = organization_id
    if activity is not None:
        values |= _SHAPE.encode({"activity": activity})
    statement = (
        update(sessions)
        .where(sessions.c.instance_id == instance_id, sessions.c.id == session_id, is_live(now))
        .values(**values)
        .returning(*_SHAPE.columns)
    )
    row = await tx.one(statement)
    return None if row is None else build_session(row, now)


def session_columns() -> tuple[Column[Any], ...]:
    """What a select must name for `build_session`."""
    return _SHAPE.columns


def build_session(row: Row, now: int) -> Session:
    """The session of a row, its status as it is at `now`."""
    session = _SHAPE.build(row)
    status = status_at(session.status, session.expire_at, session.abandon_at, now)
    return session if status == session.status else msgspec.structs.replace(session, status=status)


def _narrow(statement: Select[Any], instance_id: str, which: SessionFilter, now: int) -> Select[Any]:
    statement = statement.where(sessions.c.instance_id == instance_id)
    if which.client_id is not None:
        statement = statement.where(sessions.c.client_id == which.client_id)
    if which.user_id is not None:
        statement = statement.where(sessions.c.user_id == which.user_id)
    return statement if which.status is None else statement.where(_has_status(which.status, now))


def is_live(now: int) -> ColumnElement[bool]:
    """Whether a session can be used at `now`."""
    return and_(sessions.c.status.in_(LIVE_STATUSES), sessions.c.expire_at > now, sessions.c.abandon_at > now)


def _has_status(status: SessionStatus, now: int) -> ColumnElement[bool]:
    """`core.session_status.status_at` as SQL; a test compares the two."""
    stored = sessions.c.status == status
    if status in LIVE_STATUSES:
        return and_(stored, is_live(now))
    was_live = sessions.c.status.in_(LIVE_STATUSES)
    expire_at, abandon_at = sessions.c.expire_at, sessions.c.abandon_at
    if status == "expired":
        return or_(stored, and_(was_live, expire_at <= abandon_at, expire_at <= now))
    if status == "abandoned":
        return or_(stored, and_(was_live, abandon_at < expire_at, abandon_at <= now))
    return stored
