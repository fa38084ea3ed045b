"""How often some events happened, by their name or properties, within several spans of days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from mallard.reports.conditions import EVERYTHING, Params
from mallard.reports.filters import UNKNOWN
from mallard.reports.query import ReportQuery
from mallard.reports.scope import Reader, fetch

EVENT = "event"
"""Tells events apart by their name; everything else is the key of a property."""

SQL = """
select [{keys}]::varchar[] as told, {counts}
from events
where list_contains($events, event_name) and {only}
group by told
order by {order}, told
{limit}
"""

OF_DAYS = """
select event_name, timestamp::date as day, count(*) as count
from events
where list_contains($events, event_name)
group by event_name, day
order by day, event_name
"""


@dataclass(frozen=True, slots=True)
class Tally:
    """Which events are counted, and by what they are told apart; `only` is a property's value."""

    events: tuple[str, ...]
    by: tuple[str, ...] = ()
    only: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class TallyRow:
    """What tells these events apart, and how many there are since each of the days asked for.

    `(unknown)` stands for a property that they do not have.
    """

    told: tuple[str, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DayCount:
    """How many events of a name there are on a UTC day."""

    event: str
    day: date
    count: int


def tally(
    reader: Reader,
    query: ReportQuery,
    of: Tally,
    since: tuple[date, ...],
    order: int = 0,
    is_limited: bool = False,
) -> list[TallyRow]:
    """The rows with events, most of them first since the day in place `order` of `since`.

    Each count is of the query's period from one of these days on. The others decide where those
    are equal, in their order. There are at most `query.limit` rows if it `is_limited`.
    """
    bound: Params = {"events": list(of.events)}
    places = [order, *(n for n in range(len(since)) if n != order)]
    sql = SQL.format(
        keys=", ".join(_key(name, bound) for name in of.by),
        counts=", ".join(_count_since(day, bound) for day in since),
        only=_condition(of.only, bound),
        order=", ".join(f"{place + 2} desc" for place in places),
        limit=f"limit {_bind(query.limit, bound)}" if is_limited else "",
    )
    rows = fetch(reader, query, sql, **bound)
    return [TallyRow(tuple(told), tuple(counts)) for told, *counts in rows]


def counts_of_days(reader: Reader, query: ReportQuery, events: tuple[str, ...]) -> list[DayCount]:
    """How often each of the events happened on each day of the period, days without it left out."""
    return [DayCount(*row) for row in fetch(reader, query, OF_DAYS, events=list(events))]


def _key(name: str, bound: Params) -> str:
    if name == EVENT:
        return "event_name"
    return f"coalesce({_property(name, bound)}, {_bind(UNKNOWN, bound)})"


def _count_since(day: date, bound: Params) -> str:
    beginning = datetime.combine(day, time.min)
    return f"count(*) filter (where timestamp >= {_bind(beginning, bound)})"


def _condition(only: tuple[str, str] | None, bound: Params) -> str:
    if only is None:
        return EVERYTHING
    name, value = only
    return f"{_property(name, bound)} = {_bind(value, bound)}"


def _property(name: str, bound: Params) -> str:
    return f"try(json_extract_string(props, {_bind(f'/{name}', bound)}))"


def _bind(value: object, bound: Params) -> str:
    name = f"tally_{len(bound)}"
    bound[name] = value
    return f"${name}"
