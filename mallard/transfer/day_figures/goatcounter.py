"""GoatCounter's JSON export: counts of pages by hour, by browser and the like by day, in UTC."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from mallard.ingest.agents import Agent, device_type
from mallard.store.imported.layout import TOTAL
from mallard.texts.said import said, within
from mallard.transfer.csv_records import lines
from mallard.transfer.day_figures import origins
from mallard.transfer.day_figures.files import Table, named
from mallard.transfer.day_figures.rows import DayRow, Figures, Found, day_of, number, page_named
from mallard.transfer.histories.names import browser, country, system, value
from mallard.transfer.histories.regions import region_name
from mallard.transfer.histories.told import NO_CAMPAIGN, Told
from mallard.transfer.rows import BadRow
from mallard.transfer.sources import Unreadable

MARK = "hit_stats.jsonl"
VERSION = "1."
Row = Mapping[str, Any]
Values = list[tuple[str, str | None, str | None]]
"""Dimensions, each with its value, and the country of a region."""

_AGENT = Agent()


class GoatCounter:
    """Reads its tables. What it counts is a first view of a page by a visitor.

    So the visitors of a day are the sum of those of its pages, as GoatCounter itself shows them.
    """

    def __init__(self, told: Told, tables: Sequence[Table]) -> None:
        self._told = told
        self._site_id = told.site(None)
        self._tables = tables
        self._check_version()
        self._paths = self._by_id("paths.jsonl")
        self._refs = self._by_id("refs.jsonl")
        self._browsers = self._by_id("browsers.jsonl")
        self._systems = self._by_id("systems.jsonl")

    def rows(self) -> Found:
        """All rows."""
        yield from self._read(MARK, "hour", self._hits)
        for name, values in (
            ("browser_stats.jsonl", self._browser),
            ("system_stats.jsonl", self._system),
            ("location_stats.jsonl", _location),
            ("size_stats.jsonl", _size),
        ):
            yield from self._read(name, "day", self._beside(values))

    def _read(self, name: str, moment: str, read: Any) -> Found:
        for line, row in self._objects(name):
            try:
                if isinstance(row, BadRow):
                    raise row
                path = self._paths.get(row.get("path_id"))
                if path is None:
                    raise BadRow(said("path_id is none of paths.jsonl"))
                counted = number(str(row.get("count")), "count")
                for found in read(day_of(str(row.get(moment))), path, row, counted):
                    yield line, found
            except BadRow as problem:
                yield line, BadRow(within(name, problem))

    def _hits(self, day: Any, path: Row, row: Row, counted: int) -> Iterator[DayRow]:
        text = str(path.get("path") or "/")
        if path.get("event"):
            yield DayRow(self._site_id, day, "events", text, Figures(counted, events=counted))
            # A day of nothing but events is one, too.
            yield DayRow(self._site_id, day, TOTAL, None, Figures(0, 0))
            return
        figures = Figures(counted, counted)
        yield DayRow(self._site_id, day, TOTAL, None, figures)
        page = page_named(self._told, self._site_id, text)
        yield DayRow(self._site_id, day, "pages", page, figures)
        origin = _origin(self._refs.get(row.get("ref_id")) or {})
        yield from origins.rows_of(self._site_id, day, origin, figures)

    def _beside(self, values: Any) -> Any:
        def read(day: Any, path: Row, row: Row, counted: int) -> Iterator[DayRow]:
            if not path.get("event"):
                for dimension, found, code in values(row):
                    figures = Figures(counted, counted)
                    yield DayRow(self._site_id, day, dimension, found, figures, code)

        return read

    def _browser(self, row: Row) -> Values:
        told = self._browsers.get(row.get("browser_id")) or {}
        name, version = browser(told.get("name"), told.get("version"))
        return [("browsers", name, None), ("browser_versions", version, None)]

    def _system(self, row: Row) -> Values:
        told = self._systems.get(row.get("system_id")) or {}
        name, version = system(told.get("name"), told.get("version"))
        return [("os", name, None), ("os_versions", version, None)]

    def _by_id(self, name: str) -> Mapping[Any, Row]:
        found = (row for _, row in self._objects(name) if not isinstance(row, BadRow))
        return {row.get("id"): row for row in found}

    def _objects(self, name: str) -> Iterator[tuple[int, Row | BadRow]]:
        table = named(self._tables, name)
        if table is None:
            return
        decoder = msgspec.json.Decoder(dict[str, Any])
        with table.opened() as text:
            for line, content in lines(text):
                if isinstance(content, BadRow):
                    yield line, content
                elif content.strip():
                    try:
                        yield line, decoder.decode(content)
                    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                        yield line, BadRow(said("the line is not a JSON object"))

    def _check_version(self) -> None:
        table = named(self._tables, "info.json")
        version = "none"
        if table is not None:
            with table.opened() as text:
                try:
                    told = msgspec.json.decode(text.read(1 << 16), type=dict[str, Any])
                    version = str(told.get("export_version"))
                except (msgspec.MsgspecError, UnicodeDecodeError):
                    version = "none that can be read"
        if not version.startswith(VERSION):
            raise Unreadable(
                said(
                    "expected an export of version %(version)sx in info.json, found %(found)s",
                    version=VERSION,
                    found=version[:40],
                )
            )


def _origin(ref: Row) -> origins.Origin:
    scheme, text = ref.get("ref_scheme"), value(ref.get("ref"))
    if scheme == "h" or (scheme == "o" and text and "://" in text):
        address = text if text is None or "://" in text else f"https://{text}"
        return origins.origin_of(address, None, NO_CAMPAIGN)
    if scheme == "c":
        return origins.origin_of(None, text, (text, None, None, None, None))
    return origins.origin_of(None, text, NO_CAMPAIGN)


def _location(row: Row) -> Values:
    code, _, region = str(row.get("location") or "").partition("-")
    found = country(code)
    return [("countries", found, None), ("regions", region_name(found, region), found)]


def _size(row: Row) -> Values:
    across = row.get("width")
    is_width = isinstance(across, int) and 0 < across < 65536
    return [
        ("devices", device_type(across if is_width else None, _AGENT), None),
        ("screen_sizes", str(across) if is_width else None, None),
    ]
