"""The value axis of a chart: a ceiling and the round figures marked below it."""

from __future__ import annotations

from dataclasses import dataclass

MOST_STEPS = 4
_UNITS = ((1_000_000_000, "B"), (1_000_000, "M"), (1_000, "k"))


@dataclass(frozen=True, slots=True)
class Tick:
    """A marked value; `y` is its distance from the top of the plot, in percent."""

    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Axis:
    """Values from 0 at the bottom of the plot to `ceiling` at its top."""

    ceiling: int
    ticks: tuple[Tick, ...]

    def y(self, value: int) -> float:
        """How far below the top of the plot `value` lies, in percent."""
        return round(100 - 100 * value / self.ceiling, 2)


def nice_ceiling(value: int) -> int:
    """The smallest 1, 2 or 5 times a power of ten that is at least `value`, and at least 1."""
    power: int = 10 ** (len(str(max(value, 1))) - 1)
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value)


def axis_for(highest: int) -> Axis:
    """The axis with the least room above `highest` whose few steps are nice whole numbers."""
    step = nice_ceiling(-(-highest // MOST_STEPS))
    steps = max(1, -(-highest // step))
    ticks = [Tick(round(100 - 100 * n / steps, 2), compact(n * step)) for n in range(steps + 1)]
    return Axis(steps * step, tuple(reversed(ticks)))


def compact(value: int) -> str:
    """A short form of an axis figure: `800`, `2k`, `1.5M`."""
    for unit, suffix in _UNITS:
        if value >= unit:
            return f"{value / unit:.1f}".removesuffix(".0") + suffix
    return str(value)
