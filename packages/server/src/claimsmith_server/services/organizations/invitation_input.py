"""Invitations on their way in: addresses read, requests counted, what is there already refused."""

from collections.abc import Sequence

import msgspec

from claimsmith_server.core.contacts import parse_email_address
from claimsmith_server.core.errors import (
    ALREADY_MEMBER,
    INVITATION_DUPLICATE,
    MEMBERSHIP_QUOTA_EXCEEDED,
    PARAM_FORMAT_INVALID,
    PARAM_MISSING,
    PARAM_VALUE_INVALID,
    TOO_MANY_ATTEMPTS,
)
from claimsmith_server.core.models import Instance, JsonObject, Organization, OrganizationInvitation, User
from claimsmith_server.core.organizations import INVITATION_LIFETIME_MS
from claimsmith_server.core.secrets import hash_secret
from claimsmith_server.services.context import Service
from claimsmith_server.services.organizations.access import By
from claimsmith_server.store import organization_invitations as invitations
from claimsmith_server.store import organization_members, users
from claimsmith_server.store.database import Tx
from claimsmith_server.store.organization_invitations import InvitationFilter
from claimsmith_server.store.rate_windows import count_in_window
from claimsmith_server.store.user_filters import UserFilter, normalise

MOST_AT_ONCE = 10
"""Addresses of one bulk request."""
INVITATIONS_PER_HOUR = 250
BULKS_PER_HOUR = 25
"""Of one organization, and of one inviter over all organizations (case A-014)."""
_HOUR_MS = 3600 * 1000


class NewInvitations(msgspec.Struct, frozen=True, kw_only=True):
    """Who is invited, and as what; the texts are as given."""

    email_addresses: tuple[str, ...]
    role: str
    inviter_id: str | None = None
    notify: bool = True
    redirect_url: str | None = None
    """Where the link leads; whoever gives it has checked that it is of the instance."""
    lifetime_ms: int = INVITATION_LIFETIME_MS
    public_metadata: JsonObject = msgspec.field(default_factory=dict)
    private_metadata: JsonObject = msgspec.field(default_factory=dict)


def read_addresses(texts: Sequence[str]) -> list[str]:
    """The addresses that are invited, each once.

    Raises:
        ServiceError: `form_param_missing`, `form_param_format_invalid`, `form_param_value_invalid` for too many.
    """
    given = [text.strip() for text in texts if text.strip()]
    if not given:
        raise PARAM_MISSING(param_name="email_address")
    if len(given) > MOST_AT_ONCE:
        raise PARAM_VALUE_INVALID(param_name="email_address", expected=f"at most {MOST_AT_ONCE} addresses")
    found: dict[str, str] = {}
    for text in given:
        address = parse_email_address(text)
        if address is None:
            raise PARAM_FORMAT_INVALID(param_name="email_address", expected="a valid e-mail address")
        found.setdefault(normalise(address), address)
    return list(found.values())


async def count_requests(service: Service, instance: Instance, organization_id: str, by: By, addresses: int) -> None:
    """Nothing; a user's request is counted, whatever becomes of it. The secret key has a limit of its own.

    Raises:
        ServiceError: `too_many_requests`, with Retry-After in seconds.
    """
    if by.user_id is None:
        return
    now = service.clock.now()
    started_at = now - now % _HOUR_MS
    kind, limit = ("bulk_invitations", BULKS_PER_HOUR) if addresses > 1 else ("invitations", INVITATIONS_PER_HOUR)
    for who in (organization_id, by.user_id):
        count = await count_in_window(service.database, instance.id, f"{kind}:{who}", started_at=started_at)
        if count > limit:
            wait = max(1, -(-(started_at + _HOUR_MS - now) // 1000))
            raise TOO_MANY_ATTEMPTS(limit=limit, seconds=_HOUR_MS // 1000, headers={"Retry-After": str(wait)})


async def require_new(tx: Tx, organization: Organization, addresses: list[str], now: int) -> None:
    """Refuse addresses of members, those with a pending invitation, and more than the organization may have.

    The organization is held, so that its limit is kept among parallel invitations (case Z-014).

    Raises:
        ServiceError: `already_a_member_in_organization`, `duplicate_record`, `organization_membership_quota_exceeded`.
    """
    instance_id, limit = organization.instance_id, organization.max_allowed_memberships
    which = organization_members.MemberFilter(user=UserFilter(email_address=tuple(addresses)))
    wanted = {normalise(address): address for address in addresses}
    rows = await organization_members.list_members(tx, instance_id, organization.id, which, limit=MOST_AT_ONCE)
    members = await users.load_users(tx, instance_id, [membership.user_id for membership, _ in rows])
    taken = [wanted[one] for user in members.values() for one in sorted(verified_addresses(user) & set(wanted))]
    if taken:
        raise ALREADY_MEMBER(param_name="email_address", who=taken[0])
    pending = await invitations.find_invited(tx, instance_id, organization.id, addresses, now=now)
    if pending:
        again = [wanted[one] for one in sorted(pending)]
        meta = {"email_addresses": again}
        raise INVITATION_DUPLICATE(param_name="email_address", meta=meta, addresses=", ".join(again))
    if limit:
        waiting = InvitationFilter(organization_id=organization.id, status=("pending",))
        there = await organization_members.count_members(tx, instance_id, organization.id)
        there += await invitations.count_invitations(tx, instance_id, waiting, now=now)
        if there + len(addresses) > limit:
            raise MEMBERSHIP_QUOTA_EXCEEDED(limit=limit)


def new_invitation(
    service: Service, organization: Organization, asked: NewInvitations, address: str, ticket: str
) -> OrganizationInvitation:
    """A pending invitation of an address; its ticket is stored as a hash."""
    now = service.clock.now()
    return OrganizationInvitation(
        id=service.make_id("orginv"),
        instance_id=organization.instance_id,
        organization_id=organization.id,
        email_address=address,
        role=asked.role,
        status="pending",
        inviter_id=asked.inviter_id,
        token_hash=hash_secret(ticket),
        public_metadata=asked.public_metadata,
        private_metadata=asked.private_metadata,
        expire_at=now + asked.lifetime_ms,
        created_at=now,
        updated_at=now,
    )


def verified_addresses(user: User) -> set[str]:
    """The addresses that a user has proved, as they are compared."""
    return {normalise(one.email_address) for one in user.email_addresses if one.verification_status == "verified"}
