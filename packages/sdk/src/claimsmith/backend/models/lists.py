"""Lists, counts and deletions, whatever they are of."""

from typing import Any, Generic, TypeVar

import msgspec

Row = TypeVar("Row")
JsonObject = dict[str, Any]


class Page(msgspec.Struct, Generic[Row], frozen=True):
    """A page of a list, and how many rows there are in all.

    Example:
        ```python
        page = backend.sessions.list(user_id=user_id, limit=10)
        print(len(page.data), "of", page.total_count)
        ```
    """

    data: tuple[Row, ...]
    total_count: int = 0


class TotalCount(msgspec.Struct, frozen=True, kw_only=True):
    """A count.

    Example: `backend.users.count().total_count`.
    """

    total_count: int


class Deleted(msgspec.Struct, frozen=True, kw_only=True):
    """What is left to say of something that was deleted.

    Example: `backend.users.delete(user_id).deleted` is `True`.
    """

    object: str
    """The kind of thing, e.g. `user`."""
    deleted: bool = True
    id: str | None = None
    slug: str | None = None
    """Of organizations."""
