"""Keys: what is taken from PEM and key sets (J-002, K-012); for those on the network see test_sdk_remote_keys.py."""

import base64
import math
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from sdk_signing import KID, NOW, b64, ec_key, ed_key, jwk, jwks, make_token, number, pem, rsa_key, sign_bytes

from claimsmith import StaticKeys, TokenError, verify_token
from claimsmith.verification.keys import make_key, parse_jwk, parse_jwks, parse_pem
from claimsmith.verification.public_keys import _is_roca


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


BEGIN, END = "-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----"


@pytest.mark.parametrize(
    "text",
    [
        pem().replace(BEGIN, "x" * 24),
        pem().replace(END, "x" * 22),
        pem().replace(BEGIN, "-----BEGIN CERTIFICATE-----"),
        private_pem(),
        "",
    ],
)
def test_a_text_between_other_marks_is_no_pem_key(text: str) -> None:
    with pytest.raises(TokenError) as caught:
        parse_pem(text)
    assert caught.value.reason == "jwk-local-missing"
    assert caught.value.message == f"A PEM public key starts with {BEGIN}."


def pem_of_an_unknown_algorithm() -> str:
    der = base64.b64decode("".join(pem().splitlines()[1:-1]))
    # The last number of rsaEncryption's name, 1.2.840.113549.1.1.1, becomes one that means nothing.
    other = der.replace(bytes.fromhex("2a864886f70d010101"), bytes.fromhex("2a864886f70d01017f"))
    return f"{BEGIN}{base64.b64encode(other).decode()}{END}"


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
        lambda: pem().replace("MII", "M*II"),
        lambda: pem().replace("MII", "M\u0130II"),
        pem_of_an_unknown_algorithm,
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
    assert BEGIN in caught.value.message or "cannot be used: " in caught.value.message


