"""Sign-up attempts as they go out (contract 4.4, 4.15). The password is only told to be there."""

from typing import Literal

import msgspec

from claimsmith_server.core.attempts import SignUpStatus, VerificationStatus
from claimsmith_server.core.models import JsonObject
from claimsmith_server.core.sign_up import ContactVerification, NextAction, SignUpView


class SignUpVerification(msgspec.Struct, frozen=True, kw_only=True):
    """How far an address or a number is verified; `strategy` is null until a code was asked for."""

    object: Literal["verification_otp", "verification_ticket"]
    status: VerificationStatus
    strategy: str | None
    attempts: int | None
    expire_at: int | None
    next_action: NextAction
    supported_strategies: tuple[str, ...]


class SignUpVerifications(msgspec.Struct, frozen=True, kw_only=True):
    """Every verification; null where there is nothing to verify."""

    email_address: SignUpVerification | None
    phone_number: SignUpVerification | None
    web3_wallet: None = None
    external_account: None = None


class WireSignUp(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-up attempt."""

    id: str
    object: Literal["sign_up_attempt"] = "sign_up_attempt"
    status: SignUpStatus
    required_fields: tuple[str, ...]
    optional_fields: tuple[str, ...]
    missing_fields: tuple[str, ...]
    unverified_fields: tuple[str, ...]
    verifications: SignUpVerifications
    username: str | None
    email_address: str | None
    phone_number: str | None
    web3_wallet: None = None
    has_password: bool
    """As clerk-js reads it; `password_enabled` is the published name of the same."""
    password_enabled: bool
    first_name: str | None
    last_name: str | None
    unsafe_metadata: JsonObject
    public_metadata: JsonObject
    external_account_strategy: None = None
    external_account: None = None
    custom_action: bool = False
    external_id: None = None
    created_session_id: str | None
    created_user_id: str | None
    abandon_at: int
    legal_accepted_at: int | None
    locale: str | None


def sign_up_out(view: SignUpView) -> WireSignUp:
    """A sign-up attempt for its browser."""
    sign_up, requirements = view.sign_up, view.requirements
    return WireSignUp(
        id=sign_up.id,
        status=sign_up.status,
        required_fields=requirements.required,
        optional_fields=requirements.optional,
        missing_fields=requirements.missing,
        unverified_fields=requirements.unverified,
        verifications=SignUpVerifications(
            email_address=_verification_out(view.email_verification),
            phone_number=_verification_out(view.phone_verification),
        ),
        username=sign_up.username,
        email_address=sign_up.email_address,
        phone_number=sign_up.phone_number,
        has_password=view.has_password,
        password_enabled=view.has_password,
        first_name=sign_up.first_name,
        last_name=sign_up.last_name,
        unsafe_metadata=sign_up.unsafe_metadata,
        public_metadata={},
        created_session_id=sign_up.created_session_id,
        created_user_id=sign_up.created_user_id,
        abandon_at=sign_up.abandon_at,
        legal_accepted_at=sign_up.legal_accepted_at,
        locale=sign_up.locale,
    )


def _verification_out(verification: ContactVerification | None) -> SignUpVerification | None:
    if verification is None:
        return None
    return SignUpVerification(
        object="verification_ticket" if verification.strategy == "ticket" else "verification_otp",
        status=verification.status,
        strategy=verification.strategy,
        attempts=verification.attempts,
        expire_at=verification.expire_at,
        next_action=verification.next_action,
        supported_strategies=verification.supported_strategies,
    )
