"""Keys that live as long as the process, and what they sign; never for anything but tests."""

import functools
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from claimsmith.instance import parse_publishable_key
from claimsmith.settings import Settings
from claimsmith.verification.keys import RSA_EXPONENT, StaticKeys

KID = "ins_test"
PUBLISHABLE_KEY = "pk_test_dGVzdC5jbGVyay5hY2NvdW50cy5kZXYk"
"""Of the instance that tokens made here say they are from, `test.clerk.accounts.dev`."""
ISSUER = "https://test.clerk.accounts.dev"
_KEY_BITS = 2048


class SigningKey(msgspec.Struct, frozen=True):
    """A private RSA key with its name. Make it with `make_signing_key`.

    Example:
        ```python
        from claimsmith import StaticKeys, testing, verify_token

        stranger = testing.make_signing_key("ins_stranger")
        token = testing.make_token(user="user_1", key=stranger)
        assert verify_token(token, StaticKeys.from_pem(stranger.pem))["sub"] == "user_1"
        ```
    """

    kid: str
    """As in the header of the tokens that it signs."""
    private_key: rsa.RSAPrivateKey

    @property
    def pem(self) -> str:
        """The public key, as `CLERK_JWT_KEY` takes it."""
        public = self.private_key.public_key()
        return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode().strip()

    @property
    def jwk(self) -> dict[str, str]:
        """The public key as a member of a key set (RFC 7517)."""
        numbers = self.private_key.public_key().public_numbers()
        told = {"use": "sig", "kty": "RSA", "kid": self.kid, "alg": "RS256"}
        return {**told, "n": _encode_number(numbers.n), "e": _encode_number(numbers.e)}

    def sign(self, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
        """The compact token of exactly this header and these claims, RS256 (RFC 7515)."""
        signed = ".".join(_encode(msgspec.json.encode(part)) for part in (header, claims))
        signature = self.private_key.sign(signed.encode(), padding.PKCS1v15(), SHA256())
        return f"{signed}.{_encode(signature)}"


def make_signing_key(kid: str = KID) -> SigningKey:
    """The key of that name, made when it is first asked for (about 0.1 s), the same one from then on.

    Example:
        ```python
        from claimsmith import testing

        assert testing.make_signing_key("ins_other").pem != testing.pem
        ```
    """
    return _generate(kid)


@functools.cache
def own_keys() -> StaticKeys:
    """`testing.keys`: what verifies the tokens made here, found by `kid`."""
    return StaticKeys.from_jwks(own_jwks())


def own_pem() -> str:
    """`testing.pem`: the public key of the tokens made here."""
    return make_signing_key().pem


def own_jwks() -> dict[str, Any]:
    """`testing.jwks`: the key set of the tokens made here."""
    return {"keys": [make_signing_key().jwk]}


def own_settings() -> Settings:
    """`testing.settings`: of an application whose instance made the tokens here."""
    return Settings(publishable_key=parse_publishable_key(PUBLISHABLE_KEY), jwt_key=own_pem())


def own_environment() -> dict[str, str]:
    """`testing.environment`: `own_settings` as variables."""
    return {"CLERK_PUBLISHABLE_KEY": PUBLISHABLE_KEY, "CLERK_JWT_KEY": own_pem()}


@functools.cache
def _generate(kid: str) -> SigningKey:
    return SigningKey(kid, rsa.generate_private_key(RSA_EXPONENT, _KEY_BITS))


def _encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _encode_number(number: int) -> str:
    return _encode(number.to_bytes((number.bit_length() + 7) // 8))
