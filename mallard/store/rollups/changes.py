"""Changes: what has come to a day that goes on, as rows that are added to the day's figures.

A visitor who comes back changes figures that were worked out before. So of all whom something new
is known of, what the figures hold is taken away, and added again as it is now. That is found out
once for all who ask, until something more has come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from mallard.model import Period
from mallard.remembered import Remembered
from mallard.store.engine.database import Connection
from mallard.store.parquet.partitions import ColdFile
from mallard.store.parquet.statements import IN_SCOPE, rows_of, scope
from mallard.store.rollups.declared import Rollup
from mallard.store.rollups.local_days import is_within, spans_of
from mallard.store.rollups.moment import Moment
from mallard.store.rollups.recent_events import KEPT_LIST, OpenDay, earlier_events_of

MOST_ROWS = 50_000
"""So many are remembered, some ten MB of them; a state of a day has some hundred."""

HotState = frozenset[tuple[date, str, int]]
"""Which hot rows there are, by day and batch: a batch's rows never change, they can only go."""

Rows = Sequence[tuple[Any, ...]]
Key = tuple[object, ...]
Name = tuple[str, str]
OneQuery = Callable[[Connection], AbstractContextManager[None]]

HOT_OF_DAY = f"{IN_SCOPE} and {{is_of_day}}"

HOT_VISITORS = f"select hash(visitor_id) as visitor from events where {HOT_OF_DAY}"

HOT_EVENTS = f"""
select false as is_settled, false as is_earlier, hash(visitor_id) as visitor, {KEPT_LIST}
from events
where {HOT_OF_DAY}
"""

TOUCHED = """
with returning_visitors as materialized ({visitors}),
touched as {materialized} materialized ({events})
"""

SETTLED, EARLIER = "is_settled and not is_earlier", "is_earlier"
"""Of what visitors did, what the figures of the open day hold, and what those of days before."""

KNOWN_APART = f"""
select * replace (case when {EARLIER} then visitor_id || ' earlier' else visitor_id end
    as visitor_id)
from touched
where ({SETTLED}) or ({EARLIER})
"""
"""Both of these, where a visitor is another one on the days before: figures of others add up."""

