"""Where roles are used: by members, by invitations; and which organizations would have nobody left to manage them."""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, delete, func, or_, select

from claimsmith_server.store.database import Tx
from claimsmith_server.store.schema import organization_invitations as invitations
from claimsmith_server.store.schema import organization_memberships as memberships
from claimsmith_server.store.schema import organizations


class RoleUse(NamedTuple):
    """How many members have a role, and how many invitations are open to it."""

    members: int = 0
    pending_invitations: int = 0


async def count_role_uses(tx: Tx, instance_id: str, *, now: int) -> dict[str, RoleUse]:
    """Uses by the role's key, in the whole instance; roles of nobody are left out."""
    members = await _count(tx, memberships, memberships.c.instance_id == instance_id)
    is_pending = and_(invitations.c.status == "pending", invitations.c.expire_at > now)
    invited = await _count(tx, invitations, and_(invitations.c.instance_id == instance_id, is_pending))
    return {key: RoleUse(members.get(key, 0), invited.get(key, 0)) for key in members.keys() | invited.keys()}


async def delete_past_invitations(tx: Tx, instance_id: str, role: str, *, now: int) -> int:
    """How many invitations to this role were deleted: those that nobody can accept any more."""
    is_past = or_(invitations.c.status != "pending", invitations.c.expire_at <= now)
    return await tx.run(
        delete(invitations).where(invitations.c.instance_id == instance_id, invitations.c.role == role, is_past)
    )


async def hold_organizations_of_role(tx: Tx, instance_id: str, role: str) -> int:
    """How many organizations have members of this role; no other transaction changes their members until this ends."""
    statement = (
        select(organizations.c.id)
        .where(organizations.c.instance_id == instance_id, _has_member((role,)))
        .order_by(organizations.c.id)
        .with_for_update()
    )
    return len(await tx.all(statement))


async def count_managed_by_role_alone(tx: Tx, instance_id: str, role: str, others: tuple[str, ...]) -> int:
    """How many organizations have members of this role, and none of the `others`."""
    statement = (
        select(func.count())
        .select_from(organizations)
        .where(organizations.c.instance_id == instance_id, _has_member((role,)), ~_has_member(others))
    )
    row = await tx.one(statement)
    return 0 if row is None else int(row[0])


async def _count(tx: Tx, table: Any, condition: ColumnElement[bool]) -> dict[str, int]:
    statement = select(table.c.role, func.count()).where(condition).group_by(table.c.role)
    return {str(role): int(count) for role, count in await tx.all(statement)}


def _has_member(roles: tuple[str, ...]) -> ColumnElement[bool]:
    return (
        select(1)
        .select_from(memberships)
        .where(
            memberships.c.instance_id == organizations.c.instance_id,
            memberships.c.organization_id == organizations.c.id,
            memberships.c.role.in_(roles),
        )
        .correlate(organizations)
        .exists()
    )
