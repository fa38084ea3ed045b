"""The pale bars behind the rows of a breakdown."""

from __future__ import annotations

from collections.abc import Sequence


def bar_widths(values: Sequence[int]) -> list[float]:
    """Each value's width in percent; the greatest fills the row."""
    greatest = max(values, default=0) or 1
    return [round(100 * value / greatest, 2) for value in values]
