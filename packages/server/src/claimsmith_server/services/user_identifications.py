"""Addresses and numbers of users as an operator changes them: added, verified by their word, removed.

Unlike a user, an operator may leave somebody without a way to sign in, and needs no code to verify.
"""

from typing import Any

from claimsmith_server.core.errors import (
    IDENTIFIER_EXISTS,
    PARAM_FORMAT_INVALID,
    PARAM_VALUE_INVALID,
    RESOURCE_NOT_FOUND,
    VERIFICATION_ALREADY_VERIFIED,
)
from claimsmith_server.core.identifications import Identification
from claimsmith_server.core.models import EmailAddress, Instance, PhoneNumber, User
from claimsmith_server.services.account.identification_kinds import (
    Contact,
    is_held,
    load_holder,
    require_identification,
    target_of,
)
from claimsmith_server.services.account.identifications import MAX_OF_A_KIND
from claimsmith_server.services.audit import record
from claimsmith_server.services.context import Service
from claimsmith_server.services.user_input import first_verified, new_identification
from claimsmith_server.store import identifications, unproven, users
from claimsmith_server.store.database import Tx

_STRATEGY = "admin"


async def add_identification(  # noqa: PLR0913 - whose, what, and who says so
    service: Service, instance: Instance, user_id: str, contact: Contact, text: str, *, verified: bool, actor: str
) -> User:
    """The user with another address or number; a first verified one is the primary one.

    Raises:
        ServiceError: `resource_not_found`, `form_param_format_invalid`, `form_param_value_invalid`,
            `form_identifier_exists`.
        UniqueViolation: somebody else takes it at this moment.
    """
    parsed = contact.parse(text)
    if parsed is None:
        raise PARAM_FORMAT_INVALID(param_name=contact.name, expected=contact.form)
    values: Any = new_identification(service, user_id, strategy=_STRATEGY if verified else None)
    values |= {contact.name: parsed}
    added: Identification = EmailAddress(**values) if contact.name == "email_address" else PhoneNumber(**values)

    async def work(tx: Tx) -> User:
        user = await _hold(tx, instance, user_id)
        _require_room(user, contact, parsed)
        if verified:
            await _take(service, tx, instance, contact, added, actor)
        elif await _require_free(tx, instance, contact, added) is not None and contact.name == "phone_number":
            raise IDENTIFIER_EXISTS(param_name=contact.name)  # of addresses, claims stand beside each other
        await _insert(tx, instance, added)
        await _record(service, tx, instance, user_id, f"{contact.name}.created", added, actor)
        return await _touch(service, tx, instance, user, contact)

    return await service.database.transact(work)


async def verify_identification(  # noqa: PLR0913 - whose, what, and who says so
    service: Service, instance: Instance, user_id: str, contact: Contact, identification_id: str, *, actor: str
) -> User:
    """The user, whose address or number counts as proved; who merely claimed it too has it no more.

    Raises:
        ServiceError: `resource_not_found`, `form_identifier_exists`, `verification_already_verified`.
        UniqueViolation: somebody else proves it at this moment.
    """

    async def work(tx: Tx) -> User:
        user = await _hold(tx, instance, user_id)
        owned = require_identification(user, contact, identification_id)
        if owned.verification_status == "verified":
            raise VERIFICATION_ALREADY_VERIFIED()
        await _take(service, tx, instance, contact, owned, actor)
        await _prove(tx, instance, owned, service.clock.now())
        await _record(service, tx, instance, user_id, f"{contact.name}.verified", owned, actor)
        return await _touch(service, tx, instance, user, contact)

    return await service.database.transact(work)


async def remove_identification(  # noqa: PLR0913 - whose, what, and who says so
    service: Service, instance: Instance, user_id: str, contact: Contact, identification_id: str, *, actor: str
) -> User:
    """The user without an address or number; if it was the primary one, the next verified one is.

    Raises:
        ServiceError: `resource_not_found`.
    """

    async def work(tx: Tx) -> User:
        user = await _hold(tx, instance, user_id)
        owned = require_identification(user, contact, identification_id)
        if isinstance(owned, EmailAddress):
            await identifications.delete_email_address(tx, instance.id, owned)
        else:
            await identifications.delete_phone_number(tx, instance.id, owned)
        await _record(service, tx, instance, user_id, f"{contact.name}.deleted", owned, actor)
        return await _touch(service, tx, instance, user, contact)

    return await service.database.transact(work)


async def _hold(tx: Tx, instance: Instance, user_id: str) -> User:
    user = await users.hold_user(tx, instance.id, user_id)
    if user is None:
        raise RESOURCE_NOT_FOUND(resource="user", by="id", id=user_id[:64])
    return user


def _require_room(user: User, contact: Contact, parsed: str) -> None:
    owned = contact.owned(user)
    if any(target_of(one).lower() == parsed.lower() for one in owned):
        raise IDENTIFIER_EXISTS(param_name=contact.name)
    if len(owned) >= MAX_OF_A_KIND:
        raise PARAM_VALUE_INVALID(param_name=contact.name, expected=f"one of at most {MAX_OF_A_KIND}: remove another")


async def _require_free(tx: Tx, instance: Instance, contact: Contact, wanted: Identification) -> Identification | None:
    """Who is found by it now, and would have to give way; refuses what somebody proved or reserved."""
    holder = await load_holder(tx, instance.id, wanted)
    if holder is None or holder.id == wanted.id:
        return None
    if is_held(holder):
        raise IDENTIFIER_EXISTS(param_name=contact.name)
    return holder


async def _take(  # noqa: PLR0913, PLR0917 - who takes what for whom
    service: Service, tx: Tx, instance: Instance, contact: Contact, wanted: Identification, actor: str
) -> None:
    """Take what others merely claimed, as a proof does (case A-028)."""
    if await _require_free(tx, instance, contact, wanted) is None:
        return
    release = unproven.release_email_address if contact.name == "email_address" else unproven.release_phone_number
    for loser in await release(tx, instance.id, target_of(wanted)):
        told = {"to": wanted.user_id}
        await record(service, tx, instance.id, "identification.released", loser, told, actor=actor)


async def _insert(tx: Tx, instance: Instance, added: Identification) -> None:
    if isinstance(added, PhoneNumber):
        await users.insert_phone_number(tx, instance.id, added)
    elif added.verification_status == "verified":
        await users.insert_email_address(tx, instance.id, added)
    else:
        await identifications.claim_email_address(tx, instance.id, added)


async def _prove(tx: Tx, instance: Instance, owned: Identification, now: int) -> None:
    if isinstance(owned, EmailAddress):
        await identifications.prove_email_address(tx, instance.id, owned, strategy=_STRATEGY, now=now)
    else:
        await identifications.prove_phone_number(tx, instance.id, owned, strategy=_STRATEGY, now=now)


async def _touch(service: Service, tx: Tx, instance: Instance, before: User, contact: Contact) -> User:
    """The user as they are now, with a primary address or number when there is a verified one."""
    after = await _hold(tx, instance, before.id)
    primary = f"primary_{contact.name}_id"
    owned: Any = contact.owned(after)
    is_kept = any(one.id == getattr(after, primary) for one in owned)
    changes = {} if is_kept else {primary: first_verified(owned)}
    await users.update_user(tx, instance.id, before.id, changes, now=service.clock.now())
    return await _hold(tx, instance, before.id)


async def _record(  # noqa: PLR0913, PLR0917 - an event has that many parts
    service: Service, tx: Tx, instance: Instance, user_id: str, action: str, owned: Identification, actor: str
) -> None:
    await record(service, tx, instance.id, action, owned.id, {"user_id": user_id}, actor=actor)
