"""Signing in: what an attempt's status may become, by which factors, and how an address is told. Pure.

What the table does not list is refused. No event leads past `needs_second_factor` but a second factor, whichever way a
user came there: by password, code or new password (case A-024).
"""

from collections.abc import Callable, Mapping
from typing import Literal, TypeVar, get_args

import msgspec

from claimsmith_server.core.attempts import SignIn, SignInStatus, Verification
from claimsmith_server.core.contacts import is_username, parse_email_address, parse_phone_number
from claimsmith_server.core.instance_settings import AuthenticationSettings
from claimsmith_server.core.models import EmailAddress, PhoneNumber, User

SignInEvent = Literal[
    "identify",
    "prepare_first_factor",
    "verify_first_factor",
    "verify_first_of_two_factors",
    "verify_reset_code",
    "prepare_second_factor",
    "verify_second_factor",
    "set_new_password",
    "set_new_password_before_second_factor",
    "spend_ticket",
    "spend_ticket_before_second_factor",
    "abandon",
]
"""What happens to an attempt; each factor of an event was found right before."""

TRANSITIONS: Mapping[tuple[SignInStatus, SignInEvent], SignInStatus] = {
    ("needs_identifier", "identify"): "needs_first_factor",
    ("needs_identifier", "spend_ticket"): "complete",
    ("needs_identifier", "spend_ticket_before_second_factor"): "needs_second_factor",
    ("needs_identifier", "abandon"): "abandoned",
    ("needs_first_factor", "prepare_first_factor"): "needs_first_factor",
    ("needs_first_factor", "verify_first_factor"): "complete",
    ("needs_first_factor", "verify_first_of_two_factors"): "needs_second_factor",
    ("needs_first_factor", "verify_reset_code"): "needs_new_password",
    ("needs_first_factor", "spend_ticket"): "complete",
    ("needs_first_factor", "spend_ticket_before_second_factor"): "needs_second_factor",
    ("needs_first_factor", "abandon"): "abandoned",
    ("needs_second_factor", "prepare_second_factor"): "needs_second_factor",
    ("needs_second_factor", "verify_second_factor"): "complete",
    ("needs_second_factor", "abandon"): "abandoned",
    ("needs_new_password", "set_new_password"): "complete",
    ("needs_new_password", "set_new_password_before_second_factor"): "needs_second_factor",
    ("needs_new_password", "abandon"): "abandoned",
}
STATUSES: tuple[SignInStatus, ...] = get_args(SignInStatus)
EVENTS: tuple[SignInEvent, ...] = get_args(SignInEvent)

CodeStrategy = Literal["email_code", "phone_code", "reset_password_email_code", "reset_password_phone_code"]
CODE_STRATEGIES: tuple[CodeStrategy, ...] = get_args(CodeStrategy)
RESET_STRATEGIES: tuple[CodeStrategy, ...] = ("reset_password_email_code", "reset_password_phone_code")
_T = TypeVar("_T")
IdentifierKind = Literal["email_address", "phone_number", "username"]


class Identifier(msgspec.Struct, frozen=True):
    """What a person is looked for by, in its one canonical form (case A-011)."""

    kind: IdentifierKind
    text: str


