"""Keys and tokens for the SDK's tests: signed here, with `cryptography` and the standard library only."""

import base64
import functools
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from claimsmith.verification.keys import StaticKeys

NOW = 1_700_000_000
KID = "ins_2abc"
ISSUER = "https://demo.clerk.accounts.dev"
PUBLISHABLE_KEY = "pk_test_ZGVtby5jbGVyay5hY2NvdW50cy5kZXYk"
HEADER: dict[str, Any] = {"alg": "RS256", "cat": "cl_B7d4PD111AAA", "kid": KID, "oiat": NOW, "typ": "JWT"}
CLAIMS: dict[str, Any] = {
    "azp": "http://localhost:3000",
    "exp": NOW + 60,
    "fva": [3, -1],
    "iat": NOW,
    "iss": ISSUER,
    "jti": "0123456789abcdef0123",
    "nbf": NOW - 10,
    "sid": "sess_1",
    "sts": "active",
    "sub": "user_1",
    "v": 2,
    "fullName": "Ada Lovelace",
    "primaryEmail": "ada@example.com",
}


@functools.cache
def rsa_key(name: str = "own", bits: int = 2048) -> rsa.RSAPrivateKey:
    """A private key that stays the same for `name` while the tests run."""
    return rsa.generate_private_key(65537, bits)


@functools.cache
def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@functools.cache
def ed_key() -> ed25519.Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.generate()


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def number(value: int) -> str:
    return b64(value.to_bytes((value.bit_length() + 7) // 8))


def pem(key: Any = None) -> str:
    public = (key or rsa_key()).public_key()
    return str(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())


def jwk(key: rsa.RSAPrivateKey | None = None, kid: str = KID) -> dict[str, Any]:
    numbers = (key or rsa_key()).public_key().public_numbers()
    return {"use": "sig", "kty": "RSA", "kid": kid, "alg": "RS256", "n": number(numbers.n), "e": number(numbers.e)}


def jwks(*keys: dict[str, Any]) -> bytes:
    return json.dumps({"keys": list(keys or (jwk(),))}).encode()


def own_keys() -> StaticKeys:
    """The key set that the tokens here belong to."""
    return StaticKeys.from_jwks(jwks())


def sign_text(header: bytes | str, payload: bytes | str, key: Any = None, digest: HashAlgorithm | None = None) -> str:
    """A token over exactly these texts, truly signed."""
    parts = [part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part for part in (header, payload)]
    signed = ".".join(map(b64, parts))
    return f"{signed}.{b64(sign_bytes(signed.encode(), key or rsa_key(), digest or SHA256()))}"


def sign_bytes(signed: bytes, key: Any, digest: HashAlgorithm) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(signed, padding.PKCS1v15(), digest)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        r, s = decode_dss_signature(key.sign(signed, ec.ECDSA(digest)))
        return r.to_bytes(32) + s.to_bytes(32)
    return bytes(key.sign(signed))


def compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def make_token(header: dict[str, Any] | None = None, key: Any = None, **claims: Any) -> str:
    """A session token; members given replace the usual ones, and `...` leaves one out."""
    merged_header = {name: value for name, value in {**HEADER, **(header or {})}.items() if value is not ...}
    merged = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not ...}
    return sign_text(compact(merged_header), compact(merged), key)
