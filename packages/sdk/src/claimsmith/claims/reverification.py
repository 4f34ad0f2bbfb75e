"""Whether a caller proved who they are lately: the claim `fva`, and what a front end is told to ask for again."""

from datetime import timedelta
from typing import Final, Literal

import msgspec

ReverificationLevel = Literal["first_factor", "second_factor", "multi_factor"]
ReverificationPreset = Literal["strict_mfa", "strict", "moderate", "lax"]

_FACTORS = 2
_NEVER = -1


class Reverification(msgspec.Struct, frozen=True):
    """A proof of identity that is asked for: which factor, and how many minutes old it may be.

    Example:
        ```python
        Reverification("second_factor", after_minutes=10)
        ```
    """

    level: ReverificationLevel
    """`second_factor` counts the first one for users who have no second; `multi_factor` asks for both."""
    after_minutes: int
    """Minutes after which the proof has to be given again."""


PRESETS: Final[dict[ReverificationPreset, Reverification]] = {
    "strict_mfa": Reverification("multi_factor", 10),
    "strict": Reverification("second_factor", 10),
    "moderate": Reverification("second_factor", 60),
    "lax": Reverification("second_factor", 1440),
}
"""The wire's names for the usual demands."""

Fresh = ReverificationPreset | timedelta | Reverification
"""What `fresh=` takes: a preset's name, an age of any factor, or exactly which factor and minutes."""


def parse_fresh(fresh: Fresh) -> Reverification:
    """The demand that `fresh=` stands for.

    Raises:
        ValueError: a name that is no preset, or an age below one minute: `fva` counts whole minutes.

    Example:
        ```python
        assert parse_fresh(timedelta(minutes=5)) == Reverification("second_factor", 5)
        ```
    """
    if isinstance(fresh, Reverification):
        return fresh
    if isinstance(fresh, timedelta):
        minutes = int(fresh.total_seconds() // 60)
        if minutes < 1:
            raise ValueError("fresh is at least one minute: the claim fva counts whole minutes")
        return Reverification("second_factor", minutes)
    if fresh not in PRESETS:
        raise ValueError(f"fresh is one of {', '.join(PRESETS)}, a timedelta or a Reverification, not {fresh!r}")
    return PRESETS[fresh]


def is_fresh(factor_ages: object, wanted: Reverification) -> bool:
    """Whether the ages in a token's `fva`, e.g. `[3, -1]` in minutes with -1 for never, are what is asked for.

    A claim of another shape proves nothing.
    """
    if not isinstance(factor_ages, list | tuple) or len(factor_ages) != _FACTORS:
        return False
    if not all(type(age) is int and age >= _NEVER for age in factor_ages):
        return False
    first, second = (None if age == _NEVER else age < wanted.after_minutes for age in factor_ages)
    if wanted.level == "first_factor" or second is None:
        return first is True
    return second and (wanted.level == "second_factor" or first is True)
