"""Reads TopoJSON: countries whose borders are arcs that neighbours share."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from babel.core import get_global

Point = tuple[float, float]
Ring = list[Point]
WITHOUT_NUMBERS = {"Kosovo": "XK", "Somaliland": "SO", "N. Cyprus": "CY"}
"""Outlines that have no number of ISO 3166; the parts go with the country that the code is of."""


def countries(
    path: Path, projected: Callable[[float, float], Point]
) -> Iterator[tuple[str, list[Ring]]]:
    """Each country's code of two letters and its rings, projected and made simpler."""
    found = json.loads(path.read_text("utf-8"))
    arcs = [_arc(arc, found["transform"], projected) for arc in found["arcs"]]
    for one in found["objects"]["countries"]["geometries"]:
        code = _code(one)
        if code is not None and one["type"] is not None:
            polygons = one["arcs"] if one["type"] == "MultiPolygon" else [one["arcs"]]
            yield code, [_ring(ring, arcs) for polygon in polygons for ring in polygon]


def _code(country: dict[str, Any]) -> str | None:
    if "id" not in country:
        return WITHOUT_NUMBERS.get(country["properties"]["name"])
    codes = get_global("territory_aliases").get(country["id"])
    return codes[0] if codes else None


def _arc(
    steps: Sequence[Sequence[int]],
    transform: dict[str, Sequence[float]],
    projected: Callable[[float, float], Point],
) -> Ring:
    """An arc is a point and the steps from there on, in whole numbers of the transform's scale."""
    (scale_x, scale_y), (move_x, move_y) = transform["scale"], transform["translate"]
    x = y = 0
    points = []
    for step in steps:
        x, y = x + step[0], y + step[1]
        points.append(projected(x * scale_x + move_x, y * scale_y + move_y))
    return simpler(points)


def _ring(numbers: Sequence[int], arcs: Sequence[Ring]) -> Ring:
    """Arcs one after the other; a negative number is an arc the other way round."""
    ring: Ring = []
    for number in numbers:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        ring += arc[1:] if ring else arc
    return ring


LEAST_AREA = 3.0
"""Of a triangle that is worth its corner, in square units of the drawing."""


def simpler(points: Ring) -> Ring:
    """The points without those that matter least, by Visvalingam; both ends stay.

    Arcs are made simpler, not countries, so that neighbours still meet.
    """
    points = list(points)
    while len(points) > 2:
        areas = [area(points[n - 1 : n + 2]) for n in range(1, len(points) - 1)]
        least = min(areas)
        if least >= LEAST_AREA:
            break
        # Many at a time, but never two beside each other.
        limit, kept, was_dropped = max(least * 2, LEAST_AREA / 16), [points[0]], False
        for size, point in zip(areas, points[1:-1], strict=True):
            was_dropped = size <= limit and not was_dropped and size < LEAST_AREA
            if not was_dropped:
                kept.append(point)
        points = [*kept, points[-1]]
    return points


def area(ring: Sequence[Point]) -> float:
    """What a ring encloses."""
    twice = sum(
        x * next_y - next_x * y
        for (x, y), (next_x, next_y) in zip(ring, [*ring[1:], ring[0]], strict=True)
    )
    return abs(twice) / 2
