"""The map of the world is drawn so that neighbours meet and nobody is forgotten."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from babel import Locale

from drawing.outlines import area, simpler
from drawing.world import HEIGHT, WIDTH, draw, projected
from mallard.web.static import assets, ids_in

NEIGHBOURS: dict[str, Any] = {
    "transform": {"scale": [0.01, 0.01], "translate": [0, 0]},
    "arcs": [
        [[0, 0], [0, 2000]],
        [[0, 2000], [2000, 0], [0, -2000], [-2000, 0]],
        [[0, 2000], [-2000, 0], [0, -2000], [2000, 0]],
        [[5000, 0], [1, 0], [0, 1], [-1, -1]],
    ],
    "objects": {
        "countries": {
            "geometries": [
                {"type": "Polygon", "id": "276", "arcs": [[0, 1]], "properties": {"name": "A"}},
                {"type": "Polygon", "id": "250", "arcs": [[2, 0]], "properties": {"name": "B"}},
                {"type": "Polygon", "arcs": [[3]], "properties": {"name": "Kosovo"}},
                {"type": "Polygon", "arcs": [[3]], "properties": {"name": "Nowhere"}},
            ]
        }
    },
}


def test_each_country_is_a_path_by_its_code_and_a_tiny_one_a_dot(tmp_path: Path) -> None:
    outlines = tmp_path / "countries.json"
    outlines.write_text(json.dumps(NEIGHBOURS))
    found = dict(re.findall(r'<path id="(\w+)" d="([^"]+)"', draw(outlines)))
    assert set(found) == {"DE", "FR", "XK"}
    assert "a6 6 0 1 0 12 0" in found["XK"]
    assert found["DE"].startswith("M") and found["DE"].endswith("z")


def test_a_straight_line_loses_its_middle_and_keeps_its_ends() -> None:
    line = [(float(x), 0.0) for x in range(100)]
    assert simpler(line) == [line[0], line[-1]]
    corner = [(0.0, 0.0), (50.0, 50.0), (100.0, 0.0)]
    assert simpler(corner) == corner
    assert area(corner) == 2500


@pytest.mark.parametrize("place", [(-168, 65), (179, -40), (11.5, 83), (-70, -55), (0, 0)])
def test_every_place_is_on_the_map(place: tuple[float, float]) -> None:
    x, y = projected(*place)
    assert 0 <= x <= WIDTH and 0 <= y <= HEIGHT


def test_the_map_that_is_shipped_has_nearly_every_country() -> None:
    codes = {
        code
        for code in map(str, Locale("en").territories)
        if len(code) == 2 and code not in NO_COUNTRIES
    }
    assert ids_in("world.svg") - {"land"} <= set(Locale("en").territories)
    missing = codes - ids_in("world.svg")
    assert len(missing) < 25, missing
    for code in ("DE", "US", "RU", "XK", "SG", "MT", "TW", "PS", "VA"):
        assert code in ids_in("world.svg")
    assert len(assets()["world.svg"].gzipped) < 20_000


NO_COUNTRIES = {"EU", "EZ", "UN", "QO", "ZZ", "XA", "XB", "AQ"}
