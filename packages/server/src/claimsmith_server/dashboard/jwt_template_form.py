"""The form of a JWT template's settings: what is typed, and what it becomes."""

from typing import Final

import msgspec

from claimsmith_server.core.jose import TEMPLATE_ALGORITHMS
from claimsmith_server.core.models import JwtTemplate
from claimsmith_server.dashboard.problems import Problem
from claimsmith_server.dashboard.words import duration
from claimsmith_server.services.jwt_template_settings import TemplateSettings

INSTANCE_KEY: Final = "instance"
"""As an algorithm: the template has no key of its own."""
ALGORITHMS: Final = (
    (INSTANCE_KEY, "The instance's key"),
    *((name, f"{name}, with a key of its own") for name in TEMPLATE_ALGORITHMS),
)
"""Choices of who signs."""


class TemplateForm(msgspec.Struct, frozen=True, kw_only=True):
    """What the forms send; a new template has `claims`, one that is there has `seen`."""

    name: str = ""
    lifetime: str = ""
    allowed_clock_skew: str = ""
    signing_algorithm: str = INSTANCE_KEY
    signing_key: str = ""
    claims: str = "{}"
    preset: str = "blank"
    seen: str = ""
    """The settings that the page was made from, as JSON."""


def parse_form(form: TemplateForm) -> TemplateSettings | Problem:
    """The settings that the form holds; texts that are no numbers are told here, all else by the service."""
    lifetime, skew = _parse_seconds(form.lifetime), _parse_seconds(form.allowed_clock_skew)
    if lifetime is None:
        return Problem("Enter a whole number of seconds, such as 60.", "lifetime")
    if skew is None:
        return Problem("Enter a whole number of seconds, such as 5.", "allowed_clock_skew")
    is_custom = form.signing_algorithm != INSTANCE_KEY
    return TemplateSettings(
        name=form.name.strip(),
        lifetime=lifetime,
        allowed_clock_skew=skew,
        custom_signing_key=is_custom,
        signing_algorithm=form.signing_algorithm if is_custom else None,
        signing_key=form.signing_key.strip() or None if is_custom else None,
    )


def _parse_seconds(text: str) -> int | None:
    digits = text.strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 9 else None  # noqa: PLR2004 - ten years


def read_settings(template: JwtTemplate) -> TemplateSettings:
    """The settings as they are stored, but for the key, which is write-only."""
    return TemplateSettings(
        name=template.name,
        lifetime=template.lifetime,
        allowed_clock_skew=template.allowed_clock_skew,
        custom_signing_key=template.custom_signing_key,
        signing_algorithm=template.signing_algorithm if template.custom_signing_key else None,
    )


def write_seen(template: JwtTemplate) -> str:
    """What the form was made from. A key is write-only, so that of a key only its algorithm is compared."""
    return msgspec.json.encode(read_settings(template)).decode()


def tell_settings(settings: TemplateSettings) -> dict[str, str]:
    """The settings in words, by label."""
    return {
        "Name": settings.name,
        "Lifetime": duration(settings.lifetime),
        "Allowed clock skew": duration(settings.allowed_clock_skew),
        "Signed with": settings.signing_algorithm or "The instance's key",
    }


def fill_form(template: JwtTemplate) -> TemplateForm:
    """The form of what is stored."""
    return TemplateForm(
        name=template.name,
        lifetime=str(template.lifetime),
        allowed_clock_skew=str(template.allowed_clock_skew),
        signing_algorithm=template.signing_algorithm if template.custom_signing_key else INSTANCE_KEY,
        claims=template.claims,
        seen=write_seen(template),
    )
