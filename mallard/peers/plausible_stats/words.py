"""What Plausible calls our dimensions, and what it writes where there is no value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mallard.reports.arguments import BadQuery
from mallard.reports.combinations import GOAL
from mallard.reports.filters import PROP, UNKNOWN

PROPS = "event:props:"
TIMES = {
    "time:hour": "hour",
    "time:day": "day",
    "time:week": "week",
    "time:month": "month",
}
NOT_SET, NO_SOURCE, NO_PROP = "(not set)", "Direct / None", "(none)"

OF_EVENTS = {"event:name": "event", "event:page": "page", "event:hostname": "hostname"}
EVENT_GOAL = "event:goal"
_COUNTRY_NAME = "visit:country_name"
OF_SESSIONS = {
    "visit:source": "source",
    "visit:channel": "channel",
    "visit:referrer": "referrer",
    "visit:utm_medium": "utm_medium",
    "visit:utm_source": "utm_source",
    "visit:utm_campaign": "utm_campaign",
    "visit:utm_content": "utm_content",
    "visit:utm_term": "utm_term",
    "visit:screen": "device",
    "visit:device": "device",
    "visit:browser": "browser",
    "visit:browser_version": "browser_version",
    "visit:os": "os",
    "visit:os_version": "os_version",
    "visit:country": "country",
    "visit:region": "region",
    "visit:city": "city",
    _COUNTRY_NAME: "country",
    "visit:region_name": "region",
    "visit:city_name": "city",
    "visit:entry_page": "entry_page",
    "visit:exit_page": "exit_page",
}
DIMENSIONS = {**OF_EVENTS, EVENT_GOAL: GOAL, **OF_SESSIONS}
"""What each is called here; properties, `event:props:KEY`, and times come on top."""


@dataclass(frozen=True, slots=True)
class Words:
    """How values are written; `countries` are names by their codes."""

    countries: Mapping[str, str]

    def told(self, dimension: str, value: str) -> str:
        """A value of ours, as Plausible writes it."""
        if value == UNKNOWN:
            return nothing_of(dimension)
        if dimension == _COUNTRY_NAME:
            return self.countries.get(value, value)
        return value.capitalize() if ours(dimension) == "device" else value

    def meant(self, dimension: str, value: str) -> str:
        """A value that Plausible's clients write, as ours."""
        if value == nothing_of(dimension):
            return UNKNOWN
        if dimension == _COUNTRY_NAME:
            return next((code for code, name in self.countries.items() if name == value), value)
        return value.lower() if ours(dimension) == "device" else value


def ours(dimension: str) -> str:
    """The name of a dimension of Plausible's here. Raises BadQuery where there is none."""
    if dimension.startswith(PROPS) and dimension != PROPS:
        return PROP + dimension.removeprefix(PROPS)
    known = {**DIMENSIONS, **TIMES}
    if dimension not in known:
        names = ", ".join((*known, f"{PROPS}NAME"))
        raise BadQuery(f"there is no dimension {dimension!r} here; there are {names}")
    return known[dimension]


def nothing_of(dimension: str) -> str:
    """What is written where there is no value."""
    if dimension == "visit:source":
        return NO_SOURCE
    return NO_PROP if dimension.startswith(PROPS) else NOT_SET
