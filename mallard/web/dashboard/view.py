"""One look at a site: the address, the question that it stands for, and whom to ask."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from mallard.config import Settings
from mallard.reports.arguments import Args, BadQuery
from mallard.reports.comparison import PREVIOUS, compared_period
from mallard.reports.desk import ReportDesk
from mallard.reports.query import ReportQuery
from mallard.web.dashboard.page_url import PageUrl
from mallard.web.dashboard.periods import usual_interval


@dataclass(frozen=True, slots=True)
class View:
    """One look at a site.

    `before` is the same question about the compared period, None when none is compared;
    `baseline` is what the headline figures are measured against in any case.
    """

    url: PageUrl
    query: ReportQuery
    before: ReportQuery | None
    baseline: ReportQuery | None
    desk: ReportDesk
    now: datetime
    settings: Settings

    @property
    def today(self) -> date:
        """The current UTC day."""
        return self.now.date()


def look(url: PageUrl, args: Args, desk: ReportDesk, now: datetime, settings: Settings) -> View:
    """The view that an address and its arguments ask for. Raises BadQuery."""
    query = ReportQuery.from_args(args, now.date())
    if url.interval is None:
        query = replace(query, interval=usual_interval(query.period))
    before = _beside(query, url.compare)
    return View(url, query, before, before or _usual_baseline(query), desk, now, settings)


def _beside(query: ReportQuery, compare: str | None) -> ReportQuery | None:
    if compare is None:
        return None
    period = compared_period({"compare": [compare]}, query.period)
    return None if period is None else replace(query, period=period)


def _usual_baseline(query: ReportQuery) -> ReportQuery | None:
    """The same question about as many days before; None at the beginning of the calendar."""
    try:
        return _beside(query, PREVIOUS)
    except BadQuery:
        return None
