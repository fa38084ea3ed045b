"""The page for a wall: who is here, where they are, and what they did last."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mallard.model import PAGEVIEW
from mallard.reports.live import LastEvent, countries_now, last_events
from mallard.web.dashboard.now import Now, now_rows, right_now
from mallard.web.dashboard.view import View
from mallard.web.dashboard.wording import page_text, value_text
from mallard.web.dashboard.world import Country, countries_of

EVENTS = 10
JUST_NOW_SECS = 11
"""A little longer than from one look to the next: what came in between is seen to come."""


@dataclass(frozen=True, slots=True)
class Happening:
    """An event in words; where it `is_new` it came since the look before."""

    clock: str
    text: str
    page: str
    country_code: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class Live:
    """What the page shows; countries and events are None where they are not for the reader."""

    now: Now
    countries: list[Country] | None
    events: list[Happening] | None


def live(view: View) -> Live:
    """All of it. A shared link shows no single events, and countries where it shows these."""
    countries = events = None
    if view.url.shows("map") or view.url.shows("countries"):
        found = view.desk.look(countries_now, view.query, view.now)
        countries = countries_of(now_rows(view, found, "country"))
    if view.url.share is None:
        last = view.desk.look(last_events, replace(view.query, limit=EVENTS), view.now)
        events = [_happening(event) for event in last]
    return Live(right_now(view), countries, events)


def _happening(event: LastEvent) -> Happening:
    page = page_text(event.page)
    return Happening(
        clock=f"{event.at:%H:%M:%S}",
        text=page if event.event == PAGEVIEW else value_text("event", event.event),
        page="" if event.event == PAGEVIEW else page,
        country_code=event.country_code or "",
        is_new=event.secs_ago < JUST_NOW_SECS,
    )
