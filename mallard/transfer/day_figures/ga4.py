"""Reports of Google Analytics 4 as CSV: of days, by one kind of dimension each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta

from mallard.store.imported.layout import TOTAL
from mallard.texts.said import said, within
from mallard.transfer.csv_records import plain_records
from mallard.transfer.day_figures import ga4_columns as columns
from mallard.transfer.day_figures import origins
from mallard.transfer.day_figures.files import Table
from mallard.transfer.day_figures.rows import (
    MOST,
    DayRow,
    Figures,
    Found,
    count,
    day_of,
    page_named,
    visitors_of,
)
from mallard.transfer.histories.names import (
    browser,
    country,
    country_called,
    device,
    system,
    value,
)
from mallard.transfer.histories.told import Told
from mallard.transfer.rows import BadRow, LeftOut
from mallard.transfer.sources import Unreadable

STARTS = re.compile(r"#\s*Start date:\s*(\d{8})")
SPAN = re.compile(r"#\s*(\d{8})-\d{8}\s*$")
SUMS = said("rows of sums")
Row = Mapping[str, str]
Values = Iterator[tuple[str, str | None, str | None]]


def is_report(line: str, fields: frozenset[str]) -> bool:
    """Whether a file that begins so is a report of days."""
    names = {columns.plain(field) for field in fields}
    is_of_days = bool({columns.DAY, columns.NTH_DAY} & names)
    return line.startswith("# ---") or (is_of_days and bool(names & set(columns.VISITORS)))


class Ga4:
    """Reads its reports."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self._site_id = told.site(None)

    def rows(self, table: Table) -> Found:
        """The rows of a report. Raises Unreadable where it is none that is known."""
        with table.opened() as text:
            first_day: date | None = None
            names: list[str] = []
            kind = ""
            for number, fields in plain_records(text):
                if isinstance(fields, BadRow):
                    yield number, fields
                elif fields[0].lstrip("\ufeff").startswith("#"):
                    first_day = _first_day(",".join(fields)) or first_day
                elif not names:
                    names = [columns.plain(name) for name in fields]
                    kind = _kind(table, names)
                else:
                    yield from self._row(number, table, kind, names, fields, first_day)
            if not names:
                raise Unreadable(
                    said(
                        "%(where)s: %(name)s has no line that names the columns",
                        where=table.path,
                        name=table.name,
                    )
                )

    def _row(
        self,
        number: int,
        table: Table,
        kind: str,
        names: Sequence[str],
        fields: Sequence[str],
        first_day: date | None,
    ) -> Found:
        row = dict(zip(names, fields, strict=False))
        try:
            day = _day(row, first_day)
            figures = _figures(row)
            for dimension, found, code in READS[kind](self, row):
                yield number, DayRow(self._site_id, day, dimension, found, figures, code)
        except BadRow as problem:
            yield number, BadRow(within(table.name, problem))
        except LeftOut as reason:
            yield number, reason

    def total(self, _: Row) -> Values:
        """The day itself."""
        yield TOTAL, None, None

    def pages(self, row: Row) -> Values:
        """A page."""
        yield "pages", page_named(self._told, self._site_id, _of(row, columns.PAGE)), None

    def entry_pages(self, row: Row) -> Values:
        """Where visits began."""
        told = _of(row, columns.ENTRY_PAGE)
        page = page_named(self._told, self._site_id, told) if told else None
        yield "entry_pages", page, None

    def sources(self, row: Row) -> Values:
        """Where visits came from."""
        source, medium = _of(row, columns.SOURCE), _of(row, columns.MEDIUM)
        if both := _of(row, columns.SOURCE_MEDIUM):
            first, _, second = both.partition(" / ")
            source, medium = source or value(first), medium or value(second)
        campaign = (
            source,
            medium,
            *(_of(row, of) for of in (columns.CAMPAIGN, columns.CONTENT, columns.TERM)),
        )
        told = origins.origin_of(_of(row, columns.REFERRER), source, campaign)
        for dimension, found in told:
            is_told = found is not None or dimension in ("channels", "sources")
            if is_told:
                yield dimension, found, None

    def locations(self, row: Row) -> Values:
        """Countries, regions and cities."""
        name = _of(row, columns.COUNTRY_NAME)
        code = country(_of(row, columns.COUNTRY)) or country(name) or country_called(name)
        yield "countries", code, None
        if _has(row, columns.REGION):
            yield "regions", _of(row, columns.REGION), code
        if _has(row, columns.CITY):
            yield "cities", _of(row, columns.CITY), code

    def devices(self, row: Row) -> Values:
        """Kinds of devices."""
        yield "devices", device(_of(row, columns.DEVICE)), None

    def browsers(self, row: Row) -> Values:
        """Browsers, and their versions if they are told."""
        name, version = browser(_of(row, columns.BROWSER), _of(row, columns.BROWSER_VERSION))
        yield "browsers", name, None
        if _has(row, columns.BROWSER_VERSION):
            yield "browser_versions", version, None

    def systems(self, row: Row) -> Values:
        """Operating systems, and their versions if they are told."""
        name, version = system(_of(row, columns.SYSTEM), _of(row, columns.SYSTEM_VERSION))
        yield "os", name, None
        if _has(row, columns.SYSTEM_VERSION):
            yield "os_versions", version, None

    def events(self, row: Row) -> Values:
        """Events; what are pageviews has its own figures."""
        name = _of(row, columns.EVENT)
        if name in ("page_view", "session_start", "first_visit", "user_engagement", "scroll"):
            raise LeftOut(said("events called %(name)s", name=name))
        yield "events", name, None


