"""The reports once more, in plain Python over a list of events, written from the definitions."""

from __future__ import annotations

import json
import re
import string
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, TypeVar
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from mallard.model import EPOCH, SILENT, Event, Period
from mallard.reports.channels import CHANNEL
from mallard.reports.filters import EVENT_COLUMNS, SESSION_COLUMNS, Filter
from mallard.reports.goal import Goal
from tests.reports import channel_oracle

HALF_AN_HOUR_US = 30 * 60 * 1_000_000
Session = list[Event]
Key = TypeVar("Key", bound=Hashable)


def moment(event: Event) -> datetime:
    return EPOCH + timedelta(microseconds=event.timestamp)


def clock(at: datetime, period: Period) -> datetime:
    """What clocks of the period's zone show."""
    return at.astimezone(ZoneInfo(period.zone))


def in_period(events: Iterable[Event], site_id: str, period: Period) -> list[Event]:
    return sorted(
        (
            event
            for event in events
            if event.site_id == site_id
            and period.start <= clock(moment(event), period).date() < period.end
        ),
        key=lambda event: event.timestamp,
    )


def sessions_of(events: Iterable[Event]) -> list[Session]:
    by_visitor: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        by_visitor[event.visitor_id].append(event)
    sessions: list[Session] = []
    for visits in by_visitor.values():
        sessions.append([visits[0]])
        for before, event in pairwise(visits):
            if event.timestamp - before.timestamp > HALF_AN_HOUR_US:
                sessions.append([])
            sessions[-1].append(event)
    return sessions


def happened(events: Iterable[Event]) -> list[Event]:
    return [event for event in events if event.event_name not in SILENT]


class View:
    """The events and sessions that a site's period and filters leave."""

    def __init__(
        self, events: Iterable[Event], site_id: str, period: Period, filters: Iterable[Filter]
    ) -> None:
        asked = list(filters)
        within = in_period(events, site_id, period)
        for one in (f for f in asked if f.keeps_visitors):
            chosen = visitors_kept(one, within, events, site_id, period)
            within = [event for event in within if event.visitor_id in chosen]
        filters = [f for f in asked if not f.keeps_visitors]
        on_sessions = [f for f in filters if f.keeps_sessions]
        of_places = [f for f in filters if f.dimension in ("page", "hostname")]
        of_events = [f for f in filters if f not in on_sessions and f not in of_places]
        groups = [group for group in (of_places, of_events) if group]

        def all_hold(group: Iterable[Filter], event: Event) -> bool:
            # What a page tells of itself is nothing that filters find.
            return event.event_name not in SILENT and all(
                holds_of(f, event_values(event, f.dimension)) for f in group
            )

        def has_each(session: Session) -> bool:
            return all(any(all_hold(group, event) for event in session) for group in groups)

        def matches(event: Event) -> bool:
            return any(all_hold(group, event) for group in groups) if groups else True

        kept = [
            session
            for session in sessions_of(within)
            if all(holds(f, session_value(session, f.dimension)) for f in on_sessions)
        ]
        self.sessions = [session for session in kept if has_each(session)]
        self.events = [event for session in self.sessions for event in session if matches(event)]


def visitors_kept(
    condition: Filter, within: list[Event], events: Iterable[Event], site_id: str, period: Period
) -> set[str]:
    """Who did it, or not; whose first event of all is in the period, or before it."""
    everyone = {event.visitor_id for event in within}
    if condition.dimension == "did":
        found = {
            event.visitor_id
            for event in within
            for value in condition.values
            if does(event, value, condition.goals)
        }
    else:
        own = [event for event in events if event.site_id == site_id]
        before = {e.visitor_id for e in own if clock(moment(e), period).date() < period.start}
        kinds = {"new": everyone - before, "returning": everyone & before}
        found = {visitor for value in condition.values for visitor in kinds[value]}
    return everyone - found if condition.operator == "!=" else found


def does(event: Event, value: str, goals: Iterable[Goal]) -> bool:
    kind, _, name = value.partition(":")
    if kind == "event":
        return event.event_name == name
    return any(reaches(event, goal) for goal in goals if goal.name == name)


