"""The headline figures of a site in a period."""

from __future__ import annotations

from dataclasses import dataclass

from mallard.reports import kept
from mallard.reports.days import DAYS, FIGURES, OF_SESSIONS
from mallard.reports.query import ReportQuery
from mallard.reports.scope import fetch
from mallard.store.reader import Reader, Row

OF_EVENTS = OF_SESSIONS.format(pageviews="matching_pageviews")
SQL = f"""
select sum(visitors), sum(pageviews), sum(sessions), sum(bounces), sum(duration_us)
from ({OF_EVENTS} union all by name select {DAYS.select_list} from rolled)
"""


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
    return _totals(fetch(reader, query, SQL, rollup=DAYS, of_legs=OF_EVENTS))


def totals_of_legs(_: ReportQuery) -> kept.Question:
    """The same as a question to kept legs."""
    return kept.Question(OF_EVENTS, tuple(FIGURES), {}, _totals)


def _totals(rows: list[Row]) -> Totals:
    (figures,) = rows
    visitors, pageviews, sessions, bounces, duration_us = map(int, figures)
    return Totals(
        unique_visitors=visitors,
        total_pageviews=pageviews,
        bounce_rate=ratio(bounces, sessions),
        avg_visit_duration_secs=ratio(duration_us, sessions * 1_000_000),
        pages_per_visit=ratio(pageviews, visitors),
        sessions=sessions,
        views_per_session=ratio(pageviews, sessions),
    )


def ratio(part: int, whole: int) -> float:
    """The share of `whole` that `part` is; 0.0 of nothing."""
    return part / whole if whole else 0.0
