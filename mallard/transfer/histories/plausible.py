"""Plausible's table of events, `events_v2`, as ClickHouse writes it: JSON lines or CSV."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from mallard.model import Event
from mallard.texts.said import said
from mallard.transfer.histories.cities import Cities
from mallard.transfer.histories.names import browser, country, device, system, value
from mallard.transfer.histories.regions import region_name
from mallard.transfer.histories.told import Told, campaign_of, from_where, moment, page_at, visit
from mallard.transfer.rows import BadRow, LeftOut

EVENTS = frozenset({"timestamp", "name", "user_id", "hostname", "pathname"})
"""Columns without which a row is no event."""

ENGAGEMENT = frozenset({"engagement", "pageleave"})


class Plausible:
    """Reads its rows; what a column is called may be its alias."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self._cities = Cities()

    def __call__(self, number: int, row: Mapping[str, Any]) -> Event:
        """The event of a row. Raises BadRow and LeftOut."""
        cells = _Cells(row)
        name = cells.text("name") or ""
        if name in ENGAGEMENT:
            raise LeftOut(said("measurements of engagement"))
        host = value(cells.text("hostname"))
        page = page_at(host, cells.text("pathname"))
        referrer = value(cells.text("referrer"))
        return visit(
            self._told,
            self._told.site(host, cells.text("site_id")),
            cells.text("user_id"),
            moment(cells.text("timestamp"), "timestamp"),
            name,
            page,
            from_where(
                page,
                referrer if referrer is None or "://" in referrer else f"https://{referrer}",
                _source(cells.text("referrer_source", "source")),
                campaign_of(cells.row),
            ),
            {
                **_visitor(cells),
                "city": self._cities.name(cells.text("city_geoname_id", "city")),
                **_payload(cells),
            },
        )


class _Cells:
    """A row's cells as texts, whichever type ClickHouse wrote them in."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.row = row

    def text(self, *names: str) -> str | None:
        """What stands in the first of these columns that has something in it."""
        for name in names:
            held = self.row.get(name)
            if held is not None and held != "":
                return held if isinstance(held, str) else str(held)
        return None

    def texts(self, name: str) -> Sequence[str]:
        """The texts in a column of arrays. Raises BadRow."""
        held = self.row.get(name)
        if held in (None, ""):
            return ()
        found = _written(held) if isinstance(held, str) else _texts(held)
        if found is None:
            raise BadRow(said("%(name)s is not an array", name=name))
        return found


@lru_cache(maxsize=4096)
def _written(array: str) -> Sequence[str] | None:
    """The texts of an array, as it is written; None if it is none."""
    try:
        return _texts(ast.literal_eval(array))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def _texts(array: Any) -> Sequence[str] | None:
    return tuple(str(one) for one in array) if isinstance(array, list) else None


def _source(name: str | None) -> str | None:
    return None if name is None or name.startswith("Direct") else name


def _visitor(cells: _Cells) -> Mapping[str, str | None]:
    text = cells.text
    return _described(
        text("browser"),
        text("browser_version"),
        text("operating_system", "os"),
        text("operating_system_version", "os_version"),
        text("screen_size", "device"),
        text("country_code", "country"),
        text("subdivision1_code", "region"),
    )


@lru_cache(maxsize=4096)
def _described(
    browser_told: str | None,
    version: str | None,
    os_told: str | None,
    os_version_told: str | None,
    device_told: str | None,
    country_told: str | None,
    region: str | None,
) -> Mapping[str, str | None]:
    browser_name, browser_version = browser(browser_told, version)
    os, os_version = system(os_told, os_version_told)
    code = country(country_told)
    return {
        "browser": browser_name,
        "browser_version": browser_version,
        "os": os,
        "os_version": os_version,
        "device_type": device(device_told),
        "country_code": code,
        "region": region_name(code, value(region)),
    }


def _payload(cells: _Cells) -> dict[str, str | None]:
    keys, values = cells.texts("meta.key"), cells.texts("meta.value")
    if len(keys) != len(values):
        raise BadRow(said("meta.key and meta.value have not as many entries"))
    amount, currency = _revenue(cells, "source")
    if amount is None:
        amount, currency = _revenue(cells, "reporting")
    props = dict(zip(keys, values, strict=True))
    return {
        "props": msgspec.json.encode(props).decode() if props else None,
        "revenue_amount": amount,
        "revenue_currency": currency,
    }


def _revenue(cells: _Cells, which: str) -> tuple[str | None, str | None]:
    """What was paid, or what it comes to in the currency of reports; None without a currency."""
    currency = value(cells.text(f"revenue_{which}_currency"))
    amount = value(cells.text(f"revenue_{which}_amount"))
    return (amount, currency) if amount and currency else (None, None)
