"""Organizations and memberships in them."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, bindparam, delete, func, insert, literal, select, update

from claimsmith_server.core.models import Membership, Organization
from claimsmith_server.store.database import Tx, within
from claimsmith_server.store.rows import Shape
from claimsmith_server.store.schema import organization_memberships as memberships
from claimsmith_server.store.schema import organizations, sessions

_SHAPE = Shape(Organization, organizations)
_MEMBERSHIP = Shape(Membership, memberships)
_INSERT = insert(organizations)
_INSERT_MEMBERSHIP = insert(memberships)
_OF_INSTANCE = select(*_SHAPE.columns).where(organizations.c.instance_id == bindparam("instance", required=False))
_BY_ID = _OF_INSTANCE.where(organizations.c.id == bindparam("id", required=False))
_BY_SLUG = _OF_INSTANCE.where(organizations.c.slug == bindparam("slug", required=False))
_MEMBERSHIPS = select(*_MEMBERSHIP.columns).where(
    memberships.c.instance_id == bindparam("instance", required=False),
)
_MEMBERSHIP_OF = _MEMBERSHIPS.where(
    memberships.c.organization_id == bindparam("organization", required=False),
    memberships.c.user_id == bindparam("user", required=False),
)


async def insert_organization(tx: Tx, organization: Organization) -> None:
    """Nothing; the organization is stored.

    Raises:
        UniqueViolation: its slug is taken.
    """
    await tx.run(_INSERT, _SHAPE.values(organization))


async def load_organization(tx: Tx, instance_id: str, organization_id: str) -> Organization | None:
    """The organization with this id."""
    row = await tx.one(_BY_ID, {"instance": instance_id, "id": organization_id})
    return None if row is None else _SHAPE.build(row)


async def load_organization_by_slug(tx: Tx, instance_id: str, slug: str) -> Organization | None:
    """The organization with this slug."""
    row = await tx.one(_BY_SLUG, {"instance": instance_id, "slug": slug})
    return None if row is None else _SHAPE.build(row)


async def list_organizations(tx: Tx, instance_id: str, *, limit: int = 10, offset: int = 0) -> Sequence[Organization]:
    """A page of organizations, newest first."""
    statement = (
        select(*_SHAPE.columns)
        .where(organizations.c.instance_id == instance_id)
        .order_by(organizations.c.created_at.desc(), organizations.c.id.desc())
        .limit(literal(limit, BigInteger))
        .offset(literal(offset, BigInteger))
    )
    return [_SHAPE.build(row) for row in await tx.all(statement)]


async def count_organizations(tx: Tx, instance_id: str) -> int:
    """How many organizations the instance has."""
    row = await tx.one(
        select(func.count()).select_from(organizations).where(organizations.c.instance_id == instance_id)
    )
    return 0 if row is None else int(row[0])


async def delete_organization(tx: Tx, instance_id: str, organization_id: str) -> bool:
    """Whether there was such an organization; memberships are gone with it, and no session has it active any more."""

    async def work(inner: Tx) -> bool:
        key = (organizations.c.instance_id == instance_id, organizations.c.id == organization_id)
        if not await inner.run(delete(organizations).where(*key)):
            return False
        active = sessions.c.last_active_organization_id == organization_id
        await inner.run(
            update(sessions)
            .where(sessions.c.instance_id == instance_id, active)
            .values(last_active_organization_id=None)
        )
        return True

    return await within(tx, work)


async def insert_membership(tx: Tx, membership: Membership) -> None:
    """Nothing; the membership is stored.

    Raises:
        UniqueViolation: the user is a member already.
        ForeignKeyViolation: user, organization or role are not of this instance.
    """
    await tx.run(_INSERT_MEMBERSHIP, _MEMBERSHIP.values(membership))


async def load_membership(tx: Tx, instance_id: str, organization_id: str, user_id: str) -> Membership | None:
    """The user's membership in the organization."""
    row = await tx.one(_MEMBERSHIP_OF, {"instance": instance_id, "organization": organization_id, "user": user_id})
    return None if row is None else _MEMBERSHIP.build(row)


async def list_memberships(  # noqa: PLR0913 - a row and what to make of it
    tx: Tx,
    instance_id: str,
    *,
    organization_id: str | None = None,
    user_id: str | None = None,
    limit: int = 10,
    offset: int = 0,
) -> Sequence[Membership]:
    """A page of memberships of an organization or of a user, newest first."""
    statement = (
        select(*_MEMBERSHIP.columns)
        .where(memberships.c.instance_id == instance_id)
        .order_by(memberships.c.created_at.desc(), memberships.c.id.desc())
        .limit(literal(limit, BigInteger))
        .offset(literal(offset, BigInteger))
    )
    if organization_id is not None:
        statement = statement.where(memberships.c.organization_id == organization_id)
    if user_id is not None:
        statement = statement.where(memberships.c.user_id == user_id)
    return [_MEMBERSHIP.build(row) for row in await tx.all(statement)]


async def set_membership_role(  # noqa: PLR0913 - a row and what to make of it
    tx: Tx, instance_id: str, organization_id: str, user_id: str, role: str, *, now: int
) -> Membership | None:
    """The membership with another role.

    Raises:
        ForeignKeyViolation: the instance has no such role.
    """
    statement = (
        update(memberships)
        .where(
            memberships.c.instance_id == instance_id,
            memberships.c.organization_id == organization_id,
            memberships.c.user_id == user_id,
        )
        .values(role=role, updated_at=now)
        .returning(*_MEMBERSHIP.columns)
    )
    row = await tx.one(statement)
    return None if row is None else _MEMBERSHIP.build(row)


async def delete_membership(tx: Tx, instance_id: str, organization_id: str, user_id: str) -> bool:
    """Whether there was such a membership; the user's sessions keep running, without that organization (case Z-006)."""

    async def work(inner: Tx) -> bool:
        key = (memberships.c.instance_id == instance_id, memberships.c.organization_id == organization_id)
        if not await inner.run(delete(memberships).where(*key, memberships.c.user_id == user_id)):
            return False
        of_user = (sessions.c.instance_id == instance_id, sessions.c.user_id == user_id)
        active = sessions.c.last_active_organization_id == organization_id
        await inner.run(update(sessions).where(*of_user, active).values(last_active_organization_id=None))
        return True

    return await within(tx, work)
