"""Tickets of organization invitations: read when a sign-up begins, spent for a membership when it is complete."""

from urllib.parse import urlencode

from claimsmith_server.core.errors import TICKET_EXPIRED, TICKET_INVALID
from claimsmith_server.core.models import Instance, JsonObject, Membership, OrganizationInvitation, User
from claimsmith_server.core.secrets import hash_secret
from claimsmith_server.services.audit import record
from claimsmith_server.services.context import Service
from claimsmith_server.services.organizations.access import By
from claimsmith_server.services.organizations.memberships import join
from claimsmith_server.store import organization_invitations, organizations, roles, users
from claimsmith_server.store.database import Tx
from claimsmith_server.store.organizations import MetadataField

_LONGEST_TICKET = 256


async def find_invitation(service: Service, instance: Instance, ticket: str) -> OrganizationInvitation:
    """The pending invitation that a ticket is of; nothing is spent.

    Raises:
        ServiceError: `ticket_invalid` for one that is unknown, accepted or revoked, `ticket_expired_code`.
    """
    found = None
    if len(ticket) <= _LONGEST_TICKET and instance.settings.organizations.enabled:
        token_hash, now = hash_secret(ticket), service.clock.now()
        found = await organization_invitations.load_invitation_by_token(
            service.database, instance.id, token_hash, now=now
        )
    if found is not None and found.status == "expired":
        raise TICKET_EXPIRED()
    if found is None or found.status != "pending":
        raise TICKET_INVALID()
    return found


async def redeem_invitation(service: Service, tx: Tx, user: User, invitation_id: str) -> Membership:
    """The membership that an invitation gives this user; the invitation is spent in the same transaction.

    The user must have proved the address that was invited (case A-027).

    Raises:
        ServiceError: `ticket_invalid`: it was accepted, revoked or has expired meanwhile, or is for another address;
            `already_a_member_in_organization`, `organization_membership_quota_exceeded`.
    """
    now, instance_id = service.clock.now(), user.instance_id
    accepted = await organization_invitations.change_invitation(tx, instance_id, invitation_id, "accept", now=now)
    if accepted is None or not has_proved(user, accepted.email_address):
        raise TICKET_INVALID()
    return await join_by_invitation(service, tx, accepted, user)


async def join_by_invitation(service: Service, tx: Tx, accepted: OrganizationInvitation, user: User) -> Membership:
    """The membership that an invitation gives, in the transaction that accepted it.

    Raises:
        ServiceError: `ticket_invalid` when the organization is gone; `already_a_member_in_organization`,
            `organization_membership_quota_exceeded`.
    """
    organization = await organizations.hold_organization(tx, user.instance_id, accepted.organization_id)
    role = await roles.load_role(tx, user.instance_id, accepted.role)
    if organization is None or role is None:
        raise TICKET_INVALID()
    metadata: dict[MetadataField, JsonObject] = {
        "public_metadata": accepted.public_metadata,
        "private_metadata": accepted.private_metadata,
    }
    membership = await join(service, tx, organization, user.id, role, By(user.id), metadata)
    told = {"organization_id": accepted.organization_id, "role": accepted.role}
    await record(service, tx, user.instance_id, "organization_invitation.accepted", accepted.id, told, actor=user.id)
    return membership


async def find_invited_user(service: Service, instance: Instance, invitation: OrganizationInvitation) -> User | None:
    """The user who has proved the invited address; `None` when nobody has."""
    found = await users.load_user_by_identifier(service.database, instance.id, invitation.email_address)
    return found if found is not None and has_proved(found, invitation.email_address) else None


def make_link(base_url: str, ticket: str, redirect_url: str | None) -> str:
    """What the button of an invitation's mail opens (`fapi.tickets`)."""
    query = {"ticket": ticket} | ({"redirect_url": redirect_url} if redirect_url else {})
    return f"{base_url.rstrip('/')}/v1/tickets/accept?{urlencode(query)}"


def has_proved(user: User, address: str) -> bool:
    """Whether the address is one of the user's verified ones."""
    owned = (one for one in user.email_addresses if one.verification_status == "verified")
    return any(one.email_address.lower() == address.lower() for one in owned)
