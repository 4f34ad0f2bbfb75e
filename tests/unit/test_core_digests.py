"""Digests that other systems made, each checked with vectors of those systems; and what no digest may do."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimsmith_server.core import passwords
from claimsmith_server.core.digests import CHECKS, is_match

LETMEIN = "lètmein"
BCRYPT_LETMEIN = "$2b$04$CCCCCCCCCCCCCCCCCCCCC.gkH6UnjS0HnlIFKPrxOxecnCGXTwVua"
BCRYPT_X72 = "$2b$04$CCCCCCCCCCCCCCCCCCCCC.ug0A3dTXhy5U.dFjx/qguZ8I4CB77BC"
BCRYPT_ABCDEFGH = "$2b$04$CCCCCCCCCCCCCCCCCCCCC.lZaZR0TRd6dnDeZJBYDeLkEuUSLY4pq"
FIREBASE = (
    "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==$42xEC+ixf3L2lw==$"
    "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$Bw==$8$14"
)
WERKZEUG = (
    "seasalt$423dfef4f3f246348921e6c79c6f354cc8ecaad6881b13501bf68407f35869f4"
    "c9eed89b81f633ef59b495d4044a45c546475508186163c9b1eeb4308ad7bf3f"
)
SYMFONY = "5000$seasalt$2cxPdH49fKsXTKWbAYYmcKBReVPGOCASn9wDFyzbUdf+QA7gI4gTMDexgQZU5+AegZjCn+b93GvqTGbIUviCPg=="
PBKDF2_SHA512 = (
    "867f70cf1ade02cff3752599a3a53dc4af34c7a669815ae5d513554e1c8cf252"
    "c02d470a285a0501bad999bfe943c08f050235d7d68b1da55e63f73b60a57fce"
)
PBKDF2_SHA512_HEX = (
    "3f7f88fa644c3ce0bb6d5c2e41835dd51c593f4a212b06f327620db2e1accaca"
    "a8230b19a0b3fc5289c00ab76cd1ca44506fac1909bd815f4763153ccc2534e6"
)
PBKDF2_SHA1_32_BYTES = "690b6ea752babcacc1135e1c967d5609332a16b01c52fd4e5a60e0b68b9b5af6"

VECTORS = {
    "argon2i of the reference implementation's tests": (
        "argon2i",
        "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA",
        "password",
    ),
    "argon2id of the reference implementation's tests": (
        "argon2id",
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "password",
    ),
    "bcrypt of crypt_blowfish's tests": (
        "bcrypt",
        "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "U*U",
    ),
    "bcrypt 2b": ("bcrypt", BCRYPT_LETMEIN, LETMEIN),
    "bcrypt 2y, as PHP writes it": ("bcrypt", BCRYPT_LETMEIN.replace("$2b$", "$2y$"), LETMEIN),
    "bcrypt of 72 bytes": ("bcrypt", BCRYPT_X72, "x" * 72),
    "bcrypt_sha256 of Django 5.2, 160 bytes": (
        "bcrypt_sha256_django",
        "bcrypt_sha256$$2b$04$CCCCCCCCCCCCCCCCCCCCC.8izx2QFX2eVqVV916W/1IB6U4Pvtc.y",
        LETMEIN * 20,
    ),
    "ldap_ssha of passlib's tests": ("ldap_ssha", "{SSHA}0c0blFTXXNuAMHECS4uxrj3ZieMoWImr", "testing123"),
    "ldap_ssha of passlib 1.7.4": ("ldap_ssha", "{SSHA}1kxlhpW3E/H8wPp7QsoXekIQZplzZWFzYWx0OA==", LETMEIN),
    "md5 of the SDK's documentation": ("md5", "5f4dcc3b5aa765d61d8327deb882cf99", "password"),
    "md5_phpass, plain": ("md5_phpass", "$P$6IRXVj/ZGFFxlyrZ4VE/uwAeMc1P7f1", LETMEIN),
    "md5_phpass, over an MD5": ("md5_phpass", "$P$6IRXVj/ZGWKTk2z4TJUfnJwSxQjPG3.", LETMEIN),
    "pbkdf2_sha1 of RFC 6070": (
        "pbkdf2_sha1",
        "pbkdf2_sha1$4096$salt$4b007901b765489abead49d926f721d065a429c1",
        "password",
    ),
    "pbkdf2_sha1 of Node, its salt in hex": (
        "pbkdf2_sha1",
        f"pbkdf2_sha1$1000$5ea5a17000ff${PBKDF2_SHA1_32_BYTES}",
        LETMEIN,
    ),
    "pbkdf2_sha1 of Django 5.2": (
        "pbkdf2_sha1",
        "pbkdf2_sha1$1000$seasalt$ljleU4wBmTtz/MoG5YTwxpM0d7I=",
        LETMEIN,
    ),
    "pbkdf2_sha256 of Node, its salt in base64": (
        "pbkdf2_sha256",
        "pbkdf2_sha256$1000$XqWhcAD/$Wd4MRSwOcxEg6Dt810TLnWKG4y4lMzhW+5DhdRekHOM=",
        LETMEIN,
    ),
    "pbkdf2_sha256 without its name": (
        "pbkdf2_sha256",
        "1000$XqWhcAD/$Wd4MRSwOcxEg6Dt810TLnWKG4y4lMzhW+5DhdRekHOM=",
        LETMEIN,
    ),
    "pbkdf2_sha256 of Django 5.2": (
        "pbkdf2_sha256_django",
        "pbkdf2_sha256$1000$seasalt$JgZryXe2Ga8ysg6XbzkLpTdyPQrHqsinbL9BnnhgX4A=",
        LETMEIN,
    ),
    "pbkdf2_sha512, password and salt of RFC 6070": (
        "pbkdf2_sha512",
        f"pbkdf2_sha512$1$salt${PBKDF2_SHA512}",
        "password",
    ),
    "pbkdf2_sha512_hex of Node": (
        "pbkdf2_sha512_hex",
        f"pbkdf2_sha512_hex$1000$5ea5a17000ff${PBKDF2_SHA512_HEX}",
        LETMEIN,
    ),
    "phpass of its own tests": ("phpass", "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0", "test12345"),
    "phpass of passlib 1.7.4": ("phpass", "$P$6IRXVj/ZGFFxlyrZ4VE/uwAeMc1P7f1", LETMEIN),
    "phpass as phpBB writes it": ("phpass", "$H$6IRXVj/ZGFFxlyrZ4VE/uwAeMc1P7f1", LETMEIN),
    "scrypt_firebase of Firebase's sample": ("scrypt_firebase", FIREBASE, "user1password"),
    "scrypt_werkzeug of Werkzeug 3.1": ("scrypt_werkzeug", f"scrypt:16384:8:1${WERKZEUG}", LETMEIN),
    "sha256 of the SDK's documentation": (
        "sha256",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "test",
    ),
    "sha512_symfony, by Perl and Node after Symfony's source": ("sha512_symfony", SYMFONY, LETMEIN),
}
DOCUMENTED = {
    "md5_salted of Django, salt first": ("md5_salted", "seasalt$3f86d0d3d465b7b458c231bf3555c0e3", LETMEIN),
    "md5_salted, salt last": ("md5_salted", "seasalt$3d16a57275cd9ebd331a06828128a95e", LETMEIN),
    "sha256_salted, salt first": (
        "sha256_salted",
        "seasalt$e0327e0c88846ec7f85601380e86c72a5242e3455a1ae0f736f349858f126eb9",
        LETMEIN,
    ),
    "sha256_salted, salt last": (
        "sha256_salted",
        "seasalt$31bef6c2888780a6503672c21e2e0fece6ac2fab6187edb255fad15e48f78859",
        LETMEIN,
    ),
    "pbkdf2_sha1 with its key length": (
        "pbkdf2_sha1",
        f"pbkdf2_sha1$1000$5ea5a17000ff${PBKDF2_SHA1_32_BYTES}$32",
        LETMEIN,
    ),
    "scrypt_werkzeug after a $": ("scrypt_werkzeug", f"$scrypt:16384:8:1${WERKZEUG}", LETMEIN),
    "sha512_symfony with its name": ("sha512_symfony", f"sha512_symfony${SYMFONY}", LETMEIN),
}
"""Forms that the SDK documents."""


def store(vector: tuple[str, str, str]) -> str:
    return passwords.store_form(vector[0], vector[1])


# ------------------------------------------------------------------------------------------------------------ vectors
@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS)
def test_A_022_a_digest_of_another_system_is_checked(vector: tuple[str, str, str]) -> None:
    stored, password = store(vector), vector[2]
    assert is_match(stored, password)
    assert not is_match(stored, password[:-1])
    assert not is_match(stored, password.swapcase())
    assert not is_match(stored, f" {password}")
    assert not is_match(stored, "")


@pytest.mark.parametrize("vector", DOCUMENTED.values(), ids=DOCUMENTED)
def test_A_022_a_digest_as_the_sdk_documents_it_is_checked(vector: tuple[str, str, str]) -> None:
    assert is_match(store(vector), vector[2])
    assert not is_match(store(vector), vector[2] + "x")


def test_A_022_every_hasher_that_may_be_imported_is_checked_and_has_a_vector() -> None:
    assert set(CHECKS) == set(passwords.DIGEST_RULES)
    assert {hasher for hasher, _, _ in (*VECTORS.values(), *DOCUMENTED.values())} == set(CHECKS)


@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS)
def test_a_digest_with_one_character_changed_matches_no_more(vector: tuple[str, str, str]) -> None:
    hasher, digest, password = vector
    end = len(digest.split("$")[0]) if hasher == "scrypt_firebase" else len(digest)
    place = end - 6
    other = "0" if digest[place] != "0" else "1"
    assert not is_match(f"{{{hasher}}}{digest[:place]}{other}{digest[place + 1 :]}", password)


# -------------------------------------------------------------------------------------------------------- the 72 bytes
@pytest.mark.parametrize("password", ["x" * 73, "x" * 80, "é" * 37, "x" * 72 + "\0", "x" * 71 + "é"])
def test_A_019_bcrypt_does_not_cut_a_password_at_72_bytes(password: str) -> None:
    assert not is_match(f"{{bcrypt}}{BCRYPT_X72}", password)


@pytest.mark.parametrize("password", ["abcdefgh\0", "abcdefgh\0abcdefgh", "abcdefgh\0x", "\0abcdefgh", "\0"])
def test_A_019_bcrypt_does_not_stop_or_turn_around_at_a_nul(password: str) -> None:
    assert is_match(f"{{bcrypt}}{BCRYPT_ABCDEFGH}", "abcdefgh")
    assert not is_match(f"{{bcrypt}}{BCRYPT_ABCDEFGH}", password)


def test_A_019_a_nul_is_a_character_like_any_other_elsewhere() -> None:
    import hashlib

    digest = hashlib.sha256(b"abc\0def").hexdigest()
    assert is_match(f"{{sha256}}{digest}", "abc\0def")
    assert not is_match(f"{{sha256}}{digest}", "abc")


@pytest.mark.parametrize("password", [f"{LETMEIN} ", f"\t{LETMEIN}", f"{LETMEIN}\n", "le\u0300tmein", "letmein"])
def test_A_019_nothing_is_trimmed_or_normalised(password: str) -> None:
    assert not is_match(store(VECTORS["pbkdf2_sha256 of Django 5.2"]), password)


# --------------------------------------------------------------------------------------------------------- odd digests
@pytest.mark.parametrize(
    "stored",
    [
        "",
        "{",
        "}",
        "{}",
        "{md5",
        "md5}5f4dcc3b5aa765d61d8327deb882cf99",
        "5f4dcc3b5aa765d61d8327deb882cf99",
        "{MD5}5f4dcc3b5aa765d61d8327deb882cf99",
        "{plaintext}password",
        "password",
        "{md5}",
        "{md5}5f4dcc3b5aa765d61d8327deb882cf99\n",
        "{sha256}5f4dcc3b5aa765d61d8327deb882cf99",
        "{argon2id}$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA",
        "{argon2i}$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "{argon2id}$argon2id$v=19$m=64,t=1,p=1$YQ$YQ",
        "{argon2id}$argon2id$v=19$m=64,t=1,p=1$A$A",
        "{argon2id}$argon2id$v=16$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "{bcrypt}$2b$04$" + "z" * 53,
        "{bcrypt}$2b$04$" + "." * 53,
        "{bcrypt_sha256_django}bcrypt_sha256$$2b$04$" + "z" * 53,
        "{ldap_ssha}{SSHA}A",
        "{ldap_ssha}{SSHA}c2FsdHNhbHRzYWx0",
        "{ldap_ssha}{SSHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=",  # SHA-1 of "password", and no salt
        "{pbkdf2_sha256}1$XqWhcAD/$A",
        "{pbkdf2_sha256}1$not base64$Wd4MRSwOcxEg6Dt810TLnWKG4y4lMzhW+5DhdRekHOM=",
        "{pbkdf2_sha512_hex}pbkdf2_sha512_hex$1$salt$" + "00" * 64,
        "{pbkdf2_sha512_hex}pbkdf2_sha512_hex$1$00$" + "0" * 63,
        "{pbkdf2_sha256_django}pbkdf2_sha256$1$\ud800$Wd4MRSwOcxEg6Dt810TLnWKG4y4lMzhW+5DhdRekHOM=",
        "{scrypt_firebase}A$A$A$A$8$14",
        "{scrypt_firebase}AAAA$AAAA$AAAA$AAAA$8$14",
        "{scrypt_werkzeug}scrypt:16384:8:1$seasalt$0",
        "{scrypt_werkzeug}scrypt:16384:8:1$\ud800$" + "00" * 64,
        "{scrypt_werkzeug}scrypt:2:1:8388608$salt$" + "00" * 64,
        "{sha512_symfony}1$salt$A",
        "{sha512_symfony}1$\ud800$" + "A" * 86 + "==",
        "\ud800",
        "{md5}" + "0" * 100_000,
    ],
)
def test_an_odd_digest_matches_nothing_and_never_raises(stored: str) -> None:
    for password in ("password", "", "\ud800"):
        assert is_match(stored, password) is False


@pytest.mark.parametrize("password", ["", "\0", "\ud800\udfff", "😀" * 128, "x" * 1_000])
def test_no_password_raises(password: str) -> None:
    for vector in VECTORS.values():
        if not vector[0].startswith("argon2"):  # whose own cost is 100 ms; the pool's tests have such passwords
            assert is_match(store(vector), password) is False


@pytest.mark.parametrize(
    ("hasher", "digest", "password"),
    [
        ("pbkdf2_sha1", "pbkdf2_sha1$4096$salt$4b007901b765489abead49d926f721", "password"),
        ("pbkdf2_sha1", "pbkdf2_sha1$4096$salt$4b", "password"),
        ("pbkdf2_sha256_django", "pbkdf2_sha256$1000$seasalt$Jg==", LETMEIN),
        ("pbkdf2_sha512", "pbkdf2_sha512$1$salt$867f70cf", "password"),
    ],
)
def test_a_digest_that_was_cut_below_128_bits_matches_nothing(hasher: str, digest: str, password: str) -> None:
    assert passwords.check_digest(hasher, digest) is None
    assert not is_match(f"{{{hasher}}}{digest}", password)


def test_a_derived_key_longer_than_64_bytes_is_told_by_its_first_64() -> None:
    import hashlib

    digest = hashlib.pbkdf2_hmac("sha512", b"password", b"salt", 1, dklen=400).hex()
    assert is_match(f"{{pbkdf2_sha512}}pbkdf2_sha512$1$salt${digest}", "password")
    assert not is_match(f"{{pbkdf2_sha512}}pbkdf2_sha512$1$salt${digest}", "Password")


@pytest.mark.parametrize(
    "stored",
    [
        "{argon2id}$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "{argon2id}$argon2id$v=19$m=65536,t=1000000,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "{bcrypt}" + BCRYPT_LETMEIN.replace("$04$", "$31$"),
        "{bcrypt_sha256_django}bcrypt_sha256$" + BCRYPT_LETMEIN.replace("$04$", "$31$"),
        "{pbkdf2_sha256_django}pbkdf2_sha256$1000000000$seasalt$JgZryXe2Ga8ysg6XbzkLpTdyPQrHqsinbL9BnnhgX4A=",
        f"{{pbkdf2_sha512}}pbkdf2_sha512$9999999999$salt${PBKDF2_SHA512}",
        "{phpass}$P$zIRXVj/ZGFFxlyrZ4VE/uwAeMc1P7f1",
        f"{{scrypt_werkzeug}}scrypt:1073741824:8:1${WERKZEUG}",
        "{scrypt_firebase}" + FIREBASE.replace("$8$14", "$8$31"),
        "{sha512_symfony}" + SYMFONY.replace("5000$", "1000000000$", 1),
    ],
)
def test_A_021_a_stored_digest_that_asks_for_too_much_work_is_never_executed(stored: str) -> None:
    started = time.thread_time()
    assert not is_match(stored, LETMEIN)
    assert time.thread_time() - started < 0.05


QUICK = sorted(set(CHECKS) - {"argon2i", "argon2id", "bcrypt", "bcrypt_sha256_django", "scrypt_firebase"})
FIELDS = st.lists(
    st.sampled_from(["pbkdf2_sha1", "pbkdf2_sha256", "sha512_symfony", "scrypt:2:1:1", "$P$5", "$P$6", "{SSHA}"])
    | st.sampled_from(["1", "2", "", "A", "=", "00" * 16, "00" * 32, "A" * 43 + "=", "salt", "é", "\ud800"])
    | st.text(max_size=8),
    max_size=6,
)


@settings(max_examples=300, deadline=None)
@given(hasher=st.sampled_from(QUICK), fields=FIELDS, password=st.text(max_size=12))
def test_no_digest_raises(hasher: str, fields: list[str], password: str) -> None:
    assert is_match(f"{{{hasher}}}{'$'.join(fields)}", password) in {True, False}
