"""Public keys that verify tokens: from PEM, from a JWK, from a key set. No private key and no secret is ever accepted.

One key is for exactly one algorithm (RFC 8725bis 3.1): RSA for RS256, P-256 for ES256, Ed25519 for EdDSA.
"""

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from claimsmith.errors import TokenError
from claimsmith.jws import ALGORITHMS, MAX_KID_LENGTH, decode_base64url
from claimsmith.strict_json import parse_json_object
from claimsmith.wire import TokenReason

MAX_KEYS = 64
MAX_KEY_SET_BYTES = 256 * 1024
RSA_BITS = range(2048, 4097)
RSA_EXPONENT = 65537

_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_CURVE_BYTES = 32
_SHA256_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
"""DER in front of a SHA-256 digest in an RSA signature (RFC 8017 section 9.2, note 1)."""
_PEM_BEGIN, _PEM_END = "-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----"
# Keys of the broken generator (CVE-2017-15361) are powers of 65537 modulo each of these primes; others hardly ever.
_ROCA_PRIMES = (11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157)

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class Key:
    """A public key for one algorithm.

    Attributes:
        kid: the name that token headers call it by; `None` for a pinned key, which is used whatever the header's `kid`.
        algorithm: `RS256`, `ES256` or `EdDSA`.
        check: takes a signature and what it is over; raises `cryptography.exceptions.InvalidSignature`.
    """

    kid: str | None
    algorithm: str
    check: Callable[[bytes, bytes], None]


class KeySet(Protocol):
    """Where `verify_token` finds the key for a token."""

    def find(self, kid: str | None) -> Key:
        """The key for a header's `kid`.

        Raises:
            TokenError: there is none; the reason says why.
        """


class StaticKeys:
    """Keys that are known beforehand; no network.

    Example:
        ```python
        keys = StaticKeys.from_pem(os.environ["CLERK_JWT_KEY"])
        claims = verify_token(token, keys)
        ```
    """

    def __init__(self, keys: Iterable[Key] = (), *, missing: TokenReason = "jwk-kid-mismatch") -> None:
        """Hold `keys`; `missing` is the reason given for a `kid` that is not among them."""
        self._keys = {key.kid: key for key in keys}
        self._pinned = self._keys.get(None)
        self._missing = missing

    @classmethod
    def from_pem(cls, pem: str) -> "StaticKeys":
        """One pinned key, used for every token; it does not follow key rotation. Raises as `parse_pem`."""
        return cls([parse_pem(pem)])

    @classmethod
    def from_jwks(cls, document: bytes | Mapping[str, Any]) -> "StaticKeys":
        """The keys of a key set, found by `kid`. Raises as `parse_jwks`."""
        return cls(parse_jwks(document))

    @property
    def kids(self) -> tuple[str, ...]:
        """The names of the keys, in the order given; a pinned key has none."""
        return tuple(kid for kid in self._keys if kid is not None)

    def find(self, kid: str | None) -> Key:
        """The key with this `kid`, or the pinned key.

        Raises:
            TokenError: `jwk-kid-mismatch`, or what the constructor was told.
        """
        if self._pinned is not None:
            return self._pinned
        key = self._keys.get(kid)
        if key is None:
            raise TokenError(self._missing)
        return key


def parse_pem(pem: str, *, kid: str | None = None) -> Key:
    r"""The key of an SPKI PEM public key; line breaks may be missing or written as `\n`, as in environment variables.

    Raises:
        TokenError: `jwk-local-missing`: not PEM, a private key or certificate, RSA not of 2048 to 4096 bits with
            e = 65537, a key of the ROCA generator, or another type of key.
    """
    body = "".join(pem.replace("\\n", "\n").split())
    begin, end = "".join(_PEM_BEGIN.split()), "".join(_PEM_END.split())
    if not (body.startswith(begin) and body.endswith(end)):
        raise TokenError("jwk-local-missing", f"A PEM public key starts with {_PEM_BEGIN}.")
    try:
        der = base64.b64decode(body[len(begin) : -len(end)], validate=True)
        return make_key(load_der_public_key(der), kid)
    except (ValueError, binascii.Error, UnsupportedAlgorithm) as error:
        raise TokenError("jwk-local-missing", f"The PEM key cannot be used: {error}.") from error


