"""What is stored of a secret of 256 random bits: its SHA-256 (case L-003). Passwords are not such secrets."""

import hashlib


def hash_secret(secret: str) -> bytes:
    """The 32 bytes that a secret key, a client token or a ticket is found by."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
