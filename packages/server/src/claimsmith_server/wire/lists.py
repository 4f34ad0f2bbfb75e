"""The shapes of lists and of deletions (contract 5.3)."""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec


class Page(msgspec.Struct, frozen=True):
    """A list with its total."""

    data: Sequence[Any]
    total_count: int


class TotalCount(msgspec.Struct, frozen=True, kw_only=True):
    """A count."""

    object: Literal["total_count"] = "total_count"
    total_count: int


class Deleted(msgspec.Struct, frozen=True, kw_only=True):
    """What is left to say of something that was deleted."""

    object: str
    id: str
    deleted: bool = True


def listing(items: Sequence[Any], total_count: int, *, paginated: bool) -> Page | Sequence[Any]:
    """`{data, total_count}` for a caller that sent `paginated=true`, else the bare array."""
    return Page(items, total_count) if paginated else items
