"""The further columns of breakdowns once more, in plain Python from their definitions."""

from __future__ import annotations

from collections import defaultdict

from mallard.model import Period
from mallard.reports.filters import EVENT_COLUMNS
from tests.reports.goal_oracle import Key, values_of
from tests.reports.histories import FIRST_DAY
from tests.reports.oracle import Session, View, happened, pageviews, printed, totals

NO_DAYS = Period(FIRST_DAY, FIRST_DAY)
Told = dict[Key, dict[str, float]]


def told(view: View, dimension: str, column: str) -> Told:
    """What each value's columns say, places with their countries; of most, nothing."""
    if dimension == "pages":
        return pages(view)
    if dimension == "events":
        return events(view)
    return {} if column in EVENT_COLUMNS.values() else sessions(view, column)


def sessions(view: View, column: str) -> Told:
    groups: dict[Key, list[Session]] = defaultdict(list)
    for session in view.sessions:
        (value,) = values_of(session, view, column)
        groups[value].append(session)
    found = {}
    for value, some in groups.items():
        part = View((), "", NO_DAYS, ())
        part.sessions = some
        figures = totals(part)
        found[value] = {name: figures[name] for name in ("bounce_rate", "avg_visit_duration_secs")}
    return found


def pages(view: View) -> Told:
    viewed: dict[str, list[int]] = defaultdict(list)
    entrances: dict[str, int] = defaultdict(int)
    for session in view.sessions:
        pages = [printed(e, "pathname") for e in session if pageviews([e])]
        for place, page in enumerate(pages, start=1):
            viewed[page].append(place == len(pages))
            entrances[page] += place == 1
    return {
        (page,): {"entrances": entrances[page], "exit_rate": sum(are_last) / len(are_last)}
        for page, are_last in viewed.items()
    }


def events(view: View) -> Told:
    found: Told = defaultdict(lambda: {"events": 0})
    for event in happened(view.events):
        found[(printed(event, "event_name"),)]["events"] += 1
    return found
