"""Two people who change the same settings: what each wanted, so that nothing is lost without being seen."""

from collections.abc import Mapping
from typing import Any, NamedTuple

Told = Mapping[str, str]
"""Settings by label, in words."""


class Difference(NamedTuple):
    """A setting that two people want to be different things."""

    label: str
    theirs: str
    """What is stored now."""
    yours: str
    """What was sent."""


def list_differences(theirs: Told, yours: Told) -> tuple[Difference, ...]:
    """The settings that differ, in the order of `theirs`."""
    pairs = ((label, value, yours.get(label, "")) for label, value in theirs.items())
    return tuple(Difference(label, value, wanted) for label, value, wanted in pairs if value != wanted)


def tell_switch(value: Any) -> str:
    """A switch in a word."""
    return "On" if value else "Off"
