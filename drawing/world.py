"""Draws the map of the world from Natural Earth's outlines, which are in the public domain.

They come as TopoJSON in the npm package `world-atlas`: `countries-50m.json`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import radians
from pathlib import Path

from drawing.outlines import Point, Ring, area, countries

WIDTH, HEIGHT = 2000, 860
MIDDLE = 11.5
"""Degrees east: so the map ends in the Bering Strait, and cuts nothing but an island in two."""
NORTH = 84.0
"""Above it there is only ice; Antarctica is left out, too."""
LEFT_OUT = frozenset(("AQ",))
LEAST_ISLAND, TINY = 14.0, 60.0
"""Areas: smaller islands are left out, and smaller countries become a dot."""
DOT = 6


def draw(outlines: Path) -> str:
    """The SVG: a path for each country, its id the country's code, all within one group `land`."""
    rings: dict[str, list[Ring]] = defaultdict(list)
    for code, found in countries(outlines, projected):
        if code not in LEFT_OUT:
            rings[code] += [ring for ring in found if not _is_cut(ring)]
    paths = "\n".join(f'<path id="{code}" d="{_shape(rings[code])}"/>' for code in sorted(rings))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">\n'
        f'<g id="land">\n{paths}\n</g>\n</svg>\n'
    )


def _is_cut(ring: Ring) -> bool:
    """Whether a ring has one end on the left of the map and one on the right."""
    across = [x for x, _ in ring]
    return max(across) - min(across) > WIDTH / 2


def projected(longitude: float, latitude: float) -> Point:
    """Where a place is on the map: the projection Natural Earth, after Šavrič and others."""
    from_middle = (longitude - MIDDLE + 180) % 360 - 180
    x, y = _natural_earth(radians(from_middle), radians(latitude))
    east, _ = _natural_earth(radians(180), 0)
    _, north = _natural_earth(0, radians(NORTH))
    scale = WIDTH / 2 / east
    return WIDTH / 2 + x * scale, (north - y) * scale


def _natural_earth(longitude: float, latitude: float) -> Point:
    square = latitude * latitude
    fourth = square * square
    x = longitude * (
        0.8707
        - 0.131979 * square
        + fourth * (-0.013791 + fourth * (0.003971 * square - 0.001529 * fourth))
    )
    y = latitude * (
        1.007226
        + square * (0.015085 + fourth * (-0.044475 + 0.028874 * square - 0.005916 * fourth))
    )
    return x, y


def _shape(rings: Sequence[Ring]) -> str:
    """A country's islands; one that nobody could hit is a dot."""
    largest = max(rings, key=area)
    if area(largest) < TINY:
        return _dot(largest)
    shown = [ring for ring in rings if ring is largest or area(ring) >= LEAST_ISLAND]
    return "".join(_path(ring) for ring in shown)


def _dot(ring: Ring) -> str:
    x = round(sum(x for x, _ in ring) / len(ring)) - DOT
    y = round(sum(y for _, y in ring) / len(ring))
    return f"M{x} {y}a{DOT} {DOT} 0 1 0 {2 * DOT} 0a{DOT} {DOT} 0 1 0 {-2 * DOT} 0z"


def _path(ring: Ring) -> str:
    """Whole numbers, each point as a step from the one before."""
    points = [(round(x), round(y)) for x, y in ring]
    (x, y), *_ = points
    return f"M{x} {y}l" + _joined(_steps(points)) + "z"


def _steps(points: Sequence[tuple[int, int]]) -> Iterator[int]:
    for (x, y), (next_x, next_y) in pairwise(points):
        if (x, y) != (next_x, next_y):
            yield next_x - x
            yield next_y - y


def _joined(numbers: Iterator[int]) -> str:
    """Numbers with blanks between them where no minus sign parts them."""
    return "".join(str(n) if n < 0 else f" {n}" for n in numbers).strip()
