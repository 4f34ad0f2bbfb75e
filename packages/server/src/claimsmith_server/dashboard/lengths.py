"""Lengths of time in forms: a number and its unit, whole ones where that can be."""

from typing import Final, NamedTuple

UNITS: Final = (("60", "minutes"), ("3600", "hours"), ("86400", "days"))
"""Seconds of each unit, as a select's value, and its name."""
_MOST_DIGITS: Final = 9


class Length(NamedTuple):
    """A length as it is typed."""

    amount: str
    unit: str
    """One of `UNITS`, in seconds."""


def split_seconds(seconds: int) -> Length:
    """The length in the largest unit that gives a whole number; seconds that fill no minute are told exactly."""
    for unit, _ in reversed(UNITS):
        if seconds % int(unit) == 0:
            return Length(str(seconds // int(unit)), unit)
    return Length(f"{seconds / 60:g}", "60")


def parse_length(length: Length) -> int | None:
    """The seconds of what was typed; `None` when it is no number or no unit."""
    text = length.amount.strip()
    if length.unit not in dict(UNITS) or len(text) > _MOST_DIGITS:
        return None
    whole, dot, part = text.partition(".")
    if not (whole.isascii() and whole.isdigit() and (not dot or (part.isascii() and part.isdigit()))):
        return None
    return round(float(text) * int(length.unit))
