"""Refusals in the words of a page: a sentence for a person, on the field that it is about."""

from collections.abc import Mapping
from typing import Final

import msgspec

from claimsmith_server.core.errors import ServiceError

LABELS: Final[Mapping[str, str]] = {
    "identifier": "E-mail address",
    "email_address": "E-mail address",
    "phone_number": "Phone number",
    "username": "Username",
    "first_name": "First name",
    "last_name": "Last name",
    "password": "Password",
    "current_password": "Current password",
    "new_password": "New password",
    "code": "Code",
}
"""What fields are called."""

_SENTENCES: Final[Mapping[str, str]] = {
    "form_identifier_not_found": "No account is known by this. Check the spelling, or sign up.",
    "form_password_incorrect": "This is not the account's password. Try again, or use a code.",
    "form_code_incorrect": "This is not the code that was sent. Use the newest one.",
    "verification_expired": "This code has expired. Ask for a new one.",
    "verification_failed": "Too many wrong codes. Ask for a new one.",
    "verification_missing": "No code was sent yet. Ask for one.",
    "verification_already_verified": "This code was used already. Ask for a new one.",
    "too_many_requests": "Too many tries in a short time. Wait a little, then try again.",
    "hashing_busy": "The service is busy. Try again in a moment.",
    "service_unavailable": "The service is busy. Nothing was changed; try again in a moment.",
    "user_banned": "This account may not sign in. Ask the application's support for the reason.",
    "strategy_for_user_invalid": "This account can't be signed in to this way. Choose another one.",
    "client_state_invalid": "This step was done already, or took too long. Start again.",
    "phone_number_unreachable": "No codes can be sent to phone numbers here. Choose another way.",
    "ticket_invalid": "This link was used already, was taken back, or isn't complete. Ask for a new one.",
    "ticket_expired_code": "This link has expired. Ask for a new one.",
    "session_reverification_required": "This change needs a fresh sign-in. Sign out, sign in again, and repeat it.",
    "authentication_invalid": "You have been signed out meanwhile. Sign in again.",
}
"""What is told in place of the wire's own sentence, by code."""
_OF_FIELDS: Final[Mapping[tuple[str, str], str]] = {
    ("form_param_missing", "identifier"): "Enter what you sign in with.",
    ("form_password_incorrect", "current_password"): "This is not your current password.",
}
_FORMS: Final[Mapping[str, str]] = {
    "email_address": "Enter a whole e-mail address, such as ada@example.com.",
    "phone_number": "Enter the number with its country code, such as +1 555 555 0100.",
    "username": "A username has 4 to 64 letters, digits, - and _.",
}
_MALFORMED = ("form_param_format_invalid", "form_param_value_invalid", "form_param_type_invalid")


class Problem(msgspec.Struct, frozen=True):
    """What is wrong, on the field of this name; `""` is the whole form."""

    text: str
    field: str = ""
    code: str = ""


def explain_refusal(refusal: ServiceError, fields: tuple[str, ...], rename: Mapping[str, str] | None = None) -> Problem:
    """The refusal as a page tells it.

    Args:
        refusal: of a service.
        fields: those that the page shows; a problem of any other is told above the form.
        rename: names of parameters that the page calls otherwise.
    """
    item = refusal.items[0]
    named = str((item.meta or {}).get("param_name", ""))
    field = (rename or {}).get(named, named)
    return Problem(_sentence(item.code, field, item.long_message), field if field in fields else "", item.code)


def _sentence(code: str, field: str, told: str) -> str:
    label = LABELS.get(field, "a value").lower()
    if (code, field) in _OF_FIELDS:
        return _OF_FIELDS[code, field]
    if code == "form_param_missing":
        return f"Enter your {label}."
    if code == "form_identifier_exists":
        return f"Another account has this {label}. Sign in to it, or use another one."
    if code in _MALFORMED and field in _FORMS:
        return _FORMS[field]
    return _SENTENCES.get(code, told)
