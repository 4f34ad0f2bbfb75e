"""Addresses and numbers that a user claimed and never proved: they give way to whoever proves them (case A-028)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, delete, update

from claimsmith_server.store.database import Tx
from claimsmith_server.store.schema import email_addresses, phone_numbers, users
from claimsmith_server.store.user_filters import normalise


async def release_email_address(tx: Tx, instance_id: str, address: str) -> Sequence[str]:
    """The ids of the users, at most one, that had claimed this address and have it no more."""
    wanted = email_addresses.c.normal_email_address == normalise(address)
    return await _release(tx, instance_id, email_addresses, wanted, "primary_email_address_id")


async def release_phone_number(tx: Tx, instance_id: str, number: str) -> Sequence[str]:
    """The ids of the users, at most one, that had claimed this number and have it no more."""
    wanted = phone_numbers.c.phone_number == number
    return await _release(tx, instance_id, phone_numbers, wanted, "primary_phone_number_id")


async def _release(tx: Tx, instance_id: str, table: Table, wanted: Any, primary: str) -> Sequence[str]:
    statement = (
        delete(table)
        .where(
            table.c.instance_id == instance_id,
            wanted,
            table.c.verification_status == "unverified",
            table.c.reserved.is_(False),
        )
        .returning(table.c.id, table.c.user_id)
    )
    rows = await tx.all(statement)
    for identification_id, user_id in rows:
        of_user = (users.c.instance_id == instance_id, users.c.id == user_id, users.c[primary] == identification_id)
        await tx.run(update(users).where(*of_user).values({primary: None}))
    return [str(row[1]) for row in rows]
