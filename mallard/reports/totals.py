"""The headline figures of a site in a period."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from mallard.reports import kept
from mallard.reports.days import DAYS, FIGURES, OF_SESSIONS, OF_STORED, TOLD
from mallard.reports.engagement import engagement
from mallard.reports.engagement_sums import Engagement
from mallard.reports.imported import sum_of
from mallard.reports.query import ReportQuery
from mallard.reports.scope import fetch
from mallard.reports.sums import Sums, ratio
from mallard.store.reader import Reader, Row

OF_SUMS = OF_SESSIONS.format(pageviews="matching_pageviews", told="")
PLAIN = f"""
select {", ".join(f"sum({figure})" for figure in FIGURES)}
from ({OF_SUMS} union all by name select {", ".join(FIGURES)} from rolled)
"""
ENGAGEMENTS = "engagements"
COUNTED = (*FIGURES, ENGAGEMENTS)
OF_COUNTED = OF_SESSIONS.format(
    pageviews="pageviews", told=", coalesce(sum(engagements), 0)::bigint as engagements"
)
UNFILTERED = f"""
select {", ".join(f"sum({figure})" for figure in COUNTED)}
from ({OF_COUNTED} union all by name select {", ".join(COUNTED)} from rolled)
"""
SUMS = [name for name in TOLD if name != ENGAGEMENTS]
LOOKED_AT = f"""
select {", ".join(f"sum({name})" for name in SUMS)}
from ({OF_STORED} union all by name select {DAYS.select_list} from rolled)
"""
"""Asked for only where pages have told anything: what is never told takes no time."""


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
    figures, is_told = _counted(reader, query)
    own = Sums.of_events(*figures)
    told = _sums(reader, query) if is_told else None
    # Of imported sessions nobody knows how their pages were looked at.
    return with_engagement(_totals(own + sum_of(reader, query)), told, own.sessions)


def plain_totals(reader: Reader, query: ReportQuery) -> Totals:
    """The same without how pages were looked at, which kept legs tell at once."""
    (figures,) = fetch(reader, query, PLAIN, rollup=DAYS, of_legs=OF_SUMS)
    return _totals(Sums.of_events(*map(int, figures)) + sum_of(reader, query))


def looked_at(reader: Reader, query: ReportQuery) -> Engagement | None:
    """How the pages of what filters keep were looked at; None if nothing was told of any page.

    Where nobody has told anything, nobody has under filters: so these ask no further.
    """
    _, is_told = _counted(reader, replace(query, filters=()))
    if not is_told:
        return None
    return engagement(reader, query) if query.filters else _sums(reader, query)


def _counted(reader: Reader, query: ReportQuery) -> tuple[list[int], bool]:
    """The figures of a query without filters, and whether any page has told how it was seen."""
    ((*figures, engagements),) = fetch(reader, query, UNFILTERED, rollup=DAYS)
    return list(map(int, figures)), bool(engagements)


def _sums(reader: Reader, query: ReportQuery) -> Engagement:
    """What has been told where nothing is filtered, out of the figures of days."""
    (sums,) = fetch(reader, query, LOOKED_AT, rollup=DAYS)
    return Engagement(*map(int, sums))


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


def totals_of_legs(_: ReportQuery) -> kept.Question:
    """Plain totals as a question to kept legs."""
    return kept.Question(OF_SUMS, tuple(FIGURES), {}, _of_row)


def _of_row(rows: list[Row]) -> Totals:
    (figures,) = rows
    return _totals(Sums.of_events(*map(int, figures)))


def _totals(found: Sums) -> Totals:
    return Totals(
        unique_visitors=found.visitors,
        total_pageviews=found.pageviews,
        bounce_rate=found.bounce_rate,
        avg_visit_duration_secs=found.avg_visit_duration_secs,
        pages_per_visit=ratio(found.pageviews, found.visitors),
        sessions=found.sessions,
        views_per_session=found.views_per_session,
    )
