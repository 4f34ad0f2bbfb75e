"""Users with their e-mail addresses and phone numbers."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import BigInteger, bindparam, delete, func, insert, literal, select, update

from claimsmith_server.core.metadata import merge_metadata
from claimsmith_server.core.models import EmailAddress, JsonObject, PhoneNumber, User
from claimsmith_server.store.database import Tx, scan_within, within
from claimsmith_server.store.errors import TooLarge, UnknownCursor
from claimsmith_server.store.rows import Shape, encode_json
from claimsmith_server.store.schema import email_addresses, phone_numbers, users
from claimsmith_server.store.statements import Row
from claimsmith_server.store.user_filters import (
    UserFilter,
    UserOrder,
    follow_user,
    narrow_users,
    normalise,
    order_users,
)

MetadataField = Literal["public_metadata", "private_metadata", "unsafe_metadata"]

_SHAPE = Shape(User, users, without=("email_addresses", "phone_numbers"))
_EMAIL = Shape(EmailAddress, email_addresses)
_PHONE = Shape(PhoneNumber, phone_numbers)
_CHANGEABLE: Final = frozenset(_SHAPE.names) - {"id", "instance_id", "updated_at"}

_INSERT = insert(users)
_INSERT_EMAIL = insert(email_addresses)
_INSERT_PHONE = insert(phone_numbers)
_BY_ID = select(*_SHAPE.columns).where(
    users.c.instance_id == bindparam("instance", required=False), users.c.id == bindparam("id", required=False)
)
_LOCK_BY_ID = _BY_ID.with_for_update()


async def insert_user(tx: Tx, user: User) -> None:
    """Nothing; the user is stored with all identifications, or nothing is.

    Raises:
        UniqueViolation: `field` names what is taken: `email_address`, `phone_number`, `username` or `external_id`.
        InvalidValue: metadata or a text that can't be stored.
    """

    async def work(inner: Tx) -> None:
        await inner.run(_INSERT, {**_SHAPE.values(user), **_normal(user)})
        for position, email in enumerate(user.email_addresses):
            await _insert_email(inner, user.instance_id, email, position)
        for position, phone in enumerate(user.phone_numbers):
            await _insert_phone(inner, user.instance_id, phone, position)

    await within(tx, work)


async def insert_email_address(tx: Tx, instance_id: str, email: EmailAddress) -> None:
    """Nothing; the address is the last one of its user.

    Raises:
        UniqueViolation: some user of the instance has it.
    """
    await _insert_email(tx, instance_id, email, email.created_at)


async def insert_phone_number(tx: Tx, instance_id: str, phone: PhoneNumber) -> None:
    """Nothing; the number is the last one of its user.

    Raises:
        UniqueViolation: some user of the instance has it.
    """
    await _insert_phone(tx, instance_id, phone, phone.created_at)


async def load_user(tx: Tx, instance_id: str, user_id: str) -> User | None:
    """The user with this id."""
    row = await tx.one(_BY_ID, {"instance": instance_id, "id": user_id})
    if row is None:
        return None
    (user,) = await _complete(tx, instance_id, [row])
    return user


async def hold_user(tx: Tx, instance_id: str, user_id: str) -> User | None:
    """The user with this id, held until the transaction ends: of a sign-in and a ban at once, one sees the other."""
    row = await tx.one(_LOCK_BY_ID, {"instance": instance_id, "id": user_id})
    return None if row is None else next(iter(await _complete(tx, instance_id, [row])))


async def load_users(tx: Tx, instance_id: str, user_ids: Iterable[str]) -> dict[str, User]:
    """The users with these ids, by id; those that don't exist are left out."""
    wanted = sorted(set(user_ids))
    statement = select(*_SHAPE.columns).where(users.c.instance_id == instance_id, users.c.id.in_(wanted))
    rows = await tx.all(statement) if wanted else []
    return {user.id: user for user in await _complete(tx, instance_id, rows)}


async def load_user_by_identifier(tx: Tx, instance_id: str, identifier: str) -> User | None:
    """The user that has this e-mail address, phone number or username (regardless of case)."""
    wanted = normalise(identifier)
    ids = select(users.c.id).where(users.c.instance_id == instance_id, users.c.normal_username == wanted)
    emails = select(email_addresses.c.user_id).where(
        email_addresses.c.instance_id == instance_id, email_addresses.c.normal_email_address == wanted
    )
    phones = select(phone_numbers.c.user_id).where(
        phone_numbers.c.instance_id == instance_id, phone_numbers.c.phone_number == identifier
    )
    for statement in (emails, phones, ids):
        row = await tx.one(statement)
        if row is not None:
            return await load_user(tx, instance_id, str(row[0]))
    return None


async def list_users(  # noqa: PLR0913 - the parameters of one page
    tx: Tx,
    instance_id: str,
    which: UserFilter,
    *,
    order: UserOrder | None = None,
    limit: int = 10,
    offset: int = 0,
    starting_after: str | None = None,
) -> Sequence[User]:
    """A page of users; newest first unless `order` says otherwise.

    A page after a cursor costs the same however far in it is; an offset does not, so the read runs off the event loop.

    Raises:
        InvalidValue: a parameter that can't be searched for.
        UnknownCursor: `starting_after` is no user of this instance (case I-004), or `order` is not by `created_at`.
        Busy: it took more than five seconds.
    """
    wanted = order or UserOrder()
    statement = order_users(narrow_users(select(*_SHAPE.columns), instance_id, which), wanted)
    if starting_after is not None:
        last = await tx.one(_BY_ID, {"instance": instance_id, "id": starting_after})
        if last is None or wanted.name != "created_at":
            raise UnknownCursor(starting_after)
        statement = follow_user(statement, wanted, _SHAPE.build(last).created_at, starting_after)
    statement = statement.limit(literal(limit, BigInteger)).offset(literal(offset, BigInteger))
    return await _complete(tx, instance_id, await scan_within(tx, statement))


