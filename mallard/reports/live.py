"""What the page on a wall tells beside realtime: where visitors are now, and what happened last."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from mallard.model import Period
from mallard.reports.decoding import decoded_sql
from mallard.reports.filters import UNKNOWN
from mallard.reports.query import ReportQuery
from mallard.reports.realtime import CURRENT, MAY_BE_AHEAD, MINUTES, ONE_MINUTE, CurrentVisitors
from mallard.reports.scope import fetch
from mallard.reports.silent import HAPPENED
from mallard.store.reader import Reader
from mallard.zones.days import clock_at, day_of

COUNTRIES = """
select coalesce(country_code, $unknown) as value, count(distinct visitor_id) as visitors
from events
where timestamp > $after and timestamp <= $latest
group by value
order by visitors desc, value
"""

LAST_EVENTS = f"""
select least(timestamp, $now) as at, event_name, {decoded_sql("pathname")} as path, country_code
from events
where timestamp >= $from_moment and timestamp <= $latest and {HAPPENED}
order by timestamp desc, event_name, path, country_code nulls last
limit $limit
"""
"""What pages tell of themselves is nothing that happens."""


@dataclass(frozen=True, slots=True)
class LastEvent:
    """An event of the last half hour; `at` is what clocks showed, so long ago."""

    at: datetime
    secs_ago: float
    event: str
    page: str
    country_code: str | None


def countries_now(reader: Reader, query: ReportQuery, now: datetime) -> list[CurrentVisitors]:
    """The countries of the visitors of the last five minutes, under the query's filters."""
    now = _in_utc(now)
    rows = fetch(
        reader,
        _of_days(query, now),
        COUNTRIES,
        is_lean=True,
        after=now - CURRENT,
        latest=now + MAY_BE_AHEAD,
        unknown=UNKNOWN,
    )
    return [CurrentVisitors(*row) for row in rows]


def last_events(reader: Reader, query: ReportQuery, now: datetime) -> list[LastEvent]:
    """The last events, the latest first; as many as the query's limit."""
    now = _in_utc(now)
    rows = fetch(
        reader,
        _of_days(query, now),
        LAST_EVENTS,
        is_lean=True,
        from_moment=_first_minute(now),
        latest=now + MAY_BE_AHEAD,
        now=now,
        limit=query.limit,
    )
    zone = query.period.zone
    return [
        LastEvent(clock_at(at, zone), (now - at).total_seconds(), event, page, country)
        for at, event, page, country in rows
    ]


def _in_utc(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(tzinfo=None)


def _first_minute(now: datetime) -> datetime:
    return now.replace(second=0, microsecond=0) - (MINUTES - 1) * ONE_MINUTE


def _of_days(query: ReportQuery, now: datetime) -> ReportQuery:
    """The question about the days that the last half hour is of."""
    zone = query.period.zone
    first, last = day_of(_first_minute(now), zone), day_of(now, zone)
    return replace(query, period=Period(first, last + timedelta(days=1), zone))
