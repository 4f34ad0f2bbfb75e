"""Organizations: created, changed, deleted, by their members or by the application."""

from typing import Any

import msgspec

from claimsmith_server.core.errors import (
    ORGANIZATION_CREATION_NOT_ALLOWED,
    ORGANIZATION_DELETION_NOT_ALLOWED,
    ORGANIZATION_QUOTA_EXCEEDED,
    PARAM_FORMAT_INVALID,
    PARAM_MISSING,
    RESOURCE_NOT_FOUND,
)
from claimsmith_server.core.models import Instance, JsonObject, Membership, Organization, Role, User
from claimsmith_server.core.organizations import (
    DELETE_ORGANIZATION,
    LONGEST_NAME,
    LONGEST_SLUG,
    MANAGE_PROFILE,
    is_slug,
    make_slug,
    parse_name,
)
from claimsmith_server.services.audit import record
from claimsmith_server.services.context import Service
from claimsmith_server.services.organizations.access import (
    SECRET_KEY,
    By,
    organization_not_found,
    require_creator_role,
    require_organization,
    require_organizations,
)
from claimsmith_server.services.user_input import METADATA_BYTES
from claimsmith_server.store import organization_filters, organizations, users
from claimsmith_server.store.database import Tx
from claimsmith_server.store.errors import UniqueViolation
from claimsmith_server.store.organization_filters import OrganizationFilter
from claimsmith_server.store.organizations import MetadataField
from claimsmith_server.store.user_filters import UserOrder

_SUFFIX_BYTES = (0, 4, 4, 8)
"""Of each slug that is tried: the name alone, then with random characters after it."""


class NewOrganization(msgspec.Struct, frozen=True, kw_only=True):
    """What an organization is made of; the texts are as given."""

    name: str
    slug: str | None = None
    """None: made from the name."""
    created_by: str | None = None
    """Its first member."""
    max_allowed_memberships: int | None = None
    created_at: int | None = None
    public_metadata: JsonObject = msgspec.field(default_factory=dict)
    private_metadata: JsonObject = msgspec.field(default_factory=dict)


def read_name(text: str) -> str:
    """The name of an organization.

    Raises:
        ServiceError: `form_param_missing`, `form_param_format_invalid`.
    """
    if not text.strip():
        raise PARAM_MISSING(param_name="name")
    name = parse_name(text)
    if name is None:
        expected = f"1 to {LONGEST_NAME} characters of plain text, without web addresses and HTML"
        raise PARAM_FORMAT_INVALID(param_name="name", expected=expected)
    return name


def read_slug(text: str) -> str:
    """The slug of an organization.

    Raises:
        ServiceError: `form_param_format_invalid`.
    """
    if not is_slug(text):
        expected = f"1 to {LONGEST_SLUG} lower case letters and digits, with single `-` between them"
        raise PARAM_FORMAT_INVALID(param_name="slug", expected=expected)
    return text


async def create_organization(service: Service, instance: Instance, asked: NewOrganization, by: By) -> Organization:
    """A new organization; whoever it is created by is its first member.

    Raises:
        ServiceError: a value is refused; `organization_creation_not_allowed`, `organization_quota_exceeded` for users.
        UniqueViolation: the slug is taken.
    """
    require_organizations(instance)
    name = read_name(asked.name)
    given = None if asked.slug is None else read_slug(asked.slug)
    for suffix in _SUFFIX_BYTES:
        slug = given or make_slug(name, service.clock.entropy(suffix) if suffix else b"")
        organization = _compose(service, instance, asked, name, slug)
        try:
            return await _store(service, instance, organization, by)
        except UniqueViolation:
            if given is not None or suffix == _SUFFIX_BYTES[-1]:
                raise
    raise AssertionError  # the last one returned or raised


async def _store(service: Service, instance: Instance, organization: Organization, by: By) -> Organization:
    creator_id = organization.created_by
    now = service.clock.now()

    async def work(tx: Tx) -> Organization:
        if creator_id is not None:
            creator = await users.hold_user(tx, instance.id, creator_id)
            if creator is None:
                raise RESOURCE_NOT_FOUND(param_name="created_by", resource="user", by="id", id=creator_id[:64])
            if by.user_id is not None:
                await _require_allowed(tx, instance, creator)
        await organizations.insert_organization(tx, organization)
        if creator_id is not None:
            role = await require_creator_role(tx, instance)
            await organizations.insert_membership(tx, new_membership(service, organization, creator_id, role))
        await record(service, tx, instance.id, "organization.created", organization.id, {}, actor=by.actor)
        return await load_counted(tx, instance, organization.id, now)

    return await service.database.transact(work)


async def _require_allowed(tx: Tx, instance: Instance, creator: User) -> None:
    """Whether the user, who is held until the transaction ends, may create one more (case Z-014)."""
    if not (instance.settings.organizations.create_organization and creator.create_organization_enabled):
        raise ORGANIZATION_CREATION_NOT_ALLOWED()
    limit = creator.create_organizations_limit
    if limit and await organizations.count_created_organizations(tx, instance.id, creator.id) >= limit:
        raise ORGANIZATION_QUOTA_EXCEEDED(limit=limit)


