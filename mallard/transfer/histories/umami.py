"""Umami's table of events, as its database or its cloud gives it, with the tables beside it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

from mallard.model import PAGEVIEW, Event
from mallard.peers.umami import revenue_of
from mallard.texts.said import said, within
from mallard.transfer.histories.history import Fields
from mallard.transfer.histories.names import browser, country, device, system, value
from mallard.transfer.histories.regions import region_name
from mallard.transfer.histories.told import (
    Told,
    campaign_of,
    from_where,
    moment,
    page_at,
    visit,
    width,
)
from mallard.transfer.rows import BadRow, LeftOut

EVENTS = frozenset(
    {
        "created_at",
        "event_id",
        "event_name",
        "event_type",
        "referrer_domain",
        "referrer_path",
        "referrer_query",
        "session_id",
        "url_path",
        "url_query",
        "website_id",
    }
)
"""Columns that every version's table of events has."""

SESSION_COLUMNS = ("browser", "os", "device", "screen", "country", "region", "city")
"""They are in the table of events where ClickHouse keeps it, else in that of sessions."""

KINDS = {
    "3": said("clicks on short links"),
    "4": said("pictures in mails"),
    "5": said("measurements of speed"),
}
VIEW, CUSTOM = "1", "2"

Properties = list[tuple[str, str | None, str | None, str | None, str | None]]
"""Of an event: key, and what the row has as a text, a number, a time, and its data type."""


class Umami:
    """Reads its rows, to which what the other tables say of them has been added."""

    def __init__(self, told: Told) -> None:
        self._told = told

    def __call__(self, number: int, row: Fields) -> Event:
        """The event of a row. Raises BadRow and LeftOut."""
        kind = row["event_type"]
        if kind in KINDS:
            raise LeftOut(KINDS[kind])
        if kind not in (VIEW, CUSTOM):
            raise BadRow(within(said("event_type is none that is known"), repr(kind[:10])))
        host = value(row.get("hostname"))
        page = page_at(host, row["url_path"], row["url_query"])
        return visit(
            self._told,
            self._told.site(host, row["website_id"]),
            row["session_id"],
            moment(row["created_at"], "created_at"),
            PAGEVIEW if kind == VIEW else row["event_name"],
            page,
            from_where(page, _referrer(row), None, campaign_of(row)),
            {**_session(*map(row.get, SESSION_COLUMNS)), **_payload(row)},
        )


def _referrer(row: Fields) -> str | None:
    domain = value(row["referrer_domain"])
    if domain is None:
        return None
    path, query = row["referrer_path"], row["referrer_query"]
    address = f"https://{domain}{path if path.startswith('/') else f'/{path}'}"
    return f"{address}?{query.removeprefix('?')}" if query else address


@lru_cache(maxsize=4096)
def _session(
    browser_told: str | None,
    os_told: str | None,
    device_told: str | None,
    screen: str | None,
    country_told: str | None,
    region: str | None,
    city: str | None,
) -> Mapping[str, str | None]:
    """What SESSION_COLUMNS say."""
    code, across = country(country_told), width(screen, "x")
    browser_name, _ = browser(browser_told)
    os, os_version = system(os_told)
    return {
        "browser": browser_name,
        "os": os,
        "os_version": os_version,
        "device_type": device(device_told),
        "screen_size": str(across) if across else None,
        "country_code": code,
        "region": region_name(code, value(region)),
        "city": value(city),
    }


def _payload(row: Mapping[str, Any]) -> dict[str, Any]:
    """Properties, and the revenue among them, as a live event with them would have it."""
    held: Properties = row.get("properties") or []
    if not held and not row.get("tag"):
        return {}
    props = {key: _property(*kinds) for key, *kinds in held}
    amount, currency = revenue_of(props)
    if tag := value(row.get("tag")):
        props = {"tag": tag} | props
    return {
        "props": msgspec.json.encode(props).decode() if props else None,
        "revenue_amount": amount,
        "revenue_currency": currency and currency.upper(),
    }


def _property(text: str | None, number: str | None, time: str | None, kind: str | None) -> Any:
    """A property in the type that it was sent in."""
    if kind == "2":
        return _number(number if number is not None else text)
    if kind == "3":
        return (text or "").lower() in ("true", "1")
    if kind == "4":
        return time if time is not None else text
    if kind == "5":
        try:
            return msgspec.json.decode(text or "")
        except msgspec.DecodeError:
            return text
    return text


def _number(text: str | None) -> Any:
    try:
        number = float(text or "")
    except ValueError:
        return text
    return int(number) if number.is_integer() else number
