"""The reverification machine: every pair of status and event, every level, and how long it counts."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimsmith_server.core.models import Session
from claimsmith_server.core.reverification import (
    EVENTS,
    FRESH_MS,
    LEVELS,
    STATUSES,
    ReverificationEvent,
    ReverificationLevel,
    ReverificationStatus,
    begin,
    filter_factors,
    is_fresh,
    next_status,
)
from claimsmith_server.core.sign_in import FirstFactor

TABLE = """
                              needs_first_factor    needs_second_factor   complete
prepare_first_factor          needs_first_factor    -                     -
verify_first_factor           complete              -                     -
verify_first_of_two_factors   needs_second_factor   -                     -
prepare_second_factor         -                     needs_second_factor   -
verify_second_factor          -                     complete              -
"""
NOW = 1_800_000_000_123


def read_table() -> dict[tuple[str, str], str | None]:
    head, *rows = [line.split() for line in TABLE.strip().splitlines()]
    return {
        (status, event): None if cell == "-" else cell
        for event, *cells in rows
        for status, cell in zip(head, cells, strict=True)
    }


def a_session(first: int | None, second: int | None = None) -> Session:
    fields: dict[str, Any] = dict.fromkeys(("actor", "last_active_organization_id"))
    fields |= dict.fromkeys(("id", "instance_id", "client_id", "user_id"), "x")
    fields |= dict.fromkeys(("last_active_at", "expire_at", "abandon_at", "created_at", "updated_at"), NOW)
    return Session(status="active", first_factor_verified_at=first, second_factor_verified_at=second, **fields)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("event", EVENTS)
def test_every_event_in_every_status_does_what_the_table_says(
    status: ReverificationStatus, event: ReverificationEvent
) -> None:
    assert next_status(status, event) == read_table()[status, event]


def test_the_table_has_every_pair() -> None:
    assert set(read_table()) == {(status, event) for status in STATUSES for event in EVENTS}
    assert len(read_table()) == 3 * 5


@pytest.mark.parametrize("level", LEVELS)
def test_without_a_second_factor_every_level_is_the_first_one(level: ReverificationLevel) -> None:
    assert begin(level, has_second_factor=False) == ("first_factor", "needs_first_factor")


def test_with_a_second_factor_the_level_says_where_to_begin() -> None:
    begun = {level: begin(level, has_second_factor=True) for level in LEVELS}
    assert begun == {
        "first_factor": ("first_factor", "needs_first_factor"),
        "second_factor": ("second_factor", "needs_second_factor"),
        "multi_factor": ("multi_factor", "needs_first_factor"),
    }


@given(st.sampled_from(LEVELS), st.lists(st.sampled_from(EVENTS), max_size=8))
def test_S_030_with_two_factors_no_run_of_events_completes_without_the_second(
    level: ReverificationLevel, events: list[ReverificationEvent]
) -> None:
    _, status = begin(level, has_second_factor=True)
    for event in events:
        if event != "verify_first_factor":  # what happens to users of one factor alone
            status = next_status(status, event) or status
    assert status != "complete" or "verify_second_factor" in events


def test_S_030_neither_tickets_nor_reset_codes_are_factors() -> None:
    strategies = ("password", "ticket", "email_code", "reset_password_email_code", "phone_code")
    left = filter_factors(tuple(FirstFactor(strategy=strategy) for strategy in strategies))
    assert [factor.strategy for factor in left] == ["password", "email_code", "phone_code"]


@pytest.mark.parametrize(
    ("age", "expected"), [(None, False), (0, True), (FRESH_MS - 1, True), (FRESH_MS, False), (FRESH_MS + 1, False)]
)
def test_S_030_a_factor_is_fresh_for_ten_minutes_to_the_millisecond(age: int | None, *, expected: bool) -> None:
    verified_at = None if age is None else NOW - age
    assert is_fresh(a_session(verified_at), has_second_factor=False, now=NOW) is expected
    assert is_fresh(a_session(NOW, verified_at), has_second_factor=True, now=NOW) is expected
    assert is_fresh(a_session(verified_at, NOW), has_second_factor=True, now=NOW) is expected
