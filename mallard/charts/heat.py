"""The heatmap of a week: its days below each other, their hours beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mallard.charts.shades import level_of


@dataclass(frozen=True, slots=True)
class HeatCell:
    """One hour of a day: where it begins in percent of the width, and its step of the scale."""

    x: float
    level: int


def heat_rows(values: Sequence[Sequence[float]]) -> list[list[HeatCell]]:
    """The cells of each row of values; the greatest of all has the last step of the scale."""
    greatest = max((value for row in values for value in row), default=0.0)
    return [
        [
            HeatCell(round(100 * place / len(row), 3), level_of(value, greatest))
            for place, value in enumerate(row)
        ]
        for row in values
    ]
