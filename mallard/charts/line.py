"""A line chart of one or more series over the buckets of a period; all geometry in percent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mallard.charts.axis import Axis, axis_for

MOST_LABELS = 7
FLIPS_AFTER = 60.0
"""Right of this the values that appear on hover are written to the left of their bucket."""


@dataclass(frozen=True, slots=True)
class Point:
    """A place in the plot: percent from its left and from its top."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Line:
    """One series; when it is `unfinished` its last point is still growing."""

    name: str
    points: tuple[Point, ...]
    unfinished: bool

    @property
    def settled(self) -> tuple[Point, ...]:
        """The points joined by a solid line."""
        return self.points[:-1] if self.unfinished else self.points

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
    """One bucket's column, from `left`, `width` wide, with what it shows on hover."""

    x: float
    left: float
    width: float
    text: str
    values: tuple[int, ...]
    heights: tuple[float, ...]
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


def line_chart(
    slots: Sequence[tuple[str, str]], series: Mapping[str, Sequence[int]], unfinished: bool = False
) -> LineChart:
    """The chart of `series` over `slots`, each a bucket's short and full name.

    A series may be shorter than the slots: what has not begun is left blank. `unfinished` says
    that its last value is still growing.
    """
    axis = axis_for(max((value for values in series.values() for value in values), default=0))
    xs = spread(len(slots))
    lines = [
        Line(name, tuple(Point(x, axis.y(v)) for x, v in zip(xs, values, strict=False)), unfinished)
        for name, values in series.items()
    ]
    columns = zip(*series.values(), strict=True)
    marks = [
        _mark(x, len(slots), text, values, axis)
        for x, (_, text), values in zip(xs, slots, columns, strict=False)
    ]
    return LineChart(axis, _labels(xs, [short for short, _ in slots]), tuple(lines), tuple(marks))


def spread(count: int) -> list[float]:
    """`count` places from edge to edge, in percent; a single one stands in the middle."""
    return [round(100 * n / (count - 1), 2) for n in range(count)] if count > 1 else [50.0] * count


def _labels(xs: Sequence[float], texts: Sequence[str]) -> tuple[Label, ...]:
    every = -(-len(xs) // MOST_LABELS) or 1
    anchors = {0.0: "start", 100.0: "end"}
    named = list(zip(xs, texts, strict=True))[::every]
    return tuple(Label(x, text, anchors.get(x, "middle")) for x, text in named)


def _mark(x: float, count: int, text: str, values: tuple[int, ...], axis: Axis) -> Mark:
    half = 50 / (count - 1) if count > 1 else 50.0
    left, right = max(0.0, x - half), min(100.0, x + half)
    heights = tuple(axis.y(value) for value in values)
    width = round(right - left, 2)
    return Mark(x, round(left, 2), width, text, values, heights, x > FLIPS_AFTER)
