"""Edits that don't undo each other: an editor sends back what they saw, and nothing is written when that is gone."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from claimsmith_server.core.errors import RESOURCE_NOT_FOUND, USER_CHANGED
from claimsmith_server.core.models import Instance, User
from claimsmith_server.store import users
from claimsmith_server.store.database import Tx

_HEX_DIGITS = 32
Seen = Mapping[str, str]
"""Fields of a user, each with the fingerprint of what it held when a form was made."""


def fingerprint(value: Any) -> str:
    """The same for the same JSON value, in whatever order its members are.

    `updated_at` would not do in its place: it also moves with a ban or a new address, and two writes of one millisecond
    share it.
    """
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()[:_HEX_DIGITS]


def see_fields(user: User, fields: Iterable[str]) -> dict[str, str]:
    """What these fields hold, as a form carries it."""
    return {name: fingerprint(getattr(user, name)) for name in fields}


def list_changed(user: User, seen: Seen) -> list[str]:
    """The fields that hold something else than what was seen."""
    return [name for name, print_seen in seen.items() if fingerprint(getattr(user, name)) != print_seen]


async def require_seen(tx: Tx, instance: Instance, user_id: str, seen: Seen | None) -> None:
    """Nothing; the user is held, and these fields are as they were seen.

    Raises:
        ServiceError: `user_changed`; `resource_not_found`.
    """
    if seen is None:
        return
    held = await users.hold_user(tx, instance.id, user_id)
    if held is None:
        raise RESOURCE_NOT_FOUND(resource="user", by="id", id=user_id[:64])
    if list_changed(held, seen):
        raise USER_CHANGED()
