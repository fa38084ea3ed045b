"""The grid of a retention report: a row for each cohort, a cell for each week since."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from mallard.charts.shades import level_of

WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Cell:
    """Those of a cohort who were seen in one week, `share` of them; the week may still run."""

    visitors: int
    share: float
    level: int
    is_unfinished: bool


@dataclass(frozen=True, slots=True)
class CohortRow:
    """The visitors first seen in the week of `monday`; None stands for a week not begun."""

    monday: date
    size: int
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class CohortGrid:
    """All cohorts; the scale ends at `greatest`, the best share of any week after the first."""

    weeks: int
    rows: tuple[CohortRow, ...]
    greatest: float


def cohort_grid(
    cohorts: Sequence[tuple[date, Sequence[int]]], weeks: int, last_week: date, this_week: date
) -> CohortGrid:
    """The grid of `cohorts`, each its Monday and its visitors in week 0, 1 and so on.

    `last_week` is the Monday of the last week that was looked at, `this_week` the current one's.
    The first week is everyone by definition: it has no part in the scale.
    """
    last = min(last_week, this_week)
    begun = [(monday, seen[: _weeks_until(monday, last)]) for monday, seen in cohorts]
    greatest = max((n / seen[0] for _, seen in begun for n in seen[1:]), default=0.0)
    rows = []
    for monday, seen in begun:
        if seen:
            cells = _cells(monday, seen, greatest, this_week)
            blank = [None] * (weeks - len(seen))
            rows.append(CohortRow(monday, seen[0], (*cells, *blank)))
    return CohortGrid(weeks, tuple(rows), greatest)


def _weeks_until(monday: date, last: date) -> int:
    return max(0, (last - monday) // WEEK + 1)


def _cells(monday: date, seen: Sequence[int], greatest: float, this_week: date) -> Iterator[Cell]:
    for number, visitors in enumerate(seen):
        share = visitors / seen[0]
        level = level_of(share, greatest) if number else 0
        yield Cell(visitors, share, level, is_unfinished=monday + number * WEEK == this_week)