def reaches(event: Event, goal: Goal) -> bool:
    if goal.page:
        parts = [re.escape(as_read(part)) for part in goal.page.split("*")]
        path = as_read(event.pathname)
        does_fit = re.fullmatch(".*".join(parts), path, re.DOTALL) is not None
        is_it = event.event_name == "pageview" and does_fit
    else:
        is_it = event.event_name == goal.event
    if goal.money and event.revenue_amount is None:
        return False
    return is_it and all(
        value in (property_values(event, key) or {"(unknown)"}) for key, value in goal.props
    )


def as_read(path: str) -> str:
    """A path with its escapes decoded, but for those that keep addresses apart."""

    def marked(found: re.Match[str]) -> str:
        sign = chr(int(found[1], 16))
        stays = sign < " " or sign == "\x7f" or sign in "#%,/?|" or sign in string.hexdigits
        return f"%25{found[1]}" if stays else found[0]

    try:
        return unquote(re.sub("%([0-9A-Fa-f]{2})", marked, path), errors="strict")
    except UnicodeDecodeError:
        return path


def event_value(event: Event, dimension: str) -> str | None:
    """What an event has as a dimension, an array as one text."""
    if dimension.startswith("prop:"):
        return text_of(json.loads(event.props or "{}").get(dimension.removeprefix("prop:")))
    value: str | None = getattr(event, EVENT_COLUMNS[dimension])
    return as_read(event.pathname) if dimension == "page" else value


def event_values(event: Event, dimension: str) -> list[str | None]:
    """What a filter looks at: one thing, or all values of a property."""
    if dimension.startswith("prop:"):
        return [*property_values(event, dimension.removeprefix("prop:"))] or [None]
    return [event_value(event, dimension)]


def property_values(event: Event, key: str) -> set[str]:
    found = json.loads(event.props or "{}").get(key)
    texts = map(text_of, found if isinstance(found, list) else [found])
    return {text for text in texts if text not in (None, "", "(unknown)")}


