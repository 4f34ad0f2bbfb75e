"""Public keys that verify tokens: from PEM, from a JWK, from a key set. No private key and no secret is ever accepted.

What a key is for, and which keys are too weak, is in `public_keys`.
"""

import base64
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from claimsmith.errors import TokenError
from claimsmith.verification.jws import ALGORITHMS, MAX_KID_LENGTH, decode_base64url
from claimsmith.verification.public_keys import RSA_BITS, RSA_EXPONENT, Key, PublicKey, make_key
from claimsmith.verification.strict_json import parse_json_object
from claimsmith.wire import TokenReason

__all__ = [
    "MAX_KEYS",
    "MAX_KEY_SET_BYTES",
    "RSA_BITS",
    "RSA_EXPONENT",
    "Key",
    "KeySet",
    "StaticKeys",
    "make_key",
    "parse_jwk",
    "parse_jwks",
    "parse_pem",
]

MAX_KEYS = 64
MAX_KEY_SET_BYTES = 256 * 1024

_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_PEM_BEGIN, _PEM_END = "-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----"


class KeySet(Protocol):
    """Where `verify_token` finds the key for a token; `StaticKeys` and `RemoteKeys` are two.

    Example:
        ```python
        class ReportingKeys:
            def __init__(self, keys: KeySet) -> None:
                self.keys, self.asked = keys, 0

            def find(self, kid: str | None) -> Key:
                self.asked += 1
                return self.keys.find(kid)


        claims = verify_token(token, ReportingKeys(keys))
        ```
    """

    def find(self, kid: str | None) -> Key:
        """The key for a header's `kid`.

        Raises:
            TokenError: there is none; the reason says why.
        """


class StaticKeys:
    """Keys that are known beforehand; no network.

    Example:
        ```python
        keys = StaticKeys.from_pem(pem)  # e.g. os.environ["CLERK_JWT_KEY"]
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

    Example:
        ```python
        assert parse_pem(pem.replace("\n", "")).algorithm == "RS256"
        ```
    """
    body = "".join(pem.replace("\\n", "\n").split())
    begin, end = "".join(_PEM_BEGIN.split()), "".join(_PEM_END.split())
    if not (body.startswith(begin) and body.endswith(end)):
        raise TokenError("jwk-local-missing", f"A PEM public key starts with {_PEM_BEGIN}.")
    try:
        der = base64.b64decode(body[len(begin) : -len(end)], validate=True)
        return make_key(load_der_public_key(der), kid)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise TokenError("jwk-local-missing", f"The PEM key cannot be used: {error}.") from error


def parse_jwk(jwk: Mapping[str, Any]) -> Key | None:
    """The key of a public JWK (RFC 7517), `None` for one that is for other uses (`enc`, other algorithms or types).

    Raises:
        ValueError: private or symmetric key material, or a key that is weak or malformed.

    Example:
        ```python
        assert parse_jwk({"kty": "RSA", "use": "enc"}) is None
        ```
    """
    if not _PRIVATE_MEMBERS.isdisjoint(jwk) or jwk.get("kty") == "oct":
        raise ValueError("a key set for verification must not hold secrets")
    operations, kind, curve = jwk.get("key_ops", ["verify"]), jwk.get("kty"), jwk.get("crv")
    if not isinstance(operations, list) or not isinstance(kind, str | None) or not isinstance(curve, str | None):
        raise ValueError("a key's kty and crv are texts and its key_ops a list")  # noqa: TRY004 - as all of `parse_*`
    if jwk.get("use", "sig") != "sig" or "verify" not in operations:
        return None
    if jwk.get("alg") not in (None, *ALGORITHMS):
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

    Example:
        ```python
        assert parse_jwks({"keys": []}) == ()
        ```
    """
    jwks = _parse_key_list(document)
    keys = [key for jwk in jwks if (key := parse_jwk(jwk)) is not None and key.kid is not None]
    if len({key.kid for key in keys}) != len(keys):
        raise ValueError("a kid is there twice")
    return tuple(keys)


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
