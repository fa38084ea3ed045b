"""A weighted choice, prepared once and made many times."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


class Weighted(Generic[T]):
    """Items to choose from, each as often as its weight says."""

    __slots__ = ("_cumulative", "_items", "_last", "_total")

    def __init__(self, choices: Iterable[tuple[T, float]]):
        pairs = [(item, weight) for item, weight in choices if weight > 0]
        if not pairs:
            raise ValueError("nothing to choose from")
        self._items = [item for item, _ in pairs]
        self._cumulative = list(accumulate(weight for _, weight in pairs))
        self._total = self._cumulative[-1]
        self._last = len(pairs) - 1

    def pick(self, rng: Random) -> T:
        """One of the items; uses one number of `rng`."""
        return self._items[bisect(self._cumulative, rng.random() * self._total, 0, self._last)]


def long_tail(items: Iterable[T], steepness: float = 0.9) -> Weighted[T]:
    """Items in order of popularity, weighted as Zipf's law has it: 1 / rank ** steepness."""
    return Weighted((item, 1 / rank**steepness) for rank, item in enumerate(items, start=1))


def weighted(**weights: float) -> Weighted[str]:
    """Names to choose from, as keyword arguments."""
    return Weighted(weights.items())


def only(item: T) -> Weighted[T]:
    """No choice at all."""
    return Weighted([(item, 1.0)])
