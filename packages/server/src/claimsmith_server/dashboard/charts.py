"""Charts: numbers in, the geometry of an SVG out. Pure; templates draw what they are given.

A chart has no `viewBox`: what is horizontal is a percentage of its width, what is vertical is a pixel, so that it is as
wide as its place and its letters are as large as the page's. Nothing in it needs a script or a style of its own.
"""

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

HEIGHT: Final = 160
"""Pixels of the part in which values are drawn."""
TOP: Final = 12
"""Pixels above it, for half a letter of the uppermost label."""
FOOT: Final = 24
"""Pixels below it, for times."""
_MOST_TICKS: Final = 4
_TIME_LABELS: Final = 6
_BAR_SHARE: Final = 0.72
_LEAST_BAR: Final = 2.0
"""Pixels: a value that is not zero can be seen."""
_ROOM_OF_LABEL: Final = 0.08
"""Of the height: labels that are closer would be written over each other."""
_DAY_MS: Final = 24 * 3600 * 1000


class Label(NamedTuple):
    """A word beside an axis."""

    place: float
    """Pixels from the top on the vertical axis, percent of the width on the horizontal one."""
    text: str
    anchor: str = "middle"
    """`start` and `end` keep the first and the last label inside the chart."""


class Bar(NamedTuple):
    """A value that grows from the foot; `x` and `width` in percent, `y` and `height` in pixels."""

    x: float
    y: float
    width: float
    height: float


class Dot(NamedTuple):
    """A value at a time: `x` in percent, `y` in pixels."""

    x: float
    y: float


class Line(NamedTuple):
    """A stroke between two neighbours."""

    x1: float
    y1: float
    x2: float
    y2: float


class Slot(NamedTuple):
    """A part of the time: where the pointer finds it, and what it then reads."""

    x: float
    width: float
    title: str


class Frame(NamedTuple):
    """What charts have in common: axes and slots."""

    height: int
    """Of the whole drawing, in pixels."""
    foot: int
    """Pixels from the top to the line that values grow from."""
    ticks: tuple[Label, ...]
    times: tuple[Label, ...]
    slots: tuple[Slot, ...]


class BarChart(NamedTuple):
    """One value for each part of the time."""

    frame: Frame
    bars: tuple[Bar, ...]


class Series(NamedTuple):
    """One line of a line chart; where values are missing, it is broken."""

    name: str
    label: str
    lines: tuple[Line, ...]
    dots: tuple[Dot, ...]


class LineChart(NamedTuple):
    """Several values for each part of the time, and a limit."""

    frame: Frame
    series: tuple[Series, ...]
    limit: float
    """Pixels from the top."""


def draw_bars(values: Sequence[int], times: Sequence[int], step: int, title: Callable[[int], str]) -> BarChart:
    """Bars over times.

    Args:
        values: one for each time.
        times: beginnings in unix milliseconds, `step` apart.
        step: milliseconds.
        title: what a slot reads, by its place in `values`.
    """
    top, ticks = _scale(max(values, default=0))
    frame = _frame(times, step, ticks, top, _count, title)
    width = 100 / max(1, len(values))
    bars = [
        Bar(_round(place * width + width * (1 - _BAR_SHARE) / 2), *_rise(value, top, width * _BAR_SHARE))
        for place, value in enumerate(values)
        if value
    ]
    return BarChart(frame, tuple(bars))


def draw_lines(  # noqa: PLR0913, PLR0917 - the parts of a chart
    series: Sequence[tuple[str, str, Sequence[int | None]]],
    times: Sequence[int],
    step: int,
    limit: int,
    title: Callable[[int], str],
    tick: int,
) -> LineChart:
    """Lines over times, with a limit that is always in sight.

    Args:
        series: name, label and values of each line; a value that is None breaks it.
        times: beginnings in unix milliseconds, `step` apart.
        step: milliseconds.
        limit: the value at which a line goes from side to side.
        title: what a slot reads, by its place in `times`.
        tick: the distance of the vertical axis' labels.
    """
    most = max([limit, *(value for _, _, values in series for value in values if value is not None)])
    top = most * 1.06
    ticks = [value for value in range(0, int(top) + 1, tick) if abs(value - limit) > top * _ROOM_OF_LABEL]
    frame = _frame(times, step, ticks, top, _count, title)
    drawn = tuple(_series(name, label, values, top) for name, label, values in series)
    return LineChart(frame, drawn, _height_of(limit, top))


def _series(name: str, label: str, values: Sequence[int | None], top: float) -> Series:
    width = 100 / max(1, len(values))
    dots = [
        None if value is None else Dot(_round((place + 0.5) * width), _height_of(value, top))
        for place, value in enumerate(values)
    ]
    lines = [Line(*one, *other) for one, other in itertools.pairwise(dots) if one and other]
    return Series(name, label, tuple(lines), tuple(dot for dot in dots if dot))


def _frame(  # noqa: PLR0913, PLR0917 - the parts of a frame
    times: Sequence[int],
    step: int,
    ticks: Iterable[int],
    top: float,
    tell: Callable[[int], str],
    title: Callable[[int], str],
) -> Frame:
    width = 100 / max(1, len(times))
    return Frame(
        TOP + HEIGHT + FOOT,
        TOP + HEIGHT,
        tuple(Label(_height_of(value, top), tell(value), "end") for value in ticks),
        _time_labels(times, step),
        tuple(Slot(_round(place * width), _round(width), title(place)) for place in range(len(times))),
    )


def _time_labels(times: Sequence[int], step: int) -> tuple[Label, ...]:
    """Some of the times, at even distances, on whole days where days have parts."""
    if not times:
        return ()
    width = 100 / len(times)
    distance = max(1, -(-len(times) // _TIME_LABELS))
    first = 0
    if step < _DAY_MS and len(times) * step > _DAY_MS:  # days in parts: label their beginnings
        parts = _DAY_MS // step
        distance = -(-distance // parts) * parts
        first = next(place for place, at in enumerate(times) if at % _DAY_MS == 0)
    places = range(first, len(times), distance)
    return tuple(
        Label(_round(place * width), _write(times[place], step, is_long=len(times) * step > _DAY_MS), "start")
        for place in places
        if place * width < 100 - 8
    )


def _write(at: int, step: int, *, is_long: bool) -> str:
    moment = datetime.fromtimestamp(at / 1000, UTC)
    return f"{moment:%b} {moment.day}" if is_long or step >= _DAY_MS else f"{moment:%H:%M}"


def _scale(most: int) -> tuple[float, list[int]]:
    """The value at the top, and the values to label: 1, 2 or 5 times a power of ten apart."""
    if most <= 0:
        return 1.0, [0]
    rough = most / _MOST_TICKS
    power = 10 ** math.floor(math.log10(rough)) if rough >= 1 else 1
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    last = -(-most // step) * step
    return float(last), list(range(0, last + 1, step))


def _rise(value: int, top: float, width: float) -> tuple[float, float, float]:
    height = max(_LEAST_BAR, HEIGHT * value / top)
    return _round(TOP + HEIGHT - height), _round(width), _round(height)


def _height_of(value: float, top: float) -> float:
    return _round(TOP + HEIGHT * (1 - value / top))


def _count(value: int) -> str:
    """A number short enough for an axis: `950`, `1.5k`, `12k`, `3M`."""
    for size, unit in ((1_000_000_000, "G"), (1_000_000, "M"), (1000, "k")):
        if value >= size:
            return f"{value / size:.1f}".removesuffix(".0") + unit
    return str(value)


def _round(value: float) -> float:
    return round(value, 2)
