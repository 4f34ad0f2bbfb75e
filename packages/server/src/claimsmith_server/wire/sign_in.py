"""Sign-in attempts as they go out (contract 4.3). They name no secret, and no user before there is one."""

from typing import Literal

import msgspec

from claimsmith_server.core.attempts import CODE_ATTEMPTS, SignInStatus, Verification
from claimsmith_server.core.models import User
from claimsmith_server.core.sign_in import FirstFactor, IdentifierKind, SignInView


class UserData(msgspec.Struct, frozen=True, kw_only=True):
    """What the page may show of who is about to sign in."""

    first_name: str | None
    last_name: str | None
    image_url: str
    has_image: bool


class FactorVerification(msgspec.Struct, frozen=True, kw_only=True):
    """How far a factor is: its object and strategy belong together (contract 4.2)."""

    object: Literal["verification_password", "verification_otp", "verification_ticket"]
    status: str
    strategy: str
    attempts: int | None
    expire_at: int | None


class WireSignIn(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-in attempt."""

    id: str
    object: Literal["sign_in_attempt"] = "sign_in_attempt"
    status: SignInStatus
    supported_identifiers: tuple[IdentifierKind, ...]
    identifier: str | None
    user_data: UserData | None
    supported_first_factors: tuple[FirstFactor, ...] | None
    supported_second_factors: tuple[()] | None
    first_factor_verification: FactorVerification | None
    second_factor_verification: None = None
    created_session_id: str | None
    abandon_at: int


def sign_in_out(view: SignInView) -> WireSignIn:
    """An attempt for its browser."""
    sign_in = view.sign_in
    return WireSignIn(
        id=sign_in.id,
        status=sign_in.status,
        supported_identifiers=view.identifiers,
        identifier=sign_in.identifier,
        user_data=None if view.user is None else _user_data_out(view.user),
        supported_first_factors=view.factors,
        supported_second_factors=() if sign_in.status == "needs_second_factor" else None,
        first_factor_verification=_verification_out(view),
        created_session_id=sign_in.created_session_id,
        abandon_at=sign_in.abandon_at,
    )


def _user_data_out(user: User) -> UserData:
    return UserData(
        first_name=user.first_name, last_name=user.last_name, image_url=user.image_url, has_image=user.has_image
    )


def _verification_out(view: SignInView) -> FactorVerification | None:
    if view.verification is not None:
        return code_out(view.verification)
    strategy = view.sign_in.first_factor_strategy
    if strategy is None:
        return None
    return FactorVerification(
        object="verification_ticket" if strategy == "ticket" else "verification_password",
        status="unverified" if view.sign_in.first_factor_verified_at is None else "verified",
        strategy=strategy,
        attempts=None,
        expire_at=None,
    )


def code_out(verification: Verification) -> FactorVerification:
    """How far a code is."""
    is_spent = verification.status == "unverified" and verification.attempts >= CODE_ATTEMPTS
    return FactorVerification(
        object="verification_otp",
        status="failed" if is_spent else verification.status,
        strategy=verification.strategy,
        attempts=verification.attempts,
        expire_at=verification.expire_at,
    )
