"""Links that make administrators: the set-up link that a server prints, and those that owners and operators make.

A link holds 256 random bits, of which only the SHA-256 is stored, and makes one administrator at most.
"""

from typing import Final, NamedTuple

import msgspec

from claimsmith_server.core.contacts import parse_email_address
from claimsmith_server.core.errors import (
    ADMINISTRATOR_LINK_INVALID,
    IDENTIFIER_EXISTS,
    OWNER_REQUIRED,
    PARAM_FORMAT_INVALID,
    PARAM_MISSING,
    RESOURCE_NOT_FOUND,
)
from claimsmith_server.core.models import Administrator, AdministratorInvitation, AdministratorRole, Instance
from claimsmith_server.core.secrets import hash_secret
from claimsmith_server.services import limits
from claimsmith_server.services.administrators.sessions import SignedIn, start_session
from claimsmith_server.services.audit import record
from claimsmith_server.services.context import Service
from claimsmith_server.services.passwords import check_password
from claimsmith_server.store import administrator_invitations, administrators
from claimsmith_server.store.database import Tx
from claimsmith_server.store.errors import UniqueViolation

LINK_MS: Final = 24 * 3600 * 1000
OPERATOR: Final = "operator"
"""Actor of what is done at the command line."""
_SERVER: Final = "server"
"""Actor of the set-up link."""


class NewInvitation(NamedTuple):
    """An invitation that was just made, with the only sight there ever is of its token."""

    invitation: AdministratorInvitation
    token: str

    def url(self, base_url: str) -> str:
        """The link to pass on."""
        return f"{base_url}/dashboard/set-up?token={self.token}"


class AcceptInvitation(msgspec.Struct, frozen=True, kw_only=True):
    """The form of the set-up page."""

    token: str = ""
    email_address: str = ""
    password: str = ""


async def make_set_up_link(service: Service, instance: Instance) -> NewInvitation | None:
    """A link that makes the first owner, in place of the one that was printed before; None once there is somebody."""

    async def work(tx: Tx) -> NewInvitation | None:
        if await administrators.has_administrators(tx, instance.id):
            return None
        await administrator_invitations.delete_invitations_by(tx, instance.id, None)
        return await _invite(service, tx, instance, "owner", created_by=None)

    return await service.database.transact(work)


async def invite_administrator(
    service: Service, instance: Instance, role: AdministratorRole, *, author: str
) -> NewInvitation:
    """A link that makes one administrator of this role within a day.

    Args:
        service: the services.
        instance: the instance.
        role: of the administrator to be.
        author: an owner's id, or `OPERATOR`.

    Raises:
        ServiceError: `owner_required` when the author is no owner any more.
    """

    async def work(tx: Tx) -> NewInvitation:
        if author != OPERATOR and author not in await administrators.hold_owners(tx, instance.id):
            raise OWNER_REQUIRED()
        return await _invite(service, tx, instance, role, created_by=author)

    return await service.database.transact(work)


async def list_invitations(service: Service, instance: Instance) -> list[AdministratorInvitation]:
    """Those that nobody has used yet, newest first."""
    now = service.clock.now()
    return list(await administrator_invitations.list_administrator_invitations(service.database, instance.id, now=now))


async def load_invitation(service: Service, instance: Instance, token: str) -> AdministratorInvitation:
    """The invitation that a link's token stands for.

    Raises:
        ServiceError: `administrator_link_invalid` when it was used, replaced, revoked, has expired, or never was.
    """
    found = await administrator_invitations.load_administrator_invitation(
        service.database, instance.id, hash_secret(token), now=service.clock.now()
    )
    if found is None:
        raise ADMINISTRATOR_LINK_INVALID()
    return found


async def revoke_invitation(service: Service, instance: Instance, invitation_id: str, *, author: str) -> None:
    """Nothing; the invitation's link is of no use any more.

    Raises:
        ServiceError: `resource_not_found`, also when it was used meanwhile.
    """

    async def work(tx: Tx) -> None:
        if not await administrator_invitations.delete_administrator_invitation(tx, instance.id, invitation_id):
            raise RESOURCE_NOT_FOUND(resource="invitation", by="id", id=invitation_id[:64])
        event = "administrator_invitation.revoked"
        await record(service, tx, instance.id, event, invitation_id, {}, actor=author)

    await service.database.transact(work)


async def accept_invitation(
    service: Service, instance: Instance, asked: AcceptInvitation, *, address: str, replacing: str = ""
) -> SignedIn:
    """The new administrator, signed in; the link is spent, by one of all who use it at once (case A-002).

    Raises:
        ServiceError: `administrator_link_invalid`, `form_param_missing`, `form_param_format_invalid`,
            `form_identifier_exists`, `form_password_…`, `too_many_requests`, `hashing_busy`; the link stays good.
    """
    await limits.count_address(service, instance, address, "attempts")
    await load_invitation(service, instance, asked.token)
    email_address = _read_address(asked.email_address)
    if not asked.password:
        raise PARAM_MISSING(param_name="password")
    check_password(asked.password, (email_address,))
    digest = await service.passwords.hash(asked.password)

    async def work(tx: Tx) -> SignedIn:
        spent = await administrator_invitations.spend_administrator_invitation(
            tx, instance.id, hash_secret(asked.token), now=service.clock.now()
        )
        if spent is None:
            raise ADMINISTRATOR_LINK_INVALID()
        made = _make_administrator(service, spent, email_address, digest)
        await administrators.insert_administrator(tx, made)
        # The dashboard is set up now, whichever link did it: the one that was printed makes no further owner.
        await administrator_invitations.delete_invitations_by(tx, instance.id, None)
        told = {"role": made.role, "invited_by": spent.created_by or _SERVER}
        await record(service, tx, instance.id, "administrator.created", made.id, told, actor=made.id)
        return SignedIn(made, await start_session(service, tx, made, replacing=replacing))

    try:
        return await service.database.transact(work)
    except UniqueViolation as error:
        raise IDENTIFIER_EXISTS(param_name="email_address") from error


async def _invite(
    service: Service, tx: Tx, instance: Instance, role: AdministratorRole, *, created_by: str | None
) -> NewInvitation:
    now, token = service.clock.now(), service.make_secret()
    invitation = AdministratorInvitation(
        id=service.make_id("adminv"),
        instance_id=instance.id,
        token_hash=hash_secret(token),
        role=role,
        created_by=created_by,
        expire_at=now + LINK_MS,
        created_at=now,
    )
    await administrator_invitations.insert_administrator_invitation(tx, invitation)
    told, actor = {"role": role}, created_by or _SERVER
    await record(service, tx, instance.id, "administrator_invitation.created", invitation.id, told, actor=actor)
    return NewInvitation(invitation, token)


def _read_address(text: str) -> str:
    if not text.strip():
        raise PARAM_MISSING(param_name="email_address")
    email_address = parse_email_address(text.strip())
    if email_address is None:
        raise PARAM_FORMAT_INVALID(param_name="email_address", expected="an e-mail address")
    return email_address


def _make_administrator(
    service: Service, spent: AdministratorInvitation, email_address: str, digest: str
) -> Administrator:
    now = service.clock.now()
    return Administrator(
        id=service.make_id("admin"),
        instance_id=spent.instance_id,
        email_address=email_address,
        role=spent.role,
        password_digest=digest,
        last_sign_in_at=now,
        created_at=now,
        updated_at=now,
    )
