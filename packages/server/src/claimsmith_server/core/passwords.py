"""Rules of passwords, and digests that may be imported (CASES (c), cases A-019 to A-022). Pure: nothing is hashed here.

A stored digest is `{hasher}digest`, so that each row says how it is checked. Imported digests are checked for their
form and for the work that they would ask of the server; a first right sign-in replaces them by argon2id.
"""

import re
from collections.abc import Callable

import msgspec

MIN_LENGTH = 8
MAX_LENGTH = 128
NATIVE_HASHER = "argon2id"
ARGON2_MEMORY_KIB = 19_456
ARGON2_TIME = 2
ARGON2_PARALLELISM = 1

_MAX_DIGEST_CHARACTERS = 1024


class DigestProblem(msgspec.Struct, frozen=True):
    """Why a digest is refused."""

    problem: str


def store_form(hasher: str, digest: str) -> str:
    """What is stored: the hasher's name in braces, then the digest."""
    return f"{{{hasher}}}{digest}"


def check_length(password: str) -> str | None:
    """`short` or `long` when a password's number of characters is out of bounds (8 to 128)."""
    if len(password) < MIN_LENGTH:
        return "short"
    return "long" if len(password) > MAX_LENGTH else None


def is_personal(password: str, identifiers: tuple[str | None, ...]) -> bool:
    """Whether a password is one of the user's own identifiers, or the part of one before the `@`."""
    lowered = password.lower()
    return any(lowered in {text.lower(), text.lower().partition("@")[0]} for text in identifiers if text)


def check_digest(hasher: str, digest: str) -> DigestProblem | None:
    """What keeps a digest from being imported; `None` when it may be."""
    rule = DIGEST_RULES.get(hasher)
    if rule is None:
        return DigestProblem("it is none of " + ", ".join(DIGEST_RULES))
    if len(digest) > _MAX_DIGEST_CHARACTERS:
        return DigestProblem(f"it has more than {_MAX_DIGEST_CHARACTERS} characters")
    found = rule.pattern.fullmatch(digest)
    if found is None:
        return DigestProblem(f"its form should be like {rule.example}")
    return rule.check(found) if rule.check else None


class DigestRule(msgspec.Struct, frozen=True):
    """The form of one hasher's digests, an example, and the bound of their work."""

    pattern: re.Pattern[str]
    example: str
    check: Callable[[re.Match[str]], DigestProblem | None] | None = None


def _within(name: str, least: int, most: int) -> Callable[[re.Match[str]], DigestProblem | None]:
    def check(found: re.Match[str]) -> DigestProblem | None:
        if least <= int(found[name]) <= most:
            return None
        return DigestProblem(f"{name} is not from {least:,} to {most:,}")

    return check


def _all_of(
    *checks: Callable[[re.Match[str]], DigestProblem | None],
) -> Callable[[re.Match[str]], DigestProblem | None]:
    def check(found: re.Match[str]) -> DigestProblem | None:
        return next((problem for problem in (one(found) for one in checks) if problem), None)

    return check


def _check_argon2_memory(found: re.Match[str]) -> DigestProblem | None:
    if int(found["memory"]) < 8 * int(found["parallelism"]):  # RFC 9106, 3.1
        return DigestProblem("memory is less than 8 KiB for each lane")
    return None


def _check_scrypt(found: re.Match[str]) -> DigestProblem | None:
    n, r, p = (int(found[name]) for name in "nrp")
    if n < 2 or n & (n - 1) or not r or not p:  # noqa: PLR2004 - RFC 7914, 2
        return DigestProblem("N is no power of two, or r or p is 0")
    if n > _SCRYPT_N or n * r > _SCRYPT_BLOCKS or n * r * p > _SCRYPT_WORK:
        return DigestProblem("N is over 131,072, or N, r and p together ask for too much memory or time")
    return None


_SCRYPT_N = 2**17
_SCRYPT_BLOCKS = 2**21
"""N times r: 128 bytes each make 256 MiB, what argon2 may take, too."""
_SCRYPT_WORK = 2**23
_BCRYPT = r"\$2[aby]\$(?P<cost>[0-9]{2})\$[./A-Za-z0-9]{53}"
_ARGON2_WORK = r"m=(?P<memory>[0-9]{1,9}),t=(?P<time>[0-9]{1,9}),p=(?P<parallelism>[0-9]{1,9})"
_ARGON2 = r"\$v=19\$" + _ARGON2_WORK + r"\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+"
_B64 = r"[A-Za-z0-9+/]+={0,2}"
_PBKDF2 = r"(?P<iterations>[0-9]{1,10})\$[^$\x00]{1,256}\$"
_PHPASS = r"\$[PH]\$[5-9A-F][./0-9A-Za-z]{30}"
"""The character after the second `$` is the logarithm of the rounds: `5` is 2^7, `F` is 2^17."""
_iterations = _within("iterations", 1, 2_000_000)
_loops = _within("iterations", 1, 131_072)
"""Rounds that Python itself turns, here and in phpass: 100 ms in which it does little else."""
_check_bcrypt = _within("cost", 4, 14)
_check_argon2 = _all_of(
    _within("memory", 8, 262_144), _within("time", 1, 10), _within("parallelism", 1, 8), _check_argon2_memory
)

