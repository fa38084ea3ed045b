"""The headline figures that a page asks for: plain ones, and with how pages were looked at."""

from __future__ import annotations

from mallard.reports.query import ReportQuery
from mallard.reports.totals import (
    EngagedTotals,
    Totals,
    looked_at,
    plain_totals,
    totals,
    with_engagement,
)
from mallard.web.dashboard.view import View


def plain_figures(view: View, query: ReportQuery) -> Totals:
    """Visitors, views and sessions; filtered ones come with the rest of the page."""
    return view.desk.ask(plain_totals if query.filters else totals, query)


def engaged_figures(view: View, query: ReportQuery) -> EngagedTotals | None:
    """The same with how pages were looked at; None where none has told it.

    Where nothing is filtered, what has been asked for the plain ones knows it.
    """
    found = plain_figures(view, query)
    if query.filters:
        found = with_engagement(found, view.desk.ask(looked_at, query))
    return found if isinstance(found, EngagedTotals) else None
