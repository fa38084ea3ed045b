"""GoatCounter's export of single pageviews, version 2: a row for each view or event."""

from __future__ import annotations

from collections.abc import Mapping

from mallard.ingest.agents import Agent, device_type
from mallard.model import PAGEVIEW, Event
from mallard.texts.said import said, within
from mallard.transfer.histories.history import Fields
from mallard.transfer.histories.names import browser, country, system
from mallard.transfer.histories.regions import region_name
from mallard.transfer.histories.told import Told, from_where, moment, page_at, visit, width
from mallard.transfer.rows import BadRow, LeftOut

HEADER = [
    "2Path",
    "Title",
    "Event",
    "UserAgent",
    "Browser",
    "System",
    "Session",
    "Bot",
    "Referrer",
    "Referrer scheme",
    "Screen size",
    "Location",
    "FirstVisit",
    "Date",
]
OLD_BEGINNING = "Path,Title,Event,Bot,Session,"
"""How version 1 begins, which had user agents instead of browsers."""

_TRUE = frozenset(("true", "1"))
_AGENT = Agent()


class GoatCounter:
    """Reads its rows; they have no host and are all of one site."""

    def __init__(self, told: Told) -> None:
        self._told = told

    def __call__(self, number: int, row: Fields) -> Event:
        """The event of a row. Raises BadRow and LeftOut."""
        if row["Bot"] not in ("", "0"):
            raise LeftOut(said("robots"))
        site_id = self._told.site(None)
        is_event = row["Event"].lower() in _TRUE
        page = page_at(None, "/" if is_event else row["2Path"])
        location = row["Location"].partition("-")
        code, across = country(location[0]), width(row["Screen size"], ",")
        browser_name, browser_version = browser(row["Browser"])
        os, os_version = system(row["System"])
        return visit(
            self._told,
            site_id,
            # Where it keeps no sessions, nothing ties one view to another.
            row["Session"] if row["Session"].strip("0-") else f"goatcounter-{number}",
            moment(row["Date"], "Date"),
            row["2Path"] if is_event else PAGEVIEW,
            page,
            _origin(site_id, row),
            {
                "browser": browser_name,
                "browser_version": browser_version,
                "os": os,
                "os_version": os_version,
                "device_type": device_type(across, _AGENT),
                "screen_size": str(across) if across else None,
                "country_code": code,
                "region": region_name(code, location[2]),
            },
        )


def _origin(site_id: str, row: Fields) -> Mapping[str, str | None]:
    """Referrer and source: an address, the name of a product, or a campaign."""
    scheme, text = row["Referrer scheme"], row["Referrer"]
    page = page_at(site_id, row["2Path"])
    if scheme == "h":
        return from_where(page, f"https://{text}" if text else None)
    if scheme == "c":
        return from_where(page, None, text, (text, None, None, None, None))
    if scheme == "g":
        return from_where(page, None, text)
    if scheme in ("o", ""):
        return from_where(page, text)
    raise BadRow(within(said("Referrer scheme is none of h, g, c and o"), repr(scheme[:10])))