class FirstFactor(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A way for a user to prove who it is (contract 4.3); members that don't apply are left out."""

    strategy: str
    email_address_id: str | None = None
    phone_number_id: str | None = None
    safe_identifier: str | None = None
    primary: bool | None = None
    default: bool | None = None


class SignInView(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt with all that goes out with it; its status is the one that holds now."""

    sign_in: SignIn
    user: User | None
    factors: tuple[FirstFactor, ...] | None
    """`None` until a user is known, and again when the attempt is over."""
    identifiers: tuple[IdentifierKind, ...]
    verification: Verification | None
    """The latest code, where one is what the attempt goes by; its status is the one that holds now."""


def next_status(status: SignInStatus, event: SignInEvent) -> SignInStatus | None:
    """The status after an event; `None` when the event is refused there."""
    return TRANSITIONS.get((status, event))


def status_at(status: SignInStatus, abandon_at: int, now: int) -> SignInStatus:
    """The status at `now` (unix milliseconds): from `abandon_at` on an attempt that isn't over is abandoned."""
    return status if now < abandon_at else (next_status(status, "abandon") or status)


def supported_identifiers(settings: AuthenticationSettings) -> tuple[IdentifierKind, ...]:
    """What users of an instance are known by."""
    kinds: tuple[IdentifierKind, ...] = get_args(IdentifierKind)
    return tuple(kind for kind in kinds if getattr(settings, kind) != "off")


def parse_identifier(text: str, settings: AuthenticationSettings) -> Identifier | None:
    """What a person gave to be known by; `None` when it is nothing that users of this instance have.

    The three kinds can't be mistaken for each other: addresses have an `@`, numbers begin with `+`, usernames have
    neither.
    """
    given = text.strip()
    enabled = supported_identifiers(settings)
    if "@" in given:
        address = parse_email_address(given) if "email_address" in enabled else None
        return None if address is None else Identifier("email_address", address)
    if given.startswith("+"):
        number = parse_phone_number(given) if "phone_number" in enabled else None
        return None if number is None else Identifier("phone_number", number)
    return Identifier("username", given) if "username" in enabled and is_username(given) else None


def stored_identifier(user: User, identifier: Identifier) -> str:
    """The identifier as the user's own record spells it: `Ada@example.com` for who typed `ada@EXAMPLE.com`."""
    if identifier.kind == "username":
        return user.username or identifier.text
    spellings = (
        *(one.email_address for one in user.email_addresses),
        *(one.phone_number for one in user.phone_numbers),
    )
    return next((one for one in spellings if one.lower() == identifier.text.lower()), identifier.text)


def find_first_factors(
    user: User, settings: AuthenticationSettings, identifier: str | None, can_text: Callable[[str], bool]
) -> tuple[FirstFactor, ...]:
    """The ways in which a user may prove who it is, the preferred one first, resets of the password last.

    Codes go to verified addresses and numbers only, so that whoever adds somebody else's address gains nothing by it.

    Args:
        user: the user.
        settings: the instance's.
        identifier: what the user was found by; factors that use it come first and name it in full.
        can_text: whether a number can be reached.
    """
    has_password = settings.password != "off"  # noqa: S105 - a presence, no password
    emails = [one for one in user.email_addresses if one.verification_status == "verified"]
    phones = [one for one in user.phone_numbers if one.verification_status == "verified" and can_text(one.phone_number)]
    emails = _first(emails, lambda one: (one.email_address == identifier, one.id == user.primary_email_address_id))
    phones = _first(phones, lambda one: (one.phone_number == identifier, one.id == user.primary_phone_number_id))
    by_password = [FirstFactor(strategy="password")] if has_password and user.password_digest is not None else []
    by_code = [
        *(_email_factor("email_code", one, user, identifier) for one in emails if settings.email_code),
        *(_phone_factor("phone_code", one, user, identifier) for one in phones if settings.phone_code),
    ]
    by_reset = [
        *(_email_factor("reset_password_email_code", one, user, identifier) for one in emails if has_password),
        *(_phone_factor("reset_password_phone_code", one, user, identifier) for one in phones if has_password),
    ]
    if settings.preferred_sign_in_strategy == "otp":
        return (*by_code, *by_password, *by_reset)
    return (*by_password, *by_code, *by_reset)


def choose_factor(
    factors: tuple[FirstFactor, ...], strategy: str, identification_id: str | None = None
) -> FirstFactor | None:
    """The factor of a strategy, and of one address or number where one is named; `None` when the user has none such."""
    for factor in factors:
        named = factor.email_address_id or factor.phone_number_id
        if factor.strategy == strategy and identification_id in {None, named}:
            return factor
    return None


def mask_email_address(address: str) -> str:
    """The address, told to who may not be its owner: `a***@example.com`."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}"


def mask_phone_number(number: str) -> str:
    """The number, told to who may not be its owner: `+********100`, at most a third of it."""
    shown = min(4, (len(number) - 1) // 3)
    return f"+{'*' * (len(number) - 1 - shown)}{number[len(number) - shown :]}"


def _email_factor(strategy: CodeStrategy, email: EmailAddress, user: User, identifier: str | None) -> FirstFactor:
    address = email.email_address
    return FirstFactor(
        strategy=strategy,
        email_address_id=email.id,
        safe_identifier=address if address == identifier else mask_email_address(address),
        primary=email.id == user.primary_email_address_id,
    )


def _phone_factor(strategy: CodeStrategy, phone: PhoneNumber, user: User, identifier: str | None) -> FirstFactor:
    number = phone.phone_number
    return FirstFactor(
        strategy=strategy,
        phone_number_id=phone.id,
        safe_identifier=number if number == identifier else mask_phone_number(number),
        primary=phone.id == user.primary_phone_number_id,
        default=False if strategy == "phone_code" else None,
    )


def _first(found: list[_T], preferred: Callable[[_T], tuple[bool, bool]]) -> list[_T]:
    return sorted(found, key=preferred, reverse=True)
