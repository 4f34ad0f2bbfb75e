"""Passwords against stored digests: one check for each hasher of `passwords.DIGEST_RULES` (cases A-019, A-022).

The forms are those that Clerk's SDK documents (`passwordHasher` of `@clerk/backend`). Nothing is executed that the
rules of import would refuse (case A-021), so a row that came another way can't ask for more work than an import.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable

import argon2
import bcrypt
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from claimsmith_server.core import passwords

_Check = Callable[[str, bytes], bool]

_LEAST_BYTES = 16
"""A digest that was cut shorter matches nothing: 128 bits, MD5's own size, are the least that tells passwords apart."""
_MOST_BYTES = 64
"""Derived bytes that are compared: some systems store 512, and each further block costs all iterations again."""
_BCRYPT_MOST_BYTES = 72
_SHA1_BYTES = 20
_PHPASS_ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ARGON2_TYPES = {"argon2i": argon2.Type.I, "argon2id": argon2.Type.ID}


def is_match(stored: str, password: str) -> bool:
    """Whether a password belongs to a stored digest, `{hasher}digest`.

    What is malformed, has an unknown hasher or asks for too much work matches nothing; no input raises. Costs what the
    digest asks for, up to seconds of a core and 256 MiB: run it in the pool (case A-023).
    """
    hasher, digest = _parse_stored(stored)
    if hasher not in CHECKS or passwords.check_digest(hasher, digest):
        return False
    try:
        return CHECKS[hasher](digest, encode_password(password))
    except (ValueError, OverflowError, argon2.exceptions.Argon2Error):
        return False


def encode_password(password: str) -> bytes:
    """The UTF-8 bytes that are hashed, as they were typed: not trimmed, cut or normalised (case A-019)."""
    return password.encode("utf-8", "surrogatepass")


def _parse_stored(stored: str) -> tuple[str, str]:
    hasher, _, digest = stored[1:].partition("}")
    return (hasher, digest) if stored.startswith("{") else ("", "")


def _is_equal(expected: bytes, derived: bytes) -> bool:
    return len(expected) >= _LEAST_BYTES and hmac.compare_digest(expected[:_MOST_BYTES], derived)


