"""Mails as MIME messages: plain text and HTML, with headers that no value can add to (case I-012)."""

from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

import msgspec
from email_validator import EmailNotValidError, validate_email
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from claimsmith_server.core.mail_content import MailContent, clean_line
from claimsmith_server.services.mail import Mail

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
)
_MAX_NAME_CHARACTERS = 64


class MailAddressInvalid(ValueError):  # noqa: N818 - reads as the state it is
    """No mail can be addressed so."""


class Sender(msgspec.Struct, frozen=True):
    """Who mails are from; without a name it is the application's."""

    address: str
    name: str = ""


def compose_message(mail: Mail, sender: Sender) -> EmailMessage:
    """The message as SMTP wants it; the same mail gives the same `Message-ID` and `Date` however often it is tried.

    Raises:
        MailAddressInvalid: the recipient is no address.
    """
    content = mail.content
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = _address(sender.address, sender.name or content.app_name)
    message["To"] = _address(mail.to)
    message["Subject"] = content.subject
    message["Date"] = format_datetime(datetime.fromtimestamp(mail.created_at / 1000, UTC))
    message["Message-ID"] = f"<{mail.id}@{sender.address.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no vacation notice answers it
    message["X-Auto-Response-Suppress"] = "All"  # what Exchange reads instead
    message.set_content(render_text(content))
    message.add_alternative(render_html(content), subtype="html")
    return message


def render_text(content: MailContent) -> str:
    """The mail as plain text."""
    return _TEMPLATES.get_template("mail.txt").render(mail=content).rstrip() + "\n"


def render_html(content: MailContent) -> str:
    """The mail as one HTML document without anything to load."""
    return _TEMPLATES.get_template("mail.html").render(mail=content)


def _address(spec: str, name: str = "") -> Address:
    """The address with its domain in ASCII, as every mail server reads it."""
    try:
        known = validate_email(spec, check_deliverability=False, test_environment=True, strict=True)
    except EmailNotValidError as error:
        raise MailAddressInvalid("the address can't be written to") from error
    return Address(clean_line(name, _MAX_NAME_CHARACTERS), known.local_part, known.ascii_domain)
