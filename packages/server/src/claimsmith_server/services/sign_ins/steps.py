"""One step of a sign-in: the machine asked, the proof spent, the attempt moved on, all in one transaction."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

import msgspec

from claimsmith_server.core.attempts import ATTEMPT_LIFETIME_MS, SignIn, SignInStatus
from claimsmith_server.core.errors import (
    IDENTIFIER_ALREADY_SIGNED_IN,
    IDENTIFIER_NOT_FOUND,
    SESSION_EXISTS,
    STATUS_INVALID,
)
from claimsmith_server.core.models import Client, User
from claimsmith_server.core.sign_in import SignInEvent, SignInView, next_status
from claimsmith_server.services.callers import Caller
from claimsmith_server.services.clients import require_client
from claimsmith_server.services.context import Service
from claimsmith_server.services.first_factors import Proof, spend_proof
from claimsmith_server.services.lockouts import require_allowed
from claimsmith_server.services.session_start import Started, start_session
from claimsmith_server.services.sign_ins.view import view_sign_in
from claimsmith_server.store import clients, lockouts, sessions, sign_ins, users
from claimsmith_server.store.database import Tx

Also = Callable[[Tx, User], Awaitable[None]]


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What happens to an attempt, and what allows it."""

    sign_in: SignIn
    """As it was before."""
    user: User
    event: SignInEvent
    proof: Proof
    """Checked and not spent yet."""
    is_new: bool = False
    """The attempt was not stored yet."""
    abandon_at: int | None = None
    """When the attempt is abandoned from now on, where that changes."""
    also: Also | None = None
    """What else is done in the transaction, before a session begins."""


class Outcome(NamedTuple):
    """An attempt after a step, the client that it is of, and its new token if it was given one."""

    view: SignInView
    client_id: str
    client_token: str | None


def new_sign_in(service: Service, caller: Caller) -> SignIn:
    """An attempt that has not begun; whoever stores it says of which client it is."""
    now = service.clock.now()
    return SignIn(
        id=service.make_id("sia"),
        instance_id=caller.instance.id,
        client_id=caller.client.id if caller.client else "",
        status="needs_identifier",
        identifier=None,
        user_id=None,
        first_factor_strategy=None,
        first_factor_verified_at=None,
        created_session_id=None,
        abandon_at=now + ATTEMPT_LIFETIME_MS,
        created_at=now,
        updated_at=now,
    )


def require_step(sign_in: SignIn, event: SignInEvent) -> SignInStatus:
    """The status after an event.

    Raises:
        ServiceError: `client_state_invalid`: the machine refuses it.
    """
    status = next_status(sign_in.status, event)
    if status is None:
        raise STATUS_INVALID(status=sign_in.status)
    return status


async def require_no_session(service: Service, caller: Caller, user_id: str | None = None) -> None:
    """Refuse a browser that is signed in already: at all where one session is allowed, else as this user (4.15).

    Raises:
        ServiceError: `session_exists`, `identifier_already_signed_in`.
    """
    if caller.client is None:
        return
    instance = caller.instance
    now = service.clock.now()
    live = await sessions.list_live_sessions(service.database, instance.id, now=now, client_id=caller.client.id)
    people = await users.load_users(service.database, instance.id, {session.user_id for session in live})
    usable = [session for session in live if _may_act(people.get(session.user_id))]
    if usable and instance.settings.session.single_session_mode:
        raise SESSION_EXISTS()
    own = next((session for session in usable if session.user_id == user_id and session.actor is None), None)
    if own is not None:
        raise IDENTIFIER_ALREADY_SIGNED_IN(param_name="identifier", meta={"session_id": own.id})


async def store_new(service: Service, caller: Caller, sign_in: SignIn) -> Outcome:
    """A new attempt, stored; it is the one that its client is in the middle of."""

    async def work(tx: Tx) -> tuple[SignIn, Client, str | None]:
        client, token = await require_client(service, tx, caller)
        stored = msgspec.structs.replace(sign_in, client_id=client.id)
        await sign_ins.insert_sign_in(tx, stored)
        await clients.update_client(tx, client.instance_id, client.id, sign_in_id=stored.id)
        return stored, client, token

    stored, client, token = await service.database.transact(work)
    return Outcome(await view_sign_in(service, caller.instance, stored), client.id, token)


async def take_step(service: Service, caller: Caller, step: Step) -> Outcome:
    """The attempt after a step; when that completes it, a session of the user has begun in the same transaction.

    Raises:
        ServiceError: the machine refuses it, another request spent the proof, or the user may not sign in.
    """
    after = _move(service, step)

    async def work(tx: Tx) -> tuple[SignIn, Client, str | None]:
        client, token = await require_client(service, tx, caller)
        user = await _hold_user(tx, step.user)
        await spend_proof(service, tx, user, step.proof)
        if step.also is not None:
            await step.also(tx, user)
        moved = msgspec.structs.replace(after, client_id=client.id)
        if moved.status == "complete":
            started = await _start_session(service, tx, caller, client, user, step.proof)
            moved = msgspec.structs.replace(moved, created_session_id=started.session.id)
            token = started.client_token
        else:
            await lockouts.forgive_attempts(tx, user.instance_id, user.id)
        await _store_moved(tx, step, moved)
        return moved, client, token

    moved, client, token = await service.database.transact(work)
    return Outcome(await view_sign_in(service, caller.instance, moved), client.id, token)


def _move(service: Service, step: Step) -> SignIn:
    now = service.clock.now()
    before = step.sign_in
    is_first_factor = before.status in {"needs_identifier", "needs_first_factor"}
    return msgspec.structs.replace(
        before,
        status=require_step(before, step.event),
        user_id=step.user.id,
        first_factor_strategy=step.proof.strategy if is_first_factor else before.first_factor_strategy,
        first_factor_verified_at=now if is_first_factor else before.first_factor_verified_at,
        abandon_at=step.abandon_at or before.abandon_at,
        updated_at=now,
    )


async def _hold_user(tx: Tx, user: User) -> User:
    held = await users.hold_user(tx, user.instance_id, user.id)
    if held is None:  # deleted since it was read
        raise IDENTIFIER_NOT_FOUND(param_name="identifier")
    require_allowed(held)
    return held


async def _start_session(  # noqa: PLR0913, PLR0917 - what a session is started with
    service: Service, tx: Tx, caller: Caller, client: Client, user: User, proof: Proof
) -> Started:
    ticket = proof.ticket
    return await start_session(
        service,
        tx,
        caller,
        client,
        user,
        strategy=proof.strategy,
        actor=None if ticket is None else ticket.actor,
        max_duration_seconds=None if ticket is None else ticket.session_max_duration_seconds,
    )


async def _store_moved(tx: Tx, step: Step, moved: SignIn) -> None:
    if step.is_new:
        await sign_ins.insert_sign_in(tx, moved)
        if moved.status != "complete":
            await clients.update_client(tx, moved.instance_id, moved.client_id, sign_in_id=moved.id)
    elif not await sign_ins.advance_sign_in(tx, moved, expected=step.sign_in.status):
        raise STATUS_INVALID(status=moved.status)  # another request was first


def _may_act(user: User | None) -> bool:
    return user is not None and not user.banned and not user.locked
