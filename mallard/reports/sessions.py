"""How many sessions there were, how long they lasted and how many pages they saw."""

from __future__ import annotations

from dataclasses import dataclass

from mallard.reports.days import DAYS, FIGURES, OF_WHOLE_SESSIONS
from mallard.reports.imported import sum_of
from mallard.reports.query import ReportQuery
from mallard.reports.scope import fetch
from mallard.reports.sums import Sums
from mallard.store.reader import Reader

OF_LEGS = f"select {', '.join(FIGURES)} from ({OF_WHOLE_SESSIONS})"
SQL = f"""
select sum(visitors), sum(pageviews), sum(sessions), sum(bounces), sum(duration_us)
from ({OF_WHOLE_SESSIONS} union all by name select {DAYS.select_list} from rolled)
"""


@dataclass(frozen=True, slots=True)
class Sessions:
    """Session figures; 0.0 where there is no session."""

    total_sessions: int
    avg_session_duration_secs: float
    avg_pages_per_session: float


def sessions(reader: Reader, query: ReportQuery) -> Sessions:
    """The figures of the site's sessions, each from its first to its last event."""
    (figures,) = fetch(reader, query, SQL, rollup=DAYS, of_legs=OF_LEGS)
    found = Sums.of_events(*map(int, figures)) + sum_of(reader, query)
    return Sessions(found.sessions, found.avg_visit_duration_secs, found.views_per_session)
