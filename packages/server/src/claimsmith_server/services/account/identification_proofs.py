"""Addresses and numbers of a user's own, proved by codes; whoever proves one has it (cases A-006, A-028, A-036)."""

from typing import Any, NamedTuple

import msgspec

from claimsmith_server.core.attempts import Verification, verification_status_at
from claimsmith_server.core.errors import (
    IDENTIFIER_EXISTS,
    PARAM_MISSING,
    PARAM_VALUE_INVALID,
    VERIFICATION_ALREADY_VERIFIED,
)
from claimsmith_server.core.identifications import Identification
from claimsmith_server.core.models import EmailAddress, Instance, User
from claimsmith_server.services import codes, limits
from claimsmith_server.services.account.access import hold_account, require_own_hand
from claimsmith_server.services.account.identification_kinds import (
    Contact,
    is_held,
    load_holder,
    require_identification,
    target_of,
)
from claimsmith_server.services.acting import Acting
from claimsmith_server.services.audit import record
from claimsmith_server.services.context import Service
from claimsmith_server.services.mail import queue_mail
from claimsmith_server.store import identifications, unproven, users
from claimsmith_server.store.database import Tx
from claimsmith_server.store.verifications import load_latest_verification


class PrepareVerification(msgspec.Struct, frozen=True, kw_only=True):
    """The form of `POST …/prepare_verification`."""

    strategy: str = ""


class AttemptVerification(msgspec.Struct, frozen=True, kw_only=True):
    """The form of `POST …/attempt_verification`."""

    code: str = ""


class IdentificationView(NamedTuple):
    """An address or number, and the code that is under way for it."""

    owned: Identification
    latest: Verification | None


async def load_identification(
    service: Service, acting: Acting, contact: Contact, identification_id: str
) -> IdentificationView:
    """The user's address or number with this id.

    Raises:
        ServiceError: `resource_not_found`.
    """
    owned = require_identification(acting.user, contact, identification_id)
    if owned.verification_status == "verified":
        return IdentificationView(owned, None)
    latest = await load_latest_verification(service.database, acting.instance.id, owned.id, contact.name)
    if latest is None:
        return IdentificationView(owned, None)
    status = verification_status_at(latest, service.clock.now())
    return IdentificationView(owned, msgspec.structs.replace(latest, status=status))


async def prepare_verification(
    service: Service, acting: Acting, contact: Contact, identification_id: str, asked: PrepareVerification
) -> IdentificationView:
    """The address or number, a code sent to it (once in half a minute).

    Raises:
        ServiceError: `resource_not_found`, `form_param_value_invalid` for another strategy,
            `verification_already_verified`, `form_identifier_exists`, `phone_number_unreachable`,
            `too_many_requests`, `impersonation_not_allowed`.
    """
    require_own_hand(acting)
    await limits.count_request(service, acting.caller, "sign_ins")
    owned = _require_unverified(acting, contact, identification_id, "strategy")
    if not asked.strategy:
        raise PARAM_MISSING(param_name="strategy")
    if asked.strategy != contact.strategy:
        raise PARAM_VALUE_INVALID(param_name="strategy", expected=f"`{contact.strategy}`")
    _refuse_held(await load_holder(service.database, acting.instance.id, owned), owned, contact)
    latest = await codes.send_code(
        service,
        acting.instance,
        subject_id=owned.id,
        purpose=contact.name,
        strategy=contact.strategy,
        target=target_of(owned),
    )
    return IdentificationView(owned, latest)


async def attempt_verification(
    service: Service, acting: Acting, contact: Contact, identification_id: str, asked: AttemptVerification
) -> IdentificationView:
    """The address or number, verified; who merely claimed it has it no more.

    Raises:
        ServiceError: `resource_not_found`, `form_code_incorrect`, `verification_…`, `form_identifier_exists` when
            somebody else proved it first, `too_many_requests`, `impersonation_not_allowed`.
        UniqueViolation: somebody else proves it at this moment.
    """
    require_own_hand(acting)
    await limits.count_request(service, acting.caller, "attempts")
    _require_unverified(acting, contact, identification_id, "code")
    if not asked.code:
        raise PARAM_MISSING(param_name="code")
    verification = await codes.check_code(service, acting.instance, identification_id, contact.name, asked.code)

    async def work(tx: Tx) -> Identification:
        user = await hold_account(service, tx, acting)
        owned = require_identification(user, contact, identification_id)
        await codes.spend_code(service, tx, verification)
        await _take_from_claimants(service, tx, user, contact, owned)
        await _prove(service, tx, acting.instance, user, contact, owned)
        return require_identification(await hold_account(service, tx, acting), contact, identification_id)

    return IdentificationView(await service.database.transact(work), None)


async def _take_from_claimants(service: Service, tx: Tx, user: User, contact: Contact, owned: Identification) -> None:
    holder = await load_holder(tx, user.instance_id, owned)
    _refuse_held(holder, owned, contact)
    if holder is None or holder.id == owned.id:
        return
    release = unproven.release_email_address if contact.name == "email_address" else unproven.release_phone_number
    for loser in await release(tx, user.instance_id, target_of(owned)):
        told = {"to": user.id}
        await record(service, tx, user.instance_id, "identification.released", loser, told, actor=user.id)


async def _prove(  # noqa: PLR0913, PLR0917 - who proves what
    service: Service, tx: Tx, instance: Instance, user: User, contact: Contact, owned: Identification
) -> None:
    now = service.clock.now()
    if isinstance(owned, EmailAddress):
        await identifications.prove_email_address(tx, instance.id, owned, strategy=contact.strategy, now=now)
        await _tell_primary(service, tx, instance, user, owned)
    else:
        await identifications.prove_phone_number(tx, instance.id, owned, strategy=contact.strategy, now=now)
    primary = f"primary_{contact.name}_id"
    changes: dict[str, Any] = {primary: owned.id} if getattr(user, primary) is None else {}
    await users.update_user(tx, instance.id, user.id, changes, now=now)
    await record(service, tx, instance.id, f"{contact.name}.verified", owned.id, {"user_id": user.id}, actor=user.id)


async def _tell_primary(service: Service, tx: Tx, instance: Instance, user: User, added: EmailAddress) -> None:
    """A mail to the address that the user reads (case A-036)."""
    primary = next((one for one in user.email_addresses if one.id == user.primary_email_address_id), None)
    if primary is None or primary.id == added.id or codes.is_test_target(instance, primary.email_address):
        return
    values = {"email_address": added.email_address}
    await queue_mail(service, tx, instance, to=primary.email_address, kind="email_address_added", values=values)


def _require_unverified(acting: Acting, contact: Contact, identification_id: str, param_name: str) -> Identification:
    owned = require_identification(acting.user, contact, identification_id)
    if owned.verification_status == "verified":
        raise VERIFICATION_ALREADY_VERIFIED(param_name=param_name)
    return owned


def _refuse_held(holder: Identification | None, owned: Identification, contact: Contact) -> None:
    if holder is not None and holder.id != owned.id and is_held(holder):
        raise IDENTIFIER_EXISTS(param_name=contact.name)
