"""The heatmap's arithmetic."""

from __future__ import annotations

from mallard.charts.heat import heat_rows
from mallard.charts.shades import LEVELS


def test_the_greatest_of_all_has_the_last_shade_and_nobody_has_none() -> None:
    rows = heat_rows([[0.0, 5.0], [10.0, 0.01]])
    assert [[cell.level for cell in row] for row in rows] == [[0, LEVELS // 2], [LEVELS, 1]]


def test_hours_share_the_width() -> None:
    assert [cell.x for cell in heat_rows([[1.0] * 4])[0]] == [0, 25, 50, 75]


def test_a_week_without_anybody_has_no_shade() -> None:
    assert [cell.level for row in heat_rows([[0.0, 0.0]]) for cell in row] == [0, 0]