def text_of(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def session_value(session: Session, dimension: str) -> str | None:
    pages = [as_read(event.pathname) for event in session if event.event_name == "pageview"]
    if dimension in ("entry_page", "exit_page"):
        return pages[0 if dimension == "entry_page" else -1] if pages else None
    if dimension == "channel":
        return channel_oracle.channel(session[0])
    value: str | None = getattr(session[0], SESSION_COLUMNS[dimension])
    return value


def holds_of(condition: Filter, values: Iterable[str | None]) -> bool:
    """Of several values, any may be what is wanted, or none must be what is not."""
    return (all if condition.operator[0] == "!" else any)(holds(condition, v) for v in values)


def holds(condition: Filter, value: str | None) -> bool:
    is_of_paths = condition.dimension in ("page", "entry_page", "exit_page")
    wanted = [as_read(v) if is_of_paths else v for v in condition.values]
    is_negative = condition.operator[0] == "!"
    if condition.operator in ("~=", "!~"):
        found = value is not None and any(v.lower() in value.lower() for v in wanted)
    elif condition.operator in ("~*", "!*"):
        found = value is not None and any(is_like(v, value, is_of_paths) for v in condition.values)
    else:
        found = any(value == (None if v == "(unknown)" else v) for v in wanted)
    return found is not is_negative


def is_like(pattern: str, value: str, is_of_paths: bool) -> bool:
    """Whether all of a value fits a pattern, in which only a star means more than itself."""
    parts = [as_read(part) if is_of_paths else part for part in pattern.split("*")]
    literal = [re.escape(re.sub("%2a", "*", part, flags=re.I).lower()) for part in parts]
    return re.fullmatch(".*".join(literal), value.lower(), re.DOTALL) is not None


def visitors(events: Iterable[Event]) -> int:
    return len({event.visitor_id for event in events})


def pageviews(events: Iterable[Event]) -> int:
    return sum(event.event_name == "pageview" for event in events)


def totals(view: View) -> dict[str, Any]:
    bounces = sum(pageviews(session) == 1 for session in view.sessions)
    lasted_us = sum(session[-1].timestamp - session[0].timestamp for session in view.sessions)
    sessions, people, pages = len(view.sessions), visitors(view.events), pageviews(view.events)
    return {
        "unique_visitors": people,
        "total_pageviews": pages,
        "bounce_rate": bounces / sessions if sessions else 0.0,
        "avg_visit_duration_secs": lasted_us / sessions / 1e6 if sessions else 0.0,
        "pages_per_visit": pages / people if people else 0.0,
        "sessions": sessions,
        "views_per_session": pages / sessions if sessions else 0.0,
    }


def grouped(events: Iterable[Event], key: Callable[[Event], Key]) -> dict[Key, list[Event]]:
    groups: dict[Key, list[Event]] = defaultdict(list)
    for event in events:
        groups[key(event)].append(event)
    return groups


def revenue(view: View) -> list[tuple[str, str, int, Decimal]]:
    paid = [event for event in view.events if event.revenue_amount is not None]
    groups = grouped(paid, lambda event: (event.event_name, event.revenue_currency or "(unknown)"))
    rows = [
        (
            *key,
            len(events),
            sum((Decimal(event.revenue_amount or 0) for event in events), Decimal()),
        )
        for key, events in groups.items()
    ]
    return sorted(rows, key=lambda row: (-row[3], row[0], row[1]))


def bucket(at: datetime, interval: str) -> str:
    if interval == "week":
        return (at - timedelta(days=at.weekday())).strftime("%Y-%m-%d")
    return at.strftime({"hour": "%Y-%m-%d %H:00", "day": "%Y-%m-%d", "month": "%Y-%m"}[interval])


Name = tuple[str, str]
"""A bucket, and the distance of its clocks from UTC where that tells two hours apart."""


def bucket_at(at: datetime, period: Period, interval: str) -> Name:
    shown = clock(at, period)
    return bucket(shown, interval), shown.isoformat()[-6:] if interval == "hour" else ""


def buckets(period: Period, interval: str) -> list[Name]:
    """Of every quarter of an hour whose date is in the period, in the order of time."""
    start = datetime.combine(period.start, datetime.min.time(), UTC) - timedelta(days=1)
    quarters = ((period.end - period.start).days + 2) * 96
    moments = (start + timedelta(minutes=15 * n) for n in range(quarters))
    return list(
        dict.fromkeys(
            bucket_at(at, period, interval)
            for at in moments
            if period.start <= clock(at, period).date() < period.end
        )
    )


def labels(names: Iterable[Name]) -> list[str]:
    names = list(names)
    times = Counter(label for label, _ in names)
    return [f"{label}{offset}" if times[label] > 1 else label for label, offset in names]


def timeseries(view: View, period: Period, interval: str) -> list[tuple[str, int, int]]:
    groups = grouped(view.events, lambda event: bucket_at(moment(event), period, interval))
    names = buckets(period, interval)
    return [
        (label, visitors(groups.get(name, ())), pageviews(groups.get(name, ())))
        for name, label in zip(names, labels(names), strict=True)
    ]


def session_series(view: View, period: Period, interval: str) -> list[dict[str, Any]]:
    """By the totals of those sessions that begin in a bucket, but with all its pageviews."""
    viewed = {name: count for name, _, count in timeseries(view, period, interval)}
    rows = []
    names = buckets(period, interval)
    for name, label in zip(names, labels(names), strict=True):
        some = View((), "", period, ())
        some.sessions = [
            s for s in view.sessions if bucket_at(moment(s[0]), period, interval) == name
        ]
        figures, count = totals(some), len(some.sessions)
        rows.append(
            {
                "date": label,
                "sessions": count,
                "views_per_session": viewed[label] / count if count else 0.0,
                "bounce_rate": figures["bounce_rate"],
                "avg_visit_duration_secs": figures["avg_visit_duration_secs"],
            }
        )
    return rows


Row = tuple[Any, ...]
"""A value, its visitors and its pageviews; of a region or city also its country."""


def values(view: View, column: str) -> dict[str, list[Event]]:
    """The events that count for each printed value; for entry and exit pages, whole sessions'."""
    if column == CHANNEL:
        return grouped(view.events, channel_oracle.channel)
    if column not in ("entry_page", "exit_page"):
        did = column in ("pathname", "event_name")
        events = happened(view.events) if did else view.events
        return grouped(events, lambda event: printed(event, column))
    groups: dict[str, list[Event]] = defaultdict(list)
    for session in view.sessions:
        groups[session_value(session, column) or "(unknown)"] += session
    return groups


def printed(event: Event, column: str) -> str:
    value: str = getattr(event, column) or "(unknown)"
    return as_read(value) if column == "pathname" else value


def breakdown(view: View, column: str) -> list[Row]:
    rows: list[Row]
    if column in ("region", "city"):
        groups = grouped(view.events, lambda e: (printed(e, column), printed(e, "country_code")))
        rows = [(v, visitors(of), pageviews(of), country) for (v, country), of in groups.items()]
    else:
        rows = [(v, visitors(of), pageviews(of)) for v, of in values(view, column).items()]
    return sorted(rows, key=lambda row: (-row[1], -row[2], row[0], *row[3:]))


def properties(view: View) -> list[tuple[str, int, int]]:
    """Each key, with the visitors and the number of events that have a value of it."""
    groups: dict[str, list[Event]] = defaultdict(list)
    for event in happened(view.events):
        for key in json.loads(event.props or "{}"):
            if key and property_values(event, key):
                groups[key].append(event)
    rows = [(key, visitors(events), len(events)) for key, events in groups.items()]
    return sorted(rows, key=lambda row: (-row[1], -row[2], row[0]))


def by_property(view: View, key: str) -> list[dict[str, Any]]:
    """The rows of a property's values; those of the most visitors first."""
    groups: dict[str, list[Event]] = defaultdict(list)
    for event in happened(view.events):
        for value in property_values(event, key) or {"(unknown)"}:
            groups[value].append(event)
    rows = [
        {
            "value": value,
            "visitors": visitors(events),
            "pageviews": pageviews(events),
            "events": len(events),
            "revenue": amounts(events),
        }
        for value, events in groups.items()
    ]
    return sorted(rows, key=lambda row: (-row["visitors"], -row["pageviews"], row["value"]))


def amounts(events: Iterable[Event]) -> list[dict[str, Any]]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for event in events:
        if event.revenue_amount is not None:
            sums[event.revenue_currency or "(unknown)"] += Decimal(event.revenue_amount)
    rows = [{"currency": name, "amount": amount} for name, amount in sums.items()]
    return sorted(rows, key=lambda one: (-one["amount"], one["currency"]))


def realtime(view: View, now: datetime) -> dict[str, Any]:
    until_now = [event for event in view.events if moment(event) <= now + timedelta(minutes=5)]
    current = [event for event in until_now if moment(event) > now - timedelta(minutes=5)]
    by_minute = grouped(until_now, lambda event: min(moment(event), now).strftime("%FT%H:%M"))
    names = [(now - timedelta(minutes=n)).strftime("%FT%H:%M") for n in reversed(range(30))]
    views = {name: by_minute.get(name, []) for name in names}
    return {
        "current_visitors": visitors(current),
        "minutes": [
            {"minute": name, "visitors": visitors(events), "pageviews": pageviews(events)}
            for name, events in views.items()
        ],
        "pages": current_visitors(current, "pathname"),
        "sources": current_visitors(current, "referrer_source"),
    }


def current_visitors(events: Iterable[Event], column: str) -> list[dict[str, Any]]:
    groups = grouped(events, lambda event: printed(event, column))
    rows = sorted((-visitors(group), value) for value, group in groups.items())
    return [{"value": value, "visitors": -count} for count, value in rows[:10]]


def countries_now(view: View, now: datetime) -> list[tuple[str, int]]:
    current = [
        event
        for event in view.events
        if -timedelta(minutes=5) < moment(event) - now <= timedelta(minutes=5)
    ]
    groups = grouped(current, lambda event: event.country_code or "(unknown)")
    rows = [(value, visitors(events)) for value, events in groups.items()]
    return sorted(rows, key=lambda row: (-row[1], row[0]))


def last_events(view: View, now: datetime) -> list[tuple[datetime, str, str, str | None]]:
    """The latest first, of the minutes that realtime tells of."""
    first = now.replace(second=0, microsecond=0) - timedelta(minutes=29)
    lately = [e for e in view.events if first <= moment(e) <= now + timedelta(minutes=5)]
    return [
        (min(moment(e), now), e.event_name, as_read(e.pathname), e.country_code)
        for e in sorted(lately, key=lambda e: -e.timestamp)
    ]
