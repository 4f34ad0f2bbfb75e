"""The members of an organization: found, counted, their metadata changed."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from sqlalchemy import BigInteger, Select, and_, func, literal, select, update

from claimsmith_server.core.models import JsonObject, Membership, Role
from claimsmith_server.store.database import Tx, scan_within
from claimsmith_server.store.organizations import MetadataField
from claimsmith_server.store.rows import Shape
from claimsmith_server.store.schema import organization_memberships as memberships
from claimsmith_server.store.schema import roles, users
from claimsmith_server.store.user_filters import ORDER_COLUMNS, UserFilter, UserOrder, narrow_users

S = TypeVar("S", bound=Select[Any])

_MEMBERSHIP = Shape(Membership, memberships)
_ROLE = Shape(Role, roles)
_ROLE_OF = and_(roles.c.instance_id == memberships.c.instance_id, roles.c.key == memberships.c.role)
_USER_OF = and_(users.c.instance_id == memberships.c.instance_id, users.c.id == memberships.c.user_id)


class MemberFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which members; what is left empty does not narrow."""

    role: tuple[str, ...] = ()
    user: UserFilter = UserFilter()


async def load_member(tx: Tx, instance_id: str, organization_id: str, user_id: str) -> tuple[Membership, Role] | None:
    """The user's membership in the organization, and its role."""
    statement = (
        select(*_MEMBERSHIP.columns, *_ROLE.columns)
        .join(roles, _ROLE_OF)
        .where(*_of(instance_id, organization_id), memberships.c.user_id == user_id)
    )
    row = await tx.one(statement)
    return None if row is None else _build(row)


async def list_members(  # noqa: PLR0913 - the parameters of one page
    tx: Tx,
    instance_id: str,
    organization_id: str,
    which: MemberFilter,
    *,
    order: UserOrder | None = None,
    limit: int = 10,
    offset: int = 0,
) -> Sequence[tuple[Membership, Role]]:
    """A page of members; those who joined last come first, unless `order` says otherwise.

    Raises:
        InvalidValue: a parameter that can't be searched for.
        Busy: it took more than five seconds.
    """
    wanted = order or UserOrder()
    column = memberships.c.created_at if wanted.name == "created_at" else ORDER_COLUMNS[wanted.name]
    statement = _narrow(
        select(*_MEMBERSHIP.columns, *_ROLE.columns).join(roles, _ROLE_OF), instance_id, organization_id, which
    )
    statement = statement.order_by(
        (column.desc() if wanted.descending else column.asc()).nulls_last(),
        memberships.c.id.desc() if wanted.descending else memberships.c.id.asc(),
    )
    statement = statement.limit(literal(limit, BigInteger)).offset(literal(offset, BigInteger))
    return [_build(row) for row in await scan_within(tx, statement)]


async def count_members(tx: Tx, instance_id: str, organization_id: str, which: MemberFilter | None = None) -> int:
    """How many members there are.

    Raises:
        InvalidValue: a parameter that can't be searched for.
    """
    statement = select(func.count()).select_from(memberships)
    if which is None:
        row = await tx.one(statement.where(*_of(instance_id, organization_id)))
        return 0 if row is None else int(row[0])
    rows = await scan_within(tx, _narrow(statement, instance_id, organization_id, which))
    return int(rows[0][0])


async def count_members_by_role(tx: Tx, instance_id: str, organization_id: str) -> dict[str, int]:
    """How many members have each role, by its key; roles of nobody are left out."""
    statement = (
        select(memberships.c.role, func.count()).where(*_of(instance_id, organization_id)).group_by(memberships.c.role)
    )
    return {str(role): int(count) for role, count in await tx.all(statement)}


async def set_membership_metadata(  # noqa: PLR0913 - a row and what to make of it
    tx: Tx,
    instance_id: str,
    organization_id: str,
    user_id: str,
    metadata: Mapping[MetadataField, JsonObject],
    *,
    now: int,
) -> Membership | None:
    """The membership with metadata replaced.

    Raises:
        InvalidValue: a value that can't be stored (case I-010).
    """
    statement = (
        update(memberships)
        .where(*_of(instance_id, organization_id), memberships.c.user_id == user_id)
        .values(**_MEMBERSHIP.encode({**dict(metadata.items()), "updated_at": now}))
        .returning(*_MEMBERSHIP.columns)
    )
    row = await tx.one(statement)
    return None if row is None else _MEMBERSHIP.build(row)


def _of(instance_id: str, organization_id: str) -> tuple[Any, Any]:
    return memberships.c.instance_id == instance_id, memberships.c.organization_id == organization_id


def _narrow(statement: S, instance_id: str, organization_id: str, which: MemberFilter) -> S:
    joined = statement.join(users, _USER_OF).where(*_of(instance_id, organization_id))
    if which.role:
        joined = joined.where(memberships.c.role.in_(which.role))
    return narrow_users(joined, instance_id, which.user)


def _build(row: Sequence[Any]) -> tuple[Membership, Role]:
    return _MEMBERSHIP.build(row), _ROLE.build(row[len(_MEMBERSHIP.columns) :])
