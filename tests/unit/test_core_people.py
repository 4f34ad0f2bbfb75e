"""What people give: e-mail addresses, phone numbers, usernames, times, passwords, imported digests."""

import time

import pytest

from claimsmith_server.core import contacts, passwords
from claimsmith_server.core.errors import ServiceError
from claimsmith_server.services.passwords import check_password, import_digest

DIGEST_53 = "N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"


# ---------------------------------------------------------------------------------------------------- e-mail, phones
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ada@example.com", "ada@example.com"),
        ("Ada.Lovelace@EXAMPLE.com", "Ada.Lovelace@example.com"),
        ("ada+clerk_test@example.com", "ada+clerk_test@example.com"),
        ("ada@münchen.example", "ada@münchen.example"),
        ("ada@xn--mnchen-3ya.example", "ada@münchen.example"),
    ],
)
def test_A_029_an_address_has_one_canonical_form(text: str, expected: str) -> None:
    assert contacts.parse_email_address(text) == expected
    assert contacts.parse_email_address(expected) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "@example.com",
        "ada@",
        "ada@@example.com",
        "ada@evil.com@example.com",
        "ada@example.com@evil.com",
        '"ada lovelace"@example.com',
        '"ada@evil.com"@example.com',
        "ada(comment)@example.com",
        "ada@(comment)example.com",
        "ada@example.com\r\nBcc: eve@evil.com",
        "ada@example.com\nBcc: eve@evil.com",
        "ada\r@example.com",
        "ada\x00@example.com",
        "ada@example.com\x00",
        "ada\uff20example.com",
        "ada@example.com.",
        "ada@.example.com",
        "ada@example..com",
        ".ada@example.com",
        "ada.@example.com",
        "Ada <ada@example.com>",
        "<ada@example.com>",
        "mailto:ada@example.com",
        " ada@example.com",
        "ada@example.com ",
        "ada @example.com",
        "ada@exam ple.com",
        "ada@example.com,eve@evil.com",
        "ada@example.com;eve@evil.com",
        "ada@[127.0.0.1]",
        "ada@-example.com",
        "ada@example",
        "a" * 65 + "@example.com",
        "ada@" + "a" * 250 + ".com",
        "ada@\u202eexample.com",
        "ada\u200b@example.com",
        "a" * 10_240 + "@example.com",
        "\ud800@example.com",
    ],
)
def test_A_029_what_can_be_read_in_two_ways_is_no_address(text: str) -> None:
    assert contacts.parse_email_address(text) is None


@pytest.mark.parametrize("text", ["+15555550100", "+1 (555) 555-0100", "+1.555.555.0100", "+49 30 901820"])
def test_a_phone_number_loses_its_ornaments(text: str) -> None:
    number = contacts.parse_phone_number(text)
    assert number is not None
    assert number[0] == "+"
    assert number[1:].isdigit()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5555550100",
        "+0155555501",
        "+1555",
        "+1" + "5" * 15,
        "+\u0661\u0665\u0665\u0665\u0665\u0665\u0665\u0660\u0661\u0660\u0660",
        "+15555550100\n",
        "+1x5555550100",
        "+1\x005555550100",
        "+" * 40,
    ],
)
def test_what_is_no_e164_number_is_refused(text: str) -> None:
    assert contacts.parse_phone_number(text) is None


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("ada_1", True),
        ("A-b9", True),
        ("abc", False),
        ("a" * 64, True),
        ("a" * 65, False),
        ("\u0430da_1", False),
        ("ada\n", False),
        ("ada.l", False),
        ("ada@x", False),
    ],
)
def test_a_username_is_4_to_64_ascii_characters(text: str, *, fits: bool) -> None:
    assert contacts.is_username(text) is fits


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2012-10-20T07:15:20.902Z", 1_350_717_320_902),
        ("2012-10-20t07:15:20.9z", 1_350_717_320_900),
        ("2012-10-20T09:15:20.902+02:00", 1_350_717_320_902),
        ("2012-10-20T01:45:20.902123456-05:30", 1_350_717_320_902),
        ("2012-02-29T00:00:00Z", 1_330_473_600_000),
        ("2000-03-01T00:00:00Z", 951_868_800_000),
        ("2026-11-23T23:59:59Z", 1_795_478_399_000),
        ("9999-12-31T23:59:59Z", 253_402_300_799_000),
    ],
)
def test_a_time_is_unix_milliseconds(text: str, milliseconds: int) -> None:
    assert contacts.parse_rfc3339(text) == milliseconds