@pytest.mark.parametrize(
    "changes",
    [
        *({name: "AQAB"} for name in ("d", "p", "q", "dp", "dq", "qi", "oth", "k")),
        {"kty": "oct", "k": "c2VjcmV0"},
        {"kty": "oct"},
        {"alg": None},
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


@pytest.mark.parametrize("value", ["", None, 7, ["AQAB"], ...])
@pytest.mark.parametrize("name", ["n", "e"])
def test_a_number_of_a_key_is_a_text(name: str, value: Any) -> None:
    changed = {key: member for key, member in {**jwk(), name: value}.items() if member is not ...}
    with pytest.raises(ValueError, match=f"text member {name}$"):
        parse_jwk(changed)


def test_a_key_without_a_name_is_no_pinned_key() -> None:
    nameless = {name: value for name, value in jwk().items() if name != "kid"}
    key = parse_jwk(nameless)
    assert key is not None
    assert key.kid is None
    assert parse_jwks(jwks(nameless)) == ()
    assert reason_of(lambda: StaticKeys.from_jwks(jwks(nameless)).find(KID)) == "jwk-kid-mismatch"
    assert StaticKeys.from_jwks(jwks(nameless, jwk())).kids == (KID,)
    assert StaticKeys.from_pem(pem()).kids == ()


def test_a_key_without_an_algorithm_has_the_one_of_its_type() -> None:
    assert parse_jwk({name: value for name, value in jwk().items() if name not in {"alg", "use"}})


def test_a_kid_of_256_characters_is_the_longest() -> None:
    assert parse_jwk({**jwk(), "kid": "x" * 256})
    with pytest.raises(ValueError, match="kid"):
        parse_jwk({**jwk(), "kid": "x" * 257})


def numbers_of(bits: int, exponent: int = 65537) -> rsa.RSAPublicKey:
    """A key that nobody holds, of so many bits."""
    return rsa.RSAPublicNumbers(exponent, (1 << (bits - 1)) | 1).public_key()


def key_of_2049_bits() -> rsa.RSAPrivateKey:
    """A key whose modulus does not end with a byte, from primes of 1025 and 1024 bits."""
    q, modulus = rsa_key().private_numbers().q, 0
    while modulus.bit_length() != 2049:
        p = rsa.generate_private_key(65537, 2050).private_numbers().p
        modulus = p * q
    d = pow(65537, -1, (p - 1) * (q - 1))
    crt = rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q)
    return rsa.RSAPrivateNumbers(p, q, d, *crt, rsa.RSAPublicNumbers(65537, modulus)).private_key()


def test_a_key_whose_bits_fill_no_byte_verifies() -> None:
    private_key = key_of_2049_bits()
    signature = private_key.sign(b"text", padding.PKCS1v15(), SHA256())
    assert len(signature) == 257
    make_key(private_key.public_key(), None).check(signature, b"text")
    with pytest.raises(InvalidSignature):
        make_key(private_key.public_key(), None).check(signature, b"other")


def test_J_002_rsa_keys_have_2048_to_4096_bits_and_the_usual_exponent() -> None:
    for bits in (2048, 3072, 4096):
        assert make_key(numbers_of(bits), "k").algorithm == "RS256"
    for public_key in (numbers_of(2047), numbers_of(4097), numbers_of(2048, 3), numbers_of(2048, 65539)):
        with pytest.raises(ValueError, match="2048 to 4096 bits"):
            make_key(public_key, "k")
    with pytest.raises(ValueError, match="RSA, P-256 or Ed25519"):
        make_key(ec.generate_private_key(ec.SECP384R1()).public_key(), "k")


def test_a_key_whose_bits_fill_no_last_byte_verifies() -> None:
    key = rsa_key("odd", 2049)
    keys = StaticKeys.from_pem(pem(key))
    assert verify_token(make_token(key=key), keys, now=NOW)["sub"] == "user_1"
    assert reason_of(lambda: verify_token(make_token(key=rsa_key()), keys, now=NOW)) == "token-invalid-signature"


# As published with CVE-2017-15361: modulo each of these a weak modulus is a power of 65537.
ROCA_PRIMES = (11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157)


def test_J_002_a_key_of_the_broken_generator_is_refused() -> None:
    product = math.prod(ROCA_PRIMES)
    weak = (1 << 2047) // product * product + 4 * product + 1
    weak += 0 if weak % 2 else product
    with pytest.raises(ValueError, match="CVE-2017-15361"):
        make_key(rsa.RSAPublicNumbers(65537, weak).public_key(), "k")
    with pytest.raises(ValueError, match="CVE-2017-15361"):
        parse_jwks(jwks({**jwk(), "n": number(weak)}))
    assert make_key(rsa.RSAPublicNumbers(65537, weak + 2).public_key(), "k")


def test_J_002_every_prime_of_the_fingerprint_counts() -> None:
    product = math.prod(ROCA_PRIMES)
    # 1 is a power of 65537 modulo each prime; product + 1 is so too and even, which modulo an even number none is.
    assert _is_roca(product + 1)
    assert _is_roca(65537**3 % product)
    for prime in ROCA_PRIMES:
        others = product // prime
        assert not _is_roca(others * pow(others, -1, prime) * (prime - 1) + 1)


@pytest.mark.parametrize(
    "change", [lambda s: s[:31] + bytes([s[31] ^ 1]) + s[32:], lambda s: s[:-1], lambda s: s + b"0"]
)
def test_an_es256_signature_is_checked_and_has_one_length(change: Callable[[bytes], bytes]) -> None:
    key = make_key(ec_key().public_key(), "k")
    signature = sign_bytes(b"text", ec_key(), SHA256())
    key.check(signature, b"text")
    for wrong, signed in ((change(signature), b"text"), (signature, b"texts"), (b"", b"text")):
        with pytest.raises(InvalidSignature):
            key.check(wrong, signed)
    # A zero in front of the second number would be the same number in a second spelling.
    with pytest.raises(InvalidSignature):
        key.check(signature[:32] + b"\0" + signature[32:], b"text")


def test_K_012_key_sets_have_limits_and_names_are_there_once() -> None:
    assert len(parse_jwks(jwks(*[jwk(kid=str(index)) for index in range(64)]))) == 64
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
