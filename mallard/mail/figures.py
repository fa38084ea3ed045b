"""The figures of a report: of its days, and of as many before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mallard.mail.schedule import period_of
from mallard.notices.book import ReportOf
from mallard.register.site import Site
from mallard.reports.breakdown import breakdown
from mallard.reports.breakdown_rows import BreakdownRow
from mallard.reports.desk import ReportDesk
from mallard.reports.goals import GoalRow, goals
from mallard.reports.query import ReportQuery
from mallard.reports.timeseries import Bucket, timeseries
from mallard.reports.totals import Totals, totals
from mallard.texts.catalogue import N_

ROWS = 5
LISTS = (
    ("pages", "page", N_("Pages")),
    ("sources", "source", N_("Sources")),
    ("countries", "country", N_("Countries")),
)
"""What is listed: by what it is broken down, as what its values are written, what it is called."""


@dataclass(frozen=True, slots=True)
class Figures:
    """All that a report tells."""

    query: ReportQuery
    totals: Totals
    before: Totals | None
    """None where nobody came before."""
    days: Sequence[Bucket]
    lists: Sequence[tuple[str, str, Sequence[BreakdownRow]]]
    """How values are written, what the list is called, and its rows."""
    goals: Sequence[GoalRow]


def figures_of(report: ReportOf, site: Site, zone: str, desk: ReportDesk) -> Figures:
    """The figures as the dashboard and the API tell them. Raises what reports raise."""
    period = period_of(report.every, report.ended, zone)
    query = ReportQuery(report.site, period)
    few = replace(query, limit=ROWS)
    earlier = replace(query, period=period_of(report.every, period.start, zone))
    with desk.one_page():
        before = desk.ask(totals, earlier)
        return Figures(
            query=query,
            totals=desk.ask(totals, query),
            before=before if before.unique_visitors else None,
            days=desk.ask(timeseries, query),
            lists=[(kind, title, desk.ask(breakdown, few, name)) for name, kind, title in LISTS],
            goals=desk.ask(goals, query, tuple(goal.asked for goal in site.goals)),
        )
