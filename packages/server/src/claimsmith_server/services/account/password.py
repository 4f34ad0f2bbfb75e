"""A user's own password: changed, set for the first time, removed (contract 4.7, cases S-019, A-012, A-031)."""

import msgspec

from claimsmith_server.core.errors import (
    LAST_IDENTIFICATION,
    PARAM_MISSING,
    PARAM_UNKNOWN,
    PASSWORD_INCORRECT,
    PASSWORD_NOT_SET,
    PASSWORD_REQUIRED,
    ServiceError,
)
from claimsmith_server.core.identifications import has_code_factor
from claimsmith_server.core.models import User
from claimsmith_server.services import first_factors, limits
from claimsmith_server.services.account.access import hold_account, require_guardian
from claimsmith_server.services.acting import Acting
from claimsmith_server.services.audit import record
from claimsmith_server.services.client_sessions import leave_session
from claimsmith_server.services.codes import is_test_target
from claimsmith_server.services.context import Service
from claimsmith_server.services.mail import queue_mail
from claimsmith_server.services.passwords import check_password
from claimsmith_server.store import lockouts, sessions, users
from claimsmith_server.store.database import Tx

_MANY = 1000


class ChangePassword(msgspec.Struct, frozen=True, kw_only=True):
    """The form of `POST /v1/me/change_password`."""

    current_password: str = ""
    new_password: str = ""
    sign_out_of_other_sessions: str = ""


class RemovePassword(msgspec.Struct, frozen=True, kw_only=True):
    """The form of `POST /v1/me/remove_password`."""

    current_password: str = ""


async def change_password(service: Service, acting: Acting, asked: ChangePassword) -> User:
    """The user with the new password; once this returns, the other sessions mint no more if that was asked for.

    The current password counts as an attempt before it is compared, with those at sign-in. Where the instance asks for
    reverification, that takes its place: pages then don't ask for it.

    Raises:
        ServiceError: `form_param_missing`, `form_password_…` with the parameter's name, `user_locked`,
            `impersonation_not_allowed`, `session_reverification_required`, `too_many_requests`, `hashing_busy`.
    """
    require_guardian(service, acting)
    await limits.count_request(service, acting.caller, "attempts")
    if acting.instance.settings.authentication.password == "off":  # noqa: S105 - a presence, no password
        raise PARAM_UNKNOWN(param_name="new_password")
    if not asked.new_password:
        raise PARAM_MISSING(param_name="new_password")
    try:
        check_password(asked.new_password, _identifiers(acting.user))
    except ServiceError as refusal:
        raise refusal.about("new_password") from refusal
    await _check_current(service, acting, asked.current_password)
    digest = await service.passwords.hash(asked.new_password)

    async def work(tx: Tx) -> User:
        await _replace_password(service, tx, acting, digest)
        if asked.sign_out_of_other_sessions == "true":
            await _end_other_sessions(service, tx, acting)
        return await hold_account(service, tx, acting)

    return await service.database.transact(work)


async def remove_password(service: Service, acting: Acting, asked: RemovePassword) -> User:
    """The user without a password: codes are what is left to sign in with.

    Raises:
        ServiceError: `no_password_set`; `password_required` where the instance asks every user for one;
            `last_identification_deletion_failed` when no other first factor is left; as `change_password`.
    """
    require_guardian(service, acting)
    await limits.count_request(service, acting.caller, "attempts")
    settings = acting.instance.settings.authentication
    if acting.user.password_digest is None:
        raise PASSWORD_NOT_SET()
    if settings.password == "required":  # noqa: S105 - a presence, no password
        raise PASSWORD_REQUIRED()
    await _check_current(service, acting, asked.current_password)

    async def work(tx: Tx) -> User:
        user = await hold_account(service, tx, acting)
        if not has_code_factor(user, settings, lambda number: is_test_target(acting.instance, number)):
            raise LAST_IDENTIFICATION(what="password")
        await _replace_password(service, tx, acting, None)
        return await hold_account(service, tx, acting)

    return await service.database.transact(work)


async def _check_current(service: Service, acting: Acting, password: str) -> None:
    if acting.user.password_digest is None:
        return
    if not password:
        if acting.instance.settings.authentication.reverification:
            return
        raise PARAM_MISSING(param_name="current_password")
    try:
        await first_factors.check_password(service, acting.user, password)
    except ServiceError as refusal:
        raise refusal.about("current_password") from refusal


async def _replace_password(service: Service, tx: Tx, acting: Acting, digest: str | None) -> None:
    user = await hold_account(service, tx, acting)
    if user.password_digest != acting.user.password_digest:  # another request changed it since it was checked
        raise PASSWORD_INCORRECT(param_name="current_password")
    instance, now = acting.instance, service.clock.now()
    changes = {"password_digest": digest, "password_last_updated_at": None if digest is None else now}
    await users.update_user(tx, instance.id, user.id, changes, now=now)
    await lockouts.forgive_attempts(tx, instance.id, user.id)
    event = "user.password_removed" if digest is None else "user.password_changed"
    await record(service, tx, instance.id, event, user.id, {}, actor=user.id)
    primary = next((one for one in user.email_addresses if one.id == user.primary_email_address_id), None)
    if primary is not None and not is_test_target(instance, primary.email_address):
        await queue_mail(service, tx, instance, to=primary.email_address, kind="password_changed", values={})


async def _end_other_sessions(service: Service, tx: Tx, acting: Acting) -> None:
    instance_id, own, now = acting.instance.id, acting.session, service.clock.now()
    live = await sessions.list_live_sessions(tx, instance_id, now=now, user_id=acting.user.id, limit=_MANY)
    ended = set(await sessions.end_sessions_of_user(tx, instance_id, acting.user.id, "revoked", now=now, but=own.id))
    left = {one.client_id: one for one in live if one.id in ended}
    for session in left.values():
        await leave_session(service, tx, session, by_itself=False)
    for session_id in sorted(ended):
        await record(service, tx, instance_id, "session.revoked", session_id, {}, actor=acting.user.id)


def _identifiers(user: User) -> tuple[str | None, ...]:
    emails = (one.email_address for one in user.email_addresses)
    phones = (one.phone_number for one in user.phone_numbers)
    return (user.username, *emails, *phones)
