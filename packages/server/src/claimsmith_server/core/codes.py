"""Codes of six digits: drawn, keyed, compared. Pure."""

import hmac

CODE_DIGITS = 6
CODE_ENTROPY_BYTES = 16
"""16 bytes for 10^6 codes: no code is likelier than another by more than 2^-108 (case A-008)."""


def make_code(entropy: bytes) -> str:
    """Six decimal digits, `000000` to `999999`, all equally likely."""
    return str(int.from_bytes(entropy) % 10**CODE_DIGITS).zfill(CODE_DIGITS)


def code_message(verification_id: str, code: str) -> str:
    """What the keyed hash of a code is made of: a code is bound to its verification (case A-006)."""
    return f"{verification_id}:{code}"


def is_same_mac(one: bytes, other: bytes) -> bool:
    """Whether two keyed hashes are equal, in constant time (case S-023)."""
    return hmac.compare_digest(one, other)
