"""The list of all sites, a page of it at a time."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import ClassVar

from mallard.charts.line import Point
from mallard.charts.sparkline import sparkline
from mallard.model import Period
from mallard.reports.arguments import BadQuery
from mallard.reports.desk import ReportDesk
from mallard.reports.query import ReportQuery
from mallard.reports.timeseries import timeseries
from mallard.reports.totals import totals
from mallard.store.many_sites import NOTHING, Figures, FiguresOfSites
from mallard.web.dashboard.page_url import PageUrl
from mallard.web.dashboard.view import compared_to_previous
from mallard.web.dashboard.wording import Change, change_text

PAGE_SIZE = 24
IN_THE_MENU = 12


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of sites: the names of those that have one, and which are pinned."""

    names: Mapping[str, str]
    pinned: Container[str] = frozenset()

    def name(self, site: str) -> str:
        """What a site is called."""
        return self.names.get(site, site)

    def is_loose(self, site: str) -> bool:
        """Whether it comes after those that are pinned."""
        return site not in self.pinned


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A site with its figures of the period."""

    site_id: str
    name: str
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
    is_waiting: bool
    """Whether they are in the order of their names only until figures have been worked out."""

    orders: ClassVar = {"visitors": "Visitors", "pageviews": "Pageviews", "value": "Name"}


def sites_page(
    desk: ReportDesk,
    figures_of_sites: Callable[[Period], FiguresOfSites | None],
    query_of: Callable[[str], ReportQuery],
    sites: Sequence[str],
    known: Known,
    url: PageUrl,
    now: datetime,
) -> SitesPage:
    """The page of `sites` that the address asks for, or the nearest.

    A query of each is over the period on its own days. Changes are those since the period before,
    without one at the beginning of the calendar.
    """
    found = matching(sites, known, url.listing.search)
    order = url.listing.order
    if order not in SitesPage.orders:
        raise BadQuery(f"order must be one of {', '.join(SitesPage.orders)}")
    figures = _figures(figures_of_sites, map(query_of, found)) if order != "value" else None
    if figures is not None:
        found.sort(key=_figure(desk, query_of, order, figures), reverse=True)
        found.sort(key=known.is_loose)
    is_waiting = figures is None and order != "value"
    if is_waiting:
        order = "value"
    count = max(1, -(-len(found) // PAGE_SIZE))
    number = min(url.listing.page, count)
    shown = found[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    rows = []
    for query in map(query_of, shown):
        before = compared_to_previous(url.args, query, now)
        rows.append(_row(desk, query, before, known.name(query.site_id)))
    return SitesPage(rows, order, number, count, is_waiting)


def in_the_menu(sites: Sequence[str], known: Known, search: str = "") -> list[str]:
    """The first sites that a search finds, those that begin with it before all others."""
    wanted = search.strip().casefold()
    found = matching(sites, known, search)
    found.sort(
        key=lambda site: (
            not any(text.casefold().startswith(wanted) for text in (site, known.name(site)))
        )
    )
    return found[:IN_THE_MENU]


def matching(sites: Sequence[str], known: Known, search: str) -> list[str]:
    """The sites with this text in their names or ids, in whatever case; all of them for none.

    Those that are pinned come first, and all in the order of their names.
    """
    wanted = search.strip().casefold()
    found = [
        site for site in sites if wanted in site.casefold() or wanted in known.name(site).casefold()
    ]
    if known.names:
        found.sort(key=lambda site: known.name(site).casefold())
    return sorted(found, key=known.is_loose)


def _figures(
    figures_of_sites: Callable[[Period], FiguresOfSites | None], queries: Iterable[ReportQuery]
) -> FiguresOfSites | None:
    """What is told of all sites of each time zone at once; None where one has to wait for it."""
    told: dict[str, Figures] = {}
    apart: set[str] = set()
    for period in {query.period: None for query in queries}:
        found = figures_of_sites(period)
        if found is None:
            return None
        told |= found.told
        apart |= {*found.apart}
    return FiguresOfSites(told, apart)


def _figure(
    desk: ReportDesk, query_of: Callable[[str], ReportQuery], order: str, figures: FiguresOfSites
) -> Callable[[str], int]:
    """What a site is put in order by."""
    read = attrgetter(order)

    def of(site: str) -> int:
        if site not in figures.apart:
            return int(read(figures.told.get(site, NOTHING)))
        found = desk.ask(totals, query_of(site))
        return int(read(Figures(found.unique_visitors, found.total_pageviews)))

    return of


def _row(desk: ReportDesk, query: ReportQuery, before: ReportQuery | None, name: str) -> SiteRow:
    found = desk.ask(totals, query)
    visitors, change = found.unique_visitors, None
    line = sparkline([bucket.visitors for bucket in desk.ask(timeseries, query)])
    if before is not None:
        change = change_text(visitors, desk.ask(totals, before).unique_visitors)
    return SiteRow(query.site_id, name, visitors, found.total_pageviews, change, line)
