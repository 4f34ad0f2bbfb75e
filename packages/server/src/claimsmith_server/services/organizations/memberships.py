"""Members of organizations: listed, added, given another role, removed, gone by themselves."""

from typing import Any, NamedTuple

from claimsmith_server.core.errors import (
    ALREADY_MEMBER,
    MEMBERSHIP_QUOTA_EXCEEDED,
    PARAM_MISSING,
    RESOURCE_NOT_FOUND,
    ServiceError,
)
from claimsmith_server.core.models import Instance, JsonObject, Membership, Organization, Role, User
from claimsmith_server.core.organizations import MANAGE_MEMBERS, READ_MEMBERS
from claimsmith_server.services.audit import record
from claimsmith_server.services.context import Service
from claimsmith_server.services.organizations import load_counted, new_membership
from claimsmith_server.services.organizations.access import (
    By,
    require_another_to_manage,
    require_organization,
    require_organizations,
    require_role,
)
from claimsmith_server.services.user_input import METADATA_BYTES
from claimsmith_server.store import organization_members, organizations, users
from claimsmith_server.store.database import Tx
from claimsmith_server.store.organization_members import MemberFilter
from claimsmith_server.store.organizations import MetadataField, merge_within_limit
from claimsmith_server.store.user_filters import UserOrder


class Member(NamedTuple):
    """A membership with all that goes out with it."""

    membership: Membership
    organization: Organization
    role: Role
    user: User


class Members(NamedTuple):
    """A page of members, and how many there are in all."""

    page: list[Member]
    total_count: int


async def list_members(  # noqa: PLR0913 - the parameters of one page
    service: Service,
    instance: Instance,
    organization_id: str,
    which: MemberFilter,
    by: By,
    *,
    order: UserOrder | None = None,
    limit: int,
    offset: int,
) -> Members:
    """A page of an organization's members, who joined last first unless ordered otherwise.

    Raises:
        ServiceError: as `organization_access.require_organization`.
    """
    database = service.database
    await require_organization(database, instance, organization_id, by, READ_MEMBERS)
    organization = await load_counted(database, instance, organization_id, service.clock.now())
    rows = await organization_members.list_members(
        database, instance.id, organization_id, which, order=order, limit=limit, offset=offset
    )
    people = await users.load_users(database, instance.id, {membership.user_id for membership, _ in rows})
    page = [
        Member(membership, organization, role, people[membership.user_id])
        for membership, role in rows
        if membership.user_id in people
    ]
    count = await organization_members.count_members(database, instance.id, organization_id, which)
    return Members(page, count)


async def list_own(service: Service, instance: Instance, user: User, *, limit: int, offset: int) -> Members:
    """A page of a user's memberships, oldest first.

    Raises:
        ServiceError: `organization_not_enabled_in_instance`.
    """
    require_organizations(instance)
    now = service.clock.now()
    rows = await organizations.list_memberships_of_users(service.database, instance.id, [user.id], now=now)
    return Members([Member(*row, user) for row in rows[offset : offset + limit]], len(rows))


async def load_member(service: Service, instance: Instance, organization_id: str, user_id: str, by: By) -> Member:
    """One member.

    Raises:
        ServiceError: as `organization_access.require_organization`; `resource_not_found` for the member.
    """
    database = service.database
    await require_organization(database, instance, organization_id, by, READ_MEMBERS)
    _, user = await _require_member(database, instance, organization_id, user_id)
    return await _load(service, database, instance, organization_id, user)


async def find_person(service: Service, instance: Instance, text: str, param_name: str = "user") -> User:
    """The user whom an id, an e-mail address, a phone number or a username names; for the application alone.

    Raises:
        ServiceError: `form_param_missing`, `resource_not_found`.
    """
    wanted = text.strip()
    if not wanted:
        raise PARAM_MISSING(param_name=param_name)
    found = await users.load_user(service.database, instance.id, wanted) if wanted.startswith("user_") else None
    found = found or await users.load_user_by_identifier(service.database, instance.id, wanted)
    if found is None:
        raise RESOURCE_NOT_FOUND(param_name=param_name, resource="user", by="id or address", id=wanted[:64])
    return found


async def add_member(  # noqa: PLR0913, PLR0917 - who becomes what, where
    service: Service,
    instance: Instance,
    organization_id: str,
    user_id: str,
    role: str,
    by: By,
    metadata: dict[MetadataField, JsonObject] | None = None,
) -> Member:
    """A new member.

    Raises:
        ServiceError: as `organization_access.require_organization`; `resource_not_found` for the user;
            `form_param_value_invalid` for the role; `already_a_member_in_organization`;
            `organization_membership_quota_exceeded`.
    """

    async def work(tx: Tx) -> Member:
        organization = await require_organization(tx, instance, organization_id, by, MANAGE_MEMBERS, hold=True)
        user = await users.load_user(tx, instance.id, user_id)
        if user is None:
            raise RESOURCE_NOT_FOUND(param_name="user_id", resource="user", by="id", id=user_id[:64])
        given = await require_role(tx, instance, role)
        await join(service, tx, organization, user.id, given, by, metadata)
        return await _load(service, tx, instance, organization_id, user)

    return await service.database.transact(work)


