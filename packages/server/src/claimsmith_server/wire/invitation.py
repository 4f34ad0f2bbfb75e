"""Invitations to organizations as they go out. The ticket is told to the secret key alone (case A-027)."""

from typing import Literal

import msgspec

from claimsmith_server.core.models import InvitationStatus, JsonObject, Organization, OrganizationInvitation, Role, User
from claimsmith_server.wire.organization import identifier_of

Row = tuple[OrganizationInvitation, Organization, Role]


class PublicOrganizationData(msgspec.Struct, frozen=True, kw_only=True):
    """What those who are no members may see of an organization."""

    id: str
    name: str
    slug: str
    image_url: str
    has_image: bool


class InviterData(msgspec.Struct, frozen=True, kw_only=True):
    """Who invited."""

    user_id: str
    first_name: str | None
    last_name: str | None
    image_url: str
    has_image: bool
    identifier: str


class _Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """What every audience may see of an invitation."""

    id: str
    object: Literal["organization_invitation"] = "organization_invitation"
    email_address: str
    role: str
    role_name: str
    organization_id: str
    status: InvitationStatus
    public_metadata: JsonObject
    url: str | None = None
    expires_at: int
    created_at: int
    updated_at: int


class ClientInvitation(_Invitation, frozen=True, kw_only=True):
    """An invitation in a browser."""

    public_organization_data: PublicOrganizationData


class BackendInvitation(_Invitation, frozen=True, kw_only=True):
    """An invitation on the Backend API."""

    inviter_id: str | None
    public_inviter_data: InviterData | None
    private_metadata: JsonObject


def client_invitation_out(row: Row) -> ClientInvitation:
    """An invitation for a browser."""
    invitation, organization, role = row
    public = PublicOrganizationData(
        id=organization.id,
        name=organization.name,
        slug=organization.slug,
        image_url=organization.image_url,
        has_image=organization.has_image,
    )
    return ClientInvitation(
        id=invitation.id,
        email_address=invitation.email_address,
        role=invitation.role,
        role_name=role.name,
        organization_id=invitation.organization_id,
        status=invitation.status,
        public_metadata=invitation.public_metadata,
        expires_at=invitation.expire_at,
        created_at=invitation.created_at,
        updated_at=invitation.updated_at,
        public_organization_data=public,
    )


def backend_invitation_out(row: Row, inviter: User | None, url: str | None) -> BackendInvitation:
    """An invitation for the Backend API; `url` is known only while the invitation is made."""
    invitation, _, role = row
    return BackendInvitation(
        id=invitation.id,
        email_address=invitation.email_address,
        role=invitation.role,
        role_name=role.name,
        organization_id=invitation.organization_id,
        status=invitation.status,
        public_metadata=invitation.public_metadata,
        url=url,
        expires_at=invitation.expire_at,
        created_at=invitation.created_at,
        updated_at=invitation.updated_at,
        inviter_id=invitation.inviter_id,
        public_inviter_data=None if inviter is None else _inviter_out(inviter),
        private_metadata=invitation.private_metadata,
    )


def _inviter_out(inviter: User) -> InviterData:
    return InviterData(
        user_id=inviter.id,
        first_name=inviter.first_name,
        last_name=inviter.last_name,
        image_url=inviter.image_url,
        has_image=inviter.has_image,
        identifier=identifier_of(inviter),
    )
