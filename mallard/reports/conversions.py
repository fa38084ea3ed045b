"""How often a goal was reached beside a breakdown's rows: by whom who came so, or was there.

A row's conversions are those of the sessions that have its value: by their first event, as filters
on sessions go, or by any matching event, for what happens within a session.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

from mallard.reports.breakdown import breakdown, breakdown_of
from mallard.reports.breakdown_rows import (
    DEFAULT_ORDER,
    IN_ORDER,
    BreakdownRow,
    PlaceRow,
    PropertyRow,
)
from mallard.reports.goal import Goal
from mallard.reports.goals import goals
from mallard.reports.query import ReportQuery
from mallard.reports.reached import Reached, reached
from mallard.reports.sums import ratio
from mallard.reports.totals import EngagedTotals, Totals, totals
from mallard.store.reader import Reader


@dataclass(frozen=True, slots=True)
class ConvertedRow(BreakdownRow):
    """One value, and how often the goal was reached in sessions with it, and by whom."""

    conversions: int
    conversion_rate: float


@dataclass(frozen=True, slots=True)
class ConvertedPlaceRow(PlaceRow):
    """The same of a region or city."""

    conversions: int
    conversion_rate: float


@dataclass(frozen=True, slots=True)
class ConvertedPropertyRow(PropertyRow):
    """The same of a value of a property."""

    conversions: int
    conversion_rate: float


@dataclass(frozen=True, slots=True)
class ConvertedTotals(Totals):
    """Headline figures, with how often the goal was reached, and by which share of visitors."""

    conversions: int
    conversion_rate: float


@dataclass(frozen=True, slots=True)
class ConvertedEngagedTotals(EngagedTotals):
    """The same where pages have told how they were looked at."""

    conversions: int
    conversion_rate: float


Converted = ConvertedRow | ConvertedPlaceRow | ConvertedPropertyRow

ORDERS: dict[str, Callable[[Converted], tuple[Any, ...]]] = {
    "conversions": lambda row: (-row.conversions, *IN_ORDER[DEFAULT_ORDER](row)),
    "conversion_rate": lambda row: (-row.conversion_rate, *IN_ORDER[DEFAULT_ORDER](row)),
}
"""What rows can be ordered by as well where a goal is chosen."""


def converted_totals(
    reader: Reader, query: ReportQuery, goal: Goal
) -> ConvertedTotals | ConvertedEngagedTotals:
    """The headline figures with those of a goal."""
    (row,) = goals(reader, query, (goal,))
    found = totals(reader, query)
    kind = ConvertedEngagedTotals if isinstance(found, EngagedTotals) else ConvertedTotals
    own = {field.name: getattr(found, field.name) for field in fields(found)}
    return kind(**own, conversions=row.conversions, conversion_rate=row.conversion_rate)


def conversions(
    reader: Reader,
    query: ReportQuery,
    dimension: str,
    goal: Goal,
    search: str = "",
    order: str = DEFAULT_ORDER,
    offset: int = 0,
) -> list[Converted]:
    """A breakdown whose rows tell of a goal, too; `order` may be one of ORDERS as well."""
    told = reached(reader, query, dimension, goal)
    if order not in ORDERS:
        return _beside(breakdown(reader, query, dimension, search, order, offset), told)
    # Whoever has no conversion comes after all others, in the usual order.
    found = breakdown_of(reader, query, dimension, tuple(told), search)
    first = sorted(_beside(found, told), key=ORDERS[order])
    wanted = offset + query.limit
    if len(first) < wanted:
        more = replace(query, limit=wanted)
        others = breakdown(reader, more, dimension, search)
        first += _beside([row for row in others if row.key not in told], told)
    return first[offset:wanted]


def conversions_of(
    reader: Reader, query: ReportQuery, dimension: str, goal: Goal, keys: tuple[str, ...]
) -> list[Converted]:
    """The rows with exactly these keys; those without events are left out."""
    if not keys:
        return []
    told = reached(reader, query, dimension, goal)
    return _beside(breakdown_of(reader, query, dimension, keys), told)


def _beside(rows: Iterable[BreakdownRow], told: Reached) -> list[Converted]:
    return [_converted(row, *told.get(row.key, (0, 0))) for row in rows]


def _converted(row: BreakdownRow, visitors: int, times: int) -> Converted:
    rate = ratio(visitors, row.visitors)
    figures = row.value, row.visitors, row.pageviews
    if isinstance(row, PlaceRow):
        return ConvertedPlaceRow(*figures, row.country_code, times, rate)
    if isinstance(row, PropertyRow):
        return ConvertedPropertyRow(*figures, row.events, row.revenue, times, rate)
    return ConvertedRow(*figures, times, rate)
