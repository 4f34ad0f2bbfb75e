"""What is stored of a secret of 256 random bits: its SHA-256 (case L-003). Passwords are not such secrets."""

import base64
import hashlib

SECRET_BYTES = 32
"""Random bytes of a client token, a ticket or a nonce (CASES (c))."""


def hash_secret(secret: str) -> bytes:
    """The 32 bytes that a secret key, a client token or a ticket is found by."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def encode_secret(entropy: bytes) -> str:
    """The text that holds the entropy: 43 URL-safe characters for 32 bytes."""
    return base64.urlsafe_b64encode(entropy).rstrip(b"=").decode()
