"""Users: create, find, change, delete; every bad value a refusal before anything is written.

`actor` is whom the audit log names; unless told otherwise that is whoever has the secret key. `seen` is what an editor
had before them: when it is not what is stored any more, nothing is written.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from claimsmith_server.core.errors import PARAM_MISSING, RESOURCE_NOT_FOUND
from claimsmith_server.core.models import EmailAddress, Instance, JsonObject, PhoneNumber, User
from claimsmith_server.services import user_input
from claimsmith_server.services.audit import SECRET_KEY_ACTOR, record
from claimsmith_server.services.context import Service
from claimsmith_server.services.passwords import check_password, import_digest
from claimsmith_server.services.session_ends import end_sessions_of_user
from claimsmith_server.services.user_edits import Seen, require_seen
from claimsmith_server.services.user_input import (
    METADATA_BYTES,
    CreateUser,
    Metadata,
    MetadataField,
    UpdateUser,
    UserQuery,
)
from claimsmith_server.store import users
from claimsmith_server.store.database import Tx
from claimsmith_server.store.user_filters import UserFilter

_ABSENT: dict[str, Any] = dict.fromkeys(
    (
        "external_id",
        "username",
        "first_name",
        "last_name",
        "locale",
        "primary_web3_wallet",
        "create_organizations_limit",
        "legal_accepted_at",
        "last_sign_in_at",
        "last_active_at",
    )
) | {
    "image_url": "",
    "has_image": False,
    "two_factor_enabled": False,
    "delete_self_enabled": True,
    "create_organization_enabled": True,
    "public_metadata": {},
    "private_metadata": {},
    "unsafe_metadata": {},
    "banned": False,
    "locked": False,
}
"""What a new user has where whoever makes it is silent."""


async def list_users(
    service: Service, instance: Instance, query: UserQuery, *, locked: bool | None = None
) -> list[User]:
    """A page of users, in the order asked for; `locked` narrows to those who are at this moment, or are not."""
    found = await users.list_users(
        service.database,
        instance.id,
        _filter(service, query, locked=locked),
        order=user_input.user_order(query),
        limit=query.limit,
        offset=query.offset,
        starting_after=query.starting_after,
    )
    return list(found)


async def count_users(service: Service, instance: Instance, query: UserQuery, *, locked: bool | None = None) -> int:
    """How many users the filters find; page and order don't matter."""
    return await users.count_users(service.database, instance.id, _filter(service, query, locked=locked))


async def load_user(service: Service, instance: Instance, user_id: str) -> User:
    """One user.

    Raises:
        ServiceError: `resource_not_found`.
    """
    return _require(await users.load_user(service.database, instance.id, user_id), user_id)


async def create_user(
    service: Service, instance: Instance, asked: CreateUser, *, actor: str = SECRET_KEY_ACTOR
) -> User:
    """A new user; identifications are verified unless said to be reserved.

    Raises:
        ServiceError: a value is refused.
        UniqueViolation: an identifier is taken.
    """
    user = await _compose_user(service, instance, asked)

    async def work(tx: Tx) -> None:
        await users.insert_user(tx, user)
        await record(service, tx, instance.id, "user.created", user.id, {}, actor=actor)

    await service.database.transact(work)
    return user


async def update_user(  # noqa: PLR0913 - who changes what, and what they saw
    service: Service,
    instance: Instance,
    user_id: str,
    asked: UpdateUser,
    *,
    actor: str = SECRET_KEY_ACTOR,
    seen: Seen | None = None,
) -> User:
    """The user with what `asked` names changed; other sessions end with a new password when asked for.

    Raises:
        ServiceError: a value is refused, there is no such user, or `user_changed`: it is not as it was seen.
        UniqueViolation: an identifier is taken.
    """
    now = service.clock.now()
    before = await load_user(service, instance, user_id)
    changes = user_input.profile_columns(asked) | user_input.primary_columns(asked, before)
    metadata = user_input.given_metadata(asked)
    digest = await _digest(service, asked, (before.username, *_addresses(before)))
    if digest is not None:
        changes |= {"password_digest": digest, "password_last_updated_at": now}

    async def work(tx: Tx) -> User:
        await require_seen(tx, instance, user_id, seen)
        user = _require(await users.update_user(tx, instance.id, user_id, changes, now=now), user_id)
        if metadata:
            user = _require(await _merge(tx, instance, user_id, metadata, now), user_id)
        if asked.sign_out_of_other_sessions and digest is not None:
            await end_sessions_of_user(service, tx, instance.id, user_id)
        changed = {"changed": sorted({*changes, *metadata})}
        await record(service, tx, instance.id, "user.updated", user_id, changed, actor=actor)
        return user

    return await service.database.transact(work)


