"""How the dashboard writes numbers, times, sizes and people: one way each, given to every template."""

import re
from datetime import UTC, datetime

from markupsafe import Markup, escape

from claimsmith_server.core.models import User

_STEPS = ((60, "s"), (60, "min"), (24, "h"), (0, "d"))
_SHORT_ID = 14
_TICKED = re.compile(r"`([^`]+)`")


def ago(milliseconds: int) -> str:
    """A time that passed, such as `3 min ago`; one that is yet to come, such as `in 3 min`."""
    left = abs(milliseconds) // 1000
    for size, unit in _STEPS:
        if not size or left < size:
            told = "just now" if unit == "s" else f"{left} {unit} ago"
            return told if milliseconds >= 0 or unit == "s" else f"in {left} {unit}"
        left //= size
    return ""


def duration(seconds: int) -> str:
    """A length of time, such as `7 days`, `90 s`."""
    for size, unit in ((86_400, "day"), (3600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            count = seconds // size
            return f"{count:,} {unit}{'s' if unit == 'day' and count != 1 else ''}"
    return f"{seconds:,} s"


def write_time(moment: int) -> str:
    """A moment of unix milliseconds in RFC 3339."""
    return datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def number(value: float) -> str:
    """A number with separators, e.g. `3,412`."""
    return f"{value:,}"


def size(value: int) -> str:
    """Bytes, e.g. `3,412 B`."""
    return f"{value:,} B"


def name_user(user: User) -> str:
    """What a user is called: by name, else by what it signs in with."""
    full = " ".join(part for part in (user.first_name, user.last_name) if part)
    return full or user.username or primary_email(user) or primary_phone(user) or user.id


def primary_email(user: User) -> str:
    """The primary e-mail address, or `""`."""
    found = (one.email_address for one in user.email_addresses if one.id == user.primary_email_address_id)
    return next(found, "")


def primary_phone(user: User) -> str:
    """The primary phone number, or `""`."""
    found = (one.phone_number for one in user.phone_numbers if one.id == user.primary_phone_number_id)
    return next(found, "")


def initials(name: str) -> str:
    """One or two letters that stand for a picture."""
    words = name.split()
    letters = "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words))
    return letters.upper() or "?"


def short_id(text: str) -> str:
    """An id that is shortened in the middle for tables; the whole one goes into `title`."""
    return text if len(text) <= _SHORT_ID + 6 else f"{text[:_SHORT_ID]}…{text[-4:]}"


def ticked(text: str) -> Markup:
    """A sentence of an error or a hint with what stands between backticks drawn as code; all of it escaped."""
    if isinstance(text, Markup):
        return text
    parts = enumerate(_TICKED.split(text))  # every second one stood between backticks
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part) for place, part in parts
    )


FILTERS = {
    "ago": ago,
    "duration": duration,
    "initials": initials,
    "iso": write_time,
    "email_of": primary_email,
    "name_of": name_user,
    "number": number,
    "phone_of": primary_phone,
    "short_id": short_id,
    "size": size,
    "ticked": ticked,
}
