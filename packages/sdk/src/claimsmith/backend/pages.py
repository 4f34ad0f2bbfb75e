"""All rows of a list, a page at a time: which page comes next, apart from who fetches it.

What is guaranteed: no row is given twice, and the order is the server's. Rows added meanwhile are given or not. Users
in the order of `created_at` are paged by a cursor: no user that is there all the time is left out, not even when the
loop deletes users. All other lists are paged by an offset: a deletion meanwhile moves rows up, and one may be left out.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from typing import Any, Generic, Protocol, TypeVar

from claimsmith.backend.models.lists import Page
from claimsmith.backend.operation import Operation
from claimsmith.errors import ApiError, ApiErrorItem
from claimsmith.network.transport import Call

PAGE_SIZES = range(1, 501)
PAGE_SIZE = 100


class HasId(Protocol):
    """A row of a list."""

    @property
    def id(self) -> str:
        """What tells it from others."""
        ...


Row = TypeVar("Row", bound=HasId)
Rows = Page[Row] | tuple[Row, ...]


class Pages(Generic[Row]):
    """Where an iteration is: what to ask next, and what of an answer is new.

    Example:
        ```python
        from claimsmith.backend.operations import users

        pages = Pages(users.LIST, (), {"query": "ada"}, page_size=50)
        assert pages.next_call().query == {"query": "ada", "limit": 50, "offset": 0}
        ```
    """

    def __init__(
        self,
        operation: Operation[Page[Row]] | Operation[tuple[Row, ...]],
        values: tuple[str, ...],
        query: Mapping[str, Any],
        page_size: int,
    ) -> None:
        """Before the first page.

        Raises:
            ValueError: `page_size` is not 1 to 500.
        """
        if page_size not in PAGE_SIZES:
            raise ValueError("page_size is from 1 to 500")
        self._operation = operation
        self._values = values
        self._query = dict(query)
        self._page_size = page_size
        order = str(query.get("order_by") or "-created_at").lstrip("+-")
        self._cursor = operation.cursor if order == "created_at" else None
        self._last_id: str | None = None
        self._offset = 0
        self._seen: set[str] = set()
        self.is_over: bool = False

    def next_call(self) -> Call[Any]:
        """The call for the next page."""
        asked = {**self._query, "limit": self._page_size}
        if self._cursor is None or self._last_id is None:
            asked["offset"] = self._offset
        else:
            asked[self._cursor] = self._last_id
        return self._operation.call(*self._values, **asked)

    def take(self, answer: Rows[Row]) -> list[Row]:
        """The rows of a page that were in none before it."""
        rows = list(answer.data if isinstance(answer, Page) else answer)
        fresh = [row for row in rows if row.id not in self._seen]
        self.is_over = len(rows) < self._page_size
        if self._cursor is None:
            self._offset += len(rows)
            self._seen |= {row.id for row in fresh}
        elif rows:
            if not fresh:  # else the same page would come for ever
                raise ApiError(200, (ApiErrorItem("unexpected_answer", f"The server passes over `{self._cursor}`."),))
            self._last_id = rows[-1].id
            self._seen = {row.id for row in rows}
        return fresh


def iterate_rows(send: Callable[[Call[Any]], Rows[Row]], pages: Pages[Row]) -> Iterator[Row]:
    """Every row, each page fetched when the last row of the one before it is wanted.

    The next page is asked for before the last row is given, so that a loop may delete what it is given: a cursor has to
    be there when it is used.

    Raises:
        ApiError: as the call for a page.
        ConnectionFailed: as the call for a page.

    Example: `[user.id for user in backend.users.iterate()]`, which is made of it.
    """
    rows = pages.take(send(pages.next_call()))
    while not pages.is_over:
        yield from rows[:-1]
        following = pages.take(send(pages.next_call()))
        yield from rows[-1:]
        rows = following
    yield from rows


async def iterate_rows_async(
    send: Callable[[Call[Any]], Awaitable[Rows[Row]]], pages: Pages[Row]
) -> AsyncIterator[Row]:
    """As `iterate_rows`, in an event loop.

    Example: `[user.id async for user in backend.users.iterate()]`, which is made of it.
    """
    rows = pages.take(await send(pages.next_call()))
    while not pages.is_over:
        for row in rows[:-1]:
            yield row
        following = pages.take(await send(pages.next_call()))
        for row in rows[-1:]:
            yield row
        rows = following
    for row in rows:
        yield row
