"""Matomo's visits with all their actions, as `Live.getLastVisitsDetails` gives them in JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

import msgspec

from mallard.model import PAGEVIEW, Event
from mallard.texts.said import said, within
from mallard.transfer.histories.history import History
from mallard.transfer.histories.json_objects import objects
from mallard.transfer.histories.names import browser, country, device, system, value
from mallard.transfer.histories.regions import region_name
from mallard.transfer.histories.told import (
    Told,
    from_where,
    moment_of_seconds,
    page_at,
    page_of,
    visit,
    width,
)
from mallard.transfer.rows import BadRow, LeftOut

Text = str | int | float | None


class Action(msgspec.Struct, rename="camel"):
    """What somebody did."""

    type: str = ""
    url: str | None = None
    timestamp: int | float | str = 0
    event_category: Text = None
    event_action: Text = None
    event_name: Text = None
    event_value: Text = None
    site_search_keyword: Text = None


class Visit(msgspec.Struct, rename="camel"):
    """Who did it. Countries are in small letters."""

    visitor_id: str
    action_details: list[Action]
    referrer_url: str | None = None
    browser_name: str | None = None
    browser_version: str | None = None
    operating_system_name: str | None = None
    operating_system_version: str | None = None
    device_type: str | None = None
    country_code: str | None = None
    region_code: str | None = None
    city: str | None = None
    resolution: str | None = None


_decoder = msgspec.json.Decoder(Visit)


class MatomoHistory(History):
    """Each action of each visit, oldest first within a visit."""

    unit = "visit"

    def _found(self, text: IO[bytes]) -> Iterator[tuple[int, Any]]:
        for number, found in enumerate(objects(text), 1):
            try:
                of_visit = _decoder.decode(found)
            except (msgspec.MsgspecError, RecursionError) as error:
                yield number, BadRow(within(said("it is no visit"), error))
                continue
            page, referrer = None, of_visit.referrer_url
            for action in of_visit.action_details:
                if action.type in OWN_PAGE and action.url:
                    page = action.url
                yield number, (of_visit, action, page, referrer)
                referrer = None


OWN_PAGE = ("action", "search", "event")
"""Actions whose address is the page where they happened, and not where they lead to."""

NAMES = {"outlink": "Outbound Link: Click", "download": "File Download", "search": "search"}
"""What actions are called that are no views, as live ones are where scripts send them."""


class Matomo:
    """Reads actions; `page` is where they happened, if a page was seen before."""

    def __init__(self, told: Told) -> None:
        self._told = told

    def __call__(self, number: int, found: tuple[Visit, Action, str | None, str | None]) -> Event:
        """The event of an action. Raises BadRow and LeftOut."""
        of_visit, action, address, referrer = found
        name, props = _told_of(action)
        page = page_of(address) if address else page_at(None, "/")
        site_id = self._told.site(page.hostname if address else _host_of(of_visit))
        return visit(
            self._told,
            site_id,
            of_visit.visitor_id,
            moment_of_seconds(str(action.timestamp), "timestamp"),
            name,
            page,
            from_where(page, referrer),
            {**_visitor(of_visit), "props": msgspec.json.encode(props).decode() if props else None},
        )


def _told_of(action: Action) -> tuple[str, dict[str, Any]]:
    """What an action is called here, and its properties."""
    if action.type == "action":
        return PAGEVIEW, {}
    if action.type == "search":
        return NAMES["search"], _said(keyword=action.site_search_keyword)
    if action.type in NAMES:
        return NAMES[action.type], _said(url=action.url)
    if action.type == "event":
        more = _said(
            category=action.event_category, name=action.event_name, value=action.event_value
        )
        return str(action.event_action or ""), more
    raise LeftOut(said("actions of the type %(type)s", type=action.type[:40]))


def _said(**props: Text) -> dict[str, Any]:
    return {key: held for key, held in props.items() if held not in (None, "")}


def _host_of(of_visit: Visit) -> str | None:
    pages = (action.url for action in of_visit.action_details if action.type in OWN_PAGE)
    first = next(pages, None)
    return page_of(first).hostname if first else None


def _visitor(of_visit: Visit) -> dict[str, str | None]:
    code, across = country(of_visit.country_code), width(of_visit.resolution, "x")
    browser_name, browser_version = browser(of_visit.browser_name, of_visit.browser_version)
    os, os_version = system(of_visit.operating_system_name, of_visit.operating_system_version)
    return {
        "browser": browser_name,
        "browser_version": browser_version,
        "os": os,
        "os_version": os_version,
        "device_type": device(of_visit.device_type),
        "screen_size": str(across) if across else None,
        "country_code": code,
        "region": region_name(code, value(of_visit.region_code)),
        "city": value(of_visit.city),
    }