def _decode_base64(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


def _decode_hex_or_base64(text: str) -> bytes:
    try:
        return binascii.unhexlify(text)
    except ValueError:
        return _decode_base64(text)


# ------------------------------------------------------------------------------------------------------ one a hasher


def _argon2(hasher: str) -> _Check:
    def check(digest: str, password: bytes) -> bool:
        return argon2.low_level.verify_secret(digest.encode("ascii"), password, _ARGON2_TYPES[hasher])

    return check


def _bcrypt(digest: str, password: bytes) -> bool:
    """Bcrypt reads 72 bytes and takes a NUL for the end, so whatever has more or holds one matches nothing (A-019)."""
    if len(password) > _BCRYPT_MOST_BYTES or b"\0" in password:
        return False
    return bcrypt.checkpw(password, digest.encode("ascii"))


def _bcrypt_sha256_django(digest: str, password: bytes) -> bool:
    hashed = hashlib.sha256(password).hexdigest().encode("ascii")
    return _bcrypt(digest.removeprefix("bcrypt_sha256$"), hashed)


def _unsalted(algorithm: str) -> _Check:
    def check(digest: str, password: bytes) -> bool:
        return _is_equal(binascii.unhexlify(digest), _hash(algorithm, password))

    return check


def _salted(algorithm: str) -> _Check:
    """`salt$hash`; whether the salt came first or last when it was hashed isn't documented, so either counts."""

    def check(digest: str, password: bytes) -> bool:
        salt, hashed = digest.split("$")
        expected, before = binascii.unhexlify(hashed), salt.encode()
        first = _is_equal(expected, _hash(algorithm, before + password))
        return _is_equal(expected, _hash(algorithm, password + before)) or first

    return check


def _ldap_ssha(digest: str, password: bytes) -> bool:
    """`{SSHA}` and base64 of SHA-1 and salt, the salt hashed last (OpenLDAP)."""
    decoded = _decode_base64(digest.removeprefix("{SSHA}"))
    expected, salt = decoded[:_SHA1_BYTES], decoded[_SHA1_BYTES:]
    return bool(salt) and _is_equal(expected, _hash("sha1", password + salt))


def _hash(algorithm: str, content: bytes) -> bytes:
    return hashlib.new(algorithm, content, usedforsecurity=False).digest()  # a check of old digests makes none


def _phpass(digest: str, password: bytes) -> bool:
    """`$P$`, the rounds' logarithm, 8 characters of salt, 22 of the digest (Openwall's portable hashes)."""
    rounds = 1 << _PHPASS_ALPHABET.index(digest[3])
    hashed = _hash("md5", digest[4:12].encode("ascii") + password)
    for _ in range(rounds):
        hashed = hashlib.md5(hashed + password, usedforsecurity=False).digest()
    return hmac.compare_digest(digest[12:].encode("ascii"), _encode_phpass(hashed))


def _encode_phpass(hashed: bytes) -> bytes:
    """Six bits a character, lowest first."""
    bits = int.from_bytes(hashed, "little")
    return "".join(_PHPASS_ALPHABET[bits >> shift & 63] for shift in range(0, 8 * len(hashed), 6)).encode("ascii")


def _md5_phpass(digest: str, password: bytes) -> bool:
    """As `phpass`, of the password or of its MD5 in hex, as systems did that moved their old digests over."""
    return _phpass(digest, password) or _phpass(digest, _hash("md5", password).hex().encode("ascii"))


def _pbkdf2(
    algorithm: str, decode_salt: Callable[[str], bytes], decode_hash: Callable[[str], bytes] = _decode_base64
) -> _Check:
    """`name$iterations$salt$hash`; the name may be missing, a key length may follow."""
    name = f"pbkdf2_{algorithm}"

    def check(digest: str, password: bytes) -> bool:
        fields = digest.split("$")
        iterations, salt, hashed = fields[1:4] if fields[0].startswith(name) else fields[:3]
        expected = decode_hash(hashed)
        size = min(len(expected), _MOST_BYTES)
        return _is_equal(
            expected, hashlib.pbkdf2_hmac(algorithm, password, decode_salt(salt), int(iterations), dklen=size)
        )

    return check


def _decode_salt(text: str) -> bytes:
    """Of hex digits: the bytes they stand for; else the text itself, as the SDK documents for `pbkdf2_sha1`."""
    try:
        return binascii.unhexlify(text)
    except ValueError:
        return text.encode()


def _pbkdf2_sha1(digest: str, password: bytes) -> bool:
    """The hash in hex, the salt in hex or plain; or as Django writes it, in base64 beside a plain salt."""
    is_django = digest.endswith("=")
    return _pbkdf2("sha1", str.encode if is_django else _decode_salt, _decode_hex_or_base64)(digest, password)


def _scrypt(password: bytes, salt: bytes, n: int, r: int, p: int) -> bytes:
    memory = 128 * r * (n + p + 3)  # what OpenSSL counts: the blocks, and room for mixing one
    return hashlib.scrypt(password, salt=salt, n=n, r=r, p=p, maxmem=memory, dklen=64)


def _scrypt_firebase(digest: str, password: bytes) -> bool:
    """`hash$salt$signer_key$separator$rounds$mem_cost`: the signer key, encrypted under what scrypt derives."""
    hashed, salt, signer_key, separator = (_decode_base64(text) for text in digest.split("$")[:4])
    rounds, memory = (int(text) for text in digest.split("$")[4:])
    key = _scrypt(password, salt + separator, 1 << memory, rounds, 1)[:32]
    derived = Cipher(AES(key), CTR(bytes(16))).encryptor().update(signer_key)
    return len(hashed) == len(derived) and _is_equal(hashed, derived[:_MOST_BYTES])


def _scrypt_werkzeug(digest: str, password: bytes) -> bool:
    """`scrypt:N:r:p$salt$hash` in hex, as Werkzeug writes it; the SDK documents a `$` before it."""
    method, salt, hashed = digest.removeprefix("$").split("$")
    n, r, p = (int(text) for text in method.split(":")[1:])
    return _is_equal(binascii.unhexlify(hashed), _scrypt(password, salt.encode(), n, r, p))


def _sha512_symfony(digest: str, password: bytes) -> bool:
    """`sha512_symfony$iterations$salt$hash`, the name may be missing: Symfony's MessageDigestPasswordEncoder."""
    iterations, salt, hashed = digest.removeprefix("sha512_symfony$").split("$")
    salted = password + b"{" + salt.encode() + b"}"
    derived = hashlib.sha512(salted).digest()
    for _ in range(int(iterations) - 1):
        derived = hashlib.sha512(derived + salted).digest()
    return _is_equal(_decode_base64(hashed), derived)


CHECKS: dict[str, _Check] = {
    "argon2i": _argon2("argon2i"),
    "argon2id": _argon2("argon2id"),
    "bcrypt": _bcrypt,
    "bcrypt_sha256_django": _bcrypt_sha256_django,
    "ldap_ssha": _ldap_ssha,
    "md5": _unsalted("md5"),
    "md5_phpass": _md5_phpass,
    "md5_salted": _salted("md5"),
    "pbkdf2_sha1": _pbkdf2_sha1,
    "pbkdf2_sha256": _pbkdf2("sha256", _decode_base64),
    "pbkdf2_sha256_django": _pbkdf2("sha256", str.encode),
    "pbkdf2_sha512": _pbkdf2("sha512", str.encode, _decode_hex_or_base64),
    "pbkdf2_sha512_hex": _pbkdf2("sha512", binascii.unhexlify, binascii.unhexlify),
    "phpass": _phpass,
    "scrypt_firebase": _scrypt_firebase,
    "scrypt_werkzeug": _scrypt_werkzeug,
    "sha256": _unsalted("sha256"),
    "sha256_salted": _salted("sha256"),
    "sha512_symfony": _sha512_symfony,
}
"""How each hasher's digests are checked: `(digest, the password's bytes)` to whether they belong together.

Odd digests may raise `ValueError` or `OverflowError`; `is_match` takes either for no match.
"""
