"""Visitors and pageviews by the values of one dimension."""

from __future__ import annotations

from dataclasses import dataclass

from mallard.reports.filters import UNKNOWN
from mallard.reports.query import ReportQuery
from mallard.reports.scope import Reader, fetch

DIMENSIONS = {
    "pages": "pathname",
    "sources": "referrer_source",
    "browsers": "browser",
    "os": "os",
    "devices": "device_type",
    "countries": "country_code",
    "regions": "region",
    "cities": "city",
    "hostnames": "hostname",
    "referrers": "referrer",
    "utm_source": "utm_source",
    "utm_medium": "utm_medium",
    "utm_campaign": "utm_campaign",
    "utm_term": "utm_term",
    "utm_content": "utm_content",
    "browser_versions": "browser_version",
    "os_versions": "os_version",
    "screen_sizes": "screen_size",
    "events": "event_name",
}
"""What can be broken down, and the column each stands for."""

SQL = """
select
    coalesce({column}, $unknown) as value,
    count(distinct visitor_id) as visitors,
    count(*) filter (where event_name = 'pageview') as pageviews
from events
group by value
order by visitors desc, pageviews desc, value
limit $limit
"""


@dataclass(frozen=True, slots=True)
class BreakdownRow:
    """One value of the dimension; `(unknown)` stands for events without one."""

    value: str
    visitors: int
    pageviews: int


def breakdown(reader: Reader, query: ReportQuery, dimension: str) -> list[BreakdownRow]:
    """The busiest values of a dimension named in DIMENSIONS, at most `query.limit` of them."""
    sql = SQL.format(column=DIMENSIONS[dimension])
    rows = fetch(reader, query, sql, unknown=UNKNOWN, limit=query.limit)
    return [BreakdownRow(*row) for row in rows]
