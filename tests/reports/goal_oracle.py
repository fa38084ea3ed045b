"""Goals once more, in plain Python from their definitions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from mallard.model import Event, Period
from mallard.reports.channels import CHANNEL
from mallard.reports.filters import EVENT_COLUMNS
from mallard.reports.goal import Goal
from tests.reports import channel_oracle
from tests.reports.oracle import (
    Row,
    Session,
    View,
    amounts,
    breakdown,
    bucket_at,
    buckets,
    by_property,
    grouped,
    labels,
    moment,
    printed,
    property_values,
    reaches,
    visitors,
)

Key = tuple[str, ...]


def reached(sessions: Iterable[Session], goal: Goal) -> list[Event]:
    return [event for session in sessions for event in session if reaches(event, goal)]


def goals(view: View, wanted: Iterable[Goal]) -> list[dict[str, Any]]:
    everyone = visitors(event for session in view.sessions for event in session)
    return [row_of(goal, reached(view.sessions, goal), everyone) for goal in wanted]


def row_of(goal: Goal, events: list[Event], everyone: int) -> dict[str, Any]:
    return {
        "goal": goal.name,
        "visitors": visitors(events),
        "conversions": len(events),
        "conversion_rate": visitors(events) / everyone if everyone else 0.0,
        "revenue": amounts(events),
    }


def series(view: View, goal: Goal, period: Period, interval: str) -> list[tuple[str, int, float]]:
    """Each bucket's conversions, and the share of its visitors who reached the goal in it."""
    everything = [event for session in view.sessions for event in session]
    there = grouped(everything, lambda event: bucket_at(moment(event), period, interval))
    found = grouped(
        reached(view.sessions, goal), lambda event: bucket_at(moment(event), period, interval)
    )
    names = buckets(period, interval)
    return [
        (
            label,
            len(found.get(name, ())),
            visitors(found.get(name, ())) / visitors(there[name]) if name in there else 0.0,
        )
        for name, label in zip(names, labels(names), strict=True)
    ]


def conversions(view: View, column: str, goal: Goal) -> dict[Key, tuple[int, int, int, float]]:
    """Visitors, pageviews, conversions and the rate of each value, places with their countries."""
    by_value: dict[Key, list[Event]] = defaultdict(list)
    for session in view.sessions:
        for value in values_of(session, view, column):
            by_value[value] += reached([session], goal)
    if column.startswith("prop:"):
        told = by_property(view, column.removeprefix("prop:"))
        rows: list[Row] = [(row["value"], row["visitors"], row["pageviews"]) for row in told]
    else:
        rows = breakdown(view, column)
    return {
        key: (people, views, len(by_value[key]), visitors(by_value[key]) / people)
        for value, people, views, *country in rows
        if people and (key := (value, *country))
    }


def values_of(session: Session, view: View, column: str) -> set[Key]:
    if column in ("entry_page", "exit_page"):
        pages = [event for event in session if event.event_name == "pageview"]
        edge = 0 if column == "entry_page" else -1
        return {(printed(pages[edge], "pathname"),)} if pages else {("(unknown)",)}
    matching = {id(event) for event in view.events}
    if column.startswith("prop:"):
        key = column.removeprefix("prop:")
        found = [property_values(e, key) or {"(unknown)"} for e in session if id(e) in matching]
        return {(value,) for values in found for value in values}
    if column in EVENT_COLUMNS.values():
        return {(printed(event, column),) for event in session if id(event) in matching}
    if column == CHANNEL:
        return {(channel_oracle.channel(session[0]),)}
    if column in ("region", "city"):
        return {(printed(session[0], column), printed(session[0], "country_code"))}
    return {(printed(session[0], column),)}
