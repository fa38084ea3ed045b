"""What the columns of Analytics' reports are called: in the API, and in English on screen."""

from __future__ import annotations

import re

DAY, NTH_DAY = "date", "nthday"
VISITORS = ("totalusers", "users", "activeusers")
PAGEVIEWS = ("screenpageviews", "views", "pageviews")
VISITS = ("sessions",)
ENGAGED = ("engagedsessions",)
BOUNCE_RATE = ("bouncerate",)
SECONDS = ("userengagementduration", "userengagement")
AVERAGE_SECONDS = ("averagesessionduration",)
EVENTS = ("eventcount",)
METRICS = frozenset(
    (
        *VISITORS,
        *PAGEVIEWS,
        *VISITS,
        *ENGAGED,
        *BOUNCE_RATE,
        *SECONDS,
        *AVERAGE_SECONDS,
        *EVENTS,
    )
)
IGNORED = frozenset(
    (
        "averageengagementtimepersession",
        "averageengagementtime",
        "bounces",
        "conversions",
        "engagementrate",
        "eventspersession",
        "eventcountpersession",
        "keyevents",
        "newusers",
        "sessionsperuser",
        "sessionsperactiveuser",
        "screenpageviewspersession",
        "screenpageviewsperuser",
        "totalrevenue",
        "viewsperactiveuser",
        "viewspersession",
        "viewsperuser",
        "averageengagementtimeperactiveuser",
        "returningusers",
    )
)
"""Metrics that say nothing more, or nothing that has a place here."""

PAGE = ("pagepath", "pagepathandscreenclass", "unifiedpagepathscreen", "pagepathplusquerystring")
ENTRY_PAGE = ("landingpage", "landingpageplusquerystring")
SOURCE, SOURCE_MEDIUM = ("sessionsource",), ("sessionsourcemedium",)
MEDIUM = ("sessionmedium",)
CAMPAIGN = ("sessioncampaignname", "sessioncampaign")
CONTENT = ("sessionmanualadcontent",)
TERM = ("sessiongoogleadskeyword", "sessionmanualterm")
REFERRER = ("pagereferrer",)
COUNTRY, COUNTRY_NAME = ("countryid",), ("country",)
REGION, CITY = ("region",), ("city",)
DEVICE = ("devicecategory",)
BROWSER, BROWSER_VERSION = ("browser",), ("browserversion",)
SYSTEM = ("operatingsystem",)
SYSTEM_VERSION = ("operatingsystemversion", "osversion")
EVENT = ("eventname",)

REPORTS: dict[str, frozenset[str]] = {
    "total": frozenset(),
    "pages": frozenset(PAGE),
    "entry_pages": frozenset(ENTRY_PAGE),
    "sources": frozenset((*SOURCE, *SOURCE_MEDIUM, *MEDIUM, *CAMPAIGN, *CONTENT, *TERM, *REFERRER)),
    "locations": frozenset((*COUNTRY, *COUNTRY_NAME, *REGION, *CITY)),
    "devices": frozenset(DEVICE),
    "browsers": frozenset((*BROWSER, *BROWSER_VERSION)),
    "systems": frozenset((*SYSTEM, *SYSTEM_VERSION)),
    "events": frozenset(EVENT),
}
"""The reports that are read, each with the dimensions that may stand in it beside the day."""


def plain(name: str) -> str:
    """A column's name in the spelling above: `Session source / medium` is `sessionsourcemedium`."""
    text = name.strip().lower().replace("+", "plus")
    return re.sub(r"[^a-z0-9]", "", text)
