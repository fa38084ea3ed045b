"""Two calls timed in turns, so that whatever else the machine does hits both alike."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

Call = Callable[[], object]


class Cost(NamedTuple):
    """Seconds that a call took by the wall clock, and of all processors."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Pair:
    """The median milliseconds of two calls by the clock, and what the second is of the first.

    That is told of processor time, which other programs disturb less.
    """

    first_ms: float
    second_ms: float
    ratio: float


def in_turns(first: Call, second: Call, times: int) -> Pair:
    """Makes both calls so many times in turns, after once to warm up."""
    first()
    second()
    costs = [(cost_of(first), cost_of(second)) for _ in range(times)]
    return Pair(
        1000 * median(one.wall for one, _ in costs),
        1000 * median(other.wall for _, other in costs),
        median(other.cpu for _, other in costs) / median(one.cpu for one, _ in costs),
    )


def cost_of(call: Call) -> Cost:
    """What a call takes of this process."""
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    return Cost(time.perf_counter() - wall, time.process_time() - cpu)