def parse_jwk(jwk: Mapping[str, Any]) -> Key | None:
    """The key of a public JWK (RFC 7517), `None` for one that is for other uses (`enc`, other algorithms or types).

    Raises:
        ValueError: private or symmetric key material, or a key that is weak or malformed.
    """
    if not _PRIVATE_MEMBERS.isdisjoint(jwk) or jwk.get("kty") == "oct":
        raise ValueError("a key set for verification must not hold secrets")
    operations, kind, curve = jwk.get("key_ops", ["verify"]), jwk.get("kty"), jwk.get("crv")
    if not isinstance(operations, list) or not isinstance(kind, str | None) or not isinstance(curve, str | None):
        raise ValueError("a key's kty and crv are texts and its key_ops a list")  # noqa: TRY004 - as all of `parse_*`
    if jwk.get("use", "sig") != "sig" or "verify" not in operations:
        return None
    if jwk.get("alg", ALGORITHMS[0]) not in ALGORITHMS:
        return None
    load = _JWK_LOADERS.get((kind, curve))
    if load is None:
        return None
    key = make_key(load(jwk), _parse_kid(jwk))
    if jwk.get("alg", key.algorithm) != key.algorithm:
        raise ValueError("alg does not fit the type of the key")
    return key


def parse_jwks(document: bytes | Mapping[str, Any]) -> tuple[Key, ...]:
    """The usable keys of a key set `{"keys": [{"kty": "RSA", "kid": "ins_1", "n": ..., "e": "AQAB"}]}`.

    Keys for other uses and keys without `kid` are passed over (RFC 7517 section 5).

    Raises:
        ValueError: not a key set, over 256 KiB or 64 keys, one `kid` twice, secrets, or a weak or malformed key.
    """
    jwks = _parse_key_list(document)
    keys = [key for jwk in jwks if (key := parse_jwk(jwk)) is not None and key.kid is not None]
    if len({key.kid for key in keys}) != len(keys):
        raise ValueError("a kid is there twice")
    return tuple(keys)


def make_key(public_key: object, kid: str | None) -> Key:
    """The key for a public key of `cryptography`.

    Raises:
        ValueError: weak, or of a type that no algorithm here is for.
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
    recover, scheme, size = public_key.recover_data_from_signature, padding.PKCS1v15(), public_key.key_size // 8

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


def _parse_key_list(document: bytes | Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if isinstance(document, bytes):
        if len(document) > MAX_KEY_SET_BYTES:
            raise ValueError(f"a key set has at most {MAX_KEY_SET_BYTES} bytes")
        document = parse_json_object(document)
    jwks = document.get("keys")
    if not isinstance(jwks, list) or not all(isinstance(jwk, Mapping) for jwk in jwks):
        raise ValueError("a key set is an object with a list of objects in `keys`")
    if len(jwks) > MAX_KEYS:
        raise ValueError(f"a key set has at most {MAX_KEYS} keys")
    return jwks


def _parse_kid(jwk: Mapping[str, Any]) -> str | None:
    kid = jwk.get("kid")
    if kid is not None and not (isinstance(kid, str) and 0 < len(kid) <= MAX_KID_LENGTH):
        raise ValueError("a kid is a short text")
    return kid


def _parse_bytes(jwk: Mapping[str, Any], name: str) -> bytes:
    value = jwk.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"a key has the text member {name}")
    try:
        return decode_base64url(value)
    except TokenError:
        raise ValueError(f"{name} is not base64url") from None


def _parse_number(jwk: Mapping[str, Any], name: str) -> int:
    return int.from_bytes(_parse_bytes(jwk, name))


def _load_rsa(jwk: Mapping[str, Any]) -> PublicKey:
    return rsa.RSAPublicNumbers(_parse_number(jwk, "e"), _parse_number(jwk, "n")).public_key()


def _load_p256(jwk: Mapping[str, Any]) -> PublicKey:
    x, y = _parse_number(jwk, "x"), _parse_number(jwk, "y")
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()


def _load_ed25519(jwk: Mapping[str, Any]) -> PublicKey:
    return ed25519.Ed25519PublicKey.from_public_bytes(_parse_bytes(jwk, "x"))


_JWK_LOADERS: dict[tuple[object, object], Callable[[Mapping[str, Any]], PublicKey]] = {
    ("RSA", None): _load_rsa,
    ("EC", "P-256"): _load_p256,
    ("OKP", "Ed25519"): _load_ed25519,
}
