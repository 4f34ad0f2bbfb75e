"""The form of the session settings: what is typed, what it becomes, and what two people want to be different."""

from typing import Any, Final

import msgspec

from claimsmith_server.core.instance_settings import SessionSettings
from claimsmith_server.dashboard.conflicts import tell_switch
from claimsmith_server.dashboard.lengths import Length, parse_length, split_seconds
from claimsmith_server.dashboard.problems import Problem
from claimsmith_server.dashboard.words import duration

SIZE_POLICIES: Final = (
    (
        "shed",
        "Leave claims out",
        "Those not in the list below go first, the largest of them first. The token names what it lacks in _omitted.",
    ),
    (
        "refuse",
        "Mint without custom claims",
        "All of them or none. Claims that could never fit are refused when they are published.",
    ),
)
CLAIMS_VERSIONS: Final = (
    ("2", "Version 2", "The organization is in o, permissions are packed into bits. What current SDKs expect."),
    ("1", "Version 1", "The organization is in org_id, org_role and org_permissions. For SDKs of before 2025."),
)
BROWSER_MODES: Final = (
    ("single", "One session per browser", "Signing in as somebody else ends the session before it."),
    ("multi", "Several sessions per browser", "People switch between accounts without signing out."),
)
_MEMBERS: Final = tuple(field.name for field in msgspec.structs.fields(SessionSettings))
_NO_NUMBER = "Enter a number, such as 7."


class SettingsForm(msgspec.Struct, frozen=True, kw_only=True):
    """What the form sends."""

    config_version: str = ""
    seen: str = ""
    """The settings that the page was made from, as JSON."""
    token_lifetime_seconds: str = ""
    claims_version: str = ""
    size_policy: str = ""
    claims_priority: str = ""
    """One claim a line."""
    maximum_lifetime_seconds: str = ""
    maximum_lifetime_unit: str = ""
    inactivity: str = ""
    inactivity_timeout_seconds: str = ""
    inactivity_timeout_unit: str = ""
    browser_mode: str = ""


FIELDS: Final = tuple(field.name for field in msgspec.structs.fields(SettingsForm))


def fill_form(settings: SessionSettings, config_version: int) -> SettingsForm:
    """The form of what is stored."""
    longest = split_seconds(settings.maximum_lifetime_seconds)
    idle = split_seconds(settings.inactivity_timeout_seconds or 86_400)
    return SettingsForm(
        config_version=str(config_version),
        seen=write_seen(settings),
        token_lifetime_seconds=str(settings.token_lifetime_seconds),
        claims_version=str(settings.claims_version),
        size_policy=settings.size_policy,
        claims_priority="\n".join(settings.claims_priority),
        maximum_lifetime_seconds=longest.amount,
        maximum_lifetime_unit=longest.unit,
        inactivity="true" if settings.inactivity_timeout_seconds is not None else "",
        inactivity_timeout_seconds=idle.amount,
        inactivity_timeout_unit=idle.unit,
        browser_mode="single" if settings.single_session_mode else "multi",
    )


def write_seen(settings: SessionSettings) -> str:
    """The settings that a page was made from, to tell later whether they are the same still."""
    return msgspec.json.encode(settings).decode()


def merge_settings(seen: str, current: SessionSettings, wanted: SessionSettings) -> SessionSettings:
    """What is wanted, but for what only somebody else changed since `seen`: that is as they have it."""
    try:
        base = msgspec.json.decode(seen, type=SessionSettings)
    except msgspec.DecodeError:
        return wanted
    kept = {name: getattr(current, name) for name in _MEMBERS if getattr(wanted, name) == getattr(base, name)}
    return msgspec.structs.replace(wanted, **kept)


def parse_settings(form: SettingsForm) -> dict[str, Any] | Problem:
    """The members of the config document's section, or the first field that is none."""
    lengths = (
        ("maximum_lifetime_seconds", Length(form.maximum_lifetime_seconds, form.maximum_lifetime_unit)),
        ("inactivity_timeout_seconds", Length(form.inactivity_timeout_seconds, form.inactivity_timeout_unit)),
    )
    parsed: dict[str, Any] = {name: parse_length(length) for name, length in lengths}
    if not form.inactivity:
        parsed["inactivity_timeout_seconds"] = None
    lifetime = form.token_lifetime_seconds.strip()
    if not (lifetime.isascii() and lifetime.isdigit() and len(lifetime) < 6):  # noqa: PLR2004 - an hour has four
        return Problem("Enter a whole number of seconds, such as 60.", "token_lifetime_seconds")
    if parsed["maximum_lifetime_seconds"] is None:
        return Problem(_NO_NUMBER, "maximum_lifetime_seconds")
    if form.inactivity and parsed["inactivity_timeout_seconds"] is None:
        return Problem(_NO_NUMBER, "inactivity_timeout_seconds")
    return parsed | {
        "token_lifetime_seconds": int(lifetime),
        "claims_version": int(form.claims_version) if form.claims_version in {"1", "2"} else form.claims_version,
        "size_policy": form.size_policy,
        "claims_priority": [line.strip() for line in form.claims_priority.splitlines() if line.strip()],
        "single_session_mode": form.browser_mode != "multi",
    }


def tell_settings(settings: SessionSettings) -> dict[str, str]:
    """The settings in words, by label."""
    idle = settings.inactivity_timeout_seconds
    return {
        "Token lifetime": duration(settings.token_lifetime_seconds),
        "Claims version": str(settings.claims_version),
        "Tokens over the budget": {key: label for key, label, _ in SIZE_POLICIES}[settings.size_policy],
        "Claims to keep first": ", ".join(settings.claims_priority) or "None",
        "Maximum lifetime": duration(settings.maximum_lifetime_seconds),
        "Inactivity timeout": "Off" if idle is None else duration(idle),
        "One session per browser": tell_switch(settings.single_session_mode),
    }
