"""Keys and signatures: what may sign, what is published, what is sealed (cases K-001 to K-003, K-010, K-014)."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from token_parts import ALGORITHMS, KID, NOW, a_signer, private_key

from claimsmith.verification.keys import parse_jwk
from claimsmith_server.core import ids, jose, sealing

PEM_PREFIX = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA"
"""How base64 of every RSA-2048 SPKI starts; the JavaScript SDK's loader cuts exactly this off (contract 1.2)."""


def pem_of(key: Any, password: bytes | None = None) -> bytes:
    protection = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    pem: bytes = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)
    return pem


def test_K_002_the_default_key_is_what_the_javascript_pem_loader_reads() -> None:
    key = private_key("RS256")
    assert isinstance(key, rsa.RSAPrivateKey)
    pem = jose.public_pem(key.public_key())
    body = "".join(pem.splitlines()[1:-1])
    assert pem.startswith("-----BEGIN PUBLIC KEY-----\n")
    assert body.startswith(PEM_PREFIX)
    assert body.endswith("IDAQAB")
    modulus = body.removeprefix(PEM_PREFIX).removesuffix("IDAQAB")  # the SDK's surgery
    modulus = modulus.replace("+", "-").replace("/", "_")
    jwk = jose.public_jwk(key.public_key(), "RS256", KID)
    assert (jwk["n"], jwk["e"]) == (modulus, "AQAB")


@pytest.mark.parametrize("bits", [512, 1024, 2040])
def test_K_003_a_weak_rsa_key_signs_nothing(bits: int) -> None:
    key = rsa.generate_private_key(65537, max(bits, 1024)) if bits != 512 else _stored_512_bit_key()
    with pytest.raises(jose.KeyRefused):
        jose.load_template_signer(pem_of(key).decode(), "RS256")


def _stored_512_bit_key() -> Any:
    from cryptography.hazmat.primitives.asymmetric.rsa import (
        RSAPrivateNumbers,
        RSAPublicNumbers,
        rsa_crt_dmp1,
        rsa_crt_dmq1,
        rsa_crt_iqmp,
    )

    p, q = 2**255 + 95, 2**254 + 79
    d = pow(65537, -1, (p - 1) * (q - 1))
    public = RSAPublicNumbers(65537, p * q)
    numbers = RSAPrivateNumbers(p, q, d, rsa_crt_dmp1(d, p), rsa_crt_dmq1(d, q), rsa_crt_iqmp(p, q), public)
    try:
        return numbers.private_key(unsafe_skip_rsa_key_validation=True)
    except ValueError:
        pytest.skip("this cryptography builds no 512-bit key at all")


def test_K_003_a_public_exponent_of_3_is_refused() -> None:
    with pytest.raises(jose.KeyRefused, match="65537"):
        jose.make_signer(rsa.generate_private_key(3, 2048), "RS256", KID)


@pytest.mark.parametrize(
    ("make", "algorithm"),
    [
        (lambda: ec.generate_private_key(ec.SECP256R1()), "RS256"),
        (ed25519.Ed25519PrivateKey.generate, "RS256"),
        (lambda: private_key("RS256"), "ES256"),
        (lambda: private_key("RS256"), "EdDSA"),
        (lambda: private_key("RS256"), "PS256"),
        (lambda: private_key("RS256"), "none"),
        (lambda: ec.generate_private_key(ec.SECP384R1()), "ES256"),
        (lambda: ec.generate_private_key(ec.SECP256R1()), "ES512"),
        (lambda: ec.generate_private_key(ec.SECP256K1()), "ES256"),
    ],
)
def test_K_003_a_key_signs_only_the_algorithm_it_is_for(make: Any, algorithm: str) -> None:
    with pytest.raises(jose.KeyRefused):
        jose.make_signer(make(), algorithm, KID)


@pytest.mark.parametrize(
    "make",
    [
        lambda: pem_of(private_key("RS256"), b"secret"),
        lambda: pem_of(x25519.X25519PrivateKey.generate()),
        lambda: pem_of(dsa.generate_private_key(2048)),
        lambda: jose.public_pem(private_key("RS256").public_key()).encode(),
        lambda: pem_of(private_key("RS256"))[:-60],
        lambda: pem_of(private_key("RS256")).replace(b"A", b"B", 40),
        lambda: b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        lambda: b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        lambda: b"",
        lambda: b"\x00" * 100,
        "ключ".encode,
    ],
)
def test_K_003_what_is_no_plain_private_key_is_refused_with_a_sentence(make: Any) -> None:
    with pytest.raises(jose.KeyRefused) as refused:
        jose.load_private_pem(make())
    assert "key" in str(refused.value)


@pytest.mark.parametrize(("algorithm", "least"), [("HS256", 32), ("HS384", 48), ("HS512", 64)])
def test_K_014_a_shared_secret_is_at_least_as_long_as_its_hash(algorithm: str, least: int) -> None:
    with pytest.raises(jose.KeyRefused, match=str(least)):
        jose.load_template_signer("s" * (least - 1), algorithm)
    signer = jose.load_template_signer("s" * least, algorithm)
    assert (signer.kid, signer.signature_size) == (None, least)
    digest = getattr(hashlib, "sha" + algorithm[2:])
    assert signer.sign(b"text") == hmac.new(b"s" * least, b"text", digest).digest()


