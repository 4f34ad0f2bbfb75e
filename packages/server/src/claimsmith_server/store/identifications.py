"""Addresses and numbers that users add by themselves: claimed, proved, removed (contract 4.7, case A-028).

What is claimed and not proved is looked up by a key of its own, so that it finds nobody at sign-in and blocks nobody
from claiming or proving the same address. Whoever proves it has it.
"""

from typing import Any

from sqlalchemy import delete, select, update

from claimsmith_server.core.models import EmailAddress, PhoneNumber
from claimsmith_server.store.database import Tx
from claimsmith_server.store.rows import Shape
from claimsmith_server.store.schema import email_addresses, phone_numbers
from claimsmith_server.store.user_filters import normalise

_EMAIL = Shape(EmailAddress, email_addresses)
_PHONE = Shape(PhoneNumber, phone_numbers)


async def claim_email_address(tx: Tx, instance_id: str, email: EmailAddress) -> None:
    """Nothing; the unverified address is the last one of its user, however many others claim it too."""
    await tx.run(
        email_addresses.insert(),
        {
            **_EMAIL.values(email),
            "instance_id": instance_id,
            "position": email.created_at,
            "normal_email_address": _claim_key(email),
        },
    )


async def prove_email_address(tx: Tx, instance_id: str, email: EmailAddress, *, strategy: str, now: int) -> bool:
    """Whether the address is the user's still, and verified from now on.

    Raises:
        UniqueViolation: somebody else proved it first.
    """
    changes = {
        "normal_email_address": normalise(email.email_address),
        "verification_status": "verified",
        "verification_strategy": strategy,
        "updated_at": now,
    }
    statement = update(email_addresses).where(*_of(email_addresses, instance_id, email)).values(**changes)
    return await tx.run(statement) > 0


async def prove_phone_number(tx: Tx, instance_id: str, phone: PhoneNumber, *, strategy: str, now: int) -> bool:
    """Whether the number is the user's still, and verified from now on."""
    changes = {"verification_status": "verified", "verification_strategy": strategy, "updated_at": now}
    statement = update(phone_numbers).where(*_of(phone_numbers, instance_id, phone)).values(**changes)
    return await tx.run(statement) > 0


async def delete_email_address(tx: Tx, instance_id: str, email: EmailAddress) -> bool:
    """Whether the address was its user's until now."""
    return await tx.run(delete(email_addresses).where(*_of(email_addresses, instance_id, email))) > 0


async def delete_phone_number(tx: Tx, instance_id: str, phone: PhoneNumber) -> bool:
    """Whether the number was its user's until now."""
    return await tx.run(delete(phone_numbers).where(*_of(phone_numbers, instance_id, phone))) > 0


async def load_email_address_holder(tx: Tx, instance_id: str, address: str) -> EmailAddress | None:
    """The address as that user has it who is found by it; claims are found by nobody."""
    statement = select(*_EMAIL.columns).where(
        email_addresses.c.instance_id == instance_id, email_addresses.c.normal_email_address == normalise(address)
    )
    row = await tx.one(statement)
    return None if row is None else _EMAIL.build(row)


async def load_phone_number_holder(tx: Tx, instance_id: str, number: str) -> PhoneNumber | None:
    """The number as that user has it who is found by it."""
    statement = select(*_PHONE.columns).where(
        phone_numbers.c.instance_id == instance_id, phone_numbers.c.phone_number == number
    )
    row = await tx.one(statement)
    return None if row is None else _PHONE.build(row)


def _claim_key(email: EmailAddress) -> str:
    """No address has a space in it, so this is none."""
    return f"{normalise(email.email_address)} {email.id}"


def _of(table: Any, instance_id: str, owned: EmailAddress | PhoneNumber) -> tuple[Any, ...]:
    return (table.c.instance_id == instance_id, table.c.id == owned.id, table.c.user_id == owned.user_id)
