"""Organizations and memberships as browsers see them (contract 4.6); `private_metadata` is in none (case Z-005)."""

from typing import Literal

import msgspec

from claimsmith_server.core.models import JsonObject, Membership, Organization, Role, User


class PublicUserData(msgspec.Struct, frozen=True, kw_only=True):
    """What other people may see of a user."""

    user_id: str | None
    first_name: str | None
    last_name: str | None
    image_url: str
    has_image: bool
    identifier: str
    username: str | None = None


class ClientOrganization(msgspec.Struct, frozen=True, kw_only=True):
    """An organization."""

    id: str
    object: Literal["organization"] = "organization"
    name: str
    slug: str
    image_url: str
    has_image: bool
    members_count: int = 0
    pending_invitations_count: int = 0
    max_allowed_memberships: int
    admin_delete_enabled: bool
    public_metadata: JsonObject
    created_at: int
    updated_at: int


class ClientMembership(msgspec.Struct, frozen=True, kw_only=True):
    """A membership."""

    id: str
    object: Literal["organization_membership"] = "organization_membership"
    role: str
    role_name: str
    permissions: tuple[str, ...]
    public_metadata: JsonObject
    organization: ClientOrganization
    public_user_data: PublicUserData | None = None
    created_at: int
    updated_at: int


def public_user_data_out(user: User) -> PublicUserData:
    """A user for other people: names and the identifier that they know the user by."""
    return PublicUserData(
        user_id=user.id,
        first_name=user.first_name,
        last_name=user.last_name,
        image_url=user.image_url,
        has_image=user.has_image,
        identifier=identifier_of(user),
        username=user.username,
    )


def identifier_of(user: User) -> str:
    """The primary address, else the primary number, else the username, else nothing."""
    emails = [email.email_address for email in user.email_addresses if email.id == user.primary_email_address_id]
    phones = [phone.phone_number for phone in user.phone_numbers if phone.id == user.primary_phone_number_id]
    return next(iter([*emails, *phones, user.username or ""]))


def client_organization_out(organization: Organization) -> ClientOrganization:
    """An organization, counted when it was read, for a browser."""
    return ClientOrganization(
        id=organization.id,
        name=organization.name,
        slug=organization.slug,
        image_url=organization.image_url,
        has_image=organization.has_image,
        members_count=organization.members_count,
        pending_invitations_count=organization.pending_invitations_count,
        max_allowed_memberships=organization.max_allowed_memberships,
        admin_delete_enabled=organization.admin_delete_enabled,
        public_metadata=organization.public_metadata,
        created_at=organization.created_at,
        updated_at=organization.updated_at,
    )


def client_membership_out(
    membership: Membership, organization: Organization, role: Role, user: User | None = None
) -> ClientMembership:
    """A membership for a browser."""
    return ClientMembership(
        id=membership.id,
        role=membership.role,
        role_name=role.name,
        permissions=role.permissions,
        public_metadata=membership.public_metadata,
        organization=client_organization_out(organization),
        public_user_data=None if user is None else public_user_data_out(user),
        created_at=membership.created_at,
        updated_at=membership.updated_at,
    )
