"""A line chart of one or more series over the buckets of a period; all geometry in percent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mallard.charts.axis import COUNTS, Axis, Scale, axis_for

MOST_LABELS = 7
FLIPS_AFTER = 60.0
"""Right of this the values that appear on hover are written to the left of their bucket."""


@dataclass(frozen=True, slots=True)
class Point:
    """A place in the plot: percent from its left and from its top."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Series:
    """Values in the order of the slots; it may end early, at what has not begun.

    When it is `unfinished` its last value is not of a whole slot, or still growing; when it is
    `begun_late` its first one is not of a whole slot.
    """

    name: str
    values: Sequence[float]
    unfinished: bool = False
    begun_late: bool = False
    lighter: frozenset[int] = frozenset()
    """The places of values that are of another kind, and drawn lighter."""


@dataclass(frozen=True, slots=True)
class Line:
    """A series, drawn."""

    name: str
    points: tuple[Point, ...]
    unfinished: bool
    begun_late: bool = False
    lighter: frozenset[int] = frozenset()

    @property
    def lighter_parts(self) -> tuple[tuple[Point, ...], ...]:
        """The stretches to and from the values that are drawn lighter."""
        found: list[tuple[Point, ...]] = []
        for start in sorted(n for n in self.lighter if n - 1 not in self.lighter):
            end = start
            while end + 1 in self.lighter:
                end += 1
            found.append(self.points[max(start - 1, 0) : end + 2])
        return tuple(part for part in found if len(part) > 1)

    @property
    def settled(self) -> tuple[Point, ...]:
        """The points joined by a solid line."""
        return self.points[self.begun_late : len(self.points) - self.unfinished]

    @property
    def head(self) -> tuple[Point, ...]:
        """The first stretch of a line that begins late, unless it is its tail; empty otherwise."""
        is_apart = len(self.points) > (2 if self.unfinished else 1)
        return self.points[:2] if self.begun_late and is_apart else ()

    @property
    def tail(self) -> tuple[Point, ...]:
        """The last stretch of an unfinished line; empty otherwise."""
        return self.points[-2:] if self.unfinished and len(self.points) > 1 else ()


@dataclass(frozen=True, slots=True)
class Label:
    """A bucket's name under the plot; `anchor` keeps the outermost ones inside."""

    x: float
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Mark:
    """One bucket's column, from `left`, `width` wide, with what it shows on hover.

    `values` has one place for each series: None where it has ended.
    """

    x: float
    left: float
    width: float
    values: tuple[float | None, ...]
    heights: tuple[float | None, ...]
    is_flipped: bool


@dataclass(frozen=True, slots=True)
class LineChart:
    """Everything the markup of a line chart needs."""

    axis: Axis
    labels: tuple[Label, ...]
    lines: tuple[Line, ...]
    marks: tuple[Mark, ...]

    @property
    def is_empty(self) -> bool:
        """Whether every value is zero."""
        return not any(value for mark in self.marks for value in mark.values)


def line_chart(slots: Sequence[str], series: Sequence[Series], scale: Scale = COUNTS) -> LineChart:
    """The chart of `series` over `slots`, each the short name of a bucket."""
    axis = axis_for(max((value for one in series for value in one.values), default=0), scale)
    xs = spread(len(slots))
    lines = [
        Line(
            one.name,
            tuple(Point(x, axis.y(v)) for x, v in zip(xs, one.values, strict=False)),
            one.unfinished,
            one.begun_late,
            frozenset(n for n in one.lighter if n < len(one.values)),
        )
        for one in series
    ]
    marks = [_mark(x, n, len(slots), series, axis) for n, x in enumerate(xs)]
    return LineChart(axis, _labels(xs, slots), tuple(lines), tuple(marks))


def spread(count: int) -> list[float]:
    """`count` places from edge to edge, in percent; a single one stands in the middle."""
    return [round(100 * n / (count - 1), 2) for n in range(count)] if count > 1 else [50.0] * count


def _labels(xs: Sequence[float], texts: Sequence[str]) -> tuple[Label, ...]:
    every = -(-len(xs) // MOST_LABELS) or 1
    anchors = {0.0: "start", 100.0: "end"}
    named = list(zip(xs, texts, strict=True))[::every]
    return tuple(Label(x, text, anchors.get(x, "middle")) for x, text in named)


def _mark(x: float, number: int, count: int, series: Sequence[Series], axis: Axis) -> Mark:
    half = 50 / (count - 1) if count > 1 else 50.0
    left, right = max(0.0, x - half), min(100.0, x + half)
    values = tuple(one.values[number] if number < len(one.values) else None for one in series)
    heights = tuple(None if value is None else axis.y(value) for value in values)
    return Mark(x, round(left, 2), round(right - left, 2), values, heights, x > FLIPS_AFTER)
