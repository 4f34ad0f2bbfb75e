"""Sign-ups on their way in: forms, and the fields of an attempt that they give.

Everything here is a value or a refusal; nothing is read or written. Pages send every field that they show, so an empty
text is an absent one (contract 4.15).
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from claimsmith_server.core.contacts import parse_email_address, parse_phone_number
from claimsmith_server.core.errors import (
    PARAM_FORMAT_INVALID,
    PARAM_TOO_LARGE,
    PARAM_UNKNOWN,
    PARAM_VALUE_INVALID,
    ServiceError,
)
from claimsmith_server.core.instance_settings import AuthenticationSettings
from claimsmith_server.core.models import JsonObject
from claimsmith_server.core.parameters import parse_json_object
from claimsmith_server.core.sign_up import CODE_STRATEGIES, CONTACTS, Contact
from claimsmith_server.services.user_input import METADATA_BYTES, Name, parse_username

NO_FACTOR_STRATEGIES: Final = ("", "password", "ticket")
"""Strategies that ask for no code when an attempt is created or changed."""


class SignUpForm(msgspec.Struct, frozen=True, kw_only=True):
    """The form of `POST …/sign_ups` and `PATCH …/sign_ups/{id}`."""

    strategy: str = ""
    ticket: str = ""
    transfer: str = ""
    email_address: str = ""
    phone_number: str = ""
    email_address_or_phone_number: str = ""
    username: str = ""
    password: str = ""
    first_name: Name = ""
    last_name: Name = ""
    locale: Name = ""
    unsafe_metadata: str = ""
    legal_accepted: str = ""


class PrepareVerification(msgspec.Struct, frozen=True, kw_only=True):
    """The form of `POST …/prepare_verification`."""

    strategy: str = ""


class AttemptVerification(msgspec.Struct, frozen=True, kw_only=True):
    """The form of `POST …/attempt_verification`."""

    strategy: str = ""
    code: str = ""


def read_fields(settings: AuthenticationSettings, asked: SignUpForm, now: int) -> dict[str, Any]:
    """The fields of `SignUp` that a form gives, without the password's digest; `now` is unix milliseconds.

    Raises:
        ServiceError: `form_param_format_invalid`, `form_param_exceeds_allowed_size`, `form_param_value_invalid`, or
            `form_param_unknown` for a field that the instance does not have.
    """
    _check_strategy(asked)
    fields: dict[str, Any] = {}
    for name, text in _given_texts(asked).items():
        if getattr(settings, name) == "off":
            raise PARAM_UNKNOWN(param_name=name)
        if name != "password":
            fields[name] = _PARSERS[name](text)
    if asked.locale:
        fields["locale"] = asked.locale
    if asked.unsafe_metadata:
        fields["unsafe_metadata"] = parse_metadata("unsafe_metadata", asked.unsafe_metadata)
    if asked.legal_accepted == "true":
        fields["legal_accepted_at"] = now
    return fields


def parse_metadata(name: str, text: str) -> JsonObject:
    """The JSON object that a form's field holds.

    Raises:
        ServiceError: `form_param_format_invalid` for what is no JSON object, or nested too deep (case I-007);
            `form_param_exceeds_allowed_size`.
    """
    try:
        value = parse_json_object(text.encode())
    except ServiceError as error:
        problem = error.items[0].long_message
        raise PARAM_FORMAT_INVALID(param_name=name, expected=f"a JSON object. {problem}".rstrip(".")) from error
    size = len(msgspec.json.encode(value))
    if size > METADATA_BYTES:
        raise PARAM_TOO_LARGE(param_name=name, actual=f"{size:,} bytes", limit=f"{METADATA_BYTES:,}")
    return value


def contact_of(strategy: str) -> Contact:
    """What a strategy verifies.

    Raises:
        ServiceError: `form_param_value_invalid`: it verifies nothing here.
    """
    contact = CODE_STRATEGIES.get(strategy)
    if contact is None:
        raise PARAM_VALUE_INVALID(param_name="strategy", expected="`email_code` or `phone_code`")
    return contact


def _check_strategy(asked: SignUpForm) -> None:
    """Nothing here comes from other providers, so there is nothing to transfer from them either."""
    if asked.strategy not in NO_FACTOR_STRATEGIES and asked.strategy not in CODE_STRATEGIES:
        raise PARAM_VALUE_INVALID(
            param_name="strategy", expected="`password`, `email_code`, `phone_code`, `ticket`, or absent"
        )
    if asked.transfer == "true":
        raise PARAM_VALUE_INVALID(param_name="transfer", expected="absent: nothing here comes from other providers")


def _given_texts(asked: SignUpForm) -> dict[str, str]:
    texts = {name: getattr(asked, name) for name in (*_PARSERS, "password") if getattr(asked, name)}
    either = asked.email_address_or_phone_number
    if either and not any(contact in texts for contact in CONTACTS):
        texts["email_address" if "@" in either else "phone_number"] = either
    return texts


def _parse_email_address(text: str) -> str:
    address = parse_email_address(text)
    if address is None:
        raise PARAM_FORMAT_INVALID(param_name="email_address", expected="a valid e-mail address")
    return address


def _parse_phone_number(text: str) -> str:
    number = parse_phone_number(text)
    if number is None:
        raise PARAM_FORMAT_INVALID(param_name="phone_number", expected="a number such as +15555550100 (E.164)")
    return number


_PARSERS: dict[str, Callable[[str], str | None]] = {
    "email_address": _parse_email_address,
    "phone_number": _parse_phone_number,
    "username": parse_username,
    "first_name": str,
    "last_name": str,
}
