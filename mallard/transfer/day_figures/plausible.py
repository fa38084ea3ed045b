"""Plausible's *Export to CSV*: ten tables of days, in a zip archive or unpacked from it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from mallard.store.imported.layout import TOTAL
from mallard.texts.said import said, within
from mallard.transfer.day_figures import origins
from mallard.transfer.day_figures.files import Table
from mallard.transfer.day_figures.rows import (
    DayRow,
    Figures,
    Found,
    count,
    day_of,
    page_named,
    visitors_of,
)
from mallard.transfer.histories.cities import Cities, lacking
from mallard.transfer.histories.history import CsvHistory
from mallard.transfer.histories.names import browser, country, device, system, value
from mallard.transfer.histories.plausible import ENGAGEMENT
from mallard.transfer.histories.regions import region_name
from mallard.transfer.histories.told import Told, campaign_of
from mallard.transfer.rows import BadRow, LeftOut

NAME = re.compile(r"(?:imported_)?(?P<table>[a-z_]+?)(_\d{8}_\d{8})?\.csv")
Row = Mapping[str, str]
Cells = Iterator[tuple[str, str | None, str | None]]
"""A dimension, its value, and the country of a region."""


def table_of(name: str) -> str | None:
    """Which of its tables a file is by its name."""
    match = NAME.fullmatch(name)
    return match["table"] if match and match["table"] in TABLES else None


class Plausible:
    """Reads its tables."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self._site_id = told.site(None)
        self._cities = None if lacking() else Cities()

    def rows(self, table: Table) -> Found:
        """The rows of a table."""
        named = table_of(table.name) or ""
        kind = TABLES[named]
        with table.opened() as text:
            for number, row in CsvHistory.cells(text):
                try:
                    if isinstance(row, BadRow):
                        raise row
                    for found in self._read(kind, row):
                        yield number, found
                except BadRow as problem:
                    yield (
                        number,
                        BadRow(within(table.name, problem)),
                    )
                except LeftOut as reason:
                    yield number, reason

    def _read(self, kind: Kind, row: Row) -> Iterator[DayRow]:
        day = day_of(row.get("date"))
        figures = kind.figures(row)
        for dimension, found, code in kind.values(self, row):
            yield DayRow(self._site_id, day, dimension, found, figures, code)

    def total(self, _: Row) -> Cells:
        """The day itself."""
        yield TOTAL, None, None

    def sources(self, row: Row) -> Cells:
        """Where visits came from."""
        referrer, named = value(row.get("referrer")), value(row.get("source"))
        if referrer is not None and "://" not in referrer:
            referrer = f"https://{referrer}"
        source = None if named is None or named.startswith("Direct") else named
        for dimension, found in origins.origin_of(referrer, source, campaign_of(row)):
            yield dimension, found, None

    def pages(self, row: Row) -> Cells:
        """A page; a host has other visitors than its pages together."""
        yield "pages", page_named(self._told, self._site_id, row.get("page")), None

    def entry_pages(self, row: Row) -> Cells:
        """Where visits began."""
        yield "entry_pages", self._edge(row.get("entry_page")), None

    def exit_pages(self, row: Row) -> Cells:
        """Where visits ended."""
        yield "exit_pages", self._edge(row.get("exit_page")), None

    def _edge(self, path: str | None) -> str | None:
        return page_named(self._told, self._site_id, path) if value(path) else None

    def events(self, row: Row) -> Cells:
        """Custom events. Raises LeftOut for what measures engagement."""
        if row.get("name") in ENGAGEMENT:
            raise LeftOut(said("measurements of engagement"))
        yield "events", value(row.get("name")), None

    def locations(self, row: Row) -> Cells:
        """Countries and regions, and cities where these have names."""
        code = country(row.get("country"))
        yield "countries", code, None
        yield "regions", region_name(code, value(row.get("region"))), code
        if self._cities:
            yield "cities", self._cities.name(row.get("city")), code

    def devices(self, row: Row) -> Cells:
        """Kinds of devices."""
        yield "devices", device(row.get("device")), None

    def browsers(self, row: Row) -> Cells:
        """Browsers and their versions."""
        name, version = browser(row.get("browser"), row.get("browser_version"))
        yield "browsers", name, None
        yield "browser_versions", version, None

    def systems(self, row: Row) -> Cells:
        """Operating systems and their versions."""
        told = row.get("operating_system"), row.get("operating_system_version")
        name, version = system(*told)
        yield "os", name, None
        yield "os_versions", version, None


def _of_visits(row: Row) -> Figures:
    return Figures(
        visitors_of(row, "visitors"),
        count(row, "pageviews"),
        count(row, "visits", "entrances", "exits"),
        count(row, "bounces"),
        count(row, "visit_duration"),
    )


def _of_page(row: Row) -> Figures:
    return Figures(visitors_of(row, "visitors"), count(row, "pageviews"))


def _of_event(row: Row) -> Figures:
    return Figures(visitors_of(row, "visitors"), events=count(row, "events"))


class Kind(NamedTuple):
    """What a row of a table says: of which values, and how much."""

    values: Callable[[Plausible, Row], Cells]
    figures: Callable[[Row], Figures] = _of_visits


TABLES = {
    "visitors": Kind(Plausible.total),
    "sources": Kind(Plausible.sources),
    "pages": Kind(Plausible.pages, _of_page),
    "entry_pages": Kind(Plausible.entry_pages),
    "exit_pages": Kind(Plausible.exit_pages),
    "custom_events": Kind(Plausible.events, _of_event),
    "locations": Kind(Plausible.locations),
    "devices": Kind(Plausible.devices),
    "browsers": Kind(Plausible.browsers),
    "operating_systems": Kind(Plausible.systems),
}
