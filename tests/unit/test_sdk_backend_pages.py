"""Iterating over lists while rows come and go: what is promised, against a list that behaves as the servers do."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimsmith.backend.models.lists import Page
from claimsmith.backend.operation import Operation
from claimsmith.backend.operations import sessions, users
from claimsmith.backend.pages import Pages, iterate_rows, iterate_rows_async
from claimsmith.errors import ApiError
from claimsmith.network.transport import Call


class Row:
    """A row of a list."""

    def __init__(self, id: str) -> None:  # noqa: A002 - the wire's name
        self.id = id


class Listing:
    """A list, newest first, that pages by offset or by cursor; `events` are what happens after each call."""

    def __init__(self, count: int, *, cursor: bool, events: list[str] | None = None) -> None:
        self.ids = [f"row_{number}" for number in range(count, 0, -1)]
        self.gone: set[str] = set()
        self.made = count
        self.has_cursor = cursor
        self.events = list(events or ())
        self.calls: list[dict[str, Any]] = []

    def send(self, call: Call[Any]) -> Any:
        query = dict(call.query)
        self.calls.append(query)
        start = query.get("offset", 0)
        if "starting_after" in query:
            start = self.ids.index(query["starting_after"]) + 1
        found = [one for one in self.ids[start : start + query["limit"]] if one not in self.gone or not self.has_cursor]
        rows = tuple(Row(one) for one in found)
        if self.events and self.events.pop(0) == "add":
            self.made += 1
            self.ids.insert(0, f"row_{self.made}")
        return rows if self.has_cursor else Page(rows, len(self.ids))

    async def send_async(self, call: Call[Any]) -> Any:
        return self.send(call)


def pages_of(listing: Listing, page_size: int, query: dict[str, Any] | None = None) -> Pages[Any]:
    operation: Operation[Any] = users.LIST if listing.has_cursor else sessions.LIST
    return Pages(operation, (), query or {}, page_size)


def ids_of(listing: Listing, page_size: int) -> list[str]:
    return [row.id for row in iterate_rows(listing.send, pages_of(listing, page_size))]


@pytest.mark.parametrize("paging", ["cursor", "offset"])
@given(st.integers(0, 40), st.integers(1, 12))
def test_every_row_once_in_the_order_of_the_server(paging: str, count: int, page_size: int) -> None:
    listing = Listing(count, cursor=paging == "cursor")
    assert ids_of(listing, page_size) == listing.ids
    assert len(listing.calls) == count // page_size + 1


@pytest.mark.parametrize("paging", ["cursor", "offset"])
@given(st.integers(0, 40), st.integers(1, 12), st.lists(st.sampled_from(["add", ""]), max_size=30))
def test_no_row_twice_and_none_left_out_while_rows_are_added(
    paging: str,
    count: int,
    page_size: int,
    events: list[str],
) -> None:
    listing = Listing(count, cursor=paging == "cursor", events=events)
    before = list(listing.ids)
    given_ids = ids_of(listing, page_size)
    assert len(given_ids) == len(set(given_ids))
    assert set(before) <= set(given_ids)
    assert [one for one in given_ids if one in before] == before


@given(st.integers(0, 40), st.integers(2, 12))
def test_a_loop_over_users_may_delete_what_it_is_given(count: int, page_size: int) -> None:
    listing = Listing(count, cursor=True)
    every = list(listing.ids)
    deleted = []
    for row in iterate_rows(listing.send, pages_of(listing, page_size)):
        listing.ids.remove(row.id)
        deleted.append(row.id)
    assert deleted == every


@pytest.mark.parametrize("paging", ["cursor", "offset"])
def test_an_event_loop_gets_the_same_rows_by_the_same_calls(paging: str) -> None:
    blocking, looping = Listing(25, cursor=paging == "cursor"), Listing(25, cursor=paging == "cursor")

    async def gather() -> list[str]:
        return [row.id async for row in iterate_rows_async(looping.send_async, pages_of(looping, 10))]

    assert asyncio.run(gather()) == ids_of(blocking, 10) == blocking.ids
    assert blocking.calls == looping.calls


@pytest.mark.parametrize(("order_by", "by_cursor"), [("created_at", True), ("+created_at", True), ("-username", False)])
def test_users_are_paged_by_a_cursor_in_the_order_that_has_one(order_by: str, *, by_cursor: bool) -> None:
    pages: Pages[Any] = Pages(users.LIST, (), {"order_by": order_by}, 1)
    pages.take((Row("user_9"),))  # type: ignore[arg-type]
    query = pages.next_call().query
    assert query == {"order_by": order_by, "limit": 1} | ({"starting_after": "user_9"} if by_cursor else {"offset": 1})


def test_rows_are_fetched_when_they_are_wanted() -> None:
    listing = Listing(30, cursor=True)
    rows = iterate_rows(listing.send, pages_of(listing, 10))
    assert not listing.calls
    for _ in range(9):
        next(rows)
    assert len(listing.calls) == 1
    next(rows)
    assert len(listing.calls) == 2


def test_a_server_that_passes_over_the_cursor_ends_in_an_error_and_not_never() -> None:
    def send(_: Call[Any]) -> Any:
        return (Row("user_1"), Row("user_2"))

    with pytest.raises(ApiError, match="starting_after"):
        list(iterate_rows(send, Pages(users.LIST, (), {}, 2)))


@pytest.mark.parametrize("page_size", [0, -1, 501])
def test_a_page_size_that_no_server_takes_is_refused(page_size: int) -> None:
    with pytest.raises(ValueError, match="1 to 500"):
        Pages(users.LIST, (), {}, page_size)
