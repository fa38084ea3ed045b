"""Sessions over time: how many began in each bucket, how deep they went and how long they were."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from mallard.reports import kept
from mallard.reports.days import EVENTS_AND_SESSIONS_BY_TIME, HOURS, LEGS_AND_SESSIONS_BY_TIME
from mallard.reports.query import ReportQuery
from mallard.reports.scope import fetch
from mallard.reports.timeseries import buckets_of, label_of
from mallard.reports.totals import ratio
from mallard.store.reader import Reader, Row

COLUMNS = ("begins", "sessions", "pageviews", "bounces", "duration_us")
OF_LEGS = f"select {', '.join(COLUMNS)} from ({LEGS_AND_SESSIONS_BY_TIME})"
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
    of_legs = "" if query.interval == "hour" else OF_LEGS
    rows = fetch(reader, query, SQL, rollup=HOURS, of_legs=of_legs, interval=query.interval)
    return _buckets(query, rows)


def session_series_of_legs(query: ReportQuery) -> kept.Question | None:
    """The same as a question to kept legs, which know nothing of hours."""
    if query.interval == "hour":
        return None
    bound = {"interval": query.interval}
    return kept.Question(OF_LEGS, COLUMNS, bound, partial(_buckets, query))


def _buckets(query: ReportQuery, rows: list[Row]) -> list[SessionBucket]:
    figures = {label_of(begins, query): map(int, counts) for begins, *counts in rows}
    return [_bucket(bucket, *figures.get(bucket, (0, 0, 0, 0))) for bucket in buckets_of(query)]


def _bucket(
    date: str, sessions: int, pageviews: int, bounces: int, duration_us: int
) -> SessionBucket:
    return SessionBucket(
        date=date,
        sessions=sessions,
        views_per_session=ratio(pageviews, sessions),
        bounce_rate=ratio(bounces, sessions),
        avg_visit_duration_secs=ratio(duration_us, sessions * 1_000_000),
    )
