"""Addresses and numbers of a user's own: added, looked at, removed (contract 4.7, cases A-028 to A-031)."""

from typing import Any

import msgspec

from claimsmith_server.core.errors import (
    FEATURE_NOT_BUILT,
    IDENTIFIER_EXISTS,
    LAST_IDENTIFICATION,
    LAST_REQUIRED_IDENTIFICATION,
    PARAM_FORMAT_INVALID,
    PARAM_MISSING,
    PARAM_UNKNOWN,
    PARAM_VALUE_INVALID,
)
from claimsmith_server.core.identifications import Identification, can_sign_in, is_known_by
from claimsmith_server.core.models import EmailAddress, Instance, PhoneNumber, User
from claimsmith_server.services.account.access import hold_account, require_guardian
from claimsmith_server.services.account.identification_kinds import (
    EMAIL_ADDRESS,
    PHONE_NUMBER,
    Contact,
    is_held,
    load_holder,
    require_identification,
    target_of,
)
from claimsmith_server.services.acting import Acting
from claimsmith_server.services.audit import record
from claimsmith_server.services.codes import is_test_target
from claimsmith_server.services.context import Service
from claimsmith_server.services.limits import count_request
from claimsmith_server.services.user_input import first_verified, new_identification
from claimsmith_server.store import identifications, unproven, users
from claimsmith_server.store.database import Tx

MAX_OF_A_KIND = 25
"""Addresses, and numbers, that one user may have."""


class CreateEmailAddress(msgspec.Struct, frozen=True, kw_only=True):
    """The form of `POST /v1/me/email_addresses`."""

    email_address: str = ""


class CreatePhoneNumber(msgspec.Struct, frozen=True, kw_only=True):
    """The form of `POST /v1/me/phone_numbers`."""

    phone_number: str = ""
    reserved_for_second_factor: str = ""


class UpdatePhoneNumber(msgspec.Struct, frozen=True, kw_only=True):
    """The form of `PATCH /v1/me/phone_numbers/{id}`."""

    reserved_for_second_factor: str = ""
    default_second_factor: str = ""


async def create_email_address(service: Service, acting: Acting, asked: CreateEmailAddress) -> EmailAddress:
    """A new address of the user, unverified; nobody is found by it until it is proved (case A-028).

    Raises:
        ServiceError: `form_param_missing`, `form_param_format_invalid` (case A-029), `form_identifier_exists`,
            `form_param_unknown`, `impersonation_not_allowed`, `session_reverification_required`.
    """
    require_guardian(service, acting)
    await count_request(service, acting.caller, "sign_ins")  # it tells who has an account, as a sign-up does
    address = _parse(acting, EMAIL_ADDRESS, asked.email_address)
    shared = new_identification(service, acting.user.id, strategy=None)
    email = EmailAddress(email_address=address, **shared)

    async def work(tx: Tx) -> None:
        user = await hold_account(service, tx, acting)
        await _require_free(tx, user, EMAIL_ADDRESS, email)
        await identifications.claim_email_address(tx, user.instance_id, email)
        await _record(service, tx, user, "created", email)

    await service.database.transact(work)
    return email


async def create_phone_number(service: Service, acting: Acting, asked: CreatePhoneNumber) -> PhoneNumber:
    """A new number of the user, unverified; it is taken from whoever merely claimed it beside others.

    Raises:
        ServiceError: as `create_email_address`; `feature_not_enabled` for a number that is to be a second factor.
    """
    require_guardian(service, acting)
    refuse_second_factor(asked.reserved_for_second_factor)
    number = _parse(acting, PHONE_NUMBER, asked.phone_number)
    shared = new_identification(service, acting.user.id, strategy=None)
    phone = PhoneNumber(phone_number=number, **shared)

    async def work(tx: Tx) -> None:
        user = await hold_account(service, tx, acting)
        await _require_free(tx, user, PHONE_NUMBER, phone)
        await _take_mere_claim(service, tx, user, number)
        await users.insert_phone_number(tx, user.instance_id, phone)
        await _record(service, tx, user, "created", phone)

    await service.database.transact(work)
    return phone


async def update_phone_number(
    service: Service, acting: Acting, identification_id: str, asked: UpdatePhoneNumber
) -> PhoneNumber:
    """The number as it was: no number is a second factor yet.

    Raises:
        ServiceError: `resource_not_found`, or `feature_not_enabled` for what asks for a second factor.
    """
    require_guardian(service, acting)
    owned = require_identification(acting.user, PHONE_NUMBER, identification_id)
    refuse_second_factor(asked.reserved_for_second_factor)
    refuse_second_factor(asked.default_second_factor)
    assert isinstance(owned, PhoneNumber)  # noqa: S101 - PHONE_NUMBER has no others
    return owned


