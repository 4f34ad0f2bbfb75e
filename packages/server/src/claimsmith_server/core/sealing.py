"""Sealing of secrets at rest: AES-256-GCM with a master key that lives outside the database (case K-010).

A sealed value is `version byte 1 | 12-byte nonce | ciphertext and tag`. The associated data bind it to its row, so
that a value moved to another row does not open.
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12
MASTER_KEY_BYTES = 32
_VERSION = b"\x01"


class UnsealError(Exception):
    """The master key is not the one that sealed this value, or the value was changed."""


def seal(master_key: bytes, plaintext: bytes, *, associated: str, nonce: bytes) -> bytes:
    """`plaintext` that only `master_key` and the same `associated` text open; a nonce is never used twice."""
    return _VERSION + nonce + AESGCM(master_key).encrypt(nonce, plaintext, associated.encode())


def unseal(master_key: bytes, sealed: bytes, *, associated: str) -> bytes:
    """The plaintext.

    Raises:
        UnsealError: wrong key, wrong row, or a changed value.
    """
    nonce, ciphertext = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    if sealed[:1] != _VERSION:
        raise UnsealError("unknown version of a sealed value")
    try:
        return AESGCM(master_key).decrypt(nonce, ciphertext, associated.encode())
    except (InvalidTag, ValueError) as error:
        raise UnsealError("the master key does not open this value") from error
