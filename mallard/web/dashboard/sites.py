"""The list of all sites, a page of it at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mallard.charts.line import Point
from mallard.charts.sparkline import sparkline
from mallard.reports.desk import ReportDesk
from mallard.reports.query import ReportQuery
from mallard.reports.timeseries import timeseries
from mallard.reports.totals import totals

PAGE_SIZE = 24
"""Each site costs two reports, and anyone may add sites when none are configured."""


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A site with its figures of the period."""

    site_id: str
    visitors: int
    pageviews: int
    line: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class SitesPage:
    """One page of the list; `number` counts from 1."""

    rows: list[SiteRow]
    number: int
    count: int


def sites_page(desk: ReportDesk, query: ReportQuery, sites: Sequence[str], page: int) -> SitesPage:
    """The `page`-th page of `sites`, or the nearest there is, over the query's period."""
    count = max(1, -(-len(sites) // PAGE_SIZE))
    number = min(max(page, 1), count)
    shown = sites[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    return SitesPage([_row(desk, replace(query, site_id=site)) for site in shown], number, count)


def _row(desk: ReportDesk, query: ReportQuery) -> SiteRow:
    found = desk.ask(totals, query)
    line = sparkline([bucket.visitors for bucket in desk.ask(timeseries, query)])
    return SiteRow(query.site_id, found.unique_visitors, found.total_pageviews, line)
