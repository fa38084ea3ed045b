"""The list of all sites, a page of it at a time."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import ClassVar

from mallard.charts.line import Point
from mallard.charts.sparkline import sparkline
from mallard.reports.arguments import BadQuery
from mallard.reports.desk import ReportDesk
from mallard.reports.query import ReportQuery
from mallard.reports.timeseries import timeseries
from mallard.reports.totals import totals
from mallard.store.many_sites import NOTHING, Figures, FiguresAtOnce, FiguresOfSites
from mallard.texts.catalogue import N_
from mallard.texts.said import said
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

    orders: ClassVar = {
        "visitors": N_("Visitors"),
        "pageviews": N_("Pageviews"),
        "value": N_("Name"),
    }


def sites_page(
    desk: ReportDesk,
    figures_of_sites: FiguresAtOnce,
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
        raise BadQuery(
            said(
                "%(name)s must be one of %(choices)s",
                name="order",
                choices=", ".join(SitesPage.orders),
            )
        )
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
    queries = [query_of(site) for site in shown]
    if figures is None:
        figures = _figures(figures_of_sites, queries, frozenset(shown))
    before = {q.site_id: compared_to_previous(url.args, q, now) for q in queries}
    figures_before = _figures(figures_of_sites, filter(None, before.values()), frozenset(shown))
    rows = []
    for query in queries:
        of_now, then = _told(desk, query, figures), before[query.site_id]
        of_then = _told(desk, then, figures_before) if then else None
        rows.append(_row(desk, query, of_now, of_then, known.name(query.site_id)))
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
    figures_of_sites: FiguresAtOnce,
    queries: Iterable[ReportQuery],
    only: frozenset[str] | None = None,
) -> FiguresOfSites | None:
    """What is told of all sites of each time zone at once; None where one has to wait for it."""
    told: dict[str, Figures] = {}
    apart: set[str] = set()
    for period, until in {(query.period, query.until): None for query in queries}:
        found = figures_of_sites(period, until, only)
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
    return lambda site: int(read(_told(desk, query_of(site), figures)))


def _told(desk: ReportDesk, query: ReportQuery, figures: FiguresOfSites | None) -> Figures:
    """A site's figures, from those of many sites if it is among them."""
    if figures is not None and query.site_id not in figures.apart:
        return figures.told.get(query.site_id, NOTHING)
    found = desk.ask(totals, query)
    return Figures(found.unique_visitors, found.total_pageviews)


def _row(
    desk: ReportDesk, query: ReportQuery, now: Figures, before: Figures | None, name: str
) -> SiteRow:
    line = sparkline([bucket.visitors for bucket in desk.ask(timeseries, query)])
    change = change_text(now.visitors, before.visitors) if before else None
    return SiteRow(query.site_id, name, now.visitors, now.pageviews, change, line)
