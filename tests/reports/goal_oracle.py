"""Goals once more, in plain Python from their definitions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from mallard.model import Event, Period
from mallard.reports.channels import CHANNEL
from mallard.reports.filters import EVENT_COLUMNS
from mallard.reports.goal import Goal
from tests.reports import channel_oracle
from tests.reports.oracle import (
    Session,
    View,
    breakdown,
    bucket_at,
    buckets,
    grouped,
    labels,
    moment,
    printed,
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
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for event in events:
        if event.revenue_amount is not None:
            sums[event.revenue_currency or "(unknown)"] += Decimal(event.revenue_amount)
    revenue = [{"currency": name, "amount": amount} for name, amount in sums.items()]
    return {
        "goal": goal.name,
        "visitors": visitors(events),
        "conversions": len(events),
        "conversion_rate": visitors(events) / everyone if everyone else 0.0,
        "revenue": sorted(revenue, key=lambda one: (-one["amount"], one["currency"])),
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
    return {
        key: (people, views, len(by_value[key]), visitors(by_value[key]) / people)
        for value, people, views, *country in breakdown(view, column)
        if people and (key := (value, *country))
    }


def values_of(session: Session, view: View, column: str) -> set[Key]:
    if column in ("entry_page", "exit_page"):
        pages = [event for event in session if event.event_name == "pageview"]
        edge = 0 if column == "entry_page" else -1
        return {(printed(pages[edge], "pathname"),)} if pages else {("(unknown)",)}
    if column in EVENT_COLUMNS.values():
        matching = {id(event) for event in view.events}
        return {(printed(event, column),) for event in session if id(event) in matching}
    if column == CHANNEL:
        return {(channel_oracle.channel(session[0]),)}
    if column in ("region", "city"):
        return {(printed(session[0], column), printed(session[0], "country_code"))}
    return {(printed(session[0], column),)}
