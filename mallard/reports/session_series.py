"""Sessions over time: how many began in each bucket, how deep they went and how long they were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from mallard.reports import kept
from mallard.reports.days import EVENTS_AND_SESSIONS_BY_TIME, HOURS, legs_and_sessions_by_time
from mallard.reports.query import ReportQuery
from mallard.reports.scope import fetch
from mallard.reports.sums import NOTHING, Sums
from mallard.reports.timeseries import NO_BUCKETS, buckets_of, imported_by_bucket, label_of
from mallard.store.reader import Reader, Row

COLUMNS = ("begins", "sessions", "pageviews", "bounces", "duration_us")
SQL = f"""
select begins, sum(sessions), sum(pageviews), sum(bounces), sum(duration_us)
from (
    ({EVENTS_AND_SESSIONS_BY_TIME})
    union all by name
    select
        local_bucket(begins) as begins,
        visitors, pageviews, sessions, bounces, duration_us
    from rolled
)
group by begins
"""


@dataclass(frozen=True, slots=True)
class SessionBucket:
    """The sessions that began in a bucket, `date` as in the timeseries; 0.0 where there is none.

    `views_per_session` is by all pageviews in the bucket, whenever their sessions began.
    """

    date: str
    sessions: int
    views_per_session: float
    bounce_rate: float
    avg_visit_duration_secs: float


def session_series(reader: Reader, query: ReportQuery) -> list[SessionBucket]:
    """Every bucket that the period touches, ascending; rates are fractions of 1."""
    of_legs = _of_legs(query.interval)
    rows = fetch(reader, query, SQL, rollup=HOURS, of_legs=of_legs, interval=query.interval)
    return _buckets(query, rows, imported_by_bucket(reader, query))


def session_series_of_legs(query: ReportQuery) -> kept.Question:
    """The same as a question to kept legs."""
    bound = {"interval": query.interval}
    return kept.Question(_of_legs(query.interval), COLUMNS, bound, partial(_buckets, query))


def _of_legs(interval: str) -> str:
    return f"select {', '.join(COLUMNS)} from ({legs_and_sessions_by_time(interval)})"


def _buckets(
    query: ReportQuery, rows: list[Row], imported: Mapping[str, Sums] = NO_BUCKETS
) -> list[SessionBucket]:
    figures = {label_of(begins, query): _sums(*map(int, counts)) for begins, *counts in rows}
    return [
        _bucket(bucket, figures.get(bucket, NOTHING) + imported.get(bucket, NOTHING))
        for bucket in buckets_of(query)
    ]


def _sums(sessions: int, pageviews: int, bounces: int, duration_us: int) -> Sums:
    return Sums.of_events(0, pageviews, sessions, bounces, duration_us)


def _bucket(date: str, found: Sums) -> SessionBucket:
    return SessionBucket(
        date=date,
        sessions=found.sessions,
        views_per_session=found.views_per_session,
        bounce_rate=found.bounce_rate,
        avg_visit_duration_secs=found.avg_visit_duration_secs,
    )
