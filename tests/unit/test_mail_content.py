"""What mails say, their MIME form, test identities, and the mail settings."""

import email
import ssl
from email import policy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimsmith_server.core.mail_content import (
    CODE_KINDS,
    MAIL_KINDS,
    VALUE_CHARACTERS,
    MailKind,
    check_values,
    clean_line,
    compose_content,
)
from claimsmith_server.core.test_identities import TEST_CODE, is_test_address, is_test_phone
from claimsmith_server.services.mail import Mail
from claimsmith_server.services.mail.message import (
    MailAddressInvalid,
    Sender,
    compose_message,
    render_html,
    render_text,
)
from claimsmith_server.services.mail.smtp import PostOffice, load_post_office, make_tls_context, parse_smtp_url
from claimsmith_server.settings import Settings, SettingsError, load_settings

VALUES = {
    "code": "123456",
    "purpose": "sign_in",
    "organization": "Analytical Engines",
    "inviter": "Charles",
    "url": "https://auth.example.com/accept?ticket=abc&x=1",
    "device": "Firefox on Linux",
    "address": "192.0.2.7",
    "time": "2027-01-15 08:00 UTC",
    "email_address": "new@example.com",
}
SENDER = Sender("no-reply@acme.example")


def a_mail(
    kind: MailKind = "verification_code",
    *,
    to: str = "ada@example.com",
    app_name: str = "Acme",
    values: dict[str, str] | None = None,
    support: str = "",
) -> Mail:
    content = compose_content(kind, VALUES | (values or {}), app_name=app_name, support_email=support)
    return Mail(id="mail_0RtYq0", instance_id="ins_a", kind=kind, to=to, content=content, created_at=1_800_000_000_123)


def headers_of(octets: bytes) -> list[str]:
    return [name.lower() for name, _ in email.message_from_bytes(octets, policy=policy.default).items()]


@pytest.mark.parametrize("kind", MAIL_KINDS)
def test_every_kind_says_what_it_is_what_to_do_and_what_if_it_was_not_you(kind: MailKind) -> None:
    content = a_mail(kind, support="help@acme.example").content
    for rendered in (render_text(content), render_html(content)):
        assert "Acme" in rendered
        assert "help@acme.example" in rendered
        assert ("123456" in rendered) is (kind in CODE_KINDS)
    text = render_text(content)
    assert content.heading in text
    assert content.lead in text
    assert content.closing in text
    assert "{" not in text + content.subject
    assert "\n\n\n" not in text
    if kind == "organization_invitation":
        assert "\n" + VALUES["url"] + "\n" in text
        assert 'href="https://auth.example.com/accept?ticket=abc&amp;x=1"' in render_html(content)


def test_a_mail_without_a_value_it_needs_is_refused() -> None:
    with pytest.raises(ValueError, match="needs code, purpose"):
        check_values("verification_code", {})
    with pytest.raises(ValueError, match="needs inviter, url"):
        check_values("organization_invitation", {"organization": "x"})
    check_values("password_changed", {})


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//evil", "", "https://a b", 'https://a"b', "https://a\r\nb"]
)
def test_X_002_a_link_that_is_no_http_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="http"):
        check_values("organization_invitation", VALUES | {"url": url})


def test_an_unknown_purpose_and_a_missing_inviter_still_make_sentences() -> None:
    assert "continue with Acme" in a_mail(values={"purpose": "other"}).content.lead
    content = a_mail("organization_invitation", values={"inviter": ""}).content
    assert content.lead == "Somebody invites you to join Analytical Engines on Acme."


def test_the_message_has_the_headers_of_an_automatic_mail_and_both_parts() -> None:
    message = compose_message(a_mail(), SENDER)
    assert message["From"] == "Acme <no-reply@acme.example>"
    assert message["To"] == "ada@example.com"
    assert message["Subject"] == "123456 is your Acme code"
    assert message["Date"] == "Fri, 15 Jan 2027 08:00:00 +0000"
    assert message["Message-ID"] == "<mail_0RtYq0@acme.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert not [name for name in message if name.lower().startswith("list-")]
    assert compose_message(a_mail(), SENDER)["Message-ID"] == message["Message-ID"]


def test_lines_of_a_message_are_never_longer_than_smtp_allows() -> None:
    for kind in MAIL_KINDS:
        octets = compose_message(a_mail(kind, values={"url": "https://a.example/" + "x" * 2000}), SENDER).as_bytes()
        assert max(len(line) for line in octets.split(b"\r\n")) <= 998