def test_K_014_a_shared_secret_signs_no_other_algorithm() -> None:
    for algorithm in ("RS256", "none", "ES256", ""):
        with pytest.raises(jose.KeyRefused):
            jose.make_secret_signer(b"s" * 64, algorithm)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_K_001_a_jwk_has_public_members_only(algorithm: str) -> None:
    jwk = jose.public_jwk(private_key(algorithm).public_key(), algorithm, KID)
    expected = {
        "RS256": {"kty", "n", "e"},
        "ES256": {"kty", "crv", "x", "y"},
        "EdDSA": {"kty", "crv", "x"},
    }[algorithm]
    assert set(jwk) == {"use", "kid", "alg"} | expected
    assert (jwk["use"], jwk["kid"], jwk["alg"]) == ("sig", KID, algorithm)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_sdk_verifies_what_was_signed_by_its_jwk(algorithm: str) -> None:
    key = parse_jwk(jose.public_jwk(private_key(algorithm).public_key(), algorithm, KID))
    assert key is not None
    signer = a_signer(algorithm)
    for text in (b"a", b"b" * 4000):
        signature = signer.sign(text)
        assert len(signature) == signer.signature_size
        key.check(signature, text)


def test_coordinates_of_a_jwk_keep_their_leading_zeros() -> None:
    for secret in range(1, 400):
        public = ec.derive_private_key(secret, ec.SECP256R1()).public_key()
        jwk = jose.public_jwk(public, "ES256", KID)
        assert {len(base64.urlsafe_b64decode(jwk[name] + "=")) for name in "xy"} == {32}


@pytest.mark.parametrize(
    ("algorithm", "curve", "size"),
    [("ES256", ec.SECP256R1(), 32), ("ES384", ec.SECP384R1(), 48), ("ES512", ec.SECP521R1(), 66)],
)
def test_an_ec_signature_is_r_and_s_side_by_side(algorithm: str, curve: Any, size: int) -> None:
    key = ec.generate_private_key(curve)
    signer = jose.load_template_signer(pem_of(key).decode(), algorithm)
    signature = signer.sign(b"text")
    assert len(signature) == signer.signature_size == 2 * size
    der = encode_dss_signature(int.from_bytes(signature[:size]), int.from_bytes(signature[size:]))
    digest = jose._HASHES["512" if algorithm == "ES512" else algorithm[2:]]
    key.public_key().verify(der, b"text", ec.ECDSA(digest))


def test_a_compact_token_is_three_parts_of_unpadded_base64url() -> None:
    signer = a_signer()
    token = jose.sign_compact(jose.encode_header("RS256", KID, category=None, issued_at=None), b'{"a":1}', signer)
    header, payload, signature = token.split(".")
    assert "=" not in token
    assert json.loads(base64.urlsafe_b64decode(header + "==")) == {"alg": "RS256", "kid": KID, "typ": "JWT"}
    key = private_key("RS256")
    assert isinstance(key, rsa.RSAPrivateKey)
    octets = base64.urlsafe_b64decode(signature + "==")
    key.public_key().verify(octets, f"{header}.{payload}".encode(), padding.PKCS1v15(), SHA256())


# ------------------------------------------------------------------------------------------------------------ sealing
MASTER = bytes(range(32))
NONCE = bytes(12)


def test_K_010_what_was_sealed_opens_with_the_same_key_and_row() -> None:
    sealed = sealing.seal(MASTER, b"secret", associated="row:1", nonce=NONCE)
    assert b"secret" not in sealed
    assert sealing.unseal(MASTER, sealed, associated="row:1") == b"secret"


def test_K_010_another_master_key_opens_nothing() -> None:
    sealed = sealing.seal(MASTER, b"secret", associated="row:1", nonce=NONCE)
    with pytest.raises(sealing.UnsealError):
        sealing.unseal(bytes(32), sealed, associated="row:1")


def test_K_010_a_value_moved_to_another_row_does_not_open() -> None:
    sealed = sealing.seal(MASTER, b"secret", associated="row:1", nonce=NONCE)
    with pytest.raises(sealing.UnsealError):
        sealing.unseal(MASTER, sealed, associated="row:2")


def test_K_010_no_byte_can_be_changed_cut_or_added() -> None:
    sealed = sealing.seal(MASTER, b"secret", associated="row:1", nonce=NONCE)
    changed = [sealed[:i] + bytes([sealed[i] ^ 1]) + sealed[i + 1 :] for i in range(len(sealed))]
    cut = [sealed[:i] for i in range(len(sealed))]
    for one in [*changed, *cut, sealed + b"\x00", b""]:
        with pytest.raises(sealing.UnsealError):
            sealing.unseal(MASTER, one, associated="row:1")


def test_K_010_the_same_secret_seals_to_other_bytes_with_another_nonce() -> None:
    one = sealing.seal(MASTER, b"secret", associated="row:1", nonce=NONCE)
    other = sealing.seal(MASTER, b"secret", associated="row:1", nonce=bytes([1]) * 12)
    assert one[13:] != other[13:]


# ---------------------------------------------------------------------------------------------------------------- ids
def test_S_023_an_id_carries_all_128_bits_of_its_entropy() -> None:
    low, high = ids.make_id("sess", NOW, bytes(16)), ids.make_id("sess", NOW, b"\xff" * 16)
    assert low[:11] == high[:11]
    assert (low[11:], high[11:]) == ("0" * 22, "7n42DGM5Tflk9n8mt7Fhc7")  # 2^128 - 1 in base62
    every_bit = {ids.make_id("sess", NOW, (1 << bit).to_bytes(16)) for bit in range(128)}
    assert len(every_bit) == 128
