"""How often some events happened, by their name or properties, within several spans of days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from mallard.reports.conditions import EVERYTHING, Params
from mallard.reports.filters import UNKNOWN
from mallard.reports.query import ReportQuery
from mallard.reports.scope import fetch
from mallard.store.reader import Reader

EVENT = "event"
"""Tells events apart by their name; everything else is the key of a property."""

SQL = """
, counted as materialized (
    select event_name, found, {counts}
    from (
        select
            event_name,
            timestamp,
            case when json_valid(props) then json_extract_string(props, $keys) end as found
        from events
        where list_contains($events, event_name)
    )
    group by event_name, found
)
{parts}
order by place, rank
"""
"""However many tallies: the properties are read once, which takes longest.

`try` would do for what is no JSON, too, and takes five times as long.
"""

PART = """
select {place} as place, row_number() over (order by {order}, told) as rank, told, {names}
from (
    select [{told}]::varchar[] as told, {sums}
    from counted
    where list_contains({events}, event_name) and {only}
    group by told
)
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
    """Which events are counted, and by what they are told apart.

    `only` is a property and its value; at most `limit` rows are wanted.
    """

    events: tuple[str, ...]
    by: tuple[str, ...] = ()
    only: tuple[str, str] | None = None
    limit: int | None = None

    @property
    def properties(self) -> list[str]:
        """The keys of properties that are looked at."""
        return [name for name in self.by if name != EVENT] + ([self.only[0]] if self.only else [])


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


def tallies(
    reader: Reader,
    query: ReportQuery,
    of: tuple[Tally, ...],
    since: tuple[date, ...],
    order: int = 0,
) -> list[list[TallyRow]]:
    """The rows with events of each tally, most of them first since the day in place `order`.

    Each count is of the query's period from one of these days on. The others decide where those
    are equal, in their order.
    """
    keys = sorted({name for one in of for name in one.properties})
    bound: Params = {
        "keys": [f"/{name}" for name in keys],
        "events": sorted({name for one in of for name in one.events}),
    }
    parts = [_part(place, one, keys, len(since), order, bound) for place, one in enumerate(of)]
    counts = (f"{_count_since(day, bound)} as count_{n}" for n, day in enumerate(since))
    sql = SQL.format(counts=", ".join(counts), parts="union all".join(parts))
    rows: list[list[TallyRow]] = [[] for _ in of]
    for place, _, told, *found in fetch(reader, query, sql, **bound):
        rows[place].append(TallyRow(tuple(told), tuple(found)))
    return rows


def counts_of_days(reader: Reader, query: ReportQuery, events: tuple[str, ...]) -> list[DayCount]:
    """How often each of the events happened on each day of the period, days without it left out."""
    return [DayCount(*row) for row in fetch(reader, query, OF_DAYS, events=list(events))]


def _part(place: int, of: Tally, keys: list[str], spans: int, order: int, bound: Params) -> str:
    """The SELECT of one tally's rows."""

    def value(name: str) -> str:
        return "event_name" if name == EVENT else f"found[{keys.index(name) + 1}]"

    names = [f"count_{n}" for n in range(spans)]
    weighty = [names[order], *names[:order], *names[order + 1 :]]
    only = EVERYTHING
    if of.only is not None:
        only = f"{value(of.only[0])} = {_bind(of.only[1], bound)}"
    return PART.format(
        place=place,
        order=", ".join(f"{name} desc" for name in weighty),
        names=", ".join(names),
        told=", ".join(f"coalesce({value(name)}, {_bind(UNKNOWN, bound)})" for name in of.by),
        sums=", ".join(f"sum({name})::bigint as {name}" for name in names),
        events=_bind(list(of.events), bound),
        only=only,
        limit="" if of.limit is None else f"qualify rank <= {_bind(of.limit, bound)}",
    )


def _count_since(day: date, bound: Params) -> str:
    beginning = datetime.combine(day, time.min)
    return f"count(*) filter (where timestamp >= {_bind(beginning, bound)})"


def _bind(value: object, bound: Params) -> str:
    name = f"tally_{len(bound)}"
    bound[name] = value
    return f"${name}"
