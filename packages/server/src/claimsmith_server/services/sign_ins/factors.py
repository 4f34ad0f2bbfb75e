"""First factors of a sign-in that has begun: codes sent, passwords and codes tried (contract 4.3)."""

import msgspec

from claimsmith_server.core.attempts import SignIn
from claimsmith_server.core.errors import (
    IDENTIFIER_NOT_FOUND,
    PARAM_MISSING,
    PARAM_VALUE_INVALID,
    PHONE_NUMBER_UNREACHABLE,
    STATUS_INVALID,
    STRATEGY_INVALID,
    VERIFICATION_ALREADY_VERIFIED,
)
from claimsmith_server.core.models import Instance, User
from claimsmith_server.core.sign_in import (
    CODE_STRATEGIES,
    RESET_STRATEGIES,
    FirstFactor,
    SignInEvent,
    SignInView,
    choose_factor,
)
from claimsmith_server.services import codes, limits
from claimsmith_server.services.callers import Caller
from claimsmith_server.services.context import Service
from claimsmith_server.services.first_factors import Proof, check_code, check_password
from claimsmith_server.services.lockouts import require_unlocked
from claimsmith_server.services.sign_ins.steps import Outcome, Step, require_no_session, require_step, take_step
from claimsmith_server.services.sign_ins.ticket_sign_ins import sign_in_by_ticket
from claimsmith_server.services.sign_ins.view import factors_of, require_sign_in, view_sign_in
from claimsmith_server.store import sign_ins, users

STRATEGIES = ("password", *CODE_STRATEGIES, "ticket")
RESET_WINDOW_MS = 60 * 60 * 1000
"""How long after its code a new password may be chosen."""


class PrepareFactor(msgspec.Struct, frozen=True, kw_only=True):
    """The form of `POST …/prepare_first_factor`."""

    strategy: str = ""
    email_address_id: str = ""
    phone_number_id: str = ""


class AttemptFactor(msgspec.Struct, frozen=True, kw_only=True):
    """The form of `POST …/attempt_first_factor`."""

    strategy: str = ""
    password: str = ""
    code: str = ""
    ticket: str = ""


async def prepare_first_factor(service: Service, caller: Caller, sign_in_id: str, asked: PrepareFactor) -> SignInView:
    """The attempt, a code for it sent (once in half a minute).

    Raises:
        ServiceError: `resource_not_found`, `client_state_invalid`, `strategy_for_user_invalid`,
            `phone_number_unreachable`, `user_locked`, `user_banned`, `too_many_requests`.
    """
    await limits.count_request(service, caller, "sign_ins")
    sign_in = await require_sign_in(service, caller, sign_in_id)
    check_strategy(asked.strategy)
    require_step(sign_in, "prepare_first_factor")
    user = await _load_user(service, sign_in)
    require_unlocked(user, service.clock.now())
    named = asked.email_address_id or asked.phone_number_id
    factor = require_factor(caller.instance, user, sign_in, asked.strategy, named)
    return await send_code(service, caller.instance, sign_in, user, factor)


async def attempt_first_factor(service: Service, caller: Caller, sign_in_id: str, asked: AttemptFactor) -> Outcome:
    """The attempt after its first factor was right: complete, or in need of a new password.

    Raises:
        ServiceError: `resource_not_found`, `client_state_invalid`, `form_password_incorrect`, `form_code_incorrect`,
            `verification_…`, `strategy_for_user_invalid`, `ticket_invalid`, `ticket_expired_code`, `user_locked`,
            `user_banned`, `session_exists`, `identifier_already_signed_in`, `too_many_requests`.
    """
    sign_in = await require_sign_in(service, caller, sign_in_id)
    check_strategy(asked.strategy)
    if asked.strategy == "ticket":
        return await sign_in_by_ticket(service, caller, sign_in, asked.ticket)
    await limits.count_request(service, caller, "attempts")
    if asked.strategy in CODE_STRATEGIES and sign_in.status in {"complete", "needs_new_password"}:
        raise VERIFICATION_ALREADY_VERIFIED(param_name="code")
    require_step(sign_in, "verify_first_factor")
    user = await _load_user(service, sign_in)
    await require_no_session(service, caller, user.id)
    proof = await _prove(service, caller.instance, sign_in, user, asked)
    return await take_step(service, caller, first_factor_step(sign_in, user, proof, service.clock.now()))


async def prepare_second_factor(service: Service, caller: Caller, sign_in_id: str) -> SignInView:
    """Nothing yet: no user has a second factor.

    Raises:
        ServiceError: always: `resource_not_found`, `client_state_invalid` or `strategy_for_user_invalid`.
    """
    return await _refuse_second_factor(service, caller, sign_in_id, "prepare_second_factor")


