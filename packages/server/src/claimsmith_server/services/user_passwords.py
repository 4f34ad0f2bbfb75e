"""Passwords through the Backend API: checked for an application's own flows, removed (contract appendix A, Users)."""

import msgspec

from claimsmith_server.core.errors import PASSWORD_INCORRECT, PASSWORD_NOT_SET, RESOURCE_NOT_FOUND
from claimsmith_server.core.models import Instance, User
from claimsmith_server.services.audit import SECRET_KEY_ACTOR, record
from claimsmith_server.services.context import Service
from claimsmith_server.services.lockouts import count_attempt, refuse_attempt
from claimsmith_server.services.session_ends import end_sessions_of_user
from claimsmith_server.services.users import load_user
from claimsmith_server.store import lockouts, users
from claimsmith_server.store.database import Tx


class VerifyPassword(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /v1/users/{id}/verify_password`."""

    password: str


class RemovePassword(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /v1/users/{id}/remove_password`; may be absent."""

    sign_out_of_other_sessions: bool | None = None


async def verify_password(service: Service, instance: Instance, user_id: str, asked: VerifyPassword) -> None:
    """Nothing: the password is the user's. A wrong one counts as a failed attempt, as at sign-in (case A-012).

    Raises:
        ServiceError: `resource_not_found`, `no_password_set`, `form_password_incorrect`, `user_banned`, `user_locked`.
    """
    user = await load_user(service, instance, user_id)
    if user.password_digest is None:
        raise PASSWORD_NOT_SET()
    count = await count_attempt(service, user)
    if not await service.passwords.verify(user.password_digest, asked.password):
        raise refuse_attempt(count, PASSWORD_INCORRECT(param_name="password"))
    await lockouts.forgive_attempts(service.database, instance.id, user_id)


async def remove_password(
    service: Service, instance: Instance, user_id: str, asked: RemovePassword, *, actor: str = SECRET_KEY_ACTOR
) -> User:
    """The user without a password; all sessions end if that is asked for. One who has none stays as they are.

    Raises:
        ServiceError: `resource_not_found`.
    """
    now = service.clock.now()

    async def work(tx: Tx) -> User:
        held = await users.hold_user(tx, instance.id, user_id)
        if held is None:
            raise RESOURCE_NOT_FOUND(resource="user", by="id", id=user_id[:64])
        changes = {"password_digest": None, "password_last_updated_at": now}
        if held.password_digest is not None:
            held = await users.update_user(tx, instance.id, user_id, changes, now=now) or held
            await record(service, tx, instance.id, "user.password_removed", user_id, {}, actor=actor)
        if asked.sign_out_of_other_sessions:
            await end_sessions_of_user(service, tx, instance.id, user_id)
        return held

    return await service.database.transact(work)
