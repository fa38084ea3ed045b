"""How many sessions there were, how long they lasted and how many pages they saw."""

from __future__ import annotations

from dataclasses import dataclass

from mallard.reports.query import ReportQuery
from mallard.reports.scope import Reader, fetch

SQL = """
select
    count(*) as sessions,
    coalesce(sum(pageviews), 0) as pageviews,
    coalesce(sum(epoch_us(ended_at) - epoch_us(started_at)), 0) as duration_us
from sessions
"""


@dataclass(frozen=True, slots=True)
class Sessions:
    """Session figures; 0.0 where there is no session."""

    total_sessions: int
    avg_session_duration_secs: float
    avg_pages_per_session: float


def sessions(reader: Reader, query: ReportQuery) -> Sessions:
    """The figures of the site's sessions, each from its first to its last event."""
    ((count, pageviews, duration_us),) = fetch(reader, query, SQL)
    if not count:
        return Sessions(0, 0.0, 0.0)
    return Sessions(count, int(duration_us) / count / 1_000_000, int(pageviews) / count)
