"""Fathom Lite's database of SQLite: sums of hours, by site, page and referrer, in UTC."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mallard.store.imported.layout import TOTAL
from mallard.texts.said import said, within
from mallard.transfer.day_figures import origins
from mallard.transfer.day_figures.rows import MOST, DayRow, Figures, Found, day_of, page_named
from mallard.transfer.histories.told import NO_CAMPAIGN, Told
from mallard.transfer.rows import BadRow
from mallard.transfer.sources import Unreadable

MARK = "SQLite format 3"
TABLES = frozenset(("sites", "site_stats", "page_stats", "referrer_stats", "pathnames"))

SITES = "select id, tracking_id, name from sites where id in (select site_id from site_stats)"
TABLE_NAMES = "select name from sqlite_master where type = 'table'"
DAYS = """
select
    site_id, date(ts), sum(visitors), sum(pageviews), sum(sessions),
    sum(round(bounce_rate * sessions)), sum(round(avg_duration * known_durations))
from site_stats
group by site_id, date(ts)
order by site_id, date(ts)
"""
PAGES = """
select
    site_id, date(ts), name, sum(visitors), sum(pageviews), sum(entries),
    sum(round(bounce_rate * entries))
from page_stats
join pathnames on pathnames.id = pathname_id
group by site_id, date(ts), name
order by site_id, date(ts), name
"""
REFERRERS = """
select
    site_id, date(ts), hostnames.name || pathnames.name, sum(visitors), sum(pageviews)
from referrer_stats
join hostnames on hostnames.id = hostname_id
join pathnames on pathnames.id = pathname_id
group by site_id, date(ts), hostnames.name || pathnames.name
order by site_id, date(ts), hostnames.name || pathnames.name
"""


class FathomLite:
    """Reads its tables. Visitors are counted once a day there, so its hours add up."""

    def __init__(self, told: Told, path: Path) -> None:
        self._told = told
        self._path = path

    def rows(self) -> Found:
        """All rows, numbered as they come. Raises Unreadable."""
        number = 0
        with _opened(self._path) as database:
            sites = self._sites(database)
            for sql, read in ((DAYS, _day), (PAGES, self._page), (REFERRERS, _referrer)):
                for site_id, day, *told in database.execute(sql):
                    number += 1
                    try:
                        if site_id not in sites:
                            raise BadRow(
                                said("site %(site_id)s is none of the table sites", site_id=site_id)
                            )
                        for row in read(sites[site_id], day_of(str(day)), told):
                            yield number, row
                    except BadRow as problem:
                        yield number, problem

    def _page(self, site_id: str, day: date, told: Any) -> Iterator[DayRow]:
        path, visitors, pageviews, entries, bounces = told
        page = page_named(self._told, site_id, str(path))
        figures = Figures(_number(visitors), _number(pageviews))
        yield DayRow(site_id, day, "pages", page, figures)
        if entries:
            visits = _number(entries)
            edges = Figures(visits, None, visits, _number(bounces))
            yield DayRow(site_id, day, "entry_pages", page, edges)

    def _sites(self, database: sqlite3.Connection) -> dict[Any, str]:
        rows = database.execute(SITES).fetchall()
        if self._told.site_id is not None and len(rows) > 1:
            names = ", ".join(str(name) for _, _, name in rows)
            raise Unreadable(
                said(
                    "%(where)s: it has several sites: %(names)s; leave out --site, and give sites"
                    " their tracking ids there as aliases",
                    where=self._path,
                    names=names[:200],
                )
            )
        found = {}
        for number, tracking_id, name in rows:
            host = str(name).removeprefix("https://").removeprefix("http://").rstrip("/")
            found[number] = self._told.site(host, str(tracking_id))
        return found


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        uri = f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1"
        with closing(sqlite3.connect(uri, uri=True)) as database:
            database.execute("pragma trusted_schema = off")
            found = {name for (name,) in database.execute(TABLE_NAMES)}
            if not found >= TABLES:
                lacking = ", ".join(sorted(TABLES - found))
                raise Unreadable(
                    said(
                        "%(where)s: expected Fathom Lite's database; it lacks %(lacking)s",
                        where=path,
                        lacking=lacking,
                    )
                )
            yield database
    except sqlite3.Error as error:
        raise Unreadable(
            said("%(where)s: the database cannot be read: %(why)s", where=path, why=error)
        ) from error


def _day(site_id: str, day: date, told: Any) -> Iterator[DayRow]:
    yield DayRow(site_id, day, TOTAL, None, Figures(*map(_number, told)))


def _referrer(site_id: str, day: date, told: Any) -> Iterator[DayRow]:
    address, visitors, pageviews = told
    origin = origins.origin_of(str(address), None, NO_CAMPAIGN)
    figures = Figures(_number(visitors), _number(pageviews))
    yield from origins.rows_of(site_id, day, origin, figures)


def _number(told: Any) -> int:
    if not isinstance(told, int | float) or not 0 <= told < MOST:
        raise BadRow(within(said("not a count"), repr(str(told)[:40])))
    return int(told)
