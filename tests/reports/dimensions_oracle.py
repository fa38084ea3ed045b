"""Figures by several dimensions once more, in plain Python from their definitions."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import cache, partial
from itertools import product
from typing import Any

from mallard.model import Event, Period
from mallard.reports.combinations import OF_SESSIONS, ByDimensions
from mallard.reports.parameters import INTERVALS
from mallard.reports.where import (
    AllOf,
    AnyOf,
    Compared,
    HasDone,
    Not,
    Reaches,
    Where,
    goals_in,
    tests_of,
)
from tests.reports.oracle import (
    Session,
    View,
    as_read,
    bucket_at,
    buckets,
    event_values,
    happened,
    labels,
    moment,
    pageviews,
    reaches,
    session_value,
    visitors,
)

OF_EVENTS = ("page", "hostname", "event")
TELLING = ("page", "event", "goal")
"""What tells apart what happened: what a page tells of itself has no part in it."""
Key = tuple[str, ...]


def figures(view: View, asked: ByDimensions, period: Period) -> dict[Key, dict[str, float]]:
    """The figures of each combination of values; without figures of sessions, of events alone."""
    asks_sessions = not set(OF_SESSIONS).isdisjoint(asked.metrics)
    dimensions = asked.with_places.dimensions
    events: dict[Key, list[Event]] = defaultdict(list)
    sessions: dict[Key, dict[int, Session]] = defaultdict(dict)
    if not dimensions:
        events[()], sessions[()] = [], {}
    tells_apart = any(name in TELLING or name.startswith("prop:") for name in named(asked))
    matching = {id(event) for event in (happened if tells_apart else list)(view.events)}
    for number, session in enumerate(view.sessions):
        for event in session:
            if id(event) not in matching or not does_hold(asked.where, event, session, view):
                continue
            own = partial(values_of, event, session, asked)
            for key in combinations(own(event, period), dimensions):
                events[key].append(event)
            if asks_sessions:
                for key in combinations(own(session[0], period), dimensions):
                    sessions[key][number] = session
    return {
        key: _figures(events.get(key, []), list(sessions.get(key, {}).values()))
        for key in {*events, *sessions}
    }


def named(asked: ByDimensions) -> Iterator[str]:
    """All that is asked about."""
    yield from asked.dimensions
    yield from (test.dimension for test in tests_of(asked.where))
    yield from ("goal" for _ in goals_in(asked.where))


def _figures(events: list[Event], sessions: list[Session]) -> dict[str, float]:
    count = len(sessions)
    lasted_us = sum(session[-1].timestamp - session[0].timestamp for session in sessions)
    bounces = sum(pageviews(session) == 1 for session in sessions)
    return {
        "visitors": visitors(events),
        "pageviews": pageviews(events),
        "events": len(happened(events)),
        "sessions": count,
        "bounce_rate": bounces / count if count else 0.0,
        "avg_visit_duration_secs": lasted_us / count / 1e6 if count else 0.0,
        "views_per_session": pageviews(events) / count if count else 0.0,
    }


def combinations(values: Callable[[str], list[str]], dimensions: Iterable[str]) -> Iterator[Key]:
    """Those that an event is of; several where it reaches several goals."""
    return product(*map(values, dimensions))


def values_of(
    event: Event, session: Session, asked: ByDimensions, timed: Event, period: Period
) -> Callable[[str], list[str]]:
    """What tells the values of a dimension that an event has; its time is that of `timed`."""

    def values(name: str) -> list[str]:
        if name in INTERVALS:
            return [label_at(moment(timed), period, name)]
        if name == "goal":
            return [goal.name for goal in asked.goals if reaches(event, goal)]
        return [value or "(unknown)" for value in values_seen(name, event, session)]

    return values


def label_at(at: datetime, period: Period, interval: str) -> str:
    """What the bucket of a moment is called among those of the period."""
    return labels_of(period, interval)[bucket_at(at, period, interval)]


@cache
def labels_of(period: Period, interval: str) -> dict[tuple[str, str], str]:
    names = buckets(period, interval)
    return dict(zip(names, labels(names), strict=True))


def values_seen(name: str, event: Event, session: Session) -> list[str | None]:
    """One, or all that an event has of a property."""
    is_of_event = name in OF_EVENTS or name.startswith("prop:")
    return event_values(event, name) if is_of_event else [session_value(session, name)]


def does_hold(where: Where, event: Event, session: Session, view: View) -> bool:
    match where:
        case HasDone():
            matching = {id(one) for one in view.events}
            return any(
                one.visitor_id == event.visitor_id and does_hold(where.of, one, of, view)
                for of in view.sessions
                for one in of
                if id(one) in matching
            )
        case Compared():
            values = values_seen(where.dimension, event, session)
            return any(_is_so(where, value) for value in values)
        case Reaches():
            return any(reaches(event, goal) for goal in where.goals)
        case Not():
            return not does_hold(where.of, event, session, view)
        case AllOf():
            return all(does_hold(part, event, session, view) for part in where.of)
        case AnyOf():
            return any(does_hold(part, event, session, view) for part in where.of)


def _is_so(compared: Compared, value: str | None) -> bool:
    wanted: list[Any] = list(compared.values)
    if compared.operator == "matches":
        flags = re.DOTALL | (re.IGNORECASE if compared.ignores_case else 0)
        return value is not None and any(re.search(text, value, flags) for text in wanted)
    if compared.dimension in ("page", "entry_page", "exit_page"):
        wanted = list(map(as_read, wanted))
    if value is None:
        return compared.operator == "is" and "(unknown)" in wanted
    if compared.ignores_case:
        value, wanted = value.lower(), [text.lower() for text in wanted]
    if compared.operator == "contains":
        return any(text in value for text in wanted)
    return value in [text for text in wanted if text != "(unknown)"]
