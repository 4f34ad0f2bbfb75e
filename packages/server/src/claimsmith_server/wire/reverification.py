"""Reverifications of a session as they go out (contract 4.5)."""

from typing import Literal

import msgspec

from claimsmith_server.core.attempts import Verification
from claimsmith_server.core.reverification import ReverificationLevel, ReverificationStatus
from claimsmith_server.core.sign_in import FirstFactor
from claimsmith_server.wire.client import ClientSession
from claimsmith_server.wire.sign_in import FactorVerification, code_out


class SessionReverification(msgspec.Struct, frozen=True, kw_only=True):
    """How far a session's reverification is."""

    object: Literal["session_reverification"] = "session_reverification"
    level: ReverificationLevel
    status: ReverificationStatus
    session: ClientSession
    supported_first_factors: tuple[FirstFactor, ...] | None
    """`None` once nothing more is to be proved."""
    supported_second_factors: tuple[()] | None
    first_factor_verification: FactorVerification | None
    second_factor_verification: None = None


def reverification_out(  # noqa: PLR0913 - what it is made of
    session: ClientSession,
    *,
    level: ReverificationLevel,
    status: ReverificationStatus,
    factors: tuple[FirstFactor, ...],
    verification: Verification | None,
    strategy: str | None,
) -> SessionReverification:
    """A reverification for its browser; `strategy` is what proved the user, once something did."""
    return SessionReverification(
        level=level,
        status=status,
        session=session,
        supported_first_factors=None if status == "complete" else factors,
        supported_second_factors=() if status == "needs_second_factor" else None,
        first_factor_verification=_verification_out(verification, strategy),
    )


def _verification_out(verification: Verification | None, strategy: str | None) -> FactorVerification | None:
    if verification is not None:
        return code_out(verification)
    if strategy is None:
        return None
    return FactorVerification(
        object="verification_password", status="verified", strategy=strategy, attempts=None, expire_at=None
    )
