"""Proving again who one is, within a session: `fva` begins anew (contract 4.5 `verify`; cases A-012, A-031, S-030).

Nothing is kept between the steps but the code that was sent: what a factor proves is written into the session.
"""

from typing import NamedTuple

import msgspec

from claimsmith_server.core.attempts import Verification
from claimsmith_server.core.errors import (
    PARAM_MISSING,
    PARAM_VALUE_INVALID,
    PHONE_NUMBER_UNREACHABLE,
    SIGNED_OUT,
    STRATEGY_INVALID,
)
from claimsmith_server.core.models import Session, User
from claimsmith_server.core.reverification import (
    LEVELS,
    STRATEGIES,
    ReverificationEvent,
    ReverificationLevel,
    ReverificationStatus,
    begin,
    filter_factors,
    next_status,
)
from claimsmith_server.core.session_status import is_live
from claimsmith_server.core.sign_in import FirstFactor, choose_factor
from claimsmith_server.services import codes, limits
from claimsmith_server.services.account.access import hold_account, require_own_hand
from claimsmith_server.services.acting import Acting, load_own_session, require_acting
from claimsmith_server.services.audit import record
from claimsmith_server.services.callers import Caller
from claimsmith_server.services.context import Service
from claimsmith_server.services.first_factors import Proof, check_code, spend_proof
from claimsmith_server.services.lockouts import require_unlocked
from claimsmith_server.services.sign_ins.factors import AttemptFactor, PrepareFactor, prove_by_password
from claimsmith_server.services.sign_ins.view import factors_of
from claimsmith_server.store import lockouts, sessions
from claimsmith_server.store.database import Tx


class StartReverification(msgspec.Struct, frozen=True, kw_only=True):
    """The form of `POST …/verify`."""

    level: str = ""


class ReverificationView(NamedTuple):
    """How far a session's reverification is."""

    session: Session
    level: ReverificationLevel
    status: ReverificationStatus
    factors: tuple[FirstFactor, ...]
    verification: Verification | None = None
    """The code, where one is what it goes by."""
    strategy: str | None = None
    """What proved the user, once something did."""


async def start_reverification(
    service: Service, caller: Caller, session_id: str, asked: StartReverification
) -> ReverificationView:
    """What the user of the session may prove itself by. Nothing has changed.

    Raises:
        ServiceError: `resource_not_found`, `authentication_invalid`, `impersonation_not_allowed`,
            `form_param_missing`, `form_param_value_invalid`, `user_locked`.
    """
    acting = await _require_own(service, caller, session_id)
    if not asked.level:
        raise PARAM_MISSING(param_name="level")
    wanted = next((level for level in LEVELS if level == asked.level), None)
    if wanted is None:
        raise PARAM_VALUE_INVALID(param_name="level", expected=f"one of {', '.join(LEVELS)}")
    return _view(acting, wanted)


async def prepare_first_factor(
    service: Service, caller: Caller, session_id: str, asked: PrepareFactor
) -> ReverificationView:
    """The reverification, a code for it sent (once in half a minute).

    Raises:
        ServiceError: as `start_reverification`; `strategy_for_user_invalid`, `phone_number_unreachable`,
            `too_many_requests`.
    """
    await limits.count_request(service, caller, "sign_ins")
    acting = await _require_own(service, caller, session_id)
    _check_strategy(asked.strategy)
    factor = _require_factor(acting, asked)
    latest = await codes.send_code(
        service,
        acting.instance,
        subject_id=acting.session.id,
        purpose="first_factor",
        strategy=factor.strategy,
        target=_target(acting.user, factor),
    )
    return _view(acting, "first_factor")._replace(verification=latest)


