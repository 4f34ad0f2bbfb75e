"""Signing in (contract 4.3, 4.15): attempts begun with what is known of the person.

What an attempt may become is `core.sign_in`'s to say; each step is one transaction of `services.sign_ins.steps`.
"""

import msgspec

from claimsmith_server.core.attempts import SignIn
from claimsmith_server.core.errors import IDENTIFIER_NOT_FOUND, PARAM_MISSING, PARAM_VALUE_INVALID
from claimsmith_server.core.models import User
from claimsmith_server.core.sign_in import CODE_STRATEGIES, parse_identifier, stored_identifier
from claimsmith_server.services import limits
from claimsmith_server.services.callers import Caller
from claimsmith_server.services.context import Service
from claimsmith_server.services.lockouts import require_unlocked
from claimsmith_server.services.sign_ins.factors import (
    check_strategy,
    first_factor_step,
    prove_by_password,
    require_factor,
    send_code,
)
from claimsmith_server.services.sign_ins.steps import (
    Outcome,
    new_sign_in,
    require_no_session,
    require_step,
    store_new,
    take_step,
)
from claimsmith_server.services.sign_ins.ticket_sign_ins import sign_in_by_ticket
from claimsmith_server.services.sign_ins.view import load_current
from claimsmith_server.store import users

__all__ = ["CreateSignIn", "create_sign_in", "load_current"]


class CreateSignIn(msgspec.Struct, frozen=True, kw_only=True):
    """The form of `POST …/sign_ins`; an empty text is an absent one."""

    identifier: str = ""
    password: str = ""
    strategy: str = ""
    ticket: str = ""
    email_address_id: str = ""
    phone_number_id: str = ""
    transfer: str = ""


async def create_sign_in(service: Service, caller: Caller, asked: CreateSignIn) -> Outcome:
    """A new attempt, as far as what is given with it leads: to its first factor, to a code, or to a session.

    Raises:
        ServiceError: `session_exists`, `identifier_already_signed_in`, `form_identifier_not_found`,
            `form_password_incorrect`, `strategy_for_user_invalid`, `ticket_invalid`, `ticket_expired_code`,
            `user_locked`, `user_banned`, `too_many_requests`.
    """
    await limits.count_request(service, caller, "sign_ins")
    _check(asked)
    await require_no_session(service, caller)
    sign_in = new_sign_in(service, caller)
    if asked.ticket or asked.strategy == "ticket":
        return await sign_in_by_ticket(service, caller, sign_in, asked.ticket, is_new=True)
    if not asked.identifier.strip():
        return await store_new(service, caller, sign_in)
    user, identified = await _identify(service, caller, sign_in, asked)
    if asked.password and asked.strategy in {"", "password"}:
        return await _enter_password(service, caller, identified, user, asked.password)
    if asked.strategy in CODE_STRATEGIES:
        return await _ask_for_code(service, caller, identified, user, asked)
    return await store_new(service, caller, identified)


def _check(asked: CreateSignIn) -> None:
    if asked.transfer == "true":
        raise PARAM_VALUE_INVALID(param_name="transfer", expected="absent: nothing here comes from other providers")
    if asked.strategy:
        check_strategy(asked.strategy)
    if (asked.password or asked.strategy not in {"", "ticket"}) and not (asked.identifier.strip() or asked.ticket):
        raise PARAM_MISSING(param_name="identifier")
    if asked.strategy == "password" and not asked.password:
        raise PARAM_MISSING(param_name="password")


async def _identify(service: Service, caller: Caller, sign_in: SignIn, asked: CreateSignIn) -> tuple[User, SignIn]:
    """Who is meant, and the attempt that knows it; a password for nobody takes as long as one for somebody (A-017)."""
    instance = caller.instance
    if asked.password:
        await limits.count_request(service, caller, "attempts")
    identifier = parse_identifier(asked.identifier, instance.settings.authentication)
    user = None
    if identifier is not None:
        user = await users.load_user_by_identifier(service.database, instance.id, identifier.text)
    if user is None or identifier is None:
        if asked.password:
            await service.passwords.verify_nobody(asked.password)
        raise IDENTIFIER_NOT_FOUND(param_name="identifier")
    await require_no_session(service, caller, user.id)
    named = stored_identifier(user, identifier)
    status = require_step(sign_in, "identify")
    return user, msgspec.structs.replace(sign_in, status=status, identifier=named, user_id=user.id)


async def _enter_password(service: Service, caller: Caller, sign_in: SignIn, user: User, password: str) -> Outcome:
    proof = await prove_by_password(service, caller.instance, user, password)
    return await take_step(service, caller, first_factor_step(sign_in, user, proof, service.clock.now(), is_new=True))


async def _ask_for_code(service: Service, caller: Caller, sign_in: SignIn, user: User, asked: CreateSignIn) -> Outcome:
    require_unlocked(user, service.clock.now())
    named = asked.email_address_id or asked.phone_number_id
    factor = require_factor(caller.instance, user, sign_in, asked.strategy, named)
    begun = await store_new(service, caller, sign_in)
    return begun._replace(view=await send_code(service, caller.instance, begun.view.sign_in, user, factor))