async def count_users(tx: Tx, instance_id: str, which: UserFilter) -> int:
    """How many users there are.

    Raises:
        InvalidValue: a parameter that can't be searched for.
    """
    rows = await scan_within(tx, narrow_users(select(func.count()).select_from(users), instance_id, which))
    return int(rows[0][0])


async def update_user(tx: Tx, instance_id: str, user_id: str, changes: Mapping[str, Any], *, now: int) -> User | None:
    """The user with fields changed, in a transaction.

    Args:
        tx: a database or a transaction.
        instance_id: the instance.
        user_id: the user.
        changes: fields of `User` with new values; not ids, nor `updated_at`, addresses and numbers.
        now: the new `updated_at`.

    Raises:
        KeyError: a field that can't be changed this way.
        UniqueViolation: the new username or external id is taken.
        InvalidValue: a value that can't be stored.
    """
    if not _CHANGEABLE.issuperset(changes):
        raise KeyError(*sorted(set(changes) - _CHANGEABLE))

    async def work(inner: Tx) -> User | None:
        row = await inner.one(_LOCK_BY_ID, {"instance": instance_id, "id": user_id})
        if row is None:
            return None
        changed = msgspec.structs.replace(_SHAPE.build(row), **changes, updated_at=now)
        columns = {**_SHAPE.encode({**changes, "updated_at": now}), **_normal(changed)}
        await inner.run(_of(user_id, instance_id).values(**columns))
        return await load_user(inner, instance_id, user_id)

    return await within(tx, work)


async def merge_user_metadata(  # noqa: PLR0913 - a row and what to make of it
    tx: Tx,
    instance_id: str,
    user_id: str,
    patches: Mapping[MetadataField, JsonObject],
    *,
    now: int,
    limit: int | None = None,
) -> User | None:
    """The user with each patch merged into its metadata (`core.metadata.merge_metadata`); all of it or nothing.

    The row is locked between reading and writing, so of two patches at once neither is lost.

    Raises:
        TooLarge: a result's JSON has more than `limit` bytes.
        InvalidValue: a patch that can't be stored (case I-010).
    """

    async def work(inner: Tx) -> User | None:
        row = await inner.one(_LOCK_BY_ID, {"instance": instance_id, "id": user_id})
        if row is None:
            return None
        stored = _SHAPE.build(row)
        columns: dict[str, Any] = {"updated_at": now}
        for field, patch in patches.items():
            text = columns[field] = encode_json(merge_metadata(getattr(stored, field), patch), field)
            if limit is not None and len(text.encode()) > limit:
                raise TooLarge(field, len(text.encode()), limit)
        await inner.run(_of(user_id, instance_id).values(**columns))
        return await load_user(inner, instance_id, user_id)

    return await within(tx, work)


async def delete_user(tx: Tx, instance_id: str, user_id: str) -> bool:
    """Whether there was such a user; addresses, numbers, sessions and memberships are gone with it (S-018, Z-008)."""
    return await tx.run(delete(users).where(users.c.instance_id == instance_id, users.c.id == user_id)) > 0


def _of(user_id: str, instance_id: str) -> Any:
    return update(users).where(users.c.instance_id == instance_id, users.c.id == user_id)


def _normal(user: User) -> dict[str, str | None]:
    """The columns that searching and uniqueness look at."""
    names = [name for name in (user.first_name, user.last_name) if name]
    return {
        "normal_username": None if user.username is None else normalise(user.username),
        "normal_name": normalise(" ".join(names)),
    }


async def _insert_email(tx: Tx, instance_id: str, email: EmailAddress, position: int) -> None:
    own = {
        "instance_id": instance_id,
        "position": position,
        "normal_email_address": normalise(email.email_address),
    }
    await tx.run(_INSERT_EMAIL, {**_EMAIL.values(email), **own})


async def _insert_phone(tx: Tx, instance_id: str, phone: PhoneNumber, position: int) -> None:
    await tx.run(_INSERT_PHONE, {**_PHONE.values(phone), "instance_id": instance_id, "position": position})


async def _complete(tx: Tx, instance_id: str, rows: Sequence[Row]) -> list[User]:
    """The users of rows, in their order, with what other tables hold of them."""
    found = [_SHAPE.build(row) for row in rows]
    if not found:
        return []
    ids = [user.id for user in found]
    emails = await _load_of_users(tx, instance_id, _EMAIL, ids)
    phones = await _load_of_users(tx, instance_id, _PHONE, ids)
    return [
        msgspec.structs.replace(
            user,
            email_addresses=tuple(email for email in emails if email.user_id == user.id),
            phone_numbers=tuple(phone for phone in phones if phone.user_id == user.id),
        )
        for user in found
    ]


async def _load_of_users(tx: Tx, instance_id: str, shape: Shape[Any], ids: list[str]) -> list[Any]:
    table = shape.table
    statement = (
        select(*shape.columns)
        .where(table.c.instance_id == instance_id, table.c.user_id.in_(ids))
        .order_by(table.c.user_id, table.c.position, table.c.id)
    )
    return [shape.build(row) for row in await tx.all(statement)]
