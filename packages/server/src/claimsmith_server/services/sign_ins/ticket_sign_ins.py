"""Signing in by a ticket (cases A-002, A-026, S-027).

A sign-in token or an actor token of the Backend API; or the ticket of an invitation to an organization, which proves
the address that it was sent to, and makes its user a member (case A-027).
"""

from typing import NamedTuple

import msgspec

from claimsmith_server.core.attempts import SignIn, Ticket
from claimsmith_server.core.errors import PARAM_MISSING, TICKET_EXPIRED, TICKET_INVALID
from claimsmith_server.core.models import OrganizationInvitation, User
from claimsmith_server.core.secrets import hash_secret
from claimsmith_server.services import limits
from claimsmith_server.services.callers import Caller
from claimsmith_server.services.context import Service
from claimsmith_server.services.first_factors import Proof
from claimsmith_server.services.organizations.invitation_tickets import (
    find_invitation,
    find_invited_user,
    redeem_invitation,
)
from claimsmith_server.services.sign_ins.steps import Outcome, Step, require_no_session, take_step
from claimsmith_server.store import tickets, users
from claimsmith_server.store.database import Tx

_LONGEST_TICKET = 256


class _Checked(NamedTuple):
    """A ticket, unspent so far, or an invitation that it is of; and the user that it signs in."""

    user: User
    ticket: Ticket | None = None
    invitation: OrganizationInvitation | None = None

    @property
    def is_users_own(self) -> bool:
        """Whether the user signs in, and nobody who acts for the user."""
        return self.ticket is None or self.ticket.kind == "sign_in"


async def sign_in_by_ticket(
    service: Service, caller: Caller, sign_in: SignIn, text: str, *, is_new: bool = False
) -> Outcome:
    """The attempt, complete by a ticket, which is spent with it; an actor token's session says who acts.

    A second factor is asked for as with every other first one, but for actors, who have none of the user's.

    Raises:
        ServiceError: `ticket_invalid`, `ticket_expired_code`, `user_banned`, `user_locked`, `session_exists`,
            `identifier_already_signed_in`, `client_state_invalid`; for invitations also
            `already_a_member_in_organization`, `organization_membership_quota_exceeded`.
    """
    if not is_new:
        await require_no_session(service, caller)
    checked = await _check_ticket(service, caller, sign_in, text)
    user, ticket, invitation = checked
    if checked.is_users_own:
        await require_no_session(service, caller, user.id)
    needs_more = user.two_factor_enabled and checked.is_users_own

    async def join(tx: Tx, held: User) -> None:
        if invitation is not None:
            await redeem_invitation(service, tx, held, invitation.id)

    step = Step(
        sign_in=msgspec.structs.replace(sign_in, identifier=sign_in.identifier or _name(user)),
        user=user,
        event="spend_ticket_before_second_factor" if needs_more else "spend_ticket",
        proof=Proof(strategy="ticket", ticket=ticket),
        is_new=is_new,
        also=join,
    )
    return await take_step(service, caller, step)


async def _check_ticket(service: Service, caller: Caller, sign_in: SignIn, text: str) -> _Checked:
    await limits.count_request(service, caller, "attempts")
    if not text:
        raise PARAM_MISSING(param_name="ticket")
    instance_id = caller.instance.id
    found = None
    if len(text) <= _LONGEST_TICKET:
        found = await tickets.load_ticket_by_token(service.database, instance_id, hash_secret(text))
    if found is None:
        return await _check_invitation(service, caller, sign_in, text)
    if found.status != "pending":
        raise TICKET_INVALID()
    if service.clock.now() >= found.expire_at:
        raise TICKET_EXPIRED()
    user = await users.load_user(service.database, instance_id, found.user_id)
    if user is None or sign_in.user_id not in {None, user.id}:
        raise TICKET_INVALID()
    return _Checked(user, ticket=found)


async def _check_invitation(service: Service, caller: Caller, sign_in: SignIn, text: str) -> _Checked:
    """Whoever has no account yet, signs up with the ticket instead."""
    invitation = await find_invitation(service, caller.instance, text)
    user = await find_invited_user(service, caller.instance, invitation)
    if user is None or sign_in.user_id not in {None, user.id}:
        raise TICKET_INVALID()
    return _Checked(user, invitation=invitation)


def _name(user: User) -> str | None:
    emails = (one.email_address for one in user.email_addresses if one.id == user.primary_email_address_id)
    return next(emails, user.username)
