"""What a ticket is good for, told before it is spent: whom it signs in, or which organization it leads to."""

from typing import Literal

import msgspec

from claimsmith_server.core.errors import TICKET_EXPIRED, TICKET_INVALID
from claimsmith_server.core.models import User
from claimsmith_server.core.secrets import hash_secret
from claimsmith_server.services.callers import Caller
from claimsmith_server.services.context import Service
from claimsmith_server.services.organizations.invitation_tickets import find_invitation, find_invited_user
from claimsmith_server.store import organizations, tickets, users

TicketUse = Literal["sign_in", "act", "join", "sign_up"]
"""Signs in; signs in somebody who acts for the user; an invitation of who has an account, and of who has none."""
_LONGEST_TICKET = 256


class TicketPreview(msgspec.Struct, frozen=True, kw_only=True):
    """A pending ticket."""

    use: TicketUse
    user: User | None
    invitation_id: str | None = None
    email_address: str | None = None
    """The invited one."""
    organization: str | None = None
    """The name of the one that invites."""


async def preview_ticket(service: Service, caller: Caller, ticket: str) -> TicketPreview:
    """What the ticket is good for; nothing is spent.

    Raises:
        ServiceError: `ticket_invalid`, `ticket_expired_code`.
    """
    instance = caller.instance
    found = None
    if len(ticket) <= _LONGEST_TICKET:
        found = await tickets.load_ticket_by_token(service.database, instance.id, hash_secret(ticket))
    if found is None:
        return await _preview_invitation(service, caller, ticket)
    if found.status != "pending":
        raise TICKET_INVALID()
    if service.clock.now() >= found.expire_at:
        raise TICKET_EXPIRED()
    user = await users.load_user(service.database, instance.id, found.user_id)
    if user is None:
        raise TICKET_INVALID()
    return TicketPreview(use="act" if found.kind == "actor" else "sign_in", user=user)


async def _preview_invitation(service: Service, caller: Caller, ticket: str) -> TicketPreview:
    instance = caller.instance
    invitation = await find_invitation(service, instance, ticket)
    user = await find_invited_user(service, instance, invitation)
    inviting = await organizations.load_organization(service.database, instance.id, invitation.organization_id)
    return TicketPreview(
        use="sign_up" if user is None else "join",
        user=user,
        invitation_id=invitation.id,
        email_address=invitation.email_address,
        organization=None if inviting is None else inviting.name,
    )