async def join(  # noqa: PLR0913, PLR0917 - who becomes what, where
    service: Service,
    tx: Tx,
    organization: Organization,
    user_id: str,
    role: Role,
    by: By,
    metadata: dict[MetadataField, JsonObject] | None = None,
) -> Membership:
    """A new membership in an organization that this transaction holds, so that its limit is kept (case Z-014).

    Raises:
        ServiceError: `already_a_member_in_organization`, `organization_membership_quota_exceeded`.
    """
    instance_id = organization.instance_id
    if await organizations.load_membership(tx, instance_id, organization.id, user_id) is not None:
        raise ALREADY_MEMBER(param_name="user_id", who="The user")
    limit = organization.max_allowed_memberships
    if limit and await organization_members.count_members(tx, instance_id, organization.id) >= limit:
        raise MEMBERSHIP_QUOTA_EXCEEDED(limit=limit)
    membership = new_membership(service, organization, user_id, role, metadata)
    await organizations.insert_membership(tx, membership)
    told = {"user_id": user_id, "role": role.key}
    await record(service, tx, instance_id, "organization_membership.created", organization.id, told, actor=by.actor)
    return membership


async def change_role(  # noqa: PLR0913, PLR0917 - who becomes what, where
    service: Service, instance: Instance, organization_id: str, user_id: str, role: str, by: By
) -> Member:
    """The member with another role; tokens minted from now on say so.

    Raises:
        ServiceError: as `organization_access.require_organization`; `resource_not_found` for the member;
            `form_param_value_invalid` for the role; `organization_minimum_permissions_needed` (case Z-006).
    """
    now = service.clock.now()

    async def work(tx: Tx) -> Member:
        await require_organization(tx, instance, organization_id, by, MANAGE_MEMBERS, hold=True)
        before, user = await _require_member(tx, instance, organization_id, user_id)
        given = await require_role(tx, instance, role)
        if given.key != before.role:
            await require_another_to_manage(tx, instance, organization_id, before.role, given)
            await organizations.set_membership_role(tx, instance.id, organization_id, user_id, given.key, now=now)
        told = {"user_id": user_id, "role": given.key, "before": before.role}
        await record(service, tx, instance.id, "organization_membership.updated", organization_id, told, actor=by.actor)
        return await _load(service, tx, instance, organization_id, user)

    return await service.database.transact(work)


async def change_metadata(  # noqa: PLR0913, PLR0917 - whose metadata, where, by whom
    service: Service,
    instance: Instance,
    organization_id: str,
    user_id: str,
    metadata: dict[MetadataField, JsonObject],
    by: By,
) -> Member:
    """The member with metadata merged into its own; `null` removes a key.

    Raises:
        ServiceError: `resource_not_found`.
        TooLarge: a result is over 8 KB.
    """
    now = service.clock.now()

    async def work(tx: Tx) -> Member:
        await require_organization(tx, instance, organization_id, by, MANAGE_MEMBERS, hold=True)
        before, user = await _require_member(tx, instance, organization_id, user_id)
        merged: Any = merge_within_limit(before, metadata, METADATA_BYTES)
        await organization_members.set_membership_metadata(tx, instance.id, organization_id, user_id, merged, now=now)
        return await _load(service, tx, instance, organization_id, user)

    return await service.database.transact(work)


async def remove_member(service: Service, instance: Instance, organization_id: str, user_id: str, by: By) -> Member:
    """The member as it was; its sessions keep running, without the organization.

    Raises:
        ServiceError: as `organization_access.require_organization`; `resource_not_found` for the member;
            `organization_minimum_permissions_needed` (case Z-006).
    """
    return await _remove(service, instance, organization_id, user_id, by, MANAGE_MEMBERS)


async def leave(service: Service, instance: Instance, organization_id: str, user: User, by: By) -> Member:
    """The user's membership as it was; needs no permission.

    Raises:
        ServiceError: `resource_not_found`, `organization_minimum_permissions_needed`.
    """
    return await _remove(service, instance, organization_id, user.id, by, None)


async def _remove(  # noqa: PLR0913, PLR0917 - who is removed from where, by whom
    service: Service, instance: Instance, organization_id: str, user_id: str, by: By, permission: str | None
) -> Member:
    async def work(tx: Tx) -> Member:
        await require_organization(tx, instance, organization_id, by, permission, hold=True)
        before, user = await _require_member(tx, instance, organization_id, user_id)
        removed = await _load(service, tx, instance, organization_id, user)
        await require_another_to_manage(tx, instance, organization_id, before.role)
        await organizations.delete_membership(tx, instance.id, organization_id, user_id)
        told = {"user_id": user_id, "role": before.role}
        await record(service, tx, instance.id, "organization_membership.deleted", organization_id, told, actor=by.actor)
        return removed

    return await service.database.transact(work)


async def _require_member(tx: Tx, instance: Instance, organization_id: str, user_id: str) -> tuple[Membership, User]:
    membership = await organizations.load_membership(tx, instance.id, organization_id, user_id)
    user = None if membership is None else await users.load_user(tx, instance.id, user_id)
    if membership is None or user is None:
        raise member_not_found(user_id)
    return membership, user


async def _load(service: Service, tx: Tx, instance: Instance, organization_id: str, user: User) -> Member:
    member = await organization_members.load_member(tx, instance.id, organization_id, user.id)
    if member is None:
        raise member_not_found(user.id)
    organization = await load_counted(tx, instance, organization_id, service.clock.now())
    return Member(member[0], organization, member[1], user)


def member_not_found(user_id: str) -> ServiceError:
    """The refusal for a user who is no member."""
    return RESOURCE_NOT_FOUND(resource="member", by="user id", id=user_id[:64])