DIGEST_RULES: dict[str, DigestRule] = {
    "argon2i": DigestRule(re.compile(r"\$argon2i" + _ARGON2), "$argon2i$v=19$m=4096,t=3,p=1$…$…", _check_argon2),
    "argon2id": DigestRule(re.compile(r"\$argon2id" + _ARGON2), "$argon2id$v=19$m=19456,t=2,p=1$…$…", _check_argon2),
    "bcrypt": DigestRule(re.compile(_BCRYPT), "$2b$12$…", _check_bcrypt),
    "bcrypt_sha256_django": DigestRule(
        re.compile(r"bcrypt_sha256\$" + _BCRYPT), "bcrypt_sha256$$2b$12$…", _check_bcrypt
    ),
    "ldap_ssha": DigestRule(re.compile(r"\{SSHA\}" + _B64), "{SSHA}…"),
    "md5": DigestRule(re.compile(r"[0-9a-f]{32}"), "32 hex digits"),
    "md5_phpass": DigestRule(re.compile(_PHPASS), "$P$…"),
    "md5_salted": DigestRule(re.compile(r"[^$\x00]{1,256}\$[0-9a-f]{32}"), "salt$hex"),
    "pbkdf2_sha1": DigestRule(
        re.compile(r"pbkdf2_sha1\$" + _PBKDF2 + _B64 + r"(\$[0-9]{1,4})?"), "pbkdf2_sha1$1000$salt$…", _iterations
    ),
    "pbkdf2_sha256": DigestRule(
        re.compile(r"(pbkdf2_sha256\$)?(?P<iterations>[0-9]{1,10})\$" + _B64 + r"\$" + _B64),
        "pbkdf2_sha256$600000$c2FsdA==$…",
        _iterations,
    ),
    "pbkdf2_sha256_django": DigestRule(
        re.compile(r"pbkdf2_sha256\$" + _PBKDF2 + _B64), "pbkdf2_sha256$600000$salt$…", _iterations
    ),
    "pbkdf2_sha512": DigestRule(
        re.compile(r"pbkdf2_sha512\$" + _PBKDF2 + _B64), "pbkdf2_sha512$210000$salt$…", _iterations
    ),
    "pbkdf2_sha512_hex": DigestRule(
        re.compile(r"pbkdf2_sha512_hex\$(?P<iterations>[0-9]{1,10})\$([0-9a-f]{2}){1,128}\$([0-9a-f]{2})+"),
        "pbkdf2_sha512_hex$210000$00ff…$…",
        _iterations,
    ),
    "phpass": DigestRule(re.compile(_PHPASS), "$P$…"),
    "scrypt_firebase": DigestRule(
        re.compile(
            _B64 + r"\$" + _B64 + r"\$" + _B64 + r"\$" + _B64 + r"\$(?P<rounds>[0-9]{1,2})\$(?P<memory>[0-9]{1,2})"
        ),
        "hash$salt$signer_key$separator$rounds$mem_cost",
        _all_of(_within("rounds", 1, 16), _within("memory", 1, 17)),
    ),
    "scrypt_werkzeug": DigestRule(
        re.compile(r"\$?scrypt:(?P<n>[0-9]{1,9}):(?P<r>[0-9]{1,9}):(?P<p>[0-9]{1,9})\$[^$\x00]{1,256}\$[0-9a-f]+"),
        "scrypt:32768:8:1$salt$…",
        _check_scrypt,
    ),
    "sha256": DigestRule(re.compile(r"[0-9a-f]{64}"), "64 hex digits"),
    "sha256_salted": DigestRule(re.compile(r"[^$\x00]{1,256}\$[0-9a-f]{64}"), "salt$hex"),
    "sha512_symfony": DigestRule(
        re.compile(r"(sha512_symfony\$)?(?P<iterations>[0-9]{1,10})\$[^${}\x00]{1,256}\$" + _B64),
        "sha512_symfony$5000$salt$…",
        _loops,
    ),
}
"""Every hasher whose digests may be imported, by the wire's name."""
