"""Signing up: what an attempt's status may become, what it lacks, how far its verifications are (contract 4.4). Pure.

What the table does not list is refused. An attempt is complete only when nothing is missing, and what is missing always
includes a name to be known by and a way to sign in again.
"""

from collections.abc import Mapping
from typing import Any, Literal, get_args

import msgspec

from claimsmith_server.core.attempts import (
    CODE_ATTEMPTS,
    SignUp,
    SignUpStatus,
    Verification,
    VerificationStatus,
    verification_status_at,
)
from claimsmith_server.core.instance_settings import AuthenticationSettings

SignUpEvent = Literal["change", "prepare", "verify", "complete", "abandon"]
"""What happens to an attempt; `complete` when nothing is missing any more."""
Contact = Literal["email_address", "phone_number"]
NextAction = Literal["needs_prepare", "needs_attempt", ""]

TRANSITIONS: Mapping[tuple[SignUpStatus, SignUpEvent], SignUpStatus] = {
    ("missing_requirements", "change"): "missing_requirements",
    ("missing_requirements", "prepare"): "missing_requirements",
    ("missing_requirements", "verify"): "missing_requirements",
    ("missing_requirements", "complete"): "complete",
    ("missing_requirements", "abandon"): "abandoned",
}
STATUSES: tuple[SignUpStatus, ...] = get_args(SignUpStatus)
EVENTS: tuple[SignUpEvent, ...] = get_args(SignUpEvent)
CONTACTS: tuple[Contact, ...] = get_args(Contact)
FIELDS = ("email_address", "phone_number", "username", "first_name", "last_name", "password")
"""What sign-up may ask for, in the order in which pages ask."""
IDENTIFIERS = ("email_address", "phone_number", "username")
CODE_STRATEGIES: Mapping[str, Contact] = {"email_code": "email_address", "phone_code": "phone_number"}
"""What each strategy verifies."""


class Requirements(msgspec.Struct, frozen=True):
    """The fields that an attempt is asked for, and those that it still lacks."""

    required: tuple[str, ...]
    optional: tuple[str, ...]
    missing: tuple[str, ...]
    unverified: tuple[str, ...]

    @property
    def are_met(self) -> bool:
        """Whether nothing is left to do."""
        return not (self.missing or self.unverified)


class ContactVerification(msgspec.Struct, frozen=True, kw_only=True):
    """How far the verification of an address or a number is."""

    status: VerificationStatus
    strategy: str | None
    """`None` until a code was asked for: pages take any strategy for a code that was sent (contract 4.15)."""
    attempts: int | None
    expire_at: int | None
    next_action: NextAction
    supported_strategies: tuple[str, ...]


class SignUpView(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt with all that goes out with it; its status is the one that holds now."""

    sign_up: SignUp
    has_password: bool
    requirements: Requirements
    email_verification: ContactVerification | None
    phone_verification: ContactVerification | None


def next_status(status: SignUpStatus, event: SignUpEvent) -> SignUpStatus | None:
    """The status after an event; `None` when the event is refused there."""
    return TRANSITIONS.get((status, event))


def status_at(status: SignUpStatus, abandon_at: int, now: int) -> SignUpStatus:
    """The status at `now` (unix milliseconds): from `abandon_at` on an attempt that isn't over is abandoned."""
    return status if now < abandon_at else (next_status(status, "abandon") or status)


def change_fields(sign_up: SignUp, fields: Mapping[str, Any], now: int) -> SignUp:
    """The attempt with fields changed; another address or number than before is an unverified one (case A-030)."""
    changed = msgspec.structs.replace(sign_up, **{**fields, "updated_at": now})
    lost = {
        f"{contact}_strategy": None
        for contact in CONTACTS
        if f"{contact}_strategy" not in fields and code_target(changed, contact) != code_target(sign_up, contact)
    }
    return msgspec.structs.replace(changed, **lost)


def find_requirements(settings: AuthenticationSettings, sign_up: SignUp) -> Requirements:
    """What an attempt is asked for by the instance's settings, and what of it is still to do."""
    required = tuple(name for name in FIELDS if getattr(settings, name) == "required")
    optional = tuple(name for name in FIELDS if getattr(settings, name) == "optional")
    given = _given(sign_up)
    missing = {*required, *_needed_to_return(settings, given | {*required})} - given
    unverified = (contact for contact in CONTACTS if contact in given and _is_to_verify(settings, sign_up, contact))
    return Requirements(required, optional, tuple(name for name in FIELDS if name in missing), tuple(unverified))


def view_verification(
    sign_up: SignUp, contact: Contact, latest: Verification | None, now: int
) -> ContactVerification | None:
    """How far an address or a number is verified; `None` when the attempt has none.

    Args:
        sign_up: the attempt.
        contact: which of its two.
        latest: the latest code that was sent for it; one that went elsewhere doesn't count.
        now: unix milliseconds.
    """
    target = code_target(sign_up, contact)
    if target is None:
        return None
    supported = tuple(strategy for strategy, verified in CODE_STRATEGIES.items() if verified == contact)
    sent = latest if latest is not None and latest.target == target else None
    proof: str | None = getattr(sign_up, f"{contact}_strategy")
    if proof is None and sent is not None and sent.status == "verified":
        sent = None  # spent before the address was changed and changed back
    status: VerificationStatus = "unverified" if sent is None else _code_status(sent, now)
    is_waiting = sent is not None and status == "unverified"
    action: NextAction = "needs_attempt" if is_waiting else "needs_prepare"
    return ContactVerification(
        status=status if proof is None else "verified",
        strategy=proof or (None if sent is None else sent.strategy),
        attempts=None if sent is None else sent.attempts,
        expire_at=None if sent is None else sent.expire_at,
        next_action=action if proof is None else "",
        supported_strategies=supported,
    )


def code_target(sign_up: SignUp, contact: Contact) -> str | None:
    """Where a code for the attempt's address or number goes.

    An address in lower case: it has one budget of guesses, however it is spelled (cases A-005, A-011).
    """
    given: str | None = getattr(sign_up, contact)
    return None if given is None else given.lower()


def is_proof_needed(settings: AuthenticationSettings, sign_up: SignUp, contact: Contact) -> bool:
    """Whether an address or a number counts only once its owner proved it: always, when codes are the way back in."""
    has_password = sign_up.password_digest is not None or settings.password == "required"  # noqa: S105 - a presence
    return bool(getattr(settings, f"verify_{contact}")) or not has_password


def _given(sign_up: SignUp) -> set[str]:
    names = {name for name in FIELDS if name != "password" and getattr(sign_up, name) is not None}
    return names if sign_up.password_digest is None else names | {"password"}


def _needed_to_return(settings: AuthenticationSettings, names: set[str]) -> set[str]:
    """What these fields lack for their user to ever sign in again; any one of several may do."""
    enabled = {name for name in FIELDS if getattr(settings, name) != "off"}
    if not names.intersection(IDENTIFIERS):
        return enabled.intersection(IDENTIFIERS)
    coded = enabled.intersection(
        contact for strategy, contact in CODE_STRATEGIES.items() if getattr(settings, strategy)
    )
    if "password" in names or names & coded:
        return set()
    return {"password"} if "password" in enabled else coded


def _is_to_verify(settings: AuthenticationSettings, sign_up: SignUp, contact: Contact) -> bool:
    return getattr(sign_up, f"{contact}_strategy") is None and is_proof_needed(settings, sign_up, contact)


def _code_status(sent: Verification, now: int) -> VerificationStatus:
    status = verification_status_at(sent, now)
    return "failed" if status == "unverified" and sent.attempts >= CODE_ATTEMPTS else status
