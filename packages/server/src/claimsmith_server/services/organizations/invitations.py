"""Invitations to organizations: sent by mail, listed, revoked, accepted once by whoever owns the address.

The ticket in a mail proves that its reader has the address, as a code does, so nobody else is told it: not the inviter
either (case A-027).
"""

import msgspec

from claimsmith_server.core.errors import (
    INVITATION_ADDRESS_UNVERIFIED,
    INVITATION_NOT_PENDING,
    RESOURCE_NOT_FOUND,
    ServiceError,
)
from claimsmith_server.core.models import (
    Instance,
    Organization,
    OrganizationInvitation,
    User,
)
from claimsmith_server.core.organizations import MANAGE_MEMBERS
from claimsmith_server.services.audit import record
from claimsmith_server.services.codes import is_test_target
from claimsmith_server.services.context import Service
from claimsmith_server.services.mail import queue_mail
from claimsmith_server.services.organizations.access import (
    By,
    require_organization,
    require_organizations,
    require_role,
)
from claimsmith_server.services.organizations.invitation_input import (
    NewInvitations,
    count_requests,
    new_invitation,
    read_addresses,
    require_new,
    verified_addresses,
)
from claimsmith_server.services.organizations.invitation_tickets import join_by_invitation, make_link
from claimsmith_server.store import organization_invitations as invitations
from claimsmith_server.store import users
from claimsmith_server.store.database import Tx
from claimsmith_server.store.organization_invitations import InvitationFilter, InvitationRow
from claimsmith_server.store.user_filters import normalise


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation with all that goes out with it."""

    row: InvitationRow
    inviter: User | None = None
    url: str | None = None
    """The link with the ticket, known only while it is made."""


class Invitations(msgspec.Struct, frozen=True):
    """A page of invitations, and how many there are in all."""

    page: tuple[Invitation, ...]
    total_count: int


async def invite(  # noqa: PLR0913, PLR0917 - who invites whom, to where
    service: Service, instance: Instance, organization_id: str, asked: NewInvitations, by: By, base_url: str
) -> tuple[Invitation, ...]:
    """New invitations, all or none of them; each is in a mail unless `notify` says no.

    Raises:
        ServiceError: as `organization_access.require_organization`; a value is refused;
            `already_a_member_in_organization`; `duplicate_record` for those that are pending;
            `organization_membership_quota_exceeded`; `too_many_requests`.
    """
    addresses = read_addresses(asked.email_addresses)
    await require_organization(service.database, instance, organization_id, by, MANAGE_MEMBERS)
    await count_requests(service, instance, organization_id, by, len(addresses))
    tickets = [service.make_secret() for _ in addresses]
    now = service.clock.now()

    async def work(tx: Tx) -> tuple[Invitation, ...]:
        organization = await require_organization(tx, instance, organization_id, by, MANAGE_MEMBERS, hold=True)
        role = await require_role(tx, instance, asked.role)
        inviter = await _load_inviter(tx, instance, asked.inviter_id)
        await invitations.expire_invitations(tx, instance.id, organization_id, now=now)
        await require_new(tx, organization, addresses, now)
        made = []
        for address, ticket in zip(addresses, tickets, strict=True):
            stored = new_invitation(service, organization, asked, address, ticket)
            url = make_link(base_url, ticket, asked.redirect_url)
            one = Invitation(row=(stored, organization, role), inviter=inviter, url=url)
            await _send(service, tx, instance, one, by, notify=asked.notify)
            made.append(one)
        return tuple(made)

    return await service.database.transact(work)


async def _send(  # noqa: PLR0913 - what goes out, by whom
    service: Service, tx: Tx, instance: Instance, one: Invitation, by: By, *, notify: bool
) -> None:
    stored, organization, role = one.row
    address = stored.email_address
    await invitations.insert_invitation(tx, stored)
    if notify and one.url is not None and not is_test_target(instance, address):
        values = {"organization": organization.name, "inviter": _name(one.inviter), "url": one.url}
        await queue_mail(service, tx, instance, to=address, kind="organization_invitation", values=values)
    told = {"invitation_id": stored.id, "role": role.key}
    await _record(service, tx, organization, "organization_invitation.created", told, by)


async def list_invitations(  # noqa: PLR0913 - the parameters of one page
    service: Service,
    instance: Instance,
    organization_id: str,
    by: By,
    *,
    status: tuple[str, ...] = (),
    email_address: str | None = None,
    limit: int,
    offset: int,
) -> Invitations:
    """A page of an organization's invitations, newest first.

    Raises:
        ServiceError: as `organization_access.require_organization`.
    """
    await require_organization(service.database, instance, organization_id, by, MANAGE_MEMBERS)
    which = InvitationFilter(
        organization_id=organization_id,
        email_address=() if email_address is None else (email_address,),
        status=status,
    )
    return await _list(service, instance, which, limit=limit, offset=offset)


async def list_own(  # noqa: PLR0913 - the parameters of one page
    service: Service,
    instance: Instance,
    user: User,
    *,
    status: tuple[str, ...] = (),
    limit: int,
    offset: int,
) -> Invitations:
    """A page of the invitations that were sent to a user's verified addresses, newest first.

    Raises:
        ServiceError: `organization_not_enabled_in_instance`.
    """
    require_organizations(instance)
    addresses = tuple(verified_addresses(user))
    if not addresses:
        return Invitations((), 0)
    which = InvitationFilter(email_address=addresses, status=status)
    return await _list(service, instance, which, limit=limit, offset=offset)


async def load_invitation(
    service: Service, instance: Instance, organization_id: str, invitation_id: str, by: By
) -> Invitation:
    """One invitation of an organization.

    Raises:
        ServiceError: as `organization_access.require_organization`; `resource_not_found`.
    """
    await require_organization(service.database, instance, organization_id, by, MANAGE_MEMBERS)
    return await _view(service, service.database, instance, invitation_id, organization_id)


async def revoke_invitation(
    service: Service, instance: Instance, organization_id: str, invitation_id: str, by: By
) -> Invitation:
    """The invitation, revoked: its ticket is worth nothing any more.

    Raises:
        ServiceError: as `organization_access.require_organization`; `resource_not_found`;
            `organization_invitation_not_pending`.
    """
    now = service.clock.now()

    async def work(tx: Tx) -> Invitation:
        organization = await require_organization(tx, instance, organization_id, by, MANAGE_MEMBERS)
        before = await _view(service, tx, instance, invitation_id, organization_id)
        if await invitations.change_invitation(tx, instance.id, invitation_id, "revoke", now=now) is None:
            raise INVITATION_NOT_PENDING(status=before.row[0].status)
        told = {"invitation_id": invitation_id}
        await _record(service, tx, organization, "organization_invitation.revoked", told, by)
        return await _view(service, tx, instance, invitation_id, organization_id)

    return await service.database.transact(work)


async def accept_invitation(service: Service, instance: Instance, invitation_id: str, user: User) -> Invitation:
    """The invitation, accepted: the user, who owns its address, is a member.

    Raises:
        ServiceError: `resource_not_found` for an invitation of somebody else (cases A-027, Z-007);
            `organization_invitation_address_unverified`; `organization_invitation_not_pending`;
            `already_a_member_in_organization`; `organization_membership_quota_exceeded`.
    """
    require_organizations(instance)
    now = service.clock.now()

    async def work(tx: Tx) -> Invitation:
        held = await users.hold_user(tx, instance.id, user.id)
        found = await invitations.load_invitation(tx, instance.id, invitation_id, now=now)
        if held is None or found is None or not _is_sent_to(found, held):
            raise invitation_not_found(invitation_id)
        if normalise(found.email_address) not in verified_addresses(held):
            raise INVITATION_ADDRESS_UNVERIFIED()
        if await invitations.change_invitation(tx, instance.id, invitation_id, "accept", now=now) is None:
            raise INVITATION_NOT_PENDING(status=found.status)
        await join_by_invitation(service, tx, found, held)
        return await _view(service, tx, instance, invitation_id, found.organization_id)

    return await service.database.transact(work)


def invitation_not_found(invitation_id: str) -> ServiceError:
    """The refusal for an invitation that the caller may not know of."""
    return RESOURCE_NOT_FOUND(resource="invitation", by="id", id=invitation_id[:64])


async def _list(
    service: Service, instance: Instance, which: InvitationFilter, *, limit: int, offset: int
) -> Invitations:
    now, database = service.clock.now(), service.database
    rows = await invitations.list_invitations(database, instance.id, which, now=now, limit=limit, offset=offset)
    inviters = await users.load_users(database, instance.id, [row[0].inviter_id for row in rows if row[0].inviter_id])
    count = await invitations.count_invitations(database, instance.id, which, now=now)
    page = [Invitation(row=row, inviter=inviters.get(row[0].inviter_id or "")) for row in rows]
    return Invitations(tuple(page), count)


async def _view(service: Service, tx: Tx, instance: Instance, invitation_id: str, organization_id: str) -> Invitation:
    found = await invitations.load_joined_invitation(
        tx, instance.id, organization_id, invitation_id, now=service.clock.now()
    )
    if found is None:
        raise invitation_not_found(invitation_id)
    return Invitation(row=found, inviter=await _load_inviter(tx, instance, found[0].inviter_id))


async def _load_inviter(tx: Tx, instance: Instance, user_id: str | None) -> User | None:
    return None if user_id is None else await users.load_user(tx, instance.id, user_id)


def _is_sent_to(invitation: OrganizationInvitation, user: User) -> bool:
    return normalise(invitation.email_address) in {normalise(one.email_address) for one in user.email_addresses}


def _name(inviter: User | None) -> str:
    return "" if inviter is None else " ".join(part for part in (inviter.first_name, inviter.last_name) if part)


async def _record(  # noqa: PLR0913, PLR0917 - an event has that many parts
    service: Service, tx: Tx, organization: Organization, action: str, told: dict[str, str], by: By
) -> None:
    await record(service, tx, organization.instance_id, action, organization.id, told, actor=by.actor)