async def change_metadata(  # noqa: PLR0913 - who changes what, how, and what they saw
    service: Service,
    instance: Instance,
    user_id: str,
    asked: Metadata,
    *,
    merge: bool,
    actor: str = SECRET_KEY_ACTOR,
    seen: Seen | None = None,
) -> User:
    """The user with metadata merged deeply (`null` deletes a member), or replaced.

    Raises:
        ServiceError: over 8 KB, no such user, or `user_changed`: it is not as it was seen.
        TooLarge: the result is over 8 KB.
    """
    now = service.clock.now()
    given = user_input.given_metadata(asked)

    async def work(tx: Tx) -> User:
        await require_seen(tx, instance, user_id, seen)
        if merge:
            user = await _merge(tx, instance, user_id, given, now)
        else:
            user = await users.update_user(tx, instance.id, user_id, dict(given.items()), now=now)
        await record(service, tx, instance.id, "user.updated", user_id, {"changed": sorted(given)}, actor=actor)
        return _require(user, user_id)

    return await service.database.transact(work)


async def delete_user(service: Service, instance: Instance, user_id: str, *, actor: str = SECRET_KEY_ACTOR) -> None:
    """The user is gone with all sessions, memberships and identifications.

    Raises:
        ServiceError: `resource_not_found`.
    """

    async def work(tx: Tx) -> None:
        # They would go with the user, but the clients that hold them are to know.
        if await users.hold_user(tx, instance.id, user_id) is not None:
            await end_sessions_of_user(service, tx, instance.id, user_id)
        if not await users.delete_user(tx, instance.id, user_id):
            raise _not_found(user_id)
        await record(service, tx, instance.id, "user.deleted", user_id, {}, actor=actor)

    await service.database.transact(work)


def new_user(  # noqa: PLR0913, PLR0917 - what a user is made of
    service: Service,
    instance: Instance,
    user_id: str,
    columns: Mapping[str, Any],
    emails: tuple[EmailAddress, ...],
    phones: tuple[PhoneNumber, ...],
) -> User:
    """A user that is not stored yet, with the fields that `columns` gives; its first verified address is primary."""
    now = service.clock.now()
    made = _ABSENT | {
        "id": user_id,
        "instance_id": instance.id,
        "primary_email_address_id": user_input.first_verified(emails),
        "primary_phone_number_id": user_input.first_verified(phones),
        "password_digest": None,
        "password_last_updated_at": now if columns.get("password_digest") else None,
        "created_at": now,
        "updated_at": now,
    }
    return User(**(made | dict(columns)), email_addresses=emails, phone_numbers=phones)


def _filter(service: Service, query: UserQuery, *, locked: bool | None) -> UserFilter:
    which = user_input.user_filter(query)
    return which if locked is None else msgspec.structs.replace(which, locked=locked, now=service.clock.now())


async def _compose_user(service: Service, instance: Instance, asked: CreateUser) -> User:
    user_id = service.make_id("user")
    emails = user_input.read_emails(service, asked, user_id)
    phones = user_input.read_phones(service, asked, user_id)
    columns = {"username": None} | user_input.profile_columns(asked)
    if not (emails or phones or columns["username"] or asked.skip_user_requirement):
        raise PARAM_MISSING(param_name="email_address")
    digest = await _digest(service, asked, (columns["username"], *(email.email_address for email in emails)))
    columns |= user_input.given_metadata(asked) | {"password_digest": digest}
    columns |= {"banned": bool(asked.banned), "locked": bool(asked.locked)}
    return new_user(service, instance, user_id, columns, emails, phones)


async def _digest(service: Service, asked: CreateUser | UpdateUser, identifiers: tuple[str | None, ...]) -> str | None:
    """The stored form of the password or digest that the body gives, if it gives one."""
    if asked.password_digest is not None:
        if asked.password_hasher is None:
            raise PARAM_MISSING(param_name="password_hasher")
        return import_digest(asked.password_hasher, asked.password_digest)
    if asked.password is None:
        return None
    check_password(asked.password, identifiers, skip_checks=bool(asked.skip_password_checks))
    return await service.passwords.hash(asked.password)


async def _merge(
    tx: Tx, instance: Instance, user_id: str, given: dict[MetadataField, JsonObject], now: int
) -> User | None:
    return await users.merge_user_metadata(tx, instance.id, user_id, given, now=now, limit=METADATA_BYTES)


def _addresses(user: User) -> tuple[str, ...]:
    return tuple(email.email_address for email in user.email_addresses)


def _require(user: User | None, user_id: str) -> User:
    if user is None:
        raise _not_found(user_id)
    return user


def _not_found(user_id: str) -> Exception:
    return RESOURCE_NOT_FOUND(resource="user", by="id", id=user_id[:64])