async def list_organizations(  # noqa: PLR0913 - the parameters of one page
    service: Service,
    instance: Instance,
    which: OrganizationFilter,
    *,
    order: UserOrder | None = None,
    limit: int,
    offset: int,
) -> tuple[list[Organization], int]:
    """A page of the instance's organizations, counted, and how many there are in all.

    Raises:
        ServiceError: `organization_not_enabled_in_instance`.
    """
    require_organizations(instance)
    database, now = service.database, service.clock.now()
    found = await organization_filters.list_organizations(
        database, instance.id, which, now=now, order=order, limit=limit, offset=offset
    )
    return list(found), await organization_filters.count_organizations(database, instance.id, which)


async def load_by_slug_or_id(service: Service, instance: Instance, slug_or_id: str) -> Organization:
    """An organization, counted; for the application alone.

    Raises:
        ServiceError: as `organization_access.require_organization`.
    """
    found = await organizations.load_organization_by_slug(service.database, instance.id, slug_or_id)
    return await load_organization(service, instance, slug_or_id if found is None else found.id, SECRET_KEY)


async def load_organization(service: Service, instance: Instance, organization_id: str, by: By) -> Organization:
    """An organization, counted.

    Raises:
        ServiceError: as `organization_access.require_organization`.
    """
    found = await require_organization(service.database, instance, organization_id, by)
    return await load_counted(service.database, instance, found.id, service.clock.now())


async def update_organization(  # noqa: PLR0913, PLR0917 - who changes what of it
    service: Service,
    instance: Instance,
    organization_id: str,
    changes: dict[str, Any],
    by: By,
    metadata: dict[MetadataField, JsonObject] | None = None,
) -> Organization:
    """The organization with fields changed, counted; `name` and `slug` as given, `metadata` merged.

    Metadata among the `changes` are replaced whole.

    Raises:
        ServiceError: a value is refused, or as `organization_access.require_organization`.
        UniqueViolation: the slug is taken.
        TooLarge: metadata over 8 KB.
    """
    changes = changes | {name: _READERS[name](changes[name]) for name in _READERS if name in changes}
    now = service.clock.now()

    async def work(tx: Tx) -> Organization:
        await require_organization(tx, instance, organization_id, by, MANAGE_PROFILE, hold=True)
        if metadata:
            await organizations.merge_organization_metadata(
                tx, instance.id, organization_id, metadata, now=now, limit=METADATA_BYTES
            )
        await organizations.update_organization(tx, instance.id, organization_id, changes, now=now)
        changed = {"changed": sorted({*changes, *(metadata or {})})}
        await record(service, tx, instance.id, "organization.updated", organization_id, changed, actor=by.actor)
        return await load_counted(tx, instance, organization_id, now)

    return await service.database.transact(work)


async def delete_organization(service: Service, instance: Instance, organization_id: str, by: By) -> Organization:
    """The organization as it was; it is gone with its memberships and invitations, and active in no session.

    Raises:
        ServiceError: as `organization_access.require_organization`; `organization_deletion_not_allowed` for members.
    """

    async def work(tx: Tx) -> Organization:
        found = await require_organization(tx, instance, organization_id, by, DELETE_ORGANIZATION, hold=True)
        if by.user_id is not None and not found.admin_delete_enabled:
            raise ORGANIZATION_DELETION_NOT_ALLOWED()
        await organizations.delete_organization(tx, instance.id, organization_id)
        await record(service, tx, instance.id, "organization.deleted", organization_id, {}, actor=by.actor)
        return found

    return await service.database.transact(work)


async def load_counted(tx: Tx, instance: Instance, organization_id: str, now: int) -> Organization:
    """An organization, counted.

    Raises:
        ServiceError: `resource_not_found`.
    """
    found = await organizations.load_counted_organization(tx, instance.id, organization_id, now=now)
    if found is None:
        raise organization_not_found(organization_id)
    return found


def new_membership(
    service: Service,
    organization: Organization,
    user_id: str,
    role: Role,
    metadata: dict[MetadataField, JsonObject] | None = None,
) -> Membership:
    """A membership that begins now."""
    now = service.clock.now()
    given = metadata or {}
    return Membership(
        id=service.make_id("orgmem"),
        instance_id=organization.instance_id,
        organization_id=organization.id,
        user_id=user_id,
        role=role.key,
        public_metadata=given.get("public_metadata", {}),
        private_metadata=given.get("private_metadata", {}),
        created_at=now,
        updated_at=now,
    )


_READERS = {"name": read_name, "slug": read_slug}


def _compose(service: Service, instance: Instance, asked: NewOrganization, name: str, slug: str) -> Organization:
    now = service.clock.now()
    settings = instance.settings.organizations
    limit = asked.max_allowed_memberships
    return Organization(
        id=service.make_id("org"),
        instance_id=instance.id,
        name=name,
        slug=slug,
        image_url="",
        has_image=False,
        public_metadata=asked.public_metadata,
        private_metadata=asked.private_metadata,
        max_allowed_memberships=settings.max_allowed_memberships if limit is None else limit,
        admin_delete_enabled=settings.admin_delete,
        created_by=asked.created_by,
        created_at=now if asked.created_at is None else asked.created_at,
        updated_at=now,
    )
