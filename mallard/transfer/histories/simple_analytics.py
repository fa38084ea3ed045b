"""Simple Analytics' export of data points as CSV, of whichever fields it was asked for."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from mallard.model import PAGEVIEW, Event
from mallard.texts.said import said
from mallard.transfer.histories.history import Fields
from mallard.transfer.histories.names import browser, country, device, system, value
from mallard.transfer.histories.told import (
    Told,
    campaign_of,
    from_where,
    moment,
    moment_of_seconds,
    page_at,
    visit,
    width,
)
from mallard.transfer.rows import LeftOut

MOMENTS = frozenset({"added_iso", "added_unix"})
_TRUE = frozenset({"true", "1"})
_METADATA = re.compile(r"metadata\.(.+)_(text|int|bool|date)")


class SimpleAnalytics:
    """Reads its rows."""

    def __init__(self, told: Told) -> None:
        self._told = told

    def __call__(self, number: int, row: Fields) -> Event:
        """The event of a row. Raises BadRow and LeftOut."""
        if row.get("is_robot", "").lower() in _TRUE:
            raise LeftOut(said("robots"))
        host = value(row.get("hostname_original")) or value(row.get("hostname"))
        page = page_at(host, row["path"], row.get("query"))
        props = _properties(row)
        return visit(
            self._told,
            self._told.site(value(row.get("hostname")) or host),
            # Without sessions, nothing ties one view to another.
            value(row.get("session_id")) or value(row.get("uuid")) or f"simple-analytics-{number}",
            _moment(row),
            value(row.get("datapoint")) or PAGEVIEW,
            page,
            from_where(page, row.get("document_referrer"), None, campaign_of(row)),
            {**_visitor(row), "props": msgspec.json.encode(props).decode() if props else None},
        )


def _moment(row: Fields) -> int:
    if iso := row.get("added_iso"):
        return moment(iso, "added_iso")
    return moment_of_seconds(row.get("added_unix"), "added_unix")


def _visitor(row: Fields) -> dict[str, str | None]:
    across = width(row.get("viewport_width"), ".") or width(row.get("screen_width"), ".")
    browser_name, browser_version = browser(row.get("browser_name"), row.get("browser_version"))
    os, os_version = system(row.get("os_name"), row.get("os_version"))
    return {
        "browser": browser_name,
        "browser_version": browser_version,
        "os": os,
        "os_version": os_version,
        "device_type": device(row.get("device_type")),
        "screen_size": str(across) if across else None,
        "country_code": country(row.get("country_code")),
    }


def _properties(row: Fields) -> dict[str, Any]:
    """Metadata, each in its type; the same name may have several."""
    props: dict[str, Any] = {}
    for column, text in row.items():
        found = _METADATA.fullmatch(column)
        if found and text:
            props[found[1]] = _typed(text, found[2])
    return props


def _typed(text: str, kind: str) -> Any:
    if kind == "bool":
        return text.lower() in _TRUE
    if kind == "int":
        try:
            return int(text)
        except ValueError:
            return text
    return text