@pytest.mark.parametrize(
    "text",
    [
        "10000-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+01:00",
        "0000-01-01T00:00:00Z",
        "2013-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2012-13-01T00:00:00Z",
        "2012-00-01T00:00:00Z",
        "2012-04-31T00:00:00Z",
        "2012-01-00T00:00:00Z",
        "2012-01-01T24:00:00Z",
        "2012-01-01T00:60:00Z",
        "2012-01-01T00:00:00",
        "2012-01-01 00:00:00Z",
        "2012-01-01",
        "2012-01-01T00:00:00+24:00",
        "2012-01-01T00:00:00+00:60",
        "2012-01-01T00:00:00+0000",
        "2012-01-01T00:00:00.Z",
        "\u0662\u0660\u0661\u0662-\u0660\u0661-\u0660\u0661T\u0660\u0660:\u0660\u0660:\u0660\u0660Z",
        "2012-01-01T00:00:00Z\n",
        "1800000000",
        "",
        "9" * 5000,
    ],
)
def test_D_017_what_is_no_time_of_our_calendar_is_refused(text: str) -> None:
    assert contacts.parse_rfc3339(text) is None


@pytest.mark.parametrize(
    "parse", [contacts.parse_email_address, contacts.parse_phone_number, contacts.is_username, contacts.parse_rfc3339]
)
@pytest.mark.parametrize(
    "text", ["a" * 100_000, "+1" + " " * 100_000, "a@" + "a." * 50_000, "1" * 100_000, "a@" + "-" * 100_000]
)
def test_D_007_no_parser_takes_long_over_a_long_text(parse: object, text: str) -> None:
    started = time.thread_time()
    assert not parse(text)  # type: ignore[operator]
    assert time.thread_time() - started < 0.25  # the first call loads the e-mail parser


# ---------------------------------------------------------------------------------------------------------- passwords
@pytest.mark.parametrize("length", [8, 15, 64, 72, 73, 128])
def test_A_019_8_to_128_characters_are_a_password(length: int) -> None:
    check_password(("correct horse battery staple " * 5)[:length], ())


@pytest.mark.parametrize(("length", "code"), [(0, "short"), (7, "short"), (129, "long"), (1_000_000, "long")])
def test_A_019_other_lengths_are_refused(length: int, code: str) -> None:
    with pytest.raises(ServiceError) as refused:
        check_password("é" * length, ())
    assert refused.value.items[0].code == f"form_password_length_too_{code}"
    assert refused.value.items[0].meta == {"param_name": "password"}


def test_A_019_characters_are_counted_not_bytes() -> None:
    check_password("😀" * 128, ())
    with pytest.raises(ServiceError):
        check_password("😀" * 7, ())


def test_A_019_skipping_the_checks_keeps_the_bound_that_protects_the_hasher() -> None:
    check_password("x", (), skip_checks=True)
    with pytest.raises(ServiceError) as refused:
        check_password("x" * 129, (), skip_checks=True)
    assert refused.value.items[0].code == "form_password_length_too_long"


@pytest.mark.parametrize("password", ["password1", "PASSWORD1", "12345678", "qwertyuiop", "iloveyou1", "Football1"])
def test_A_020_a_common_password_is_refused_whatever_its_case(password: str) -> None:
    with pytest.raises(ServiceError) as refused:
        check_password(password, ())
    assert refused.value.items[0].code == "form_password_pwned"


@pytest.mark.parametrize(
    "password", ["ada.lovelace@example.com", "ADA.LOVELACE@example.com", "ada.lovelace", "lovelace-9"]
)
def test_A_020_ones_own_identifier_is_no_password(password: str) -> None:
    with pytest.raises(ServiceError) as refused:
        check_password(password, (None, "lovelace-9", "ada.lovelace@example.com"))
    assert refused.value.items[0].code == "form_password_pwned"


def test_A_020_the_list_has_at_least_3000_words_that_are_long_enough() -> None:
    from claimsmith_server.services.passwords import _common_passwords

    assert len(_common_passwords()) >= 3000