async def attempt_first_factor(
    service: Service, caller: Caller, session_id: str, asked: AttemptFactor
) -> ReverificationView:
    """The reverification after its first factor was right; the session's next token says so.

    An attempt counts with those at sign-in, before anything is compared (case A-012).

    Raises:
        ServiceError: as `start_reverification`; `form_password_incorrect`, `form_code_incorrect`, `verification_…`,
            `strategy_for_user_invalid`, `user_banned`, `too_many_requests`, `hashing_busy`.
    """
    await limits.count_request(service, caller, "attempts")
    acting = await _require_own(service, caller, session_id)
    _check_strategy(asked.strategy)
    proof = await _prove(service, acting, asked)

    async def work(tx: Tx) -> Session:
        user = await hold_account(service, tx, acting)
        await spend_proof(service, tx, user, proof)
        await lockouts.forgive_attempts(tx, user.instance_id, user.id)
        now = service.clock.now()
        session = await sessions.note_verified_factor(tx, user.instance_id, session_id, now=now)
        if session is None:
            raise SIGNED_OUT()
        told = {"strategy": proof.strategy}
        await record(service, tx, user.instance_id, "session.reverified", session_id, told, actor=user.id)
        return session

    session = await service.database.transact(work)
    event: ReverificationEvent = "verify_first_factor"
    if acting.user.two_factor_enabled:
        event = "verify_first_of_two_factors"
    before = _view(acting, "first_factor")
    verification = None
    if proof.verification is not None:
        verification = msgspec.structs.replace(proof.verification, status="verified")
    return before._replace(
        session=session,
        level="multi_factor" if acting.user.two_factor_enabled else "first_factor",
        status=next_status(before.status, event) or before.status,
        verification=verification,
        strategy=proof.strategy,
    )


async def refuse_second_factor(service: Service, caller: Caller, session_id: str) -> None:
    """Nothing yet: no user has a second factor.

    Raises:
        ServiceError: always: as `start_reverification`, or `strategy_for_user_invalid`.
    """
    await limits.count_request(service, caller, "attempts")
    await _require_own(service, caller, session_id)
    raise STRATEGY_INVALID(param_name="strategy", strategy="second factor")


async def _require_own(service: Service, caller: Caller, session_id: str) -> Acting:
    """The session's own user in its own browser; who acts for the user is refused (case S-027)."""
    session = await load_own_session(service, caller, session_id)
    if not is_live(session.status):
        raise SIGNED_OUT()
    credentials = msgspec.structs.replace(caller.credentials, session_id=session_id)
    acting = await require_acting(service, msgspec.structs.replace(caller, credentials=credentials))
    require_own_hand(acting)
    require_unlocked(acting.user, service.clock.now())
    return acting


def _view(acting: Acting, wanted: ReverificationLevel) -> ReverificationView:
    level, status = begin(wanted, has_second_factor=acting.user.two_factor_enabled)
    return ReverificationView(acting.session, level, status, _factors_of(acting))


def _factors_of(acting: Acting) -> tuple[FirstFactor, ...]:
    return filter_factors(factors_of(acting.instance, acting.user, None))


def _check_strategy(strategy: str) -> None:
    if not strategy:
        raise PARAM_MISSING(param_name="strategy")
    if strategy not in STRATEGIES:
        raise PARAM_VALUE_INVALID(param_name="strategy", expected=f"one of {', '.join(STRATEGIES)}")


def _require_factor(acting: Acting, asked: PrepareFactor) -> FirstFactor:
    named = asked.email_address_id or asked.phone_number_id or None
    factor = choose_factor(_factors_of(acting), asked.strategy, named)
    if factor is not None and asked.strategy != "password":
        return factor
    if asked.strategy == "phone_code" and acting.user.phone_numbers:
        raise PHONE_NUMBER_UNREACHABLE(param_name="phone_number")
    raise STRATEGY_INVALID(param_name="strategy", strategy=asked.strategy)


async def _prove(service: Service, acting: Acting, asked: AttemptFactor) -> Proof:
    if asked.strategy == "password":
        if not asked.password:
            raise PARAM_MISSING(param_name="password")
        return await prove_by_password(service, acting.instance, acting.user, asked.password)
    if not asked.code:
        raise PARAM_MISSING(param_name="code")
    if choose_factor(_factors_of(acting), asked.strategy) is None:
        raise STRATEGY_INVALID(param_name="strategy", strategy=asked.strategy)
    return await check_code(
        service,
        acting.instance,
        acting.user,
        subject_id=acting.session.id,
        purpose="first_factor",
        strategy=asked.strategy,
        code=asked.code,
    )


def _target(user: User, factor: FirstFactor) -> str:
    emails = {one.id: one.email_address for one in user.email_addresses}
    phones = {one.id: one.phone_number for one in user.phone_numbers}
    return (emails | phones)[factor.email_address_id or factor.phone_number_id or ""]