ATTACKS = [
    "Eve\r\nBcc: victim@example.com",
    "Eve\nSubject: other",
    "Eve\r\n\r\n<html>",
    "Eve\u2028Bcc: victim@example.com",
    "Eve\x85Bcc: x@y.z",
    "Eve\x00\x0b\x0c\x1b[31m",
    '<img src=x onerror="alert(1)">',
    "</p><script>alert(1)</script>",
    "{{7*7}}{% include 'home.html' %}",
    "{code} {0} {url.__class__}",
    '"; DROP <x@y> (comment)',
    "\ud800 half a pair",
    "\u202egpj.exe",
    "a" * 100_000,
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_I_012_no_value_adds_a_header_or_markup(attack: str) -> None:
    harmless = {kind: headers_of(compose_message(a_mail(kind), SENDER).as_bytes()) for kind in MAIL_KINDS}
    for kind in MAIL_KINDS:
        values = dict.fromkeys(VALUES, attack) | {"url": VALUES["url"]}
        mail = a_mail(kind, app_name=attack, values=values, support=attack)
        octets = compose_message(mail, SENDER).as_bytes()
        assert headers_of(octets) == harmless[kind]
        parsed = email.message_from_bytes(octets, policy=policy.default)
        assert [address.addr_spec for address in parsed["From"].addresses] == ["no-reply@acme.example"]
        assert [address.addr_spec for address in parsed["To"].addresses] == ["ada@example.com"]
        html = parsed.get_body(("html",)).get_content()
        for markup in ("<img", "<script", 'onerror="', "49"):
            assert markup not in html.replace("#491", "")
        assert "\u202e" not in html


def test_I_012_braces_in_a_value_stay_what_they_are() -> None:
    content = a_mail("organization_invitation", values={"organization": "{{7*7}} {code}"}).content
    assert content.heading == "You are invited to {{7*7}} {code}"
    assert "{{7*7}} {code}" in render_html(content)
    assert "{{7*7}} {code}" in render_text(content)


@given(st.text())
def test_I_012_a_clean_line_is_one_bounded_line_that_can_be_encoded(text: str) -> None:
    line = clean_line(text)
    assert len(line) <= VALUE_CHARACTERS
    assert len(line.splitlines()) <= 1
    assert line.isprintable() or all(character.isprintable() or ord(character) > 127 for character in line)
    assert line == line.strip()
    assert clean_line(line) == line
    line.encode()


def test_names_that_look_like_addresses_do_not_become_links() -> None:
    assert clean_line("Free money https://evil.example/x") == "Free money https: evil.example/x"
    assert clean_line("Ada 👩🏽‍🚀 Lovelace") == "Ada 👩🏽‍🚀 Lovelace"


@pytest.mark.parametrize(
    "to", ["", "ada", "ada@", "a@b@c", "ada@example.com\r\nBcc: x@y.z", "ada@example.com, x@y.z", "<ada@example.com>"]
)
def test_I_012_a_recipient_that_is_no_address_makes_no_message(to: str) -> None:
    with pytest.raises(MailAddressInvalid):
        compose_message(a_mail(to=to), SENDER)


def test_an_address_of_another_script_is_written_as_servers_read_it() -> None:
    assert compose_message(a_mail(to="ada@bücher.example"), SENDER)["To"] == "ada@xn--bcher-kva.example"
    octets = compose_message(a_mail(app_name="Zażółć 🍯"), SENDER).as_bytes()
    assert octets.isascii()
    parsed = email.message_from_bytes(octets, policy=policy.default)
    assert parsed["Subject"] == "123456 is your Zażółć 🍯 code"
    assert parsed["From"].addresses[0].display_name == "Zażółć 🍯"


def test_the_html_loads_nothing_and_runs_nothing() -> None:
    for kind in MAIL_KINDS:
        html = render_html(a_mail(kind).content)
        for banned in ("src=", "url(", "<script", "<link", "<img", "@import", "javascript:"):
            assert banned not in html
        assert html.count("http") == (2 if kind == "organization_invitation" else 0)


@pytest.mark.parametrize("text", ["ada+clerk_test@example.com", "a.b+clerk_test1@x.dev", "ADA+CLERK_TEST@EXAMPLE.COM"])
def test_A_034_addresses_with_the_tag_are_test_identities(text: str) -> None:
    assert is_test_address(text)


@pytest.mark.parametrize(
    "text", ["ada@example.com", "ada@x+clerk_test.com", "ada+clerk_test", "+clerk_test@", "clerk_test@example.com", ""]
)
def test_A_034_other_addresses_are_none(text: str) -> None:
    assert not is_test_address(text)


@pytest.mark.parametrize(("number", "expected"), [
    ("+15555550100", True), ("+12015550199", True), ("+12015550200", False), ("+12015550099", False),
    ("+442015550100", False), ("12015550100", False), ("+120155501000", False), ("+1201555010٣", False), ("", False),
])  # fmt: skip
def test_A_034_numbers_that_nobody_has_are_test_identities(number: str, expected: Any) -> None:
    assert is_test_phone(number) is expected
    assert TEST_CODE == "424242"


@pytest.mark.parametrize(("url", "expected"), [
    ("smtp://mail.example.com", ("mail.example.com", 587, "starttls", "", "")),
    ("smtp://u%40x:p%2Fw@mail.example.com:25", ("mail.example.com", 25, "starttls", "u@x", "p/w")),
    ("smtps://u:p@mail.example.com", ("mail.example.com", 465, "implicit", "u", "p")),
    ("smtp://localhost:1025", ("localhost", 1025, "off", "", "")),
    ("smtp://[::1]:1025", ("::1", 1025, "off", "", "")),
    ("smtps://localhost", ("localhost", 465, "implicit", "", "")),
    ("smtp://mailpit:1025?tls=off", ("mailpit", 1025, "off", "", "")),
])  # fmt: skip
def test_a_mail_servers_url_says_where_as_whom_and_how(url: str, expected: Any) -> None:
    server = parse_smtp_url(url)
    assert (server.host, server.port, server.tls, server.username, server.password) == expected
    assert repr(server).count("p/w") == 0


@pytest.mark.parametrize("url", [
    "http://h", "smtp://", "smtp://h:99999", "smtp://h/path", "smtp://h?tls=on", "smtp://h?x=1", "smtp://h#f", "smtp://[::1"
])  # fmt: skip
def test_a_url_that_is_no_mail_servers_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(SettingsError) as refused:
        parse_smtp_url(url.replace("//", "//u:hunter2@"))
    assert "hunter2" not in str(refused.value)


def office(**settings: Any) -> PostOffice:
    made = load_post_office(Settings(mail_from="no-reply@acme.example", **settings))
    assert made is not None
    return made


def test_without_a_mail_server_there_is_no_post_office() -> None:
    assert load_post_office(Settings()) is None


@pytest.mark.parametrize(("given_from", "expected"), [
    ("no-reply@acme.example", Sender("no-reply@acme.example")),
    ("Acme <no-reply@acme.example>", Sender("no-reply@acme.example", "Acme")),
    ('"Acme, Inc." <no-reply@acme.example>', Sender("no-reply@acme.example", "Acme, Inc.")),
])  # fmt: skip
def test_mail_from_is_an_address_with_or_without_a_name(given_from: str, expected: Any) -> None:
    made = load_post_office(Settings(smtp_url="smtp://localhost", mail_from=given_from))
    assert made is not None
    assert made.sender == expected


@pytest.mark.parametrize(
    "text", ["", "acme", "a@b@c", "x <a@b.example>\r\nBcc: y@z", "ä@acme.example", "a@b.example, c@d"]
)
def test_a_mail_from_that_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="mail_from"):
        load_post_office(Settings(smtp_url="smtp://localhost", mail_from=text))


