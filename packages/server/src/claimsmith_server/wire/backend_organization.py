"""Organizations and memberships on the Backend API: with private metadata."""

from typing import Literal

import msgspec

from claimsmith_server.core.models import JsonObject, Membership, Organization, Role, User
from claimsmith_server.wire.organization import identifier_of


class BackendOrganization(msgspec.Struct, frozen=True, kw_only=True):
    """An organization."""

    id: str
    object: Literal["organization"] = "organization"
    name: str
    slug: str
    image_url: str
    has_image: bool
    members_count: int | msgspec.UnsetType = msgspec.UNSET
    pending_invitations_count: int | msgspec.UnsetType = msgspec.UNSET
    max_allowed_memberships: int
    admin_delete_enabled: bool
    public_metadata: JsonObject
    private_metadata: JsonObject
    created_by: str | msgspec.UnsetType
    created_at: int
    updated_at: int


class MemberData(msgspec.Struct, frozen=True, kw_only=True):
    """A member; `profile_image_url` is `image_url` as old SDKs name it."""

    user_id: str
    first_name: str | None
    last_name: str | None
    profile_image_url: str
    image_url: str
    has_image: bool
    identifier: str
    username: str | None
    banned: bool


class BackendMembership(msgspec.Struct, frozen=True, kw_only=True):
    """A membership."""

    id: str
    object: Literal["organization_membership"] = "organization_membership"
    role: str
    role_name: str
    permissions: tuple[str, ...]
    public_metadata: JsonObject
    private_metadata: JsonObject
    organization: BackendOrganization
    public_user_data: MemberData
    created_at: int
    updated_at: int


def backend_organization_out(organization: Organization, *, counted: bool = False) -> BackendOrganization:
    """An organization; its counts only where they were asked for."""
    return BackendOrganization(
        id=organization.id,
        name=organization.name,
        slug=organization.slug,
        image_url=organization.image_url,
        has_image=organization.has_image,
        members_count=organization.members_count if counted else msgspec.UNSET,
        pending_invitations_count=organization.pending_invitations_count if counted else msgspec.UNSET,
        max_allowed_memberships=organization.max_allowed_memberships,
        admin_delete_enabled=organization.admin_delete_enabled,
        public_metadata=organization.public_metadata,
        private_metadata=organization.private_metadata,
        created_by=organization.created_by or msgspec.UNSET,
        created_at=organization.created_at,
        updated_at=organization.updated_at,
    )


def backend_membership_out(
    membership: Membership, organization: Organization, role: Role, user: User
) -> BackendMembership:
    """A membership."""
    return BackendMembership(
        id=membership.id,
        role=membership.role,
        role_name=role.name,
        permissions=role.permissions,
        public_metadata=membership.public_metadata,
        private_metadata=membership.private_metadata,
        organization=backend_organization_out(organization, counted=True),
        public_user_data=_member_out(user),
        created_at=membership.created_at,
        updated_at=membership.updated_at,
    )


def _member_out(user: User) -> MemberData:
    return MemberData(
        user_id=user.id,
        first_name=user.first_name,
        last_name=user.last_name,
        profile_image_url=user.image_url,
        image_url=user.image_url,
        has_image=user.has_image,
        identifier=identifier_of(user),
        username=user.username,
        banned=user.banned,
    )
