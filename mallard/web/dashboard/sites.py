"""The list of all sites, a page of it at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter
from typing import ClassVar

from mallard.charts.line import Point
from mallard.charts.sparkline import sparkline
from mallard.reports.desk import ReportDesk
from mallard.reports.query import ReportQuery
from mallard.reports.timeseries import timeseries
from mallard.reports.totals import totals
from mallard.web.dashboard.page_url import PageUrl
from mallard.web.dashboard.view import compared_to_previous
from mallard.web.dashboard.wording import Change, change_text

PAGE_SIZE = 24
IN_THE_MENU = 12
MOST_SORTED = 240
"""To put sites in the order of their figures each must be asked, and anyone may add sites when none
are configured. More sites than this are listed by name."""


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A site with its figures of the period."""

    site_id: str
    visitors: int
    pageviews: int
    change: Change | None
    line: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class SitesPage:
    """One page of the list; `number` counts from 1."""

    rows: list[SiteRow]
    order: str
    number: int
    count: int
    is_sortable: bool

    orders: ClassVar = {"visitors": "Visitors", "pageviews": "Pageviews", "value": "Name"}
    most_sorted: ClassVar = MOST_SORTED


def sites_page(
    desk: ReportDesk, query: ReportQuery, sites: Sequence[str], url: PageUrl, now: datetime
) -> SitesPage:
    """The page of `sites` that the address asks for, or the nearest, over the query's period.

    Changes are those since the period before, without one at the beginning of the calendar.
    """
    found = matching(sites, url.listing.search)
    is_sortable = len(found) <= MOST_SORTED
    order = url.listing.order if is_sortable else "value"
    if order != "value":
        found.sort(key=_figure(desk, query, order), reverse=True)
    count = max(1, -(-len(found) // PAGE_SIZE))
    number = min(url.listing.page, count)
    shown = found[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    before = compared_to_previous(url.args, query, now)
    rows = [_row(desk, query, before, site) for site in shown]
    return SitesPage(rows, order, number, count, is_sortable)


def in_the_menu(sites: Sequence[str], search: str = "") -> list[str]:
    """The first sites that a search finds, those that begin with it before all others."""
    wanted = search.strip().casefold()
    found = matching(sites, search)
    found.sort(key=lambda site: not site.casefold().startswith(wanted))
    return found[:IN_THE_MENU]


def matching(sites: Sequence[str], search: str) -> list[str]:
    """The sites with this text in their names, in whatever case; all of them for none."""
    wanted = search.strip().casefold()
    return [site for site in sites if wanted in site.casefold()]


def _figure(desk: ReportDesk, query: ReportQuery, order: str) -> Callable[[str], int]:
    read = attrgetter({"visitors": "unique_visitors", "pageviews": "total_pageviews"}[order])
    return lambda site: int(read(desk.ask(totals, replace(query, site_id=site))))


def _row(desk: ReportDesk, query: ReportQuery, before: ReportQuery | None, site: str) -> SiteRow:
    found = desk.ask(totals, replace(query, site_id=site))
    visitors, change = found.unique_visitors, None
    buckets = desk.ask(timeseries, replace(query, site_id=site))
    line = sparkline([bucket.visitors for bucket in buckets])
    if before is not None:
        change = change_text(
            visitors, desk.ask(totals, replace(before, site_id=site)).unique_visitors
        )
    return SiteRow(site, visitors, found.total_pageviews, change, line)
