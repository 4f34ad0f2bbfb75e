"""Two texts of a template line by line: what stayed, what went, what came, side by side."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Literal

import msgspec

DiffKind = Literal["same", "gone", "new", "changed"]


class DiffRow(msgspec.Struct, frozen=True):
    """A line of the older text beside the line of the newer one; `None` is where the other one has no counterpart."""

    kind: DiffKind
    old_number: int | None
    """From 1."""
    old: str | None
    new_number: int | None
    new: str | None


def compare_texts(old: str, new: str) -> tuple[DiffRow, ...]:
    """Every line of both texts, in their order; lines that took each other's place stand beside each other."""
    before, after = old.splitlines(), new.splitlines()
    matcher = SequenceMatcher(a=before, b=after, autojunk=False)
    rows: list[DiffRow] = []
    for _, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        count = max(old_to - old_from, new_to - new_from)
        for step in range(count):
            left = old_from + step if old_from + step < old_to else None
            right = new_from + step if new_from + step < new_to else None
            rows.append(_row(before, after, left, right))
    return tuple(rows)


def count_changes(rows: Sequence[DiffRow]) -> tuple[int, int]:
    """How many lines came, and how many went."""
    came = sum(row.kind in {"new", "changed"} for row in rows)
    return came, sum(row.kind in {"gone", "changed"} for row in rows)


def _row(before: list[str], after: list[str], left: int | None, right: int | None) -> DiffRow:
    old = None if left is None else before[left]
    new = None if right is None else after[right]
    kind: DiffKind = "same" if old == new else "changed"
    if old is None or new is None:
        kind = "new" if old is None else "gone"
    return DiffRow(kind, None if left is None else left + 1, old, None if right is None else right + 1, new)
