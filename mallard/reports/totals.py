"""The headline figures of a site in a period."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from mallard.reports import kept
from mallard.reports.days import DAYS, ENGAGEMENTS, FIGURES, OF_SESSIONS
from mallard.reports.engagement import Engagement, engagement
from mallard.reports.imported import sum_of
from mallard.reports.query import ReportQuery
from mallard.reports.scope import fetch
from mallard.reports.sums import NOTHING, Sums, ratio
from mallard.store.reader import Reader, Row

OF_LEGS = OF_SESSIONS.format(pageviews="matching_pageviews", told="")
OF_EVENTS = OF_SESSIONS.format(pageviews="matching_pageviews", told=ENGAGEMENTS)
SQL = f"""
select
    sum(visitors), sum(pageviews), sum(sessions), sum(bounces), sum(duration_us), sum(engagements)
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


@dataclass(frozen=True, slots=True)
class EngagedTotals(Totals):
    """The same where pages have told how they were looked at.

    Seconds and the share of sessions that looked for ten seconds or longer are of all sessions; the
    scroll depth is the mean percentage of pages that was seen, of those that told it.
    """

    avg_engaged_secs: float
    avg_scroll_depth: float
    engagement_rate: float


def totals(reader: Reader, query: ReportQuery) -> Totals:
    """The site's figures; a bounce is a session with exactly one pageview.

    They are EngagedTotals if anything was told of how pages were looked at.
    """
    if query.filters:
        return with_engagement(plain_totals(reader, query), looked_at(reader, query))
    ((*figures, engagements),) = _sums(reader, query)
    found = _totals([tuple(figures)], sum_of(reader, query))
    if not engagements:
        return found
    # Of imported sessions nobody knows it.
    own = Sums.of_events(*map(int, figures)).sessions
    return with_engagement(found, engagement(reader, query), own)


def plain_totals(reader: Reader, query: ReportQuery) -> Totals:
    """The same without how pages were looked at, which kept legs tell at once."""
    ((*figures, _),) = _sums(reader, query)
    return _totals([tuple(figures)], sum_of(reader, query))


def looked_at(reader: Reader, query: ReportQuery) -> Engagement | None:
    """How the pages of what filters keep were looked at; None if nothing was told of any page.

    Where nobody has told anything, nobody has under filters: so these ask no further.
    """
    ((*_, engagements),) = _sums(reader, replace(query, filters=()))
    return engagement(reader, query) if engagements else None


def with_engagement(found: Totals, told: Engagement | None, sessions: int | None = None) -> Totals:
    """Figures, and those of how pages were looked at; of fewer sessions if these are given."""
    if told is None:
        return found
    sessions = found.sessions if sessions is None else sessions
    return EngagedTotals(
        **{field.name: getattr(found, field.name) for field in fields(Totals)},
        avg_engaged_secs=ratio(told.spent_ms, sessions * 1000),
        avg_scroll_depth=ratio(told.depth, told.depths),
        engagement_rate=ratio(told.engaged_sessions, sessions),
    )


def _sums(reader: Reader, query: ReportQuery) -> list[Row]:
    return fetch(reader, query, SQL, rollup=DAYS, of_legs=f"select *, 0 from ({OF_LEGS})")


def totals_of_legs(_: ReportQuery) -> kept.Question:
    """Plain totals as a question to kept legs."""
    return kept.Question(OF_LEGS, tuple(FIGURES), {}, _totals)


def _totals(rows: list[Row], imported: Sums = NOTHING) -> Totals:
    (figures,) = rows
    found = Sums.of_events(*map(int, figures)) + imported
    return Totals(
        unique_visitors=found.visitors,
        total_pageviews=found.pageviews,
        bounce_rate=found.bounce_rate,
        avg_visit_duration_secs=found.avg_visit_duration_secs,
        pages_per_visit=ratio(found.pageviews, found.visitors),
        sessions=found.sessions,
        views_per_session=found.views_per_session,
    )
