"""A word-sized line without axes."""

from __future__ import annotations

from collections.abc import Sequence

from mallard.charts.line import Point, spread


def sparkline(values: Sequence[int]) -> tuple[Point, ...]:
    """The points of `values` in a box of 100 by 100; the highest value touches its top."""
    highest = max(values, default=0) or 1
    places = zip(spread(len(values)), values, strict=True)
    return tuple(Point(x, round(100 - 100 * value / highest, 2)) for x, value in places)
