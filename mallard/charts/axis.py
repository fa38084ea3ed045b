"""The value axis of a chart: a ceiling and the round figures marked below it."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass

MOST_STEPS = 4
_UNITS = ((1_000_000_000, "B"), (1_000_000, "M"), (1_000, "k"))
_MINUTE, _HOUR = 60, 3600
_NICE_SECONDS = (
    *(1, 2, 5, 10, 15, 30),
    *(minutes * _MINUTE for minutes in (1, 2, 5, 10, 15, 30)),
    *(hours * _HOUR for hours in (1, 2, 6, 12, 24)),
)


@dataclass(frozen=True, slots=True)
class Tick:
    """A marked value; `y` is its distance from the top of the plot, in percent."""

    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Axis:
    """Values from 0 at the bottom of the plot to `ceiling` at its top."""

    ceiling: float
    ticks: tuple[Tick, ...]

    def y(self, value: float) -> float:
        """How far below the top of the plot `value` lies, in percent."""
        return round(100 - 100 * value / self.ceiling, 2)


@dataclass(frozen=True, slots=True)
class Scale:
    """A kind of value: the least nice step that is at least as long as asked, and its text."""

    nice: Callable[[float], float]
    text: Callable[[float], str]


def nice_ceiling(value: float) -> float:
    """The smallest 1, 2 or 5 times a power of ten that is at least `value`, and at least 0.01."""
    power = math.floor(math.log10(max(value, 0.01)))
    up, down = int(10 ** max(power, 0)), int(10 ** max(-power, 0))
    step = next(step for step in (1, 2, 5, 10) if step * up >= value * down)
    return step / down if down > 1 else step * up


def nice_count(value: float) -> float:
    """The same for whole numbers: at least 1."""
    return nice_ceiling(max(value, 1))


def nice_seconds(value: float) -> float:
    """The smallest round part or multiple of a minute, an hour or a day, at least `value`."""
    place = bisect_left(_NICE_SECONDS, value)
    if place < len(_NICE_SECONDS):
        return _NICE_SECONDS[place]
    return nice_ceiling(value / _NICE_SECONDS[-1]) * _NICE_SECONDS[-1]


def compact(value: float) -> str:
    """A short form of an axis figure: `0.5`, `800`, `2k`, `1.5M`."""
    for unit, suffix in _UNITS:
        if value >= unit:
            return f"{value / unit:.1f}".removesuffix(".0") + suffix
    return f"{value:g}"


COUNTS = Scale(nice_count, compact)


def axis_for(highest: float, scale: Scale = COUNTS) -> Axis:
    """The axis with the least room above `highest` whose few steps are nice."""
    step = scale.nice(highest / MOST_STEPS)
    steps = max(1, int(-(-highest // step)))
    ticks = [Tick(round(100 - 100 * n / steps, 2), scale.text(n * step)) for n in range(steps + 1)]
    return Axis(steps * step, tuple(reversed(ticks)))
