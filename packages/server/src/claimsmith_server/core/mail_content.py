"""What each kind of mail says, before it is laid out: one table of sentences, filled with values made harmless.

Values come from users (names of organizations, devices), so each is one line without control characters and of bounded
length; layout escapes the rest (case I-012). Sentences are filled once: braces in a value stay what they are.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Literal

import msgspec

MailKind = Literal[
    "verification_code",
    "reset_password_code",
    "organization_invitation",
    "password_changed",
    "new_device_sign_in",
    "email_address_added",
]
VALUE_CHARACTERS = 100
"""The most that a value brings into a mail; longer ones are cut."""
_ALWAYS_WITHOUT = dict.fromkeys(map(ord, "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"))
"""Marks that reorder text: with them `gpj.exe` shows as `exe.jpg`."""
_LINK = re.compile(r"https?://[^\s\"<>\\]+", re.ASCII)
_MAX_LINK_CHARACTERS = 2048

PURPOSES: Mapping[str, str] = {
    "sign_in": "sign in to {app_name}",
    "sign_up": "create your account with {app_name}",
    "email_address": "verify this address for {app_name}",
    "reverification": "confirm that it is you at {app_name}",
}
"""What a verification code is for: `purpose` to the end of the sentence "Enter this code to ..."."""


class MailContent(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of one mail, plain text all of them."""

    subject: str
    heading: str
    lead: str
    closing: str
    """What to do if it wasn't the reader."""
    app_name: str
    support_email: str = ""
    code: str | None = None
    facts: tuple[tuple[str, str], ...] = ()
    """Labels and values."""
    link: tuple[str, str] | None = None
    """A label and an http(s) address."""


class _Words(msgspec.Struct, frozen=True, kw_only=True):
    """The sentences of a kind, with the names of values in braces."""

    needs: tuple[str, ...] = ()
    subject: str
    heading: str
    lead: str
    closing: str
    facts: tuple[tuple[str, str], ...] = ()
    link: str | None = None
    """Label of the link to `url`."""


_WORDS: Mapping[MailKind, _Words] = {
    "verification_code": _Words(
        needs=("code", "purpose"),
        subject="{code} is your {app_name} code",
        heading="Your code for {app_name}",
        lead="Enter this code to {purpose}. It works once, within 10 minutes.",
        closing="If you didn't ask for a code, ignore this message: without it nobody gets in. "
        "Never pass the code on; nobody at {app_name} asks for it.",
    ),
    "reset_password_code": _Words(
        needs=("code",),
        subject="{code} is your {app_name} password reset code",
        heading="Choose a new password for {app_name}",
        lead="Enter this code to choose a new password. It works once, within 10 minutes.",
        closing="If you didn't ask to reset your password, ignore this message: your password stays as it is. "
        "Never pass the code on; nobody at {app_name} asks for it.",
    ),
    "organization_invitation": _Words(
        needs=("organization", "inviter", "url"),
        subject="Join {organization} on {app_name}",
        heading="You are invited to {organization}",
        lead="{inviter} invites you to join {organization} on {app_name}.",
        closing="If you don't expect this invitation, ignore this message: nothing happens unless you accept it.",
        link="Accept the invitation",
    ),
    "password_changed": _Words(
        subject="Your {app_name} password was changed",
        heading="Your password was changed",
        lead="The password of your {app_name} account was changed.",
        closing="If it was you, there is nothing to do. If it wasn't, reset your password now and sign out of all "
        "other devices.",
    ),
    "new_device_sign_in": _Words(
        needs=("device", "address", "time"),
        subject="New sign-in to your {app_name} account",
        heading="A new device signed in",
        lead="Your {app_name} account was signed in to from a device that we haven't seen before.",
        facts=(("Device", "{device}"), ("IP address", "{address}"), ("Time", "{time}")),
        closing="If it was you, there is nothing to do. If it wasn't, change your password now and sign out of all "
        "other devices.",
    ),
    "email_address_added": _Words(
        needs=("email_address",),
        subject="An e-mail address was added to your {app_name} account",
        heading="A new e-mail address",
        lead="This address was added to your {app_name} account:",
        facts=(("Address", "{email_address}"),),
        closing="If it was you, there is nothing to do. If it wasn't, remove the address, change your password now and "
        "sign out of all other devices.",
    ),
}
MAIL_KINDS: tuple[MailKind, ...] = tuple(_WORDS)
CODE_KINDS: tuple[MailKind, ...] = tuple(kind for kind in MAIL_KINDS if "code" in _WORDS[kind].needs)
"""Mails that say nothing once their code has expired."""


def check_values(kind: MailKind, values: Mapping[str, str]) -> None:
    """Refuse values that the kind's mail can't be made of.

    Raises:
        ValueError: one is missing, or `url` is no http(s) address.
    """
    missing = [name for name in _WORDS[kind].needs if name not in values]
    if missing:
        raise ValueError(f"a mail of kind {kind} needs {', '.join(missing)}")
    url = values.get("url")
    if url is not None and not (len(url) <= _MAX_LINK_CHARACTERS and _LINK.fullmatch(url)):
        raise ValueError("the url of a mail is an http or https address")


def compose_content(
    kind: MailKind, values: Mapping[str, str], *, app_name: str, support_email: str = ""
) -> MailContent:
    """The mail's parts; `values` as `check_values` accepts them, `purpose` a key of `PURPOSES`.

    An unknown `purpose` becomes "continue with ..."; an empty `inviter` becomes "Somebody".
    """
    words = _WORDS[kind]
    told = {name: clean_line(value) for name, value in values.items()}
    told["app_name"] = clean_line(app_name) or "your account"
    told["inviter"] = told.get("inviter") or "Somebody"
    told["purpose"] = PURPOSES.get(told.get("purpose", ""), "continue with {app_name}").format_map(told)
    return MailContent(
        subject=words.subject.format_map(told),
        heading=words.heading.format_map(told),
        lead=words.lead.format_map(told),
        closing=words.closing.format_map(told),
        app_name=told["app_name"],
        support_email=clean_line(support_email),
        code=told["code"] if "code" in words.needs else None,
        facts=tuple((label, value.format_map(told)) for label, value in words.facts),
        link=(words.link, values["url"]) if words.link else None,
    )


def clean_line(text: str, limit: int = VALUE_CHARACTERS) -> str:
    r"""The text as one line: no control characters, line ends, marks that reorder it, or addresses that become links.

    `Acme\r\nBcc: eve@example.com` becomes `Acme Bcc: eve@example.com`.
    """
    spaced = "".join(" " if _is_break(character) else character for character in text[: limit * 4])
    line = " ".join(spaced.translate(_ALWAYS_WITHOUT).replace("://", ": ").split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _is_break(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}
