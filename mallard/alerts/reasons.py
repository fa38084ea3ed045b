"""Why an alert holds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence or two, and the figures in it."""

    text: str
    figures: dict[str, int | float | str]
