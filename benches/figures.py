"""A measured figure, what we aim at, and the table that shows both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Aim:
    """A bound that a figure should keep."""

    sign: str
    bound: float

    def is_met_by(self, value: float) -> bool:
        """Whether the value keeps the bound; the bound itself does."""
        return value >= self.bound if self.sign == "≥" else value <= self.bound


def at_least(bound: float) -> Aim:
    """The aim of a figure that should be large."""
    return Aim("≥", bound)


def at_most(bound: float) -> Aim:
    """The aim of a figure that should be small."""
    return Aim("≤", bound)


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table; a figure without an aim is there to compare with."""

    name: str
    value: float
    unit: str = ""
    aim: Aim | None = None

    @property
    def verdict(self) -> str:
        """`met`, `missed`, or nothing when there is no aim."""
        if self.aim is None:
            return ""
        return "met" if self.aim.is_met_by(self.value) else "missed"


def table(figures: Iterable[Figure]) -> str:
    """The figures as a Markdown table."""
    lines = ["| figure | measured | aim | verdict |", "|---|---:|---:|---|"]
    for figure in figures:
        aim = f"{figure.aim.sign} {_number(figure.aim.bound)}" if figure.aim else ""
        measured = f"{_number(figure.value)} {figure.unit}".strip()
        lines.append(f"| {figure.name} | {measured} | {aim} | {figure.verdict} |")
    return "\n".join(lines)


def _number(value: float) -> str:
    """The value with about three digits that mean something."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