async def attempt_second_factor(service: Service, caller: Caller, sign_in_id: str) -> SignInView:
    """Nothing yet: no user has a second factor.

    Raises:
        ServiceError: always: `resource_not_found`, `client_state_invalid` or `strategy_for_user_invalid`.
    """
    await limits.count_request(service, caller, "attempts")
    return await _refuse_second_factor(service, caller, sign_in_id, "verify_second_factor")


def check_strategy(strategy: str) -> None:
    """Refuse a strategy that is missing, or that this service has not, such as `oauth_google`."""
    if not strategy:
        raise PARAM_MISSING(param_name="strategy")
    if strategy not in STRATEGIES:
        raise PARAM_VALUE_INVALID(param_name="strategy", expected=f"one of {', '.join(STRATEGIES)}")


def require_factor(
    instance: Instance, user: User, sign_in: SignIn, strategy: str, identification_id: str
) -> FirstFactor:
    """The factor that codes go to; where no address or number is named, the likeliest of them.

    Raises:
        ServiceError: `strategy_for_user_invalid`, `phone_number_unreachable`.
    """
    factors = factors_of(instance, user, sign_in.identifier)
    factor = choose_factor(factors, strategy, identification_id or None)
    if factor is not None and strategy in CODE_STRATEGIES:
        return factor
    if strategy == "phone_code" and user.phone_numbers and instance.settings.authentication.phone_code:
        raise PHONE_NUMBER_UNREACHABLE(param_name="phone_number")
    raise STRATEGY_INVALID(param_name="strategy", strategy=strategy)


async def send_code(
    service: Service, instance: Instance, sign_in: SignIn, user: User, factor: FirstFactor
) -> SignInView:
    """The attempt, a code sent to the factor's address or number.

    Raises:
        ServiceError: `too_many_requests`; `client_state_invalid` when another request moved the attempt on.
    """
    await codes.send_code(
        service,
        instance,
        subject_id=sign_in.id,
        purpose="first_factor",
        strategy=factor.strategy,
        target=_target(user, factor),
    )
    prepared = msgspec.structs.replace(sign_in, first_factor_strategy=factor.strategy, updated_at=service.clock.now())
    if not await sign_ins.advance_sign_in(service.database, prepared, expected=sign_in.status):
        raise STATUS_INVALID(status="complete")
    return await view_sign_in(service, instance, prepared)


def first_factor_step(sign_in: SignIn, user: User, proof: Proof, now: int, *, is_new: bool = False) -> Step:
    """What a right first factor does to an attempt; after a reset code an hour is left for the new password."""
    is_reset = proof.strategy in RESET_STRATEGIES
    event: SignInEvent = "verify_first_of_two_factors" if user.two_factor_enabled else "verify_first_factor"
    return Step(
        sign_in=sign_in,
        user=user,
        event="verify_reset_code" if is_reset else event,
        proof=proof,
        is_new=is_new,
        abandon_at=min(sign_in.abandon_at, now + RESET_WINDOW_MS) if is_reset else None,
    )


async def _prove(service: Service, instance: Instance, sign_in: SignIn, user: User, asked: AttemptFactor) -> Proof:
    strategy = asked.strategy
    if strategy == "password":
        if not asked.password:
            raise PARAM_MISSING(param_name="password")
        return await prove_by_password(service, instance, user, asked.password)
    if not asked.code:
        raise PARAM_MISSING(param_name="code")
    if choose_factor(factors_of(instance, user, sign_in.identifier), strategy) is None:
        raise STRATEGY_INVALID(param_name="strategy", strategy=strategy)
    return await check_code(
        service,
        instance,
        user,
        subject_id=sign_in.id,
        purpose="first_factor",
        strategy=strategy,
        code=asked.code,
    )


async def prove_by_password(service: Service, instance: Instance, user: User, password: str) -> Proof:
    """The proof that a password is the user's, where passwords sign in.

    Raises:
        ServiceError: as `first_factors.check_password`.
    """
    if instance.settings.authentication.password == "off":  # noqa: S105 - a presence, no password
        raise STRATEGY_INVALID(param_name="strategy", strategy="password")
    return await check_password(service, user, password)


async def _refuse_second_factor(service: Service, caller: Caller, sign_in_id: str, event: SignInEvent) -> SignInView:
    require_step(await require_sign_in(service, caller, sign_in_id), event)
    raise STRATEGY_INVALID(param_name="strategy", strategy="second factor")


async def _load_user(service: Service, sign_in: SignIn) -> User:
    user = None
    if sign_in.user_id is not None:
        user = await users.load_user(service.database, sign_in.instance_id, sign_in.user_id)
    if user is None:
        raise IDENTIFIER_NOT_FOUND(param_name="identifier")
    return user


def _target(user: User, factor: FirstFactor) -> str:
    emails = {one.id: one.email_address for one in user.email_addresses}
    phones = {one.id: one.phone_number for one in user.phone_numbers}
    return (emails | phones)[factor.email_address_id or factor.phone_number_id or ""]
