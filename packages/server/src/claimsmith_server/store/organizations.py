"""Organizations and memberships in them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal

from sqlalchemy import BigInteger, and_, bindparam, delete, func, insert, literal, select, update

from claimsmith_server.core.metadata import merge_metadata
from claimsmith_server.core.models import JsonObject, Membership, Organization, Role
from claimsmith_server.store.database import Tx, within
from claimsmith_server.store.errors import TooLarge
from claimsmith_server.store.organization_counts import members_count, pending_invitations_count
from claimsmith_server.store.rows import Shape, encode_json
from claimsmith_server.store.schema import organization_memberships as memberships
from claimsmith_server.store.schema import organizations, roles, sessions

MetadataField = Literal["public_metadata", "private_metadata"]

_SHAPE = Shape(Organization, organizations, without=("members_count", "pending_invitations_count"))
_MEMBERSHIP = Shape(Membership, memberships)
_ROLE = Shape(Role, roles)
_INSERT = insert(organizations)
_INSERT_MEMBERSHIP = insert(memberships)
_OF_INSTANCE = select(*_SHAPE.columns).where(organizations.c.instance_id == bindparam("instance", required=False))
_BY_ID = _OF_INSTANCE.where(organizations.c.id == bindparam("id", required=False))
_LOCK_BY_ID = _BY_ID.with_for_update()
_BY_SLUG = _OF_INSTANCE.where(organizations.c.slug == bindparam("slug", required=False))
_CHANGEABLE: Final = frozenset(_SHAPE.names) - {"id", "instance_id", "updated_at"}
_WITH_ORGANIZATION = (
    select(
        members_count(),
        pending_invitations_count(bindparam("now", required=False)),
        *_MEMBERSHIP.columns,
        *_SHAPE.columns,
        *_ROLE.columns,
    )
    .join(
        organizations,
        and_(
            organizations.c.instance_id == memberships.c.instance_id,
            organizations.c.id == memberships.c.organization_id,
        ),
    )
    .join(roles, and_(roles.c.instance_id == memberships.c.instance_id, roles.c.key == memberships.c.role))
)
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


async def load_counted_organization(tx: Tx, instance_id: str, organization_id: str, *, now: int) -> Organization | None:
    """The organization with this id, its members and pending invitations counted."""
    statement = select(members_count(), pending_invitations_count(literal(now, BigInteger)), *_SHAPE.columns).where(
        organizations.c.instance_id == instance_id, organizations.c.id == organization_id
    )
    row = await tx.one(statement)
    return None if row is None else _build_counted(row[2:], row)


async def hold_organization(tx: Tx, instance_id: str, organization_id: str) -> Organization | None:
    """The organization with this id, held until the transaction ends.

    Whatever changes who its members are holds it first, so that limits are kept among parallel changes (case Z-014).
    """
    row = await tx.one(_LOCK_BY_ID, {"instance": instance_id, "id": organization_id})
    return None if row is None else _SHAPE.build(row)


async def count_created_organizations(tx: Tx, instance_id: str, user_id: str) -> int:
    """How many organizations a user has created that are still there."""
    statement = (
        select(func.count())
        .select_from(organizations)
        .where(organizations.c.instance_id == instance_id, organizations.c.created_by == user_id)
    )
    row = await tx.one(statement)
    return 0 if row is None else int(row[0])


async def update_organization(
    tx: Tx, instance_id: str, organization_id: str, changes: Mapping[str, Any], *, now: int
) -> Organization | None:
    """The organization with fields changed.

    Raises:
        KeyError: a field that can't be changed this way.
        UniqueViolation: the new slug is taken.
        InvalidValue: a value that can't be stored.
    """
    if not _CHANGEABLE.issuperset(changes):
        raise KeyError(*sorted(set(changes) - _CHANGEABLE))
    statement = (
        update(organizations)
        .where(organizations.c.instance_id == instance_id, organizations.c.id == organization_id)
        .values(**_SHAPE.encode({**changes, "updated_at": now}))
        .returning(*_SHAPE.columns)
    )
    row = await tx.one(statement)
    return None if row is None else _SHAPE.build(row)


async def merge_organization_metadata(  # noqa: PLR0913 - a row and what to make of it
    tx: Tx,
    instance_id: str,
    organization_id: str,
    patches: Mapping[MetadataField, JsonObject],
    *,
    now: int,
    limit: int,
) -> Organization | None:
    """The organization with each patch merged into its metadata; of two patches at once neither is lost.

    Raises:
        TooLarge: a result's JSON has more than `limit` bytes.
        InvalidValue: a patch that can't be stored (case I-010).
    """

    async def work(inner: Tx) -> Organization | None:
        stored = await hold_organization(inner, instance_id, organization_id)
        if stored is None:
            return None
        merged = merge_within_limit(stored, patches, limit)
        return await update_organization(inner, instance_id, organization_id, merged, now=now)

    return await within(tx, work)


def merge_within_limit(
    stored: Organization | Membership, patches: Mapping[MetadataField, JsonObject], limit: int
) -> dict[str, JsonObject]:
    """The metadata of a row after patches.

    Raises:
        TooLarge: a result's JSON has more than `limit` bytes.
    """
    merged: dict[str, JsonObject] = {}
    for field, patch in patches.items():
        merged[field] = merge_metadata(getattr(stored, field), patch)
        size = len(encode_json(merged[field], field).encode())
        if size > limit:
            raise TooLarge(field, size, limit)
    return merged


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


async def list_memberships_of_users(
    tx: Tx, instance_id: str, user_ids: Iterable[str], *, now: int
) -> Sequence[tuple[Membership, Organization, Role]]:
    """Every membership of these users with its organization, counted, and role; oldest first."""
    wanted = sorted(set(user_ids))
    statement = _WITH_ORGANIZATION.where(
        memberships.c.instance_id == instance_id, memberships.c.user_id.in_(wanted)
    ).order_by(memberships.c.created_at, memberships.c.id)
    rows = await tx.all(statement, {"now": now}) if wanted else []
    return [_build_joined(row) for row in rows]


def _build_counted(columns: Sequence[Any], counts: Sequence[Any]) -> Organization:
    """The organization of a row's part, with the two counts that the row starts with."""
    return _SHAPE.build(columns, members_count=int(counts[0]), pending_invitations_count=int(counts[1]))


def _build_joined(row: Sequence[Any]) -> tuple[Membership, Organization, Role]:
    second = 2 + len(_MEMBERSHIP.columns)
    third = second + len(_SHAPE.columns)
    return _MEMBERSHIP.build(row[2:]), _build_counted(row[second:], row), _ROLE.build(row[third:])


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
