"""A sign-up that lacks nothing: the user made, the invitation spent, the session begun, all in one transaction."""

from typing import Any, NamedTuple

import msgspec

from claimsmith_server.core.attempts import SignUp
from claimsmith_server.core.models import Client, EmailAddress, Instance, PhoneNumber, Session, User
from claimsmith_server.core.sign_up import CONTACTS
from claimsmith_server.services.audit import record
from claimsmith_server.services.callers import Caller
from claimsmith_server.services.context import Service
from claimsmith_server.services.organizations.invitation_tickets import redeem_invitation
from claimsmith_server.services.session_start import Started, start_session
from claimsmith_server.services.sign_ups.checks import require_open
from claimsmith_server.services.user_input import new_identification
from claimsmith_server.services.users import new_user
from claimsmith_server.store import sessions, unproven, users
from claimsmith_server.store.database import Tx

_COPIED = ("username", "first_name", "last_name", "locale", "password_digest", "unsafe_metadata", "legal_accepted_at")


class Completed(NamedTuple):
    """An attempt that is complete, not stored yet, and the client's new token."""

    sign_up: SignUp
    client_token: str


async def complete_sign_up(service: Service, tx: Tx, caller: Caller, client: Client, sign_up: SignUp) -> Completed:
    """The attempt with its user and session.

    Raises:
        ServiceError: `sign_up_mode_restricted`, `ticket_invalid`.
        UniqueViolation: an identifier was taken meanwhile (case Z-013).
    """
    instance = caller.instance
    require_open(instance.settings.authentication, sign_up)
    user = _compose_user(service, instance, sign_up)
    await _take_from_claimants(service, tx, user)
    await users.insert_user(tx, user)
    told = {"sign_up_id": sign_up.id}
    await record(service, tx, instance.id, "user.created", user.id, told, actor=user.id)
    organization_id = None
    if sign_up.organization_invitation_id is not None:
        membership = await redeem_invitation(service, tx, user, sign_up.organization_invitation_id)
        organization_id = membership.organization_id
    started = await start_session(service, tx, caller, client, user, strategy=_strategy(sign_up))
    if organization_id is not None:
        await _enter_organization(tx, started.session, organization_id)
    return _complete(sign_up, user, started)


def _complete(sign_up: SignUp, user: User, started: Started) -> Completed:
    """The digest is the user's alone from now on: the attempt doesn't keep an old password."""
    completed = msgspec.structs.replace(
        sign_up,
        password_digest=None,
        created_user_id=user.id,
        created_session_id=started.session.id,
    )
    return Completed(completed, started.client_token)


def _compose_user(service: Service, instance: Instance, sign_up: SignUp) -> User:
    user_id = service.make_id("user")
    emails, phones = _compose_emails(service, sign_up, user_id), _compose_phones(service, sign_up, user_id)
    columns: dict[str, Any] = {name: getattr(sign_up, name) for name in _COPIED}
    # Where an instance asks for no proof, the address that the user gave is the primary one, unverified as it is.
    columns["primary_email_address_id"] = emails[0].id if emails else None
    columns["primary_phone_number_id"] = phones[0].id if phones else None
    return new_user(service, instance, user_id, columns, emails, phones)


def _compose_emails(service: Service, sign_up: SignUp, user_id: str) -> tuple[EmailAddress, ...]:
    if sign_up.email_address is None:
        return ()
    shared = new_identification(service, user_id, strategy=sign_up.email_address_strategy)
    return (EmailAddress(email_address=sign_up.email_address, **shared),)


def _compose_phones(service: Service, sign_up: SignUp, user_id: str) -> tuple[PhoneNumber, ...]:
    if sign_up.phone_number is None:
        return ()
    shared = new_identification(service, user_id, strategy=sign_up.phone_number_strategy)
    return (PhoneNumber(phone_number=sign_up.phone_number, **shared),)


async def _take_from_claimants(service: Service, tx: Tx, user: User) -> None:
    """What this user proved to own is no longer anybody's who only claimed it (case A-028)."""
    losers: list[str] = []
    for email in user.email_addresses:
        if email.verification_status == "verified":
            losers += await unproven.release_email_address(tx, user.instance_id, email.email_address)
    for phone in user.phone_numbers:
        if phone.verification_status == "verified":
            losers += await unproven.release_phone_number(tx, user.instance_id, phone.phone_number)
    for loser in losers:
        await record(service, tx, user.instance_id, "identification.released", loser, {"to": user.id}, actor=user.id)


def _strategy(sign_up: SignUp) -> str:
    """What proved most of who signed up, as the client's `last_authentication_strategy`."""
    proofs = (getattr(sign_up, f"{contact}_strategy") for contact in CONTACTS)
    return next((str(proof) for proof in proofs if proof is not None), "password")


async def _enter_organization(tx: Tx, session: Session, organization_id: str) -> None:
    """Who comes by an invitation begins in the organization that invited."""
    await sessions.touch_session(
        tx,
        session.instance_id,
        session.id,
        now=session.last_active_at,
        abandon_at=session.abandon_at,
        organization_id=organization_id,
    )
