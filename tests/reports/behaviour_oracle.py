"""Funnel, sequences, flow and retention once more, in plain Python from their definitions."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from mallard.model import SILENT, Event
from mallard.reports.steps import Step
from tests.reports.oracle import View, as_read, moment

Visits = dict[str, list[Event]]


def visits_of(view: View) -> Visits:
    """Each visitor's events in whole sessions, by time."""
    visits: Visits = defaultdict(list)
    for session in view.sessions:
        visits[session[0].visitor_id] += session
    return {
        visitor: sorted(events, key=lambda e: e.timestamp) for visitor, events in visits.items()
    }


def is_step(event: Event, step: Step) -> bool:
    if event.event_name in SILENT:
        return False
    if step.kind == "page":
        parts = [re.escape(as_read(part)) for part in step.value.split("*")]
        return re.fullmatch(".*".join(parts), as_read(event.pathname), re.DOTALL) is not None
    return step.value == event.event_name


def funnel(view: View, steps: Sequence[Step], window: timedelta) -> list[int]:
    """Try every entry; from it, take each step as early as it can be taken."""
    reached = [deepest(events, steps, window) for events in visits_of(view).values()]
    return [sum(depth >= number for depth in reached) for number in range(1, len(steps) + 1)]


def deepest(events: list[Event], steps: Sequence[Step], window: timedelta) -> int:
    return max(
        (
            chain(entry, events[number + 1 :], steps, window)
            for number, entry in enumerate(events)
            if is_step(entry, steps[0])
        ),
        default=0,
    )


def chain(entry: Event, later: list[Event], steps: Sequence[Step], window: timedelta) -> int:
    done = 1
    for event in later:
        if moment(event) - moment(entry) > window:
            break
        while done < len(steps) and is_step(event, steps[done]):
            done += 1
    return done


def sequences(view: View, steps: Sequence[Step]) -> tuple[int, int]:
    visits = visits_of(view)
    return sum(has_all(events, steps) for events in visits.values()), len(visits)


def has_all(events: Iterable[Event], steps: Sequence[Step]) -> bool:
    rest = iter(events)
    return all(any(is_step(event, step) for event in rest) for step in steps)


def flow(view: View, page: str) -> list[tuple[str, int]]:
    found = Counter(filter(None, (next_page(v, page) for v in visits_of(view).values())))
    return sorted(found.items(), key=lambda row: (-row[1], row[0]))[:10]


def flow_of_lost(
    view: View, page: str, steps: Sequence[Step], window: timedelta, number: int
) -> list[tuple[str, int]]:
    """The flow of those whose deepest chain ends at the step of this number."""
    lost = [v for v in visits_of(view).values() if deepest(v, steps, window) == number]
    found = Counter(filter(None, (next_page(events, page) for events in lost)))
    return sorted(found.items(), key=lambda row: (-row[1], row[0]))[:10]


def next_page(events: list[Event], page: str) -> str | None:
    paths = [as_read(event.pathname) for event in events if event.event_name == "pageview"]
    page = as_read(page)
    if page not in paths:
        return None
    after = paths[paths.index(page) + 1 :]
    return next((path for path in after if path != page), None)


def retention(
    history: View, last_day: date, weeks: int, zone: str = "UTC"
) -> list[tuple[str, list[bool], list[int]]]:
    """`history` is everything up to the end of the last day's week."""
    last_week = monday(last_day)
    mondays = [last_week - timedelta(weeks=n) for n in reversed(range(weeks))]
    seen = {
        visitor: {monday(moment(event).astimezone(ZoneInfo(zone)).date()) for event in events}
        for visitor, events in visits_of(history).items()
    }
    rows = []
    for cohort in mondays:
        members = [visited for visited in seen.values() if min(visited) == cohort]
        counts = [
            sum(cohort + timedelta(weeks=n) in visited for visited in members) for n in range(weeks)
        ]
        if members:
            rows.append((cohort.isoformat(), [count > 0 for count in counts], counts))
    return rows


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


Tree = tuple[str, int, int | None, int, list[Any]]
"""A page, its visitors, those who went no further, those on pages left out, and its branches."""


def flow_tree(view: View, page: str, direction: str, depth: int) -> Tree:
    ways = [ways_on(events, page, direction) for events in visits_of(view).values()]
    return branch(as_read(page), [way for way in ways if way is not None], depth)


def ways_on(events: list[Event], page: str, direction: str) -> list[str] | None:
    """The pages from the first view of one on, or back, each but once in a row."""
    paths = [as_read(event.pathname) for event in events if event.event_name == "pageview"]
    page = as_read(page)
    if page not in paths:
        return None
    first = paths.index(page)
    way = paths[first:] if direction == "forward" else paths[first::-1]
    return [path for path, _ in groupby(way)][1:]


def branch(page: str, ways: list[list[str]], depth: int) -> Tree:
    if depth == 0:
        return page, len(ways), None, 0, []
    nexts = Counter(way[0] for way in ways if way)
    named = sorted(nexts.items(), key=lambda row: (-row[1], row[0]))[:10]
    branches = [
        branch(name, [way[1:] for way in ways if way and way[0] == name], depth - 1)
        for name, _ in named
    ]
    others = sum(nexts.values()) - sum(count for _, count in named)
    return page, len(ways), sum(not way for way in ways), others, branches


def journeys(view: View, pages: int) -> list[tuple[list[str], int]]:
    """The first pages of each session, each but once in a row."""
    found: Counter[tuple[str, ...]] = Counter()
    for session in view.sessions:
        paths = [as_read(event.pathname) for event in session if event.event_name == "pageview"]
        way = tuple(path for path, _ in groupby(paths))[:pages]
        if len(way) > 1:
            found[way] += 1
    rows = sorted(found.items(), key=lambda row: (-row[1], row[0]))
    return [(list(way), count) for way, count in rows]
