"""A forgotten password, replaced after a code proved the user: the end of a sign-in (contract 4.15; case S-002)."""

import msgspec

from claimsmith_server.core.errors import IDENTIFIER_NOT_FOUND, PARAM_MISSING, STATUS_INVALID
from claimsmith_server.core.models import Instance, User
from claimsmith_server.core.sign_in import SignInEvent
from claimsmith_server.services import limits
from claimsmith_server.services.audit import record
from claimsmith_server.services.callers import Caller
from claimsmith_server.services.codes import is_test_target
from claimsmith_server.services.context import Service
from claimsmith_server.services.first_factors import Proof
from claimsmith_server.services.mail import queue_mail
from claimsmith_server.services.passwords import check_password
from claimsmith_server.services.session_ends import end_sessions_of_user
from claimsmith_server.services.sign_ins.steps import Outcome, Step, require_no_session, require_step, take_step
from claimsmith_server.services.sign_ins.view import require_sign_in
from claimsmith_server.store import users
from claimsmith_server.store.database import Tx


class ResetPassword(msgspec.Struct, frozen=True, kw_only=True):
    """The form of `POST …/reset_password`."""

    password: str = ""
    sign_out_of_other_sessions: bool = False


async def reset_password(service: Service, caller: Caller, sign_in_id: str, asked: ResetPassword) -> Outcome:
    """The attempt, complete: the user has the new password and a session; other sessions end if that is asked for.

    Raises:
        ServiceError: `resource_not_found`, `client_state_invalid`, `form_password_…`, `user_banned`, `user_locked`,
            `session_exists`, `too_many_requests`, `hashing_busy`.
    """
    await limits.count_request(service, caller, "attempts")
    sign_in = await require_sign_in(service, caller, sign_in_id)
    require_step(sign_in, "set_new_password")
    if not asked.password:
        raise PARAM_MISSING(param_name="password")
    user = await users.load_user(service.database, sign_in.instance_id, sign_in.user_id or "")
    if user is None:
        raise IDENTIFIER_NOT_FOUND(param_name="identifier")
    await require_no_session(service, caller, user.id)
    check_password(asked.password, _identifiers(user))
    digest = await service.passwords.hash(asked.password)

    async def also(tx: Tx, held: User) -> None:
        if (held.password_last_updated_at or 0) > (sign_in.first_factor_verified_at or 0):
            # Somebody chose a password after this code was right: to keep out whoever had the code, perhaps.
            raise STATUS_INVALID(status=sign_in.status)
        await _replace_password(service, tx, caller.instance, held, digest)
        if asked.sign_out_of_other_sessions:
            await end_sessions_of_user(service, tx, held.instance_id, held.id)

    event: SignInEvent = "set_new_password"
    if user.two_factor_enabled:
        event = "set_new_password_before_second_factor"
    proof = Proof(strategy=sign_in.first_factor_strategy or "")
    step = Step(sign_in=sign_in, user=user, event=event, proof=proof, also=also)
    return await take_step(service, caller, step)


async def _replace_password(service: Service, tx: Tx, instance: Instance, user: User, digest: str) -> None:
    now = service.clock.now()
    changes = {"password_digest": digest, "password_last_updated_at": now}
    await users.update_user(tx, instance.id, user.id, changes, now=now)
    await record(service, tx, instance.id, "user.password_reset", user.id, {}, actor=user.id)
    primary = next((one for one in user.email_addresses if one.id == user.primary_email_address_id), None)
    if primary is not None and not is_test_target(instance, primary.email_address):
        await queue_mail(service, tx, instance, to=primary.email_address, kind="password_changed", values={})


def _identifiers(user: User) -> tuple[str | None, ...]:
    emails = (one.email_address for one in user.email_addresses)
    phones = (one.phone_number for one in user.phone_numbers)
    return (user.username, *emails, *phones)
