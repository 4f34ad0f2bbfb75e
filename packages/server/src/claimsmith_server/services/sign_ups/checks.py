"""The fields that a sign-up's form gives, once the instance has nothing against them."""

from typing import Any

import msgspec

from claimsmith_server.core.attempts import SignUp
from claimsmith_server.core.errors import IDENTIFIER_EXISTS, PARAM_MISSING, PARAM_VALUE_INVALID, SIGN_UP_RESTRICTED
from claimsmith_server.core.instance_settings import AuthenticationSettings
from claimsmith_server.core.models import EmailAddress, Instance, PhoneNumber, User
from claimsmith_server.core.sign_up import CODE_STRATEGIES, CONTACTS, IDENTIFIERS, change_fields, is_proof_needed
from claimsmith_server.services.context import Service
from claimsmith_server.services.organizations.invitation_tickets import find_invitation
from claimsmith_server.services.passwords import check_password
from claimsmith_server.services.sign_ups.input import SignUpForm, read_fields
from claimsmith_server.store import users

Fields = dict[str, Any]
"""Fields of `SignUp` with new values."""


async def gather_fields(service: Service, instance: Instance, before: SignUp, asked: SignUpForm) -> Fields:
    """The fields that a form gives to an attempt; the password is hashed last, since that costs the most.

    Raises:
        ServiceError: a value is refused, `form_identifier_exists`, `sign_up_mode_restricted`, `ticket_invalid` or
            `ticket_expired_code`.
    """
    settings = instance.settings.authentication
    fields = read_fields(settings, asked, service.clock.now())
    require_invited(before, fields)
    fields |= await _read_ticket(service, instance, asked, fields)
    after = _preview(before, fields, asked)
    require_open(settings, after)
    _require_contact(after, asked.strategy)
    if asked.password:
        check_password(asked.password, (after.username, after.email_address, after.phone_number))
    await _require_free(service, instance, after, fields)
    if asked.password:
        fields["password_digest"] = await service.passwords.hash(asked.password)
    return fields


def require_open(settings: AuthenticationSettings, sign_up: SignUp) -> None:
    """Refuse who was not invited where only invitations make users (case A-032).

    Raises:
        ServiceError: `sign_up_mode_restricted`.
    """
    if settings.sign_up_mode == "restricted" and sign_up.organization_invitation_id is None:
        raise SIGN_UP_RESTRICTED()


def require_invited(sign_up: SignUp, fields: Fields) -> None:
    """Refuse another address than the invited one, unless another invitation brings it (case A-027).

    Raises:
        ServiceError: `form_param_value_invalid`.
    """
    if sign_up.organization_invitation_id is not None and "organization_invitation_id" not in fields:
        _require_same_address(sign_up.email_address, fields)


async def _read_ticket(service: Service, instance: Instance, asked: SignUpForm, fields: Fields) -> Fields:
    """The invited address, verified by the ticket that was sent there."""
    if not asked.ticket:
        if asked.strategy == "ticket":
            raise PARAM_MISSING(param_name="ticket")
        return {}
    invitation = await find_invitation(service, instance, asked.ticket)
    _require_same_address(invitation.email_address, fields)
    return {
        "email_address": invitation.email_address,
        "email_address_strategy": "ticket",
        "organization_invitation_id": invitation.id,
    }


def _require_same_address(invited: str | None, fields: Fields) -> None:
    given = fields.get("email_address")
    if given is not None and invited is not None and given.lower() != invited.lower():
        raise PARAM_VALUE_INVALID(param_name="email_address", expected="the address that was invited")


def _preview(before: SignUp, fields: Fields, asked: SignUpForm) -> SignUp:
    """The attempt as it will be, but for the digest of a password that is only hashed once all else is right."""
    after = change_fields(before, fields, before.updated_at)
    return msgspec.structs.replace(after, password_digest="") if asked.password else after


def _require_contact(after: SignUp, strategy: str) -> None:
    contact = CODE_STRATEGIES.get(strategy)
    if contact is not None and getattr(after, contact) is None:
        raise PARAM_MISSING(param_name=contact)


async def _require_free(service: Service, instance: Instance, after: SignUp, fields: Fields) -> None:
    """Refuse identifiers that another user has; what somebody only claimed is free for who will prove it (A-028)."""
    settings = instance.settings.authentication
    will_prove = {contact for contact in CONTACTS if is_proof_needed(settings, after, contact)}
    for name in IDENTIFIERS:
        text = fields.get(name)
        user = None if text is None else await users.load_user_by_identifier(service.database, instance.id, text)
        if text is None or user is None or (name in will_prove and _is_mere_claim(user, text)):
            continue
        raise IDENTIFIER_EXISTS(param_name=name)


def _is_mere_claim(user: User, text: str) -> bool:
    """Whether the user has this address or number without having proved it, and nobody reserved it."""
    wanted = text.lower()
    emails = (one for one in user.email_addresses if one.email_address.lower() == wanted)
    phones = (one for one in user.phone_numbers if one.phone_number == text)
    found: tuple[EmailAddress | PhoneNumber, ...] = (*emails, *phones)
    return any(one.verification_status == "unverified" and not one.reserved for one in found)
