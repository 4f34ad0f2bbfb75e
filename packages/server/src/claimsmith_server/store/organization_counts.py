"""How many members and pending invitations an organization has, as columns of statements on `organizations`."""

from typing import Any

from sqlalchemy import ColumnElement, func, select

from claimsmith_server.store.schema import organization_invitations as invitations
from claimsmith_server.store.schema import organization_memberships as memberships
from claimsmith_server.store.schema import organizations


def members_count() -> ColumnElement[int]:
    """The number of an organization's members."""
    return _count(memberships)


def pending_invitations_count(now: Any) -> ColumnElement[int]:
    """The number of an organization's invitations that can be accepted at `now`, a parameter of unix milliseconds."""
    return _count(invitations, invitations.c.status == "pending", invitations.c.expire_at > now)


def _count(table: Any, *conditions: ColumnElement[bool]) -> ColumnElement[int]:
    return (
        select(func.count())
        .select_from(table)
        .where(
            table.c.instance_id == organizations.c.instance_id,
            table.c.organization_id == organizations.c.id,
            *conditions,
        )
        .correlate(organizations)
        .scalar_subquery()
    )
