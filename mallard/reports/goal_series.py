"""How often a goal was reached over time, and by which share of those who were there."""

from __future__ import annotations

from dataclasses import dataclass

from mallard.reports.conditions import Params, named
from mallard.reports.goal import Goal, condition
from mallard.reports.happened import WAYS
from mallard.reports.query import ReportQuery
from mallard.reports.scope import fetch
from mallard.reports.sums import ratio
from mallard.reports.timeseries import Bucket, buckets_of, label_of, timeseries
from mallard.store.reader import Reader

REACHED = """
select
    local_bucket(timestamp) as begins,
    count(distinct visitor_id) as visitors,
    count(*) as conversions
from {events}
where {test}
group by begins
"""

THERE = """
select local_bucket(timestamp) as begins, count(distinct visitor_id) as visitors
from {events}
group by begins
"""


@dataclass(frozen=True, slots=True)
class GoalBucket:
    """How often a goal was reached in a bucket, `date` as in the timeseries.

    The rate is the share of all visitors with an event in it, a fraction of 1.
    """

    date: str
    conversions: int
    conversion_rate: float


@dataclass(frozen=True, slots=True)
class ConvertedBucket(Bucket):
    """A bucket of the timeseries, with how often a goal was reached in it, and by which share."""

    conversions: int
    conversion_rate: float


def goal_series(reader: Reader, query: ReportQuery, goal: Goal) -> list[GoalBucket]:
    """Every bucket that the period touches, ascending: in the sessions that the filters keep."""
    params: Params = {"interval": query.interval}
    test = condition(goal, named(params, "goal"))
    sql, of_legs = (REACHED.format(test=test, events=way.relation) for way in WAYS)
    rows = fetch(reader, query, sql, of_legs="" if goal.asks_events else of_legs, **params)
    reached = {label_of(begins, query): found for begins, *found in rows}
    everyone = _everyone(reader, query)
    return [
        GoalBucket(bucket, times, ratio(visitors, everyone.get(bucket, 0)))
        for bucket in buckets_of(query)
        for visitors, times in [reached.get(bucket, (0, 0))]
    ]


def _everyone(reader: Reader, query: ReportQuery) -> dict[str, int]:
    """Who was there in each bucket; where no filter is on events, as the timeseries says it."""
    if all(f.keeps_sessions or f.keeps_visitors for f in query.filters):
        return {bucket.date: bucket.visitors for bucket in timeseries(reader, query)}
    sql, of_legs = (THERE.format(events=way.relation) for way in WAYS)
    rows = fetch(reader, query, sql, of_legs=of_legs, interval=query.interval)
    return {label_of(begins, query): visitors for begins, visitors in rows}


def converted_timeseries(reader: Reader, query: ReportQuery, goal: Goal) -> list[ConvertedBucket]:
    """The timeseries with the figures of a goal."""
    pairs = zip(timeseries(reader, query), goal_series(reader, query, goal), strict=True)
    return [
        ConvertedBucket(
            row.date, row.visitors, row.pageviews, told.conversions, told.conversion_rate
        )
        for row, told in pairs
    ]
