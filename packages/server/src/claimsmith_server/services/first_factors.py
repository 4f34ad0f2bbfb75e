"""Proofs that somebody is a user: a password that was right, a code that was right. Checked first, spent later.

A check counts the attempt before it compares anything and takes the count back when nothing was compared. Slow work is
done here, so that the transaction of what a proof allows is short; `spend_proof` is its first step.
"""

import msgspec

from claimsmith_server.core.attempts import Ticket, Verification, VerificationPurpose
from claimsmith_server.core.errors import (
    CODE_INCORRECT,
    PASSWORD_INCORRECT,
    STRATEGY_INVALID,
    TICKET_INVALID,
    VERIFICATION_FAILED,
    ServiceError,
)
from claimsmith_server.core.models import Instance, User
from claimsmith_server.services import codes, lockouts
from claimsmith_server.services.context import Service
from claimsmith_server.services.passwords import needs_rehash
from claimsmith_server.store import tickets, users
from claimsmith_server.store.database import Tx

_WRONG = (CODE_INCORRECT.code, VERIFICATION_FAILED.code)


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What proved who somebody is, and what is to be spent with it."""

    strategy: str
    digest: str | None = None
    """The stored digest that the password was right for."""
    new_digest: str | None = None
    """What replaces it: it was of an older kind (case A-022)."""
    verification: Verification | None = None
    """The code's, unspent."""
    ticket: Ticket | None = None


async def check_password(service: Service, user: User, password: str) -> Proof:
    """The proof that a password is the user's.

    Raises:
        ServiceError: `form_password_incorrect`, `strategy_for_user_invalid` for a user without one, `user_locked`,
            `user_banned`, `hashing_busy`.
    """
    digest = user.password_digest
    if digest is None:
        lockouts.require_allowed(user)
        raise STRATEGY_INVALID(param_name="strategy", strategy="password")
    count = await lockouts.count_attempt(service, user)
    try:
        is_right = await service.passwords.verify(digest, password)
    except ServiceError:  # the queue is full: nothing was compared
        await lockouts.uncount_attempt(service, user)
        raise
    if not is_right:
        raise lockouts.refuse_attempt(count, PASSWORD_INCORRECT(param_name="password"))
    new_digest = await service.passwords.hash(password) if needs_rehash(digest) else None
    return Proof(strategy="password", digest=digest, new_digest=new_digest)


async def check_code(  # noqa: PLR0913 - what a code is for
    service: Service,
    instance: Instance,
    user: User,
    *,
    subject_id: str,
    purpose: VerificationPurpose,
    strategy: str,
    code: str,
) -> Proof:
    """The proof that somebody reads what is sent to the user.

    Raises:
        ServiceError: as `codes.check_code`, also for a code that was sent for another strategy; `user_locked`,
            `user_banned`.
    """
    count = await lockouts.count_attempt(service, user)
    try:
        verification = await codes.check_code(service, instance, subject_id, purpose, code)
    except ServiceError as refusal:
        if refusal.items[0].code in _WRONG:
            raise lockouts.refuse_attempt(count, refusal) from refusal
        await lockouts.uncount_attempt(service, user)
        raise
    if verification.strategy != strategy:
        raise CODE_INCORRECT(param_name="code")
    return Proof(strategy=strategy, verification=verification)


async def spend_proof(service: Service, tx: Tx, user: User, proof: Proof) -> None:
    """Nothing; the proof is spent, and holds for the user as it is now, in the transaction of what it allows.

    Args:
        service: the services.
        tx: the transaction.
        user: as `users.hold_user` gave it in this transaction.
        proof: what was checked before it.

    Raises:
        ServiceError: another request spent it; the password was changed or the address taken away meanwhile.
    """
    if proof.digest is not None:
        if user.password_digest != proof.digest:
            raise PASSWORD_INCORRECT(param_name="password")
        if proof.new_digest is not None:
            changes = {"password_digest": proof.new_digest}
            await users.update_user(tx, user.instance_id, user.id, changes, now=user.updated_at)
    if proof.verification is not None:
        await codes.spend_code(service, tx, proof.verification)
        if proof.verification.target not in verified_targets(user):
            raise STRATEGY_INVALID(param_name="strategy", strategy=proof.strategy)
    if proof.ticket is not None and not await tickets.spend_ticket(
        tx, user.instance_id, proof.ticket.id, now=service.clock.now()
    ):
        raise TICKET_INVALID()


def verified_targets(user: User) -> set[str]:
    """The addresses, in lower case as codes are kept for them, and numbers that codes prove the user by."""
    emails = {one.email_address.lower() for one in user.email_addresses if one.verification_status == "verified"}
    return emails | {one.phone_number for one in user.phone_numbers if one.verification_status == "verified"}
