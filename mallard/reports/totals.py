"""The headline figures of a site in a period."""

from __future__ import annotations

from dataclasses import dataclass

from mallard.reports.query import ReportQuery
from mallard.reports.scope import Reader, fetch

OF_SESSIONS = """
select
    count(distinct visitor_id) as visitors,
    coalesce(sum(pageviews), 0)::bigint as pageviews,
    count(*) as sessions,
    count(*) filter (where pageviews = 1) as bounces,
    coalesce(sum(epoch_us(ended_at) - epoch_us(started_at)), 0) as duration_us
from sessions
"""

OF_EVENTS = f"""
select of_events.visitors, of_events.pageviews, sessions, bounces, duration_us
from ({OF_SESSIONS}) as of_sessions, (
    select
        count(distinct visitor_id) as visitors,
        count(*) filter (where event_name = 'pageview') as pageviews
    from events
) as of_events
"""
"""Where filters leave out single events, visitors and pageviews are those of the rest."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Headline figures; rates are fractions of 1, durations are in seconds, 0.0 without data."""

    unique_visitors: int
    total_pageviews: int
    bounce_rate: float
    avg_visit_duration_secs: float
    pages_per_visit: float
    sessions: int
    views_per_session: float


def totals(reader: Reader, query: ReportQuery) -> Totals:
    """The site's figures; a bounce is a session with exactly one pageview."""
    keeps_all_events = all(condition.keeps_sessions for condition in query.filters)
    sql = OF_SESSIONS if keeps_all_events else OF_EVENTS
    ((visitors, pageviews, sessions, bounces, duration_us),) = fetch(reader, query, sql)
    return Totals(
        unique_visitors=visitors,
        total_pageviews=pageviews,
        bounce_rate=_ratio(bounces, sessions),
        avg_visit_duration_secs=_ratio(int(duration_us), sessions * 1_000_000),
        pages_per_visit=_ratio(pageviews, visitors),
        sessions=sessions,
        views_per_session=_ratio(pageviews, sessions),
    )


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
