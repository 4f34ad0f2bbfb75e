"""Templates of hosted pages, everything in them escaped; and how people and times are written there."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from claimsmith_server.core.models import User
from claimsmith_server.fapi.pages.problems import LABELS

_STEPS = ((60, "s"), (60, "min"), (24, "h"), (0, "d"))


def render(template: str, **values: Any) -> str:
    """A page."""
    return _PAGES.get_template(template).render(**values)


def name_user(user: User) -> str:
    """What a user is called: by name, else by what it signs in with."""
    full = " ".join(part for part in (user.first_name, user.last_name) if part)
    emails = (one.email_address for one in user.email_addresses if one.id == user.primary_email_address_id)
    phones = (one.phone_number for one in user.phone_numbers)
    return full or user.username or next(emails, None) or next(phones, None) or user.id


def initials(user: User) -> str:
    """One or two letters that stand for a user's picture."""
    parts = [part for part in (user.first_name, user.last_name) if part]
    return "".join(part[0] for part in parts).upper() or name_user(user)[:1].upper()


def ago(milliseconds: int) -> str:
    """A time that passed, such as `3 min ago`."""
    left = max(0, milliseconds // 1000)
    for size, unit in _STEPS:
        if not size or left < size:
            return "just now" if unit == "s" else f"{left} {unit} ago"
        left //= size
    return ""


def write_time(moment: int) -> str:
    """A moment of unix milliseconds in RFC 3339."""
    return datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _open_templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"name": name_user, "initials": initials, "iso": write_time}
    environment.globals |= {"labels": LABELS}
    return environment


_PAGES = _open_templates()
