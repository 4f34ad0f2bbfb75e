"""Keys: what is taken from PEM and key sets (J-002, K-012); for those on the network see test_sdk_remote_keys.py."""

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from sdk_signing import KID, NOW, b64, ec_key, ed_key, jwk, jwks, make_token, number, pem, rsa_key

from claimsmith import StaticKeys, TokenError, verify_token
from claimsmith.keys import parse_jwk, parse_jwks, parse_pem


def reason_of(call: Callable[[], Any]) -> str:
    with pytest.raises(TokenError) as caught:
        call()
    return caught.value.reason


def private_pem() -> str:
    return rsa_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def small_pem() -> str:
    return pem(rsa.generate_private_key(65537, 1024))  # noqa: S505 - what is to be refused


def pem_of_numbers(exponent: int) -> str:
    public = rsa.RSAPublicNumbers(exponent, rsa_key().public_key().public_numbers().n).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.mark.parametrize(
    "make",
    [
        private_pem,
        small_pem,
        lambda: pem_of_numbers(3),
        lambda: pem(ec.generate_private_key(ec.SECP384R1())),
        lambda: rsa_key().public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode(),
        lambda: "",
        lambda: "not a key",
        lambda: "-----BEGIN PUBLIC KEY-----\n####\n-----END PUBLIC KEY-----",
        lambda: pem().replace("MII", "MIJ"),
    ],
)
def test_a_pem_text_that_is_no_fit_public_key_is_refused(make: Callable[[], str]) -> None:
    text = make()
    with pytest.raises(TokenError) as caught:
        parse_pem(text)
    assert caught.value.reason == "jwk-local-missing"
    assert not text or text not in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"d": "AQAB"},
        {"kty": "oct", "k": "c2VjcmV0"},
        {"e": "AQ"},
        {"e": "Aw"},
        {"e": ""},
        {"n": None},
        {"n": "not base64!"},
        {"n": number((1 << 1023) | 1)},
        {"kid": ""},
        {"kid": 7},
        {"kid": "x" * 300},
        {"alg": "ES256"},
    ],
)
def test_J_002_a_key_set_with_a_weak_secret_or_malformed_key_is_refused_whole(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_jwks(jwks(jwk(rsa_key("good"), "good"), {**jwk(), **changes}))


@pytest.mark.parametrize(
    "changes", [{"use": "enc"}, {"alg": "RS512"}, {"alg": 1}, {"kty": "AKP"}, {"key_ops": ["sign"]}]
)
def test_keys_for_other_uses_are_passed_over(changes: dict[str, Any]) -> None:
    assert parse_jwk({**jwk(), **changes}) is None
    assert [key.kid for key in parse_jwks(jwks({**jwk(), **changes}, jwk(rsa_key("good"), "good")))] == ["good"]


def test_P_256_and_ed25519_keys_come_from_key_sets_too() -> None:
    numbers = ec_key().public_key().public_numbers()
    p256 = {"kty": "EC", "crv": "P-256", "kid": "p", "x": number(numbers.x), "y": number(numbers.y)}
    raw = ed_key().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    ed25519 = {"kty": "OKP", "crv": "Ed25519", "kid": "e", "x": b64(raw)}
    keys = StaticKeys.from_jwks({"keys": [p256, ed25519, jwk()]})
    assert keys.kids == ("p", "e", KID)
    for kid, algorithm, key in (("p", "ES256", ec_key()), ("e", "EdDSA", ed_key()), (KID, "RS256", rsa_key())):
        assert verify_token(make_token({"kid": kid, "alg": algorithm}, key), keys, now=NOW)["sub"] == "user_1"
    assert reason_of(lambda: verify_token(make_token({"kid": "p"}), keys, now=NOW)) == "token-invalid-algorithm"
    with pytest.raises(ValueError, match="Point"):
        parse_jwk({**p256, "y": number(numbers.y ^ 1)})


@pytest.mark.parametrize(
    "document",
    [b"", b"[]", b"{}", b'{"keys":{}}', b'{"keys":[1]}', b'{"keys":[],"keys":[]}', b"\xff", b"<html>"],
)
def test_a_document_that_is_no_key_set_is_refused(document: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_jwks(document)


def test_K_012_key_sets_have_limits_and_names_are_there_once() -> None:
    with pytest.raises(ValueError, match="64"):
        parse_jwks(jwks(*[jwk(kid=str(index)) for index in range(65)]))
    with pytest.raises(ValueError, match="262144"):
        parse_jwks(b" " * (256 * 1024 + 1))
    with pytest.raises(ValueError, match="twice"):
        parse_jwks(jwks(jwk(), jwk(rsa_key("other"))))


@pytest.mark.parametrize("name", ["kty", "crv", "key_ops"])
@pytest.mark.parametrize("value", [[], {}, 5, True])
def test_K_012_a_key_whose_members_are_of_another_type_is_refused_not_an_accident(name: str, value: Any) -> None:
    if (name, value) == ("key_ops", []):
        assert parse_jwks({"keys": [{**jwk(), "key_ops": []}]}) == ()
        return
    with pytest.raises(ValueError, match="kty and crv are texts"):
        parse_jwks({"keys": [{**jwk(), name: value}]})