async def delete_identification(service: Service, acting: Acting, contact: Contact, identification_id: str) -> None:
    """Nothing; the address or number is the user's no more. If it was the primary one, the next verified one is.

    Raises:
        ServiceError: `resource_not_found`; `last_identification_deletion_failed` when the user could not sign in
            without it; `last_required_identification_deletion_failed`; `impersonation_not_allowed`;
            `session_reverification_required`.
    """
    require_guardian(service, acting)

    async def work(tx: Tx) -> None:
        user = await hold_account(service, tx, acting)
        owned = require_identification(user, contact, identification_id)
        after = _without(user, contact, owned)
        _require_ways_in(acting.instance, contact, user, after, owned)
        primary = f"primary_{contact.name}_id"
        now = service.clock.now()
        await users.update_user(tx, user.instance_id, user.id, {primary: getattr(after, primary)}, now=now)
        await _delete(tx, user, owned)
        await _record(service, tx, user, "deleted", owned)

    await service.database.transact(work)


def require_way_in(instance: Instance, before: User, after: User, what: str) -> None:
    """Refuse a change after which a user who could sign in can't any more.

    Raises:
        ServiceError: `last_identification_deletion_failed`.
    """
    settings = instance.settings.authentication

    def can_text(number: str) -> bool:
        return is_test_target(instance, number)

    if can_sign_in(before, settings, can_text) and not can_sign_in(after, settings, can_text):
        raise LAST_IDENTIFICATION(what=what)


def refuse_second_factor(asked: str) -> None:
    """Refuse `true` for what makes a number a second factor.

    Raises:
        ServiceError: `feature_not_enabled`.
    """
    if asked == "true":
        raise FEATURE_NOT_BUILT(feature="Second factors", remedy="Leave the number for codes that sign in")


async def _require_free(tx: Tx, user: User, contact: Contact, wanted: Identification) -> None:
    """Refuse what another user proved, what the Backend API reserved, and what the user has already."""
    if any(target_of(owned).lower() == target_of(wanted).lower() for owned in contact.owned(user)):
        raise IDENTIFIER_EXISTS(param_name=contact.name)
    if len(contact.owned(user)) >= MAX_OF_A_KIND:
        raise PARAM_VALUE_INVALID(param_name=contact.name, expected=f"one of at most {MAX_OF_A_KIND}: remove another")
    holder = await load_holder(tx, user.instance_id, wanted)
    if holder is not None and is_held(holder):
        raise IDENTIFIER_EXISTS(param_name=contact.name)


async def _take_mere_claim(service: Service, tx: Tx, user: User, number: str) -> None:
    """Numbers have no claims beside each other, so the newest claim wins; who signed up with one keeps it till then."""
    holder = await identifications.load_phone_number_holder(tx, user.instance_id, number)
    other = None if holder is None else await users.load_user(tx, user.instance_id, holder.user_id)
    if holder is None or other is None:
        return
    if is_known_by(other, holder):
        raise IDENTIFIER_EXISTS(param_name="phone_number")
    for loser in await unproven.release_phone_number(tx, user.instance_id, number):
        told = {"to": user.id}
        await record(service, tx, user.instance_id, "identification.released", loser, told, actor=user.id)


def _parse(acting: Acting, contact: Contact, text: str) -> str:
    if getattr(acting.instance.settings.authentication, contact.name) == "off":
        raise PARAM_UNKNOWN(param_name=contact.name)
    if not text:
        raise PARAM_MISSING(param_name=contact.name)
    parsed = contact.parse(text)
    if parsed is None:
        raise PARAM_FORMAT_INVALID(param_name=contact.name, expected=contact.form)
    return parsed


def _without(user: User, contact: Contact, removed: Identification) -> User:
    left: Any = tuple(owned for owned in contact.owned(user) if owned.id != removed.id)
    changes: dict[str, Any] = {"email_addresses" if contact is EMAIL_ADDRESS else "phone_numbers": left}
    primary = f"primary_{contact.name}_id"
    if getattr(user, primary) == removed.id:
        changes[primary] = first_verified(left)
    return msgspec.structs.replace(user, **changes)


def _require_ways_in(instance: Instance, contact: Contact, before: User, after: User, removed: Identification) -> None:
    require_way_in(instance, before, after, contact.what)
    is_required = getattr(instance.settings.authentication, contact.name) == "required"
    left = [owned for owned in contact.owned(after) if is_known_by(after, owned)]
    if is_required and is_known_by(before, removed) and not left:
        raise LAST_REQUIRED_IDENTIFICATION(what=contact.what)


async def _delete(tx: Tx, user: User, owned: Identification) -> None:
    if isinstance(owned, EmailAddress):
        await identifications.delete_email_address(tx, user.instance_id, owned)
    else:
        await identifications.delete_phone_number(tx, user.instance_id, owned)


async def _record(service: Service, tx: Tx, user: User, event: str, owned: Identification) -> None:
    kind = "email_address" if isinstance(owned, EmailAddress) else "phone_number"
    await record(service, tx, user.instance_id, f"{kind}.{event}", owned.id, {"user_id": user.id}, actor=user.id)
