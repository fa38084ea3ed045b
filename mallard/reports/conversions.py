"""How often a goal was reached beside a breakdown's rows: by whom who came so, or was there.

A row's conversions are those of the sessions that have its value: by their first event, as filters
on sessions go, or by any matching event, for what happens within a session.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from mallard.reports.arguments import Choice
from mallard.reports.breakdown import (
    DIMENSIONS,
    breakdown,
    breakdown_of,
    value_sql,
)
from mallard.reports.breakdown_rows import DEFAULT_ORDER, IN_ORDER, BreakdownRow, PlaceRow
from mallard.reports.breakdown_rows import ORDERS as VISITOR_ORDERS
from mallard.reports.conditions import Params
from mallard.reports.decoding import decoded_sql
from mallard.reports.filters import EVENT_COLUMNS, UNKNOWN
from mallard.reports.goals import Goal, condition, goals
from mallard.reports.query import ReportQuery
from mallard.reports.scope import EDGES, fetch
from mallard.reports.totals import Totals, ratio, totals
from mallard.store.reader import Reader

SQL = """
select value, count(distinct visitor_id) as visitors, sum(conversions)::bigint as conversions
from (
    with reached as (
        select
            visitor_id,
            min(timestamp) as started_at,
            max(timestamp) as ended_at,
            count(*) filter (where {test}) as conversions,
            {value} as value
        from (
            select *, sum(begins) over (partition by visitor_id order by timestamp) as session_no
            from (
                select *, coalesce(
                    timestamp - lag(timestamp) over (partition by visitor_id order by timestamp)
                    > interval 30 minutes, true)::integer as begins
                from session_events
                semi join (select visitor_id from session_events where {test}) using (visitor_id)
            )
        )
        group by visitor_id, session_no
    )
    {rows}
)
group by value
"""
"""Only visitors who reached the goal are looked into, session by session."""

BY_SESSION = """
    select visitor_id, conversions, coalesce(value, $unknown) as value
    from reached
    where conversions > 0
"""
BY_EVENT = """
    select distinct
        reached.visitor_id, started_at, conversions, coalesce({column}, $unknown) as value
    from reached
    join events on events.visitor_id = reached.visitor_id
        and events.timestamp between started_at and ended_at
    where conversions > 0
"""
OF_FIRST = "arg_min(coalesce({column}, $unknown), timestamp)"


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
class ConvertedTotals(Totals):
    """Headline figures, with how often the goal was reached, and by which share of visitors."""

    conversions: int
    conversion_rate: float


Converted = ConvertedRow | ConvertedPlaceRow

ORDERS: dict[str, Callable[[Converted], tuple[Any, ...]]] = {
    "conversions": lambda row: (-row.conversions, *IN_ORDER[DEFAULT_ORDER](row)),
    "conversion_rate": lambda row: (-row.conversion_rate, *IN_ORDER[DEFAULT_ORDER](row)),
}
"""What rows can be ordered by as well where a goal is chosen."""


ORDER = Choice(
    "order",
    "The most visitors first, the most pageviews, or the values in order of their code points; with"
    " a goal, also the most conversions or the highest rate.",
    choices=(*VISITOR_ORDERS, *ORDERS),
    default=DEFAULT_ORDER,
)


def converted_totals(reader: Reader, query: ReportQuery, goal: Goal) -> ConvertedTotals:
    """The headline figures with those of a goal."""
    (row,) = goals(reader, query, (goal,))
    figures = totals(reader, query)
    own = {name: getattr(figures, name) for name in Totals.__dataclass_fields__}
    return ConvertedTotals(**own, conversions=row.conversions, conversion_rate=row.conversion_rate)


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
    reached = _reached(reader, query, dimension, goal)
    if order not in ORDERS:
        return _beside(breakdown(reader, query, dimension, search, order, offset), reached)
    # Whoever has no conversion comes after all others, in the usual order.
    found = breakdown_of(reader, query, dimension, tuple(reached), search)
    first = sorted(_beside(found, reached), key=ORDERS[order])
    wanted = offset + query.limit
    if len(first) < wanted:
        more = replace(query, limit=wanted)
        others = breakdown(reader, more, dimension, search)
        first += _beside([row for row in others if row.key not in reached], reached)
    return first[offset:wanted]


def conversions_of(
    reader: Reader, query: ReportQuery, dimension: str, goal: Goal, keys: tuple[str, ...]
) -> list[Converted]:
    """The rows with exactly these keys; those without events are left out."""
    reached = _reached(reader, query, dimension, goal) if keys else {}
    return _beside(breakdown_of(reader, query, dimension, keys), reached)


def _beside(rows: Iterable[BreakdownRow], reached: dict[str, tuple[int, int]]) -> list[Converted]:
    return [_converted(row, *reached.get(row.key, (0, 0))) for row in rows]


def _converted(row: BreakdownRow, visitors: int, times: int) -> Converted:
    rate = ratio(visitors, row.visitors)
    figures = row.value, row.visitors, row.pageviews
    if isinstance(row, PlaceRow):
        return ConvertedPlaceRow(*figures, row.country_code, times, rate)
    return ConvertedRow(*figures, times, rate)


def _reached(
    reader: Reader, query: ReportQuery, dimension: str, goal: Goal
) -> dict[str, tuple[int, int]]:
    """By how many visitors, and how often, the goal was reached with each row's key."""
    params: Params = {}
    test = condition(goal, params)
    column = DIMENSIONS[dimension]
    is_of_events = column in EVENT_COLUMNS.values()
    if column in EDGES:
        value = EDGES[column].replace("(pathname", f"({decoded_sql('pathname')}")
    else:
        value = "null" if is_of_events else OF_FIRST.format(column=value_sql(dimension))
    rows = BY_EVENT.format(column=value_sql(dimension)) if is_of_events else BY_SESSION
    sql = SQL.format(test=test, value=value, rows=rows)
    found = fetch(reader, query, sql, unknown=UNKNOWN, **params)
    return {value: (visitors, times) for value, visitors, times in found}
