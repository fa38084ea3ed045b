"""One look at a site: the address, the question that it stands for, and whom to ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial

from flask import g

from mallard.config import Settings
from mallard.register.kept import Annotation
from mallard.register.site import Site
from mallard.reports.arguments import Args, BadQuery
from mallard.reports.comparison import PREVIOUS, compared_query
from mallard.reports.desk import ReportDesk
from mallard.reports.goal import Goal
from mallard.reports.query import ReportQuery
from mallard.web.base_path import address
from mallard.web.dashboard.page_url import HOME, PageUrl
from mallard.web.dashboard.periods import usual_interval
from mallard.web.dashboard.shared import Shared
from mallard.web.decided import chosen_goal, with_goals, with_segment
from mallard.zones.days import day_of


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
    site: Site
    """What is decided about the site."""
    goal: Goal | None
    """The goal whose conversions are told, if one is chosen."""
    annotations: Sequence[Annotation] = ()
    """Of the site, as far as the reader is told of them."""
    is_annotating: bool = False
    """Whether the reader chooses a moment in the chart."""

    @property
    def today(self) -> date:
        """The current day of the site."""
        return day_of(self.now.replace(tzinfo=None), self.query.period.zone)


def shared() -> Shared | None:
    """What is shown to who asks by a shared link; None for everybody else."""
    found: Shared | None = g.get("shared")
    return found


def asked_url(args: Args, path: str = HOME) -> PageUrl:
    """The address that the arguments of the request spell. Raises BadQuery."""
    url = PageUrl.from_args(args, path, address(""))
    return replace(url, share=shared())


def look(
    url: PageUrl,
    args: Args,
    desk: ReportDesk,
    now: datetime,
    settings: Settings,
    site: Site,
    zone: str,
) -> View:
    """The view that an address and its arguments ask for, in a time zone. Raises BadQuery."""
    if url.share is not None:
        url.share.check(url.filters)
        url.share.check_goals(site)
        args = url.share.narrowed(args)
    args = with_segment(site, args)
    today = day_of(now.replace(tzinfo=None), zone)
    first_day = partial(desk.first_day, zone=zone)
    query = with_goals(site, ReportQuery.from_args(args, today, first_day, zone))
    if url.share is not None:
        query = replace(query, period=url.share.within(query.period))
    if url.interval is None:
        query = replace(query, interval=usual_interval(query.period))
    before = _shown(url, compared_query(args, query, now))
    baseline = before or _shown(url, compared_to_previous(args, query, now))
    goal = chosen_goal(site, args)
    return View(url, query, before, baseline, desk, now, settings, site, goal)


def _shown(url: PageUrl, before: ReportQuery | None) -> ReportQuery | None:
    """A compared period, unless something of it is not for the reader."""
    if before is None or url.share is None or url.share.within(before.period) == before.period:
        return before
    return None


def compared_to_previous(args: Args, query: ReportQuery, now: datetime) -> ReportQuery | None:
    """The same question about what was before; None at the beginning of the calendar."""
    try:
        return compared_query({**args, "compare": [PREVIOUS]}, query, now)
    except BadQuery:
        return None