OF_VALUES = f"""
select rollup, value, visitors, pageviews
from (
    select
        rollup,
        value,
        count(visitor_id) - count(visitor_id) filter (was_settled)
            - count(visitor_id) filter (was_earlier) as visitors,
        sum(pageviews)::bigint as pageviews
    from (
        select
            each.rollup as rollup,
            each.value as value,
            visitor_id,
            bool_or({SETTLED}) as was_settled,
            bool_or({EARLIER}) as was_earlier,
            count(*) filter (where event_name = 'pageview' and not is_settled) as pageviews
        from (select *, unnest([{{each}}]) as each from touched)
        group by all
    )
    group by all
)
where value is not null and (visitors <> 0 or pageviews <> 0)
"""
"""For several rollups at once: who has a value now, less who had it before. NULL is none."""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What has come to the open day: later parts, and the rows that `hot` tells of.

    Its visitors who were seen on `earlier` days of a report, which have these files, count once.
    """

    open_day: OpenDay
    hot: HotState
    earlier: Mapping[date, Sequence[ColdFile]] = field(default_factory=dict)

    @property
    def reads(self) -> list[ColdFile]:
        """Every file that is read."""
        return list(dict.fromkeys(file for files in self.earlier.values() for file in files))

    @property
    def key(self) -> Key:
        """What tells the same from all others of one version of the rollups."""
        files = frozenset((file.path, file.mark) for file in self.reads)
        return self.open_day, self.hot, files, frozenset(self.earlier)

    @property
    def period(self) -> Period:
        """From the first of the earlier days to the open one."""
        day = self.open_day.day
        return Period(min([day, *self.earlier]), day + timedelta(days=1), self.open_day.zone)

    def touched(self, is_used_once: bool) -> str:
        """The beginning of a statement over `touched`, all events of all who came since.

        It binds the scope of the `period`.
        """
        of_day = self.open_day.is_of_day
        visitors = [self.open_day.later_visitors, HOT_VISITORS.format(is_of_day=of_day)]
        these = "select visitor from returning_visitors"
        events = [self.open_day.events_of(these), HOT_EVENTS.format(is_of_day=of_day)]
        if self.earlier:
            visitors.append(self.open_day.returned_from(self.earlier))
            rows = rows_of([file.path for file in self.reads])
            spans = spans_of(self.earlier, self.open_day.zone)
            of_days = "true" if spans is None else is_within(spans)
            events.append(earlier_events_of(these, rows, of_days))
        return TOUCHED.format(
            visitors=" union ".join(visitors),
            materialized="not" if is_used_once else "",
            events=" union all ".join(events),
        )


class Changes:
    """Works out the changes of each rollup, and remembers them."""

    def __init__(self, declared: Iterable[Rollup]) -> None:
        self._declared = tuple(declared)
        self._found: Remembered[Mapping[Name, Rows]] = Remembered(
            MOST_ROWS, lambda found: sum(map(len, found.values())) + 1
        )

    def of(self, moment: Moment, arrivals: Arrivals, rollup: Rollup, one_query: OneQuery) -> Rows:
        """The rows that are added to those of a rollup, with its columns.

        They are worked out within `one_query`. Raises what that does, or duckdb.Error.
        """
        group = [r for r in self._declared if rollup.group and r.group == rollup.group] or [rollup]

        def look() -> Mapping[Name, Rows]:
            with one_query(moment.connection):
                return find(moment.connection, moment.site_id, arrivals, group)

        key = (moment.known.version, moment.site_id, arrivals.key, rollup.group or _name(rollup))
        return self._found.get(key, look)[_name(rollup)]

    @property
    def remembered(self) -> int:
        """How many states of how many groups of rollups are remembered."""
        return len(self._found)

    def forget(self) -> None:
        """Keeps nothing of what events said that are gone now."""
        self._found.forget()


def added(rollup: Rollup, day: date, rows: Rows) -> tuple[str, dict[str, Any]]:
    """The SELECT of a day's changes, with the day and the rollup's columns, and what it binds."""
    columns = {name: [row[place] for row in rows] for place, name in enumerate(rollup.columns)}
    listed = ", ".join(
        f"unnest($changed_{name}::{kind}[]) as {name}" for name, kind in rollup.columns.items()
    )
    bound = {f"changed_{name}": values for name, values in columns.items()}
    return f"select date '{day}' as day, {listed}", bound


def _name(rollup: Rollup) -> Name:
    """What tells a rollup from others; some are parts of the same table."""
    return rollup.name, rollup.select_list


def find(
    connection: Connection, site_id: str, arrivals: Arrivals, rollups: Sequence[Rollup]
) -> Mapping[Name, Rows]:
    """The changes of some rollups, by what tells these apart. Raises duckdb.Error."""
    bound = scope(site_id, arrivals.period)
    rollups = [rollup.in_local_time(arrivals.period) for rollup in rollups]
    for rollup in rollups:
        bound |= rollup.params
    of_values = {place: r.value for place, r in enumerate(rollups) if r.is_of_values}
    parts = [_of_values(of_values)] if of_values else []
    for place, rollup in enumerate(rollups):
        if not rollup.is_of_values:
            parts += [f"select {place} as rollup, * from ({s})" for s in _signed(arrivals, rollup)]
    cursor = connection.execute(
        f"{arrivals.touched(is_used_once=len(parts) == 1)} {' union all by name '.join(parts)}",
        bound,
    )
    columns = {name: place for place, (name, *_) in enumerate(cursor.description)}
    found: dict[Name, list[tuple[Any, ...]]] = {_name(rollup): [] for rollup in rollups}
    for row in cursor.fetchall():
        rollup = rollups[row[columns["rollup"]]]
        found[_name(rollup)].append(tuple(row[columns[name]] for name in rollup.columns))
    return found


def _of_values(values: Mapping[int, str | None]) -> str:
    """The rows of several rollups of values, by their places."""
    each = [f"{{'rollup': {place}, 'value': {value}}}" for place, value in values.items()]
    return f"({OF_VALUES.format(each=', '.join(each))})"


def _signed(arrivals: Arrivals, rollup: Rollup) -> list[str]:
    """The rows of all events of those who came since, and what is to be taken from them."""
    before = KNOWN_APART if arrivals.earlier else f"from touched where {SETTLED}"
    return rollup.changes("from touched", before)