READS: dict[str, Callable[[Ga4, Row], Values]] = {
    "total": Ga4.total,
    "pages": Ga4.pages,
    "entry_pages": Ga4.entry_pages,
    "sources": Ga4.sources,
    "locations": Ga4.locations,
    "devices": Ga4.devices,
    "browsers": Ga4.browsers,
    "systems": Ga4.systems,
    "events": Ga4.events,
}


def _kind(table: Table, names: Sequence[str]) -> str:
    """Which report has these columns. Raises Unreadable."""
    known = {columns.DAY, columns.NTH_DAY, "", *columns.METRICS, *columns.IGNORED}
    dimensions = {name for name in names if name not in known}
    for kind, own in columns.REPORTS.items():
        if dimensions <= own and {columns.DAY, columns.NTH_DAY} & set(names):
            return kind
    found = ", ".join(sorted(dimensions)) or "no date"
    raise Unreadable(
        said(
            "%(where)s: expected a report of days by one dimension, with the column Date"
            " and the metric Total users; found %(found)s",
            where=table.path,
            found=found[:200],
        )
    )


def _first_day(line: str) -> date | None:
    found = STARTS.search(line) or SPAN.search(line)
    return day_of(found[1]) if found else None


def _day(row: Row, first_day: date | None) -> date:
    told = (row.get(columns.DAY) or row.get(columns.NTH_DAY) or "").strip()
    if not told or not told[0].isdigit():
        raise LeftOut(SUMS)
    if row.get(columns.DAY):
        return day_of(told)
    if first_day is None:
        raise BadRow(said("the first line does not tell with which date the days begin"))
    if not told.isdecimal() or len(told) > 5:
        raise BadRow(within(said("Nth day is not a number"), repr(told[:40])))
    return first_day + timedelta(days=int(told))


def _figures(row: Row) -> Figures:
    visits, engaged = count(row, *columns.VISITS), count(row, *columns.ENGAGED)
    rate, average = _ratio(row, columns.BOUNCE_RATE), _ratio(row, columns.AVERAGE_SECONDS)
    bounces, seconds = None, count(row, *columns.SECONDS)
    if visits is not None and engaged is not None:
        bounces = max(0, visits - engaged)
    elif visits is not None and rate is not None:
        bounces = round(visits * min(rate, 1))
    if seconds is None and visits is not None and average is not None:
        seconds = round(visits * average)
    pageviews, events = count(row, *columns.PAGEVIEWS), count(row, *columns.EVENTS)
    return Figures(visitors_of(row, *columns.VISITORS), pageviews, visits, bounces, seconds, events)


def _ratio(row: Row, names: Sequence[str]) -> float | None:
    text = _of(row, names)
    if text is None:
        return None
    try:
        found = float(text.rstrip("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        raise BadRow(
            said("%(name)s is not a number: %(text)s", name=names[0], text=repr(text[:40]))
        ) from None
    if not 0 <= found < MOST:
        raise BadRow(
            said(
                "%(name)s is not a number that can be: %(text)s",
                name=names[0],
                text=repr(text[:40]),
            )
        )
    return found


def _has(row: Row, names: Sequence[str]) -> bool:
    return any(name in row for name in names)


def _of(row: Row, names: Sequence[str]) -> str | None:
    return next((found for name in names if (found := value(row.get(name)))), None)
