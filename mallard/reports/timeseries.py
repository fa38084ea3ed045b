"""Visitors and pageviews by hour or day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from mallard.reports.query import ReportQuery
from mallard.reports.scope import Reader, fetch

SQL = """
select
    strftime(timestamp, $form) as bucket,
    count(distinct visitor_id) as visitors,
    count(*) filter (where event_name = 'pageview') as pageviews
from events
group by bucket
"""

FORMS = {"hour": "%Y-%m-%d %H:00", "day": "%Y-%m-%d"}


@dataclass(frozen=True, slots=True)
class Bucket:
    """The figures of one UTC hour (`YYYY-MM-DD HH:00`) or day (`YYYY-MM-DD`)."""

    date: str
    visitors: int
    pageviews: int


def timeseries(reader: Reader, query: ReportQuery) -> list[Bucket]:
    """Every bucket of the period, ascending; those without events are zeros."""
    rows = fetch(reader, query, SQL, form=FORMS[query.interval])
    figures = {bucket: (visitors, pageviews) for bucket, visitors, pageviews in rows}
    return [Bucket(b, *figures.get(b, (0, 0))) for b in _buckets(query.period.days, query.interval)]


def _buckets(days: list[date], interval: str) -> Iterator[str]:
    for day in days:
        if interval == "day":
            yield day.isoformat()
        else:
            yield from (f"{day.isoformat()} {hour:02}:00" for hour in range(24))
