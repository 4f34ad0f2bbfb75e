"""What a browser is in the middle of: a sign-in, a sign-up, a code that was sent, a ticket that was given.

Times are unix milliseconds. Codes and tickets are stored as keyed or plain hashes, never as themselves.
"""

from typing import Literal

import msgspec

from claimsmith_server.core.models import JsonObject

SignInStatus = Literal[
    "needs_identifier", "needs_first_factor", "needs_second_factor", "needs_new_password", "complete", "abandoned"
]
SignUpStatus = Literal["missing_requirements", "complete", "abandoned"]
VerificationStatus = Literal["unverified", "verified", "failed", "expired"]
VerificationPurpose = Literal["first_factor", "email_address", "phone_number"]
Strategy = Literal[
    "password", "email_code", "phone_code", "reset_password_email_code", "reset_password_phone_code", "ticket"
]
TicketKind = Literal["sign_in", "actor"]
TicketStatus = Literal["pending", "accepted", "revoked", "expired"]

CODE_LIFETIME_MS = 10 * 60 * 1000
CODE_ATTEMPTS = 5
"""Guesses of one code (CASES (c)); the fifth wrong one ends it."""
RESEND_AFTER_MS = 30 * 1000
ATTEMPT_LIFETIME_MS = 24 * 3600 * 1000
"""An attempt that is not completed by then is abandoned."""


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-in attempt of a client (contract 4.3)."""

    id: str
    instance_id: str
    client_id: str
    status: SignInStatus
    identifier: str | None
    """As given; `user_id` is the user that it belongs to."""
    user_id: str | None
    first_factor_strategy: str | None
    first_factor_verified_at: int | None
    created_session_id: str | None
    abandon_at: int
    created_at: int
    updated_at: int


class SignUp(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-up attempt of a client (contract 4.4); nothing of it is reserved until it is complete."""

    id: str
    instance_id: str
    client_id: str
    status: SignUpStatus
    email_address: str | None
    email_address_strategy: str | None
    """What verified the address, e.g. `email_code`; `None` while it is unverified."""
    phone_number: str | None
    phone_number_strategy: str | None
    username: str | None
    first_name: str | None
    last_name: str | None
    locale: str | None
    password_digest: str | None
    unsafe_metadata: JsonObject
    legal_accepted_at: int | None
    organization_invitation_id: str | None
    created_user_id: str | None
    created_session_id: str | None
    abandon_at: int
    created_at: int
    updated_at: int


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """A code that was sent to somebody."""

    id: str
    instance_id: str
    subject_id: str
    """What it verifies: a sign-in, a sign-up, an e-mail address, a phone number or a session."""
    purpose: VerificationPurpose
    strategy: str
    target: str
    """The canonical address or number that it was sent to."""
    code_mac: bytes
    status: VerificationStatus
    attempts: int
    expire_at: int
    created_at: int
    updated_at: int


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """A one-time sign-in that the Backend API gave out: a sign-in token or an actor token (contract 5.4)."""

    id: str
    instance_id: str
    kind: TicketKind
    user_id: str
    token_hash: bytes
    status: TicketStatus
    actor: JsonObject | None
    session_max_duration_seconds: int | None
    expire_at: int
    created_at: int
    updated_at: int


def verification_status_at(verification: Verification, now: int) -> VerificationStatus:
    """The status that holds at `now`: an unverified code is `expired` from the exact millisecond on (case A-007)."""
    if verification.status == "unverified" and now >= verification.expire_at:
        return "expired"
    return verification.status
