"""Charts: everything inside its frame, values at their height, words where they can be read."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimsmith_server.dashboard.charts import FOOT, HEIGHT, TOP, BarChart, LineChart, draw_bars, draw_lines

HOUR = 3_600_000
DAY = 24 * HOUR
MIDNIGHT = 1_800_057_600_000
LIMIT = 4096


def times(count: int, step: int, first: int = MIDNIGHT) -> list[int]:
    return [first + place * step for place in range(count)]


def bars(values: list[int], step: int = HOUR) -> BarChart:
    return draw_bars(values, times(len(values), step), step, lambda place: f"{values[place]} tokens")


def lines(*series: list[int | None]) -> LineChart:
    named = [(f"s{number}", f"Series {number}", values) for number, values in enumerate(series)]
    return draw_lines(named, times(len(series[0]), HOUR), HOUR, LIMIT, str, 1000)


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=40))
def test_bars_stand_on_the_foot_and_rise_with_their_values(values: list[int]) -> None:
    chart = bars(values)
    assert len(chart.bars) == sum(value > 0 for value in values)
    drawn = dict(zip([value for value in values if value], chart.bars, strict=False))
    for value, bar in drawn.items():
        assert bar.y + bar.height == pytest.approx(chart.frame.foot, abs=0.02)
        assert bar.y >= TOP - 0.02
        assert 2 <= bar.height <= HEIGHT + 0.02
        for other, its in drawn.items():
            assert value < other or bar.height >= its.height
    assert all(bar.x >= 0 and bar.x + bar.width <= 100 for bar in chart.bars)
    assert all(one.x + one.width <= other.x for one, other in pairwise(chart.bars))


@given(st.integers(1, 10**12))
def test_the_axis_starts_at_zero_ends_above_the_most_and_has_few_labels(most: int) -> None:
    ticks = bars([most]).frame.ticks
    assert ticks[0].text == "0"
    assert ticks[0].place == TOP + HEIGHT
    assert 2 <= len(ticks) <= 6
    assert [tick.place for tick in ticks] == sorted((tick.place for tick in ticks), reverse=True)
    assert len({tick.text for tick in ticks}) == len(ticks)


@pytest.mark.parametrize(
    ("most", "told"),
    [
        (0, ["0"]),
        (1, ["0", "1"]),
        (9, ["0", "5", "10"]),
        (95, ["0", "50", "100"]),
        (2600, ["0", "1k", "2k", "3k"]),
        (6_000_000, ["0", "2M", "4M", "6M"]),
    ],
)
def test_the_axis_counts_in_ones_twos_and_fives(most: int, told: list[str]) -> None:
    assert [tick.text for tick in bars([most]).frame.ticks] == told


@pytest.mark.parametrize(
    ("count", "step", "first", "told"),
    [
        (24, HOUR, MIDNIGHT + 3 * HOUR, ["03:00", "07:00", "11:00", "15:00", "19:00", "23:00"]),
        (28, 6 * HOUR, MIDNIGHT + 6 * HOUR, ["Jan 17", "Jan 19", "Jan 21"]),
        (30, DAY, MIDNIGHT, ["Jan 16", "Jan 21", "Jan 26", "Jan 31", "Feb 5", "Feb 10"]),
    ],
)
def test_times_are_labelled_at_even_distances_on_whole_days(count: int, step: int, first: int, told: list[str]) -> None:
    frame = draw_bars([1] * count, times(count, step, first), step, str).frame
    assert [label.text for label in frame.times] == told
    assert all(label.place < 92 for label in frame.times)


def test_slots_cover_the_whole_width_and_tell_each_value() -> None:
    slots = bars([3, 0, 5, 1]).frame.slots
    assert [slot.title for slot in slots] == ["3 tokens", "0 tokens", "5 tokens", "1 tokens"]
    assert [slot.x for slot in slots] == [0, 25, 50, 75]
    assert all(slot.width == 25 for slot in slots)


def test_a_missing_value_breaks_its_line() -> None:
    (series,) = lines([640, 704, None, 704, None]).series
    assert len(series.dots) == 3
    assert len(series.lines) == 1
    assert series.lines[0][:2] == tuple(series.dots[0])
    assert series.lines[0][2:] == tuple(series.dots[1])


@given(st.lists(st.one_of(st.none(), st.integers(0, 9000)), min_size=1, max_size=30))
def test_the_limit_is_in_sight_and_above_what_is_below_it(values: list[int | None]) -> None:
    chart = lines(values)
    assert TOP <= chart.limit <= TOP + HEIGHT
    present = [value for value in values if value is not None]
    for value, dot in zip(present, chart.series[0].dots, strict=True):
        assert 0 < dot.x < 100
        assert TOP <= dot.y <= TOP + HEIGHT
        assert (dot.y <= chart.limit) == (value >= LIMIT) or abs(value - LIMIT) <= 1


def test_no_label_of_the_axis_is_written_over_the_limit() -> None:
    chart = lines([800])
    assert [tick.text for tick in chart.frame.ticks] == ["0", "1k", "2k", "3k"]
    assert min(abs(tick.place - chart.limit) for tick in chart.frame.ticks) > 12


def test_a_chart_of_nothing_is_a_frame() -> None:
    assert draw_bars([], [], HOUR, str).bars == ()
    assert bars([0, 0]).bars == ()
    assert lines([None, None]).series[0].dots == ()
    assert bars([0]).frame.height == TOP + HEIGHT + FOOT
