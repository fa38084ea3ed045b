"""The scale of colours by which tables and maps tell more from less."""

from __future__ import annotations

from math import ceil

LEVELS = 10
"""Steps of the scale; 0 is for nobody."""


def level_of(value: float, greatest: float) -> int:
    """The step of the scale for a value, of which `greatest` is the end."""
    return ceil(LEVELS * value / greatest) if value > 0 else 0
