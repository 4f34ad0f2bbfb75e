"""Which calls are made again, when, and when no more: the whole table, and its bounds as properties."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimsmith.network.retries import ONCE, Failure, Retries, classify_status, find_pause, parse_retry_after

TABLE: dict[tuple[str, Failure], bool] = {
    ("GET", "unsent"): True,
    ("GET", "refused"): True,
    ("GET", "unknown"): True,
    ("HEAD", "unsent"): True,
    ("HEAD", "refused"): True,
    ("HEAD", "unknown"): True,
    ("PUT", "unsent"): True,
    ("PUT", "refused"): True,
    ("PUT", "unknown"): True,
    ("DELETE", "unsent"): True,
    ("DELETE", "refused"): True,
    ("DELETE", "unknown"): False,
    ("POST", "unsent"): True,
    ("POST", "refused"): False,
    ("POST", "unknown"): False,
    ("PATCH", "unsent"): True,
    ("PATCH", "refused"): False,
    ("PATCH", "unknown"): False,
}
METHODS = st.sampled_from(["GET", "HEAD", "PUT", "DELETE", "POST", "PATCH"])
FAILURES: st.SearchStrategy[Failure] = st.sampled_from(["unsent", "refused", "unknown"])
FACTS = st.fixed_dictionaries(
    {
        "attempt": st.integers(1, 2000),
        "elapsed": st.floats(0, 100),
        "retry_after": st.none() | st.floats(0, 1e9),
        "entropy": st.floats(0, 1, exclude_max=True),
    }
)


@pytest.mark.parametrize("case", TABLE, ids="-".join)
def test_what_is_made_again(case: tuple[str, Failure]) -> None:
    pause = find_pause(Retries(), *case, attempt=1, elapsed=0.0, entropy=0.5)
    assert pause == (0.125 if TABLE[case] else None)


@pytest.mark.parametrize(
    ("status", "failure"),
    [(200, None), (400, None), (401, None), (404, None), (429, "refused"), (500, "unknown"), (501, None)]
    + [(status, "unknown") for status in (502, 503, 504)],
)
def test_what_a_status_means(status: int, failure: Failure | None) -> None:
    assert classify_status(status) == failure


def test_the_limit_of_a_pause_doubles_up_to_the_longest() -> None:
    retries = Retries(attempts=99, first_pause=0.25, longest_pause=1.5, total_seconds=1e9)
    limits = [find_pause(retries, "GET", "unknown", attempt=one, elapsed=0, entropy=1.0) for one in range(1, 6)]
    assert limits == [0.25, 0.5, 1.0, 1.5, 1.5]


def test_retry_after_is_waited_for_and_the_jitter_comes_on_top() -> None:
    assert find_pause(Retries(), "GET", "refused", attempt=1, elapsed=0, retry_after=3.0, entropy=0.5) == 3.125


def test_a_retry_after_beyond_the_time_that_is_left_ends_it_at_once() -> None:
    retries = Retries(total_seconds=30)
    assert find_pause(retries, "GET", "refused", attempt=1, elapsed=1, retry_after=29.0) is None
    assert find_pause(retries, "GET", "refused", attempt=1, elapsed=1, retry_after=28.9) == 28.9


def test_one_try_is_one_try() -> None:
    assert find_pause(ONCE, "GET", "unsent", attempt=1, elapsed=0) is None


@given(METHODS, FAILURES, FACTS)
def test_a_pause_never_reaches_over_the_total_and_tries_never_over_their_number(
    method: str, failure: Failure, facts: dict[str, Any]
) -> None:
    retries = Retries(attempts=1000)
    pause = find_pause(retries, method, failure, **facts)
    if pause is not None:
        least = facts["retry_after"] or 0.0
        assert facts["attempt"] < retries.attempts
        assert least <= pause <= least + retries.longest_pause
        assert facts["elapsed"] + pause < retries.total_seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": " 120 "}, 120.0),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "1.5"}, None),
        ({"retry-after": "9" * 400}, None),
        ({"retry-after": "\u0661"}, None),
        ({"retry-after": "soon", "date": "Mon, 23 Nov 2026 10:00:00 GMT"}, None),
        ({"retry-after": "Mon, 23 Nov 2026 10:00:07 GMT"}, None),
        ({"retry-after": "Mon, 23 Nov 2026 10:00:07 GMT", "date": "Mon, 23 Nov 2026 10:00:00 GMT"}, 7.0),
        ({"retry-after": "Mon, 23 Nov 2026 10:00:00 GMT", "date": "Mon, 23 Nov 2026 10:00:07 GMT"}, 0.0),
        ({"retry-after": "Mon, 23 Nov 2026 10:00:00", "date": "Mon, 23 Nov 2026 10:00:07 GMT"}, None),
    ],
)
def test_retry_after_in_seconds_or_as_a_date(headers: dict[str, str], seconds: float | None) -> None:
    assert parse_retry_after(headers) == seconds


@given(st.dictionaries(st.sampled_from(["retry-after", "date"]), st.text(max_size=40)))
def test_no_header_makes_it_raise(headers: dict[str, str]) -> None:
    pause = parse_retry_after(headers)
    assert pause is None or pause >= 0


@pytest.mark.parametrize(
    "bounds", [{"attempts": 0}, {"total_seconds": 0}, {"attempt_seconds": -1}, {"first_pause": -0.1}]
)
def test_bounds_that_no_call_can_be_made_with_are_refused(bounds: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"at least 1|below 0"):
        Retries(**bounds)  # type: ignore[arg-type]
