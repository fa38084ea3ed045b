"""What is going on right now: visitors of the last minutes, where they are and came from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from mallard.model import Period
from mallard.reports.decoding import decoded_sql
from mallard.reports.filters import UNKNOWN
from mallard.reports.query import ReportQuery
from mallard.reports.scope import fetch
from mallard.store.reader import Reader, Row
from mallard.zones.days import clock_at, day_of

ONE_MINUTE = timedelta(minutes=1)
MAY_BE_AHEAD = timedelta(minutes=5)
CURRENT = timedelta(minutes=5)
"""Whose last event is younger than this counts as here."""

MINUTES = 30
ROWS = 10

HOURLY_TIMES_NOTE = (
    "times are cut to the hour, so events appear in its first minute alone;"
    " round_timestamps = false changes that for data to come"
)

SQL = f"""
, recent as materialized (
    select *, timestamp > $current_since as is_current
    from events
    where timestamp >= $first_minute and timestamp <= $until
)
select kind, value, count(distinct visitor_id) as visitors, sum(is_pageview)::bigint as pageviews
from (
    select
        'minutes' as kind,
        strftime(least(timestamp, $now), '%Y-%m-%dT%H:%M') as value,
        visitor_id,
        (event_name = 'pageview')::integer as is_pageview
    from recent
    union all
    select 'everyone', '', visitor_id, 0 from recent where is_current
    union all
    select 'pages', coalesce({decoded_sql("pathname")}, $unknown), visitor_id, 0
    from recent
    where is_current
    union all
    select 'sources', coalesce(referrer_source, $unknown), visitor_id, 0
    from recent
    where is_current
)
group by kind, value
order by visitors desc, value
"""
"""Events may be a little ahead of the clock, and belong to now then.

Those further ahead are none of now: the clock was wrong when they came.
"""


@dataclass(frozen=True, slots=True)
class Minute:
    """The figures of one minute, `YYYY-MM-DDTHH:MM`."""

    minute: str
    visitors: int
    pageviews: int


@dataclass(frozen=True, slots=True)
class CurrentVisitors:
    """A page or source, and how many of the current visitors it has."""

    value: str
    visitors: int


@dataclass(frozen=True, slots=True)
class Realtime:
    """Visitors of the last five minutes, their ten first pages and sources, and half an hour."""

    current_visitors: int
    minutes: list[Minute]
    pages: list[CurrentVisitors]
    sources: list[CurrentVisitors]


def realtime(reader: Reader, query: ReportQuery, now: datetime) -> Realtime:
    """The figures at the moment `now`, under the query's filters; its period does not matter."""
    now = now.astimezone(UTC).replace(tzinfo=None)
    minutes = [now.replace(second=0, microsecond=0) - n * ONE_MINUTE for n in range(MINUTES)][::-1]
    since = minutes[0]
    zone = query.period.zone
    days = Period(day_of(since, zone), day_of(now, zone) + timedelta(days=1), zone)
    rows = fetch(
        reader,
        replace(query, period=days),
        SQL,
        is_lean=True,
        first_minute=since,
        until=now + MAY_BE_AHEAD,
        current_since=now - CURRENT,
        now=now,
        unknown=UNKNOWN,
    )
    counts = {(kind, value): tuple(figures) for kind, value, *figures in rows}
    return Realtime(
        current_visitors=counts.get(("everyone", ""), (0, 0))[0],
        minutes=[
            Minute(_minute(clock_at(at, zone)), *counts.get(("minutes", _minute(at)), (0, 0)))
            for at in minutes
        ],
        pages=_first(rows, "pages"),
        sources=_first(rows, "sources"),
    )


def _minute(clock: datetime) -> str:
    return clock.isoformat(timespec="minutes")


def _first(rows: Iterable[Row], kind: str) -> list[CurrentVisitors]:
    found = [CurrentVisitors(value, visitors) for k, value, visitors, _ in rows if k == kind]
    return found[:ROWS]
