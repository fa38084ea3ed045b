"""What is usual for an hour of a weekday, and how far from it is unusual.

The usual is the median of the same hour on the same weekday of the weeks before, and unusual is
what is more than 3.5 times its spread away: the modified z-score of Iglewicz and Hoaglin ("How to
Detect and Handle Outliers", ASQC 1993; NIST's handbook, 1.3.5.17). The median and the median
absolute deviation are not moved by a spike of another week. Counts of visitors spread by at least
the square root of their mean (Poisson), so the spread is taken to be no smaller; a small site's is
thus wide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import median

WEEKS = 8
FEWEST_WEEKS = 4
"""Fewer say nothing of what is usual."""
FARTHEST = 3.5
OF_A_NORMAL = 1.4826
"""The standard deviation of a normal distribution by its median absolute deviation."""
LEAST_MORE = 10
"""Fewer visitors more than usual are no spike, however small the site is."""


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual, and from where on it is not."""

    visitors: float
    most: float
    """More is a spike."""
    least: float
    """Fewer is a drop; below zero where there can be none."""
    weeks: int


def usual_of(earlier: Sequence[int]) -> Usual | None:
    """What is usual by the visitors of as many weeks; None where these are too few."""
    if len(earlier) < FEWEST_WEEKS:
        return None
    middle = median(earlier)
    deviation = median(abs(visitors - middle) for visitors in earlier)
    spread = max(OF_A_NORMAL * deviation, sqrt(max(middle, 1)))
    most = max(middle + FARTHEST * spread, middle + LEAST_MORE)
    return Usual(middle, most, middle - FARTHEST * spread, len(earlier))