def test_L_004_the_mail_servers_password_comes_from_a_file_that_others_may_not_read(tmp_path: Path) -> None:
    file = tmp_path / "smtp_password"
    file.write_text("hunter2\n")
    file.chmod(0o600)
    made = office(smtp_url="smtp://ada@mail.example.com", smtp_password_file=str(file))
    assert made.server.password == "hunter2"
    assert "hunter2" not in repr(made)
    file.chmod(0o604)
    with pytest.raises(SettingsError, match="chmod"):
        office(smtp_url="smtp://ada@mail.example.com", smtp_password_file=str(file))
    file.chmod(0o600)
    file.write_text(" \n")
    with pytest.raises(SettingsError, match="empty"):
        office(smtp_url="smtp://ada@mail.example.com", smtp_password_file=str(file))
    with pytest.raises(SettingsError, match="can't be read"):
        office(smtp_url="smtp://ada@mail.example.com", smtp_password_file=str(tmp_path / "none"))


@pytest.mark.parametrize("url", ["smtp://ada@mail.example.com", "smtp://:pw@mail.example.com"])
def test_half_of_a_login_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="both"):
        office(smtp_url=url)


def test_L_010_a_password_never_goes_out_in_the_clear() -> None:
    with pytest.raises(SettingsError, match="in the clear"):
        office(smtp_url="smtp://u:p@mail.example.com?tls=off")


def test_L_010_certificates_and_names_are_verified() -> None:
    context = make_tls_context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_L_001_a_mail_servers_url_that_is_refused_is_not_repeated() -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings(None, {"CLAIMSMITH_SMTP_URL": "pop3://ada:hunter2@mail.example.com"})
    assert "smtp_url" in str(refused.value)
    assert "hunter2" not in str(refused.value)
