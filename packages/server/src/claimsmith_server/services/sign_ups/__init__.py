"""Signing up (contract 4.4, 4.15): an attempt gathers fields and proofs, and is a user once it lacks nothing.

What an attempt may become is `core.sign_up`'s to say. Nothing of an attempt is reserved: of two for one address, the
first that is complete makes the user (cases A-028, Z-013).
"""

from typing import Any, NamedTuple

import msgspec

from claimsmith_server.core.attempts import ATTEMPT_LIFETIME_MS, SignUp
from claimsmith_server.core.errors import (
    PARAM_MISSING,
    STATUS_INVALID,
    VERIFICATION_ALREADY_VERIFIED,
    VERIFICATION_MISSING,
)
from claimsmith_server.core.models import Client, Instance
from claimsmith_server.core.sign_up import (
    CODE_STRATEGIES,
    Contact,
    SignUpEvent,
    SignUpView,
    change_fields,
    code_target,
    find_requirements,
    next_status,
)
from claimsmith_server.services import codes, limits
from claimsmith_server.services.callers import Caller
from claimsmith_server.services.clients import require_client
from claimsmith_server.services.context import Service
from claimsmith_server.services.sign_ins.steps import require_no_session
from claimsmith_server.services.sign_ups.checks import gather_fields, require_invited
from claimsmith_server.services.sign_ups.completion import complete_sign_up
from claimsmith_server.services.sign_ups.input import (
    AttemptVerification,
    PrepareVerification,
    SignUpForm,
    contact_of,
)
from claimsmith_server.services.sign_ups.view import (
    as_it_stands,
    load_current,
    require_sign_up,
    sign_up_not_found,
    view_sign_up,
)
from claimsmith_server.store import clients, sign_ups
from claimsmith_server.store.database import Tx

__all__ = [
    "Outcome",
    "attempt_verification",
    "change_sign_up",
    "create_sign_up",
    "load_current",
    "prepare_verification",
]

_NOTHING = (
    "email_address",
    "email_address_strategy",
    "phone_number",
    "phone_number_strategy",
    "username",
    "first_name",
    "last_name",
    "locale",
    "password_digest",
    "legal_accepted_at",
    "organization_invitation_id",
    "created_user_id",
    "created_session_id",
)


class Outcome(NamedTuple):
    """An attempt after a step, the client that it is of, and its new token if it was given one."""

    view: SignUpView
    client_id: str
    client_token: str | None


class _Moved(NamedTuple):
    """An attempt after a step, in the transaction of the step."""

    sign_up: SignUp
    client: Client
    client_token: str | None


async def create_sign_up(service: Service, caller: Caller, asked: SignUpForm) -> Outcome:
    """A new attempt of the browser's client, complete at once when it lacks nothing.

    Raises:
        ServiceError: `session_exists`, `sign_up_mode_restricted`, `form_identifier_exists`, `ticket_invalid`,
            `ticket_expired_code`, a value is refused, or `too_many_requests`.
        UniqueViolation: an identifier was taken meanwhile.
    """
    await limits.count_request(service, caller, "sign_ins")
    new = _new_sign_up(service, caller)
    await require_no_session(service, caller)
    fields = await gather_fields(service, caller.instance, new, asked)

    async def work(tx: Tx) -> _Moved:
        client, token = await require_client(service, tx, caller)
        sign_up = change_fields(new, {**fields, "client_id": client.id}, new.updated_at)
        settled = await _settle(service, tx, caller, _Moved(sign_up, client, token))
        await sign_ups.insert_sign_up(tx, settled.sign_up)
        if settled.sign_up.status != "complete":
            await clients.update_client(tx, client.instance_id, client.id, sign_up_id=sign_up.id)
        return settled

    return await _view(service, caller, await service.database.transact(work), asked.strategy)


async def change_sign_up(service: Service, caller: Caller, sign_up_id: str, asked: SignUpForm) -> Outcome:
    """The attempt with fields changed, complete when it lacks nothing any more; what is absent stays.

    Raises:
        ServiceError: `resource_not_found`, `client_state_invalid` when it is over; and as `create_sign_up`.
        UniqueViolation: an identifier was taken meanwhile.
    """
    await limits.count_request(service, caller, "sign_ins")
    before = await require_sign_up(service, caller, sign_up_id)
    _require_step(before, "change")
    fields = await gather_fields(service, caller.instance, before, asked)
    now = service.clock.now()

    async def work(tx: Tx) -> _Moved:
        held, client = await _hold(service, tx, caller, before, "change")
        require_invited(held, fields)
        return await _advance(service, tx, caller, _Moved(change_fields(held, fields, now), client, None))

    return await _view(service, caller, await service.database.transact(work), asked.strategy)


async def prepare_verification(
    service: Service, caller: Caller, sign_up_id: str, asked: PrepareVerification
) -> SignUpView:
    """The attempt, after a code was sent to its address or number.

    Raises:
        ServiceError: `resource_not_found`, `form_param_missing` without an address, `verification_already_verified`,
            `too_many_requests`, `phone_number_unreachable`, `client_state_invalid`.
    """
    await limits.count_request(service, caller, "sign_ins")
    contact = contact_of(asked.strategy)
    sign_up = await require_sign_up(service, caller, sign_up_id)
    _require_unproven(sign_up, contact, "prepare")
    return await _send_code(service, caller.instance, sign_up, asked.strategy)


