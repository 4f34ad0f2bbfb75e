"""Signing: the one file that touches private keys' primitives (RFC 7515, 7517, 7518).

RSA-2048 with e = 65537 is the default, because the JavaScript SDKs' PEM path reads nothing else (case K-002). OpenSSL
checks each RSA-CRT signature against the public exponent before it gives it out, which is the guard against faults
that case K-013 asks for; so nothing is verified again here.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Literal

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

TemplateAlgorithm = Literal["RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "EdDSA", "HS256", "HS384", "HS512"]
TEMPLATE_ALGORITHMS: tuple[str, ...] = (
    "RS256",
    "RS384",
    "RS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "HS256",
    "HS384",
    "HS512",
)
"""What a JWT template's own signing key may use."""
RSA_BITS = 2048
RSA_EXPONENT = 65537

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

_HASHES: dict[str, hashes.HashAlgorithm] = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
_CURVES: dict[str, tuple[str, type[ec.EllipticCurve], int]] = {
    "ES256": ("P-256", ec.SECP256R1, 32),
    "ES384": ("P-384", ec.SECP384R1, 48),
    "ES512": ("P-521", ec.SECP521R1, 66),
}


class KeyRefused(Exception):  # noqa: N818 - reads as the refusal it is
    """A key that may not sign: the sentence says why."""


class Signer(msgspec.Struct, frozen=True):
    """A key that signs: its algorithm, its kid (absent for a template's own key) and its signatures' size."""

    algorithm: str
    kid: str | None
    signature_size: int
    sign: Callable[[bytes], bytes]


def base64url(octets: bytes) -> bytes:
    """Unpadded base64url (RFC 7515, 2)."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=")


@lru_cache(maxsize=64)
def encode_header(algorithm: str, kid: str | None, *, category: str | None, issued_at: int | None) -> bytes:
    """The encoded JOSE header: `alg`, `cat`, `kid`, `oiat`, `typ`; absent members are left out (contract 2.1).

    All tokens of a second and a key share theirs, so the last ones are remembered.
    """
    header = {"alg": algorithm, "cat": category, "kid": kid, "oiat": issued_at, "typ": "JWT"}
    return base64url(msgspec.json.encode({name: value for name, value in header.items() if value is not None}))


def sign_compact(header: bytes, payload: bytes, signer: Signer) -> str:
    """The compact JWS of an encoded header and a payload's bytes (RFC 7515, 7.1)."""
    signing_input = header + b"." + base64url(payload)
    return (signing_input + b"." + base64url(signer.sign(signing_input))).decode("ascii")


def make_signer(private_key: PrivateKey, algorithm: str, kid: str | None) -> Signer:
    """A signer over a private key.

    Raises:
        KeyRefused: the key is not one for `algorithm`, or too weak.
    """
    if isinstance(private_key, rsa.RSAPrivateKey) and algorithm.startswith("RS"):
        return _rsa_signer(private_key, algorithm, kid)
    if isinstance(private_key, ec.EllipticCurvePrivateKey) and algorithm in _CURVES:
        return _ec_signer(private_key, algorithm, kid)
    if isinstance(private_key, ed25519.Ed25519PrivateKey) and algorithm == "EdDSA":
        return Signer(algorithm, kid, 64, private_key.sign)
    raise KeyRefused(f"this key cannot sign {algorithm}")


def make_secret_signer(secret: bytes, algorithm: str) -> Signer:
    """A signer with a shared secret (HS256, HS384, HS512), for a JWT template's own key (case K-014).

    Raises:
        KeyRefused: the secret is shorter than the hash (32 bytes for HS256), or the algorithm is not an HMAC.
    """
    if not algorithm.startswith("HS"):
        raise KeyRefused(f"a shared secret cannot sign {algorithm}")
    digest = getattr(hashlib, f"sha{algorithm[2:]}")
    if len(secret) < digest().digest_size:  # RFC 7518, 3.2
        raise KeyRefused(f"a shared secret for {algorithm} has at least {digest().digest_size} bytes")
    return Signer(algorithm, None, digest().digest_size, lambda octets: hmac.new(secret, octets, digest).digest())