# ------------------------------------------------------------------------------------------------------------ digests
GOOD = {
    "argon2i": "$argon2i$v=19$m=4096,t=3,p=1$c2FsdHNhbHQ$Zm9vYmFyYmF6",
    "argon2id": "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$Zm9vYmFyYmF6",
    "bcrypt": f"$2b$12${DIGEST_53}",
    "bcrypt_sha256_django": f"bcrypt_sha256$$2b$12${DIGEST_53}",
    "ldap_ssha": "{SSHA}c2FsdHNhbHRzYWx0",
    "md5": "5f4dcc3b5aa765d61d8327deb882cf99",
    "md5_phpass": "$P$BIRXVj/ZG0YRiBH8gnRy0x72PxoAk/1",
    "md5_salted": "pepper$5f4dcc3b5aa765d61d8327deb882cf99",
    "pbkdf2_sha1": "pbkdf2_sha1$1000$salt$aGFzaA==",
    "pbkdf2_sha256": "pbkdf2_sha256$600000$salt$aGFzaA==",
    "pbkdf2_sha256_django": "pbkdf2_sha256$600000$salt$aGFzaA==",
    "pbkdf2_sha512": "pbkdf2_sha512$210000$salt$aGFzaA==",
    "pbkdf2_sha512_hex": "pbkdf2_sha512_hex$210000$5a17$00ff",
    "phpass": "$P$BIRXVj/ZG0YRiBH8gnRy0x72PxoAk/1",
    "scrypt_firebase": "aGFzaA==$c2FsdA==$a2V5$Bw==$8$14",
    "scrypt_werkzeug": "scrypt:32768:8:1$salt$00ff",
    "sha256": "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8",
    "sha256_salted": "pepper$5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8",
    "sha512_symfony": "sha512_symfony$5000$salt$aGFzaA==",
}
HOSTILE = [
    ("argon2id", "$argon2id$v=19$m=4194304,t=2,p=1$YWJjZGVmZ2g$YWJj"),
    ("argon2id", "$argon2id$v=19$m=19456,t=1000000,p=1$YWJjZGVmZ2g$YWJj"),
    ("argon2id", "$argon2id$v=19$m=19456,t=2,p=255$YWJjZGVmZ2g$YWJj"),
    ("argon2id", "$argon2id$v=19$m=19456,t=0,p=1$YWJjZGVmZ2g$YWJj"),
    ("argon2id", "$argon2id$v=19$m=8,t=1,p=8$YWJjZGVmZ2g$YWJj"),
    ("argon2i", "$argon2i$v=19$m=0,t=0,p=0$YWJjZGVmZ2g$YWJj"),
    ("bcrypt", f"$2b$31${DIGEST_53}"),
    ("bcrypt", f"$2b$15${DIGEST_53}"),
    ("bcrypt", f"$2b$03${DIGEST_53}"),
    ("bcrypt", f"$2b$12${DIGEST_53}x"),
    ("bcrypt", f"$2b$12${DIGEST_53}\n"),
    ("bcrypt_sha256_django", f"bcrypt_sha256$$2b$31${DIGEST_53}"),
    ("pbkdf2_sha1", "pbkdf2_sha1$1000000000$salt$aGFzaA=="),
    ("pbkdf2_sha256", "pbkdf2_sha256$1000000000$salt$aGFzaA=="),
    ("pbkdf2_sha256", "0$salt$aGFzaA=="),
    ("pbkdf2_sha512", "pbkdf2_sha512$2000001$salt$aGFzaA=="),
    ("sha512_symfony", "9999999999$salt$aGFzaA=="),
    ("sha512_symfony", "131073$salt$aGFzaA=="),
    ("pbkdf2_sha256", "1000$no base64$aGFzaA=="),
    ("pbkdf2_sha512_hex", "pbkdf2_sha512_hex$1000$salt$00ff"),
    ("phpass", "$P$zIRXVj/ZG0YRiBH8gnRy0x72PxoAk/1"),  # 2^63 rounds
    ("md5_phpass", "$P$GIRXVj/ZG0YRiBH8gnRy0x72PxoAk/1"),  # 2^18
    ("scrypt_werkzeug", "scrypt:1073741824:8:1$salt$00ff"),
    ("scrypt_werkzeug", "scrypt:131072:32:16$salt$00ff"),
    ("scrypt_werkzeug", "scrypt:32768:8:0$salt$00ff"),
    ("scrypt_werkzeug", "scrypt:30000:8:1$salt$00ff"),
    ("scrypt_firebase", "aGFzaA==$c2FsdA==$a2V5$Bw==$99$14"),
    ("scrypt_firebase", "aGFzaA==$c2FsdA==$a2V5$Bw==$8$31"),
    ("md5", "5F4DCC3B5AA765D61D8327DEB882CF99" * 2),
    ("plaintext", "hunter2hunter2"),
    ("", ""),
]


@pytest.mark.parametrize("hasher", sorted(passwords.DIGEST_RULES))
def test_A_021_every_hasher_takes_a_usual_digest(hasher: str) -> None:
    assert import_digest(hasher, GOOD[hasher]) == f"{{{hasher}}}{GOOD[hasher]}"


@pytest.mark.parametrize(("hasher", "digest"), HOSTILE)
def test_A_021_a_digest_that_asks_for_too_much_work_or_is_malformed_is_refused(hasher: str, digest: str) -> None:
    with pytest.raises(ServiceError) as refused:
        import_digest(hasher, digest)
    assert refused.value.items[0].code == "form_password_digest_invalid"
    assert refused.value.status == 422


@pytest.mark.parametrize("hasher", sorted(passwords.DIGEST_RULES))
def test_A_021_a_digest_under_the_wrong_label_or_with_odd_digits_is_refused(hasher: str) -> None:
    arabic = GOOD[hasher].translate(
        str.maketrans("0123456789", "\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669")
    )
    others = [GOOD["argon2id" if hasher != "argon2id" else "bcrypt"], arabic, "", "x" * 2000, "\x00" + GOOD[hasher]]
    for digest in others:
        if digest != GOOD[hasher]:
            assert passwords.check_digest(hasher, digest) is not None


def test_A_021_no_form_takes_long_over_a_long_digest() -> None:
    for hasher, good in GOOD.items():
        started = time.thread_time()
        for text in (good * 500, good + "$" * 1000, good[:-1] + "a" * (1023 - len(good)), "A" * 1024):
            passwords.check_digest(hasher, text)
        assert time.thread_time() - started < 0.05
