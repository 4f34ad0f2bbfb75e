"""Users whom an operator bans or locks: their sessions end in the same transaction (cases S-018, A-009).

A ban is for good and takes the user's unspent tickets with it; a lock is for a while.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec

from claimsmith_server.core.errors import RESOURCE_NOT_FOUND
from claimsmith_server.core.models import Instance, User
from claimsmith_server.services.audit import SECRET_KEY_ACTOR, record
from claimsmith_server.services.context import Service
from claimsmith_server.services.session_ends import end_sessions_of_user
from claimsmith_server.store import lockouts, tickets, users
from claimsmith_server.store.database import Tx

Mark = Literal["ban", "unban", "lock", "unlock"]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]

_CHANGES: dict[Mark, dict[str, bool]] = {
    "ban": {"banned": True},
    "unban": {"banned": False},
    "lock": {"locked": True},
    "unlock": {"locked": False},
}
_ACTIONS: dict[Mark, str] = {
    "ban": "user.banned",
    "unban": "user.unbanned",
    "lock": "user.locked",
    "unlock": "user.unlocked",
}


class UserIds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /v1/users/ban` and `/unban`."""

    user_ids: Annotated[tuple[Id, ...], msgspec.Meta(min_length=1, max_length=50)]


async def mark_user(
    service: Service, instance: Instance, user_id: str, mark: Mark, *, actor: str = SECRET_KEY_ACTOR
) -> User:
    """The user, banned, unbanned, locked or unlocked; once a ban or a lock returns, no session of theirs mints.

    Unlocking also forgives failed attempts, so that it ends a lockout that those brought about.

    Raises:
        ServiceError: `resource_not_found`.
    """
    return await service.database.transact(lambda tx: _mark(service, tx, instance, user_id, mark, actor=actor))


async def mark_users(service: Service, instance: Instance, asked: UserIds, mark: Mark) -> list[User]:
    """The users in the order asked, all of them marked or none.

    Raises:
        ServiceError: `resource_not_found` for one of them.
    """

    async def work(tx: Tx) -> dict[str, User]:
        # In one order everywhere, so that two of these wait for each other and never deadlock.
        return {user_id: await _mark(service, tx, instance, user_id, mark, "user_ids") for user_id in _sorted(asked)}

    marked = await service.database.transact(work)
    return [marked[user_id] for user_id in dict.fromkeys(asked.user_ids)]


def _sorted(asked: UserIds) -> Sequence[str]:
    return sorted(set(asked.user_ids))


async def _mark(  # noqa: PLR0913, PLR0917 - what is marked, how, by whom, and what to say if it is not there
    service: Service,
    tx: Tx,
    instance: Instance,
    user_id: str,
    mark: Mark,
    param_name: str | None = None,
    *,
    actor: str = SECRET_KEY_ACTOR,
) -> User:
    now = service.clock.now()
    user = await users.update_user(tx, instance.id, user_id, _CHANGES[mark], now=now)
    if user is None:
        raise RESOURCE_NOT_FOUND(param_name=param_name, resource="user", by="id", id=user_id[:64])
    if mark in {"ban", "lock"}:
        await end_sessions_of_user(service, tx, instance.id, user_id)
    if mark == "ban":
        await tickets.revoke_tickets_of_user(tx, instance.id, user_id, now=now)
    if mark == "unlock":
        await lockouts.forgive_attempts(tx, instance.id, user_id)
        user = msgspec.structs.replace(user, failed_attempts=0, lockout_expires_at=None)
    await record(service, tx, instance.id, _ACTIONS[mark], user_id, {}, actor=actor)
    return user
