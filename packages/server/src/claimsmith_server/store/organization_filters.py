"""Which organizations, in which order: the parameters of `GET /v1/organizations` as SQL."""

from collections.abc import Sequence
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import BigInteger, ColumnElement, Select, func, literal, or_, select

from claimsmith_server.core.models import Organization
from claimsmith_server.store.database import Tx, scan_within
from claimsmith_server.store.errors import InvalidValue
from claimsmith_server.store.organization_counts import members_count, pending_invitations_count
from claimsmith_server.store.rows import Shape
from claimsmith_server.store.schema import organization_memberships as memberships
from claimsmith_server.store.schema import organizations
from claimsmith_server.store.user_filters import LONGEST_QUERY, Among, UserOrder, normalise

S = TypeVar("S", bound=Select[Any])

_SHAPE = Shape(Organization, organizations, without=("members_count", "pending_invitations_count"))
ORDER_COLUMNS: Final[dict[str, ColumnElement[Any]]] = {
    "created_at": organizations.c.created_at,
    "name": func.lower(organizations.c.name),
    "members_count": members_count(),
}
"""The only ways to order organizations."""


class OrganizationFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which organizations; what is left empty does not narrow."""

    query: str | None = None
    """An id, or a part of a name or slug."""
    user_id: Among = Among()
    """Of members."""
    organization_id: Among = Among()


async def list_organizations(  # noqa: PLR0913 - the parameters of one page
    tx: Tx,
    instance_id: str,
    which: OrganizationFilter,
    *,
    now: int,
    order: UserOrder | None = None,
    limit: int = 10,
    offset: int = 0,
) -> Sequence[Organization]:
    """A page of organizations, counted; newest first unless `order` says otherwise.

    Raises:
        InvalidValue: a parameter that can't be searched for.
        Busy: it took more than five seconds.
    """
    wanted = order or UserOrder()
    column = ORDER_COLUMNS[wanted.name]
    counts = (members_count(), pending_invitations_count(literal(now, BigInteger)))
    statement = _narrow(select(*_SHAPE.columns, *counts), instance_id, which).order_by(
        column.desc() if wanted.descending else column.asc(),
        organizations.c.id.desc() if wanted.descending else organizations.c.id.asc(),
    )
    statement = statement.limit(literal(limit, BigInteger)).offset(literal(offset, BigInteger))
    return [
        _SHAPE.build(row, members_count=int(row[-2]), pending_invitations_count=int(row[-1]))
        for row in await scan_within(tx, statement)
    ]


async def count_organizations(tx: Tx, instance_id: str, which: OrganizationFilter) -> int:
    """How many organizations there are.

    Raises:
        InvalidValue: a parameter that can't be searched for.
    """
    statement = _narrow(select(func.count()).select_from(organizations), instance_id, which)
    return int((await scan_within(tx, statement))[0][0])


def _narrow(statement: S, instance_id: str, which: OrganizationFilter) -> S:
    conditions = [organizations.c.instance_id == instance_id]
    if which.query is not None:
        conditions.append(_matches(which.query))
    if which.organization_id.include:
        conditions.append(organizations.c.id.in_(which.organization_id.include))
    if which.organization_id.exclude:
        conditions.append(organizations.c.id.not_in(which.organization_id.exclude))
    if which.user_id.include:
        conditions.append(_has_member(which.user_id.include))
    if which.user_id.exclude:
        conditions.append(~_has_member(which.user_id.exclude))
    return statement.where(*conditions)


def _matches(query: str) -> ColumnElement[bool]:
    if len(query) > LONGEST_QUERY:
        raise InvalidValue("query", f"longer than {LONGEST_QUERY} characters")
    # Names are lower-cased by the engine, which on SQLite does so to ASCII alone.
    needle = normalise(query)
    return or_(
        organizations.c.id == query,
        func.lower(organizations.c.name).contains(needle, autoescape=True),
        organizations.c.slug.contains(needle, autoescape=True),
    )


def _has_member(user_ids: tuple[str, ...]) -> ColumnElement[bool]:
    return (
        select(1)
        .select_from(memberships)
        .where(
            memberships.c.instance_id == organizations.c.instance_id,
            memberships.c.organization_id == organizations.c.id,
            memberships.c.user_id.in_(user_ids),
        )
        .correlate(organizations)
        .exists()
    )
