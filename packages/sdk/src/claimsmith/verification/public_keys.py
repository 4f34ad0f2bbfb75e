"""Public keys and the one algorithm that each is for (RFC 8725bis 3.1).

RSA is for RS256, P-256 for ES256, Ed25519 for EdDSA.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

RSA_BITS = range(2048, 4097)
RSA_EXPONENT = 65537

_CURVE_BYTES = 32
_SHA256_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
"""DER in front of a SHA-256 digest in an RSA signature (RFC 8017 section 9.2, note 1)."""
# Keys of the broken generator (CVE-2017-15361) are powers of 65537 modulo each of these primes; others hardly ever.
_ROCA_PRIMES = (11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157)

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey


@dataclass(frozen=True, slots=True, eq=False)
class Key:
    """A public key for one algorithm.

    Attributes:
        kid: the name that token headers call it by; `None` for a pinned key, which is used whatever the header's `kid`.
        algorithm: `RS256`, `ES256` or `EdDSA`.
        check: takes a signature and what it is over; raises `cryptography.exceptions.InvalidSignature`.

    Example:
        ```python
        from claimsmith.verification.keys import parse_pem

        key = parse_pem(pem)
        assert (key.kid, key.algorithm) == (None, "RS256")
        ```
    """

    kid: str | None
    algorithm: str
    check: Callable[[bytes, bytes], None]


def make_key(public_key: object, kid: str | None) -> Key:
    """The key for a public key of `cryptography`.

    Raises:
        ValueError: weak, or of a type that no algorithm here is for.

    Example:
        ```python
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        key = make_key(Ed25519PrivateKey.generate().public_key(), "ins_1")
        assert (key.kid, key.algorithm) == ("ins_1", "EdDSA")
        ```
    """
    if isinstance(public_key, rsa.RSAPublicKey):
        return Key(kid, "RS256", _rsa_check(public_key))
    if isinstance(public_key, ec.EllipticCurvePublicKey) and isinstance(public_key.curve, ec.SECP256R1):
        return Key(kid, "ES256", _ec_check(public_key))
    if isinstance(public_key, ed25519.Ed25519PublicKey):
        return Key(kid, "EdDSA", public_key.verify)
    raise ValueError("a key is RSA, P-256 or Ed25519")


def _rsa_check(public_key: rsa.RSAPublicKey) -> Callable[[bytes, bytes], None]:
    numbers = public_key.public_numbers()
    if public_key.key_size not in RSA_BITS or numbers.e != RSA_EXPONENT:
        raise ValueError("an RSA key has 2048 to 4096 bits and the exponent 65537")
    if _is_roca(numbers.n):
        raise ValueError("the RSA key comes from a broken generator (CVE-2017-15361)")
    recover, scheme, size = public_key.recover_data_from_signature, padding.PKCS1v15(), (public_key.key_size + 7) // 8

    def check(signature: bytes, signed: bytes) -> None:
        # The signed digest is recovered and compared whole, as `verify` does inside (RFC 8017 section 8.2.2), at 22 us
        # instead of 24. The check of the length makes the one encoding of a signature the only one.
        if len(signature) != size or recover(signature, scheme, None) != _SHA256_DIGEST_INFO + sha256(signed).digest():
            raise InvalidSignature

    return check


def _ec_check(public_key: ec.EllipticCurvePublicKey) -> Callable[[bytes, bytes], None]:
    algorithm = ec.ECDSA(SHA256())

    def check(signature: bytes, signed: bytes) -> None:
        if len(signature) != 2 * _CURVE_BYTES:
            raise InvalidSignature
        r, s = int.from_bytes(signature[:_CURVE_BYTES]), int.from_bytes(signature[_CURVE_BYTES:])
        public_key.verify(encode_dss_signature(r, s), signed, algorithm)

    return check


def _is_roca(modulus: int) -> bool:
    return all(modulus % prime in {pow(RSA_EXPONENT, power, prime) for power in range(prime)} for prime in _ROCA_PRIMES)