async def attempt_verification(
    service: Service, caller: Caller, sign_up_id: str, asked: AttemptVerification
) -> Outcome:
    """The attempt with its address or number verified, complete when it lacks nothing any more.

    Raises:
        ServiceError: `resource_not_found`, `form_code_incorrect`, `verification_missing`, `verification_expired`,
            `verification_failed`, `verification_already_verified`, `too_many_requests`, `client_state_invalid`.
        UniqueViolation: an identifier was taken meanwhile.
    """
    await limits.count_request(service, caller, "attempts")
    contact = contact_of(asked.strategy)
    before = await require_sign_up(service, caller, sign_up_id)
    _require_unproven(before, contact, "verify")
    if not asked.code:
        raise PARAM_MISSING(param_name="code")
    proof = await codes.check_code(service, caller.instance, before.id, contact, asked.code.strip())

    async def work(tx: Tx) -> _Moved:
        held, client = await _hold(service, tx, caller, before, "verify")
        if code_target(held, contact) != proof.target:  # the code went to the address that was given before
            raise VERIFICATION_MISSING(param_name="code")
        await codes.spend_code(service, tx, proof)
        proved = change_fields(held, {f"{contact}_strategy": proof.strategy}, service.clock.now())
        return await _advance(service, tx, caller, _Moved(proved, client, None))

    return await _view(service, caller, await service.database.transact(work))


def _new_sign_up(service: Service, caller: Caller) -> SignUp:
    """An attempt without anything; whoever stores it says of which client it is."""
    now = service.clock.now()
    nothing: dict[str, Any] = dict.fromkeys(_NOTHING)
    return SignUp(
        **nothing,
        id=service.make_id("sua"),
        instance_id=caller.instance.id,
        client_id=caller.client.id if caller.client else "",
        status="missing_requirements",
        unsafe_metadata={},
        abandon_at=now + ATTEMPT_LIFETIME_MS,
        created_at=now,
        updated_at=now,
    )


async def _hold(service: Service, tx: Tx, caller: Caller, before: SignUp, event: SignUpEvent) -> tuple[SignUp, Client]:
    """The attempt as it is now, nobody else's to change in this transaction, and its client."""
    instance = caller.instance
    held = await sign_ups.hold_sign_up(tx, instance.id, before.client_id, before.id)
    client = await clients.load_client(tx, instance.id, before.client_id)
    if held is None or client is None:
        raise sign_up_not_found(before.id)
    held = as_it_stands(service, held)
    _require_step(held, event)
    return held, client


async def _settle(service: Service, tx: Tx, caller: Caller, moved: _Moved) -> _Moved:
    """The attempt as it was moved, and complete when it lacks nothing; it is not stored yet."""
    status = next_status(moved.sign_up.status, "complete")
    if status is None or not find_requirements(caller.instance.settings.authentication, moved.sign_up).are_met:
        return moved
    completed = await complete_sign_up(service, tx, caller, moved.client, moved.sign_up)
    return _Moved(msgspec.structs.replace(completed.sign_up, status=status), moved.client, completed.client_token)


async def _advance(service: Service, tx: Tx, caller: Caller, moved: _Moved) -> _Moved:
    settled = await _settle(service, tx, caller, moved)
    if not await sign_ups.advance_sign_up(tx, settled.sign_up, expected="missing_requirements"):
        raise STATUS_INVALID(status=moved.sign_up.status)  # another request was first
    return settled


async def _send_code(service: Service, instance: Instance, sign_up: SignUp, strategy: str) -> SignUpView:
    contact = contact_of(strategy)
    target = code_target(sign_up, contact)
    if target is None:
        raise PARAM_MISSING(param_name=contact)
    await codes.send_code(service, instance, subject_id=sign_up.id, purpose=contact, strategy=strategy, target=target)
    return await view_sign_up(service, instance, sign_up)


async def _view(service: Service, caller: Caller, moved: _Moved, strategy: str = "") -> Outcome:
    """What a step answers; where its form asked for a code, that was sent."""
    sign_up, instance = moved.sign_up, caller.instance
    if _is_code_due(sign_up, strategy):
        view = await _send_code(service, instance, sign_up, strategy)
    else:
        view = await view_sign_up(service, instance, sign_up)
    return Outcome(view, moved.client.id, moved.client_token)


def _is_code_due(sign_up: SignUp, strategy: str) -> bool:
    """Whether a form that names this strategy asks for a code."""
    contact = CODE_STRATEGIES.get(strategy)
    return contact is not None and sign_up.status != "complete" and getattr(sign_up, f"{contact}_strategy") is None


def _require_step(sign_up: SignUp, event: SignUpEvent) -> None:
    if next_status(sign_up.status, event) is not None:
        return
    if sign_up.status == "complete" and event in {"prepare", "verify"}:
        raise VERIFICATION_ALREADY_VERIFIED(param_name="code")
    raise STATUS_INVALID(status=sign_up.status)


def _require_unproven(sign_up: SignUp, contact: Contact, event: SignUpEvent) -> None:
    _require_step(sign_up, event)
    if getattr(sign_up, f"{contact}_strategy") is not None:
        raise VERIFICATION_ALREADY_VERIFIED(param_name="code")