def load_template_signer(key: str, algorithm: str) -> Signer:
    """The signer of a JWT template's own key: PEM text for RS, ES and EdDSA, the secret itself for HS.

    Raises:
        KeyRefused: not a private key that may sign with `algorithm`.
    """
    if algorithm.startswith("HS"):
        return make_secret_signer(key.encode(), algorithm)
    return make_signer(load_private_pem(key.encode()), algorithm, None)


def load_private_pem(pem: bytes) -> PrivateKey:
    """An unencrypted private key from PEM.

    Raises:
        KeyRefused: not PEM, encrypted, or of a kind that signs no JWT.
    """
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyRefused("this is not an unencrypted private key in PEM") from error
    return _accept(key)


def load_private_der(der: bytes) -> PrivateKey:
    """A private key from PKCS#8 DER, as the store seals it."""
    # Its numbers are not checked for being primes again (50 ms a key at each start): AES-GCM says that they are those
    # which were checked when the key was made or imported.
    return _accept(serialization.load_der_private_key(der, password=None, unsafe_skip_rsa_key_validation=True))


def private_der(key: PrivateKey) -> bytes:
    """PKCS#8 DER of a private key, for sealing."""
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def public_pem(key: PublicKey) -> str:
    """SPKI PEM: what applications set as `CLERK_JWT_KEY`."""
    octets = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return octets.decode()


def public_jwk(key: PublicKey, algorithm: str, kid: str) -> dict[str, Any]:
    """The public JWK, with `use`, `alg` and `kid` (contract 2.5, RFC 7517, RFC 8037)."""
    head: dict[str, Any] = {"use": "sig", "kid": kid, "alg": algorithm}
    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        return head | {"kty": "RSA", "n": _encode_integer(numbers.n), "e": _encode_integer(numbers.e)}
    if isinstance(key, ed25519.Ed25519PublicKey):
        octets = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return head | {"kty": "OKP", "crv": "Ed25519", "x": base64url(octets).decode()}
    curve, _, size = _CURVES[algorithm]
    point = key.public_numbers()
    return head | {
        "kty": "EC",
        "crv": curve,
        "x": _encode_integer(point.x, size),
        "y": _encode_integer(point.y, size),
    }


def _accept(key: object) -> PrivateKey:
    if isinstance(key, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey)):
        return key
    raise KeyRefused("only RSA, EC and Ed25519 keys sign tokens")


def _rsa_signer(key: rsa.RSAPrivateKey, algorithm: str, kid: str | None) -> Signer:
    if key.key_size < RSA_BITS:
        raise KeyRefused(f"an RSA key has at least {RSA_BITS} bits, this one has {key.key_size}")
    if key.public_key().public_numbers().e != RSA_EXPONENT:
        raise KeyRefused(f"an RSA key has the public exponent {RSA_EXPONENT}")
    scheme, digest = padding.PKCS1v15(), _HASHES[algorithm[2:]]
    return Signer(algorithm, kid, key.key_size // 8, lambda octets: key.sign(octets, scheme, digest))


def _ec_signer(key: ec.EllipticCurvePrivateKey, algorithm: str, kid: str | None) -> Signer:
    _, curve, size = _CURVES[algorithm]
    if not isinstance(key.curve, curve):
        raise KeyRefused(f"{algorithm} needs a key on {curve.name}, this one is on {key.curve.name}")
    scheme = ec.ECDSA(_HASHES["512" if algorithm == "ES512" else algorithm[2:]])

    def sign(octets: bytes) -> bytes:
        # A JWS holds r and s side by side, not DER (RFC 7518, 3.4).
        r, s = decode_dss_signature(key.sign(octets, scheme))
        return r.to_bytes(size) + s.to_bytes(size)

    return Signer(algorithm, kid, 2 * size, sign)


def _encode_integer(number: int, size: int | None = None) -> str:
    return base64url(number.to_bytes(size or (number.bit_length() + 7) // 8)).decode()
