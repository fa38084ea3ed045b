"""Figures by several dimensions at once, of what nested conditions keep."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from mallard.reports import kept, seen
from mallard.reports.combinations import (
    CURRENCY,
    GOAL,
    METRICS,
    OF_MONEY,
    OF_SESSIONS,
    ByDimensions,
    Found,
)
from mallard.reports.conditions import Params
from mallard.reports.filters import (
    CHANNEL,
    PROP,
    SESSION_COLUMNS,
    UNKNOWN,
)
from mallard.reports.goal import Goal
from mallard.reports.imported_combinations import rows_told
from mallard.reports.known_figures import Rows, known_figures
from mallard.reports.parameters import INTERVALS
from mallard.reports.query import ReportQuery
from mallard.reports.timeseries import label_of
from mallard.reports.where import EVERYTHING, Bound, goals_in, tests_of
from mallard.store.reader import Reader

FIGURES = """
select
    {values}
    count(visitor) as visitors, sum(views)::bigint as pageviews, sum(times)::bigint as events,
    0 as visits, 0 as bounces, 0::bigint as duration_us,
    sum(views)::bigint as views_of_visits, 0 as judged, 0 as timed {money}
from (
    select {event_values} visitor, sum(views) as views, sum(times) as times {paid}
    from kept_ones
    group by all
)
{group_values}
"""
"""Grouped by visitor first: what there is no memory for waits on the disk, as sets could not."""
SESSIONS = """
union all by name
select
    {values}
    0 as visitors, 0 as pageviews, 0 as events, count(*) as visits,
    count(*) filter (where session_pageviews = 1) as bounces,
    sum(epoch_us(ended_at) - epoch_us(began_at))::bigint as duration_us,
    0 as views_of_visits, count(*) as judged, count(*) as timed
from (
    select distinct {session_values} visitor, began_at, ended_at, session_pageviews
    from kept_ones
)
{group_values}
"""
SQL = """
, kept_ones as (select * {goal} from {several} where {test})
select {values} {metrics}, count(*) over () as total
from ({figures})
{group_values}
order by {order}
limit $limit offset $offset
"""
SUMS_OF_MONEY = ", sum(payments)::bigint as payments, sum(amount) as amount"
PAID = ", count(amount) as payments, sum(amount) as amount"
ONE_OF_SEVERAL = "(select *, unnest({values}) as prop_{number} from {rows})"
"""Rows once for each value that they have of a property."""
REACHED = ", unnest(list_filter([{numbers}], lambda each: each is not null)) as goal"


def by_dimensions(reader: Reader, query: ReportQuery, asked: ByDimensions) -> Found:
    """The figures of those combinations of values that there are; without dimensions of one row.

    A session counts by the values of its first event, and in each row with an event of its that is
    kept; in time it counts where it began, and events where they happened. `(unknown)` stands for
    no value. Imported days are added where they tell all that is asked for.
    """
    is_plain = asked.where == EVERYTHING and asked.since is None
    known = known_figures(reader, query, asked.dimensions, asked.metrics) if is_plain else None
    if known is not None:
        return _piece(asked, known)
    return _looked_up(reader, query, asked.with_places)


def _piece(asked: ByDimensions, rows: Rows) -> Found:
    """The part that is asked for of rows that come in the order of time."""
    numbered = [(number, figures) for number, (_, figures) in enumerate(rows)]
    for name, is_descending in reversed(asked.order):
        place = asked.metrics.index(name) if name in asked.metrics else None
        numbered.sort(key=partial(_weight, place), reverse=is_descending)
    found = [rows[number] for number, _ in numbered]
    return Found(asked.dimensions, found[asked.offset :][: asked.limit], len(rows))


def _weight(place: int | None, row: tuple[int, tuple[int | float, ...]]) -> int | float:
    """A figure of a row, or where in time it is."""
    number, figures = row
    return number if place is None else figures[place]


def _looked_up(reader: Reader, query: ReportQuery, asked: ByDimensions) -> Found:
    """What kept legs or events say."""
    statement = _Statement(asked, query)
    of_session = statement.session_columns
    needs_sessions = bool(of_session) or statement.asks_sessions
    rows = seen.fetch(
        reader,
        query,
        statement.sql,
        of_session,
        needs_sessions=needs_sessions,
        by_legs=kept.legs_tell(query.filters) and not statement.asks_events,
        tells_events_apart=statement.tells_events_apart,
        tells_money=statement.asks_money,
        since=asked.since,
        limit=asked.limit,
        offset=asked.offset,
        **statement.params,
    )
    if not rows and asked.offset:
        first = _looked_up(reader, query, replace(asked, limit=1, offset=0))
        return Found(asked.dimensions, [], first.total)
    count = len(asked.dimensions)
    told = [partial(_told, query, dimension) for dimension in asked.dimensions]
    found = [
        (
            tuple(tell(value) for tell, value in zip(told, row[:count], strict=True)),
            tuple(v or 0 for v in row[count:-1]),
        )
        for row in rows
    ]
    return Found(asked.dimensions, found, rows[0][-1] if rows else 0)


def _told(query: ReportQuery, dimension: str, value: Any) -> str:
    """A value as reports print it."""
    if dimension not in INTERVALS:
        return str(value)
    return label_of(value, replace(query, interval=dimension))


SQL_OF = METRICS | OF_MONEY


class _Statement:
    """The SQL of a question, and what it binds."""

    def __init__(self, asked: ByDimensions, query: ReportQuery) -> None:
        self._asked = asked
        self._bound = Bound()
        self.asks_sessions = not set(OF_SESSIONS).isdisjoint(asked.metrics)
        test, goal = self._bound.holds(asked.where), self._goal()
        names = [f"value_{n}, " for n in range(len(asked.dimensions))]
        values = "".join(names)
        parts = {
            "values": values,
            "group_values": f"group by {values.rstrip(', ')}" if names else "",
        }
        figures = FIGURES.format(
            event_values=self._values("happened_at"),
            money=SUMS_OF_MONEY if self.asks_money else "",
            paid=PAID if self.asks_money else "",
            **parts,
        )
        if self.asks_sessions:
            figures += SESSIONS.format(session_values=self._values("began_at"), **parts)
        more, self._of_imported = rows_told(query, asked, parts["group_values"])
        self.sql = SQL.format(
            goal=goal,
            several=self._several(),
            test=test,
            metrics=", ".join(SQL_OF[metric] for metric in asked.metrics),
            figures=figures + more,
            order=", ".join(self._order()),
            **parts,
        )

    @property
    def params(self) -> Params:
        """What the SQL binds."""
        return self._bound.params | self._of_imported

    @property
    def session_columns(self) -> list[str]:
        """The columns of sessions that are asked for."""
        names = {*self._asked.dimensions, *self._tested}
        columns = {CHANNEL: CHANNEL, **SESSION_COLUMNS}
        return [column for name, column in columns.items() if name in names]

    @property
    def asks_money(self) -> bool:
        """Whether it matters what was paid."""
        return not OF_MONEY.keys().isdisjoint(self._asked.metrics)

    @property
    def asks_events(self) -> bool:
        """Whether events have to be read, as legs do not tell."""
        names = {*self._asked.dimensions, *self._tested}
        return (
            "hour" in names
            or self.asks_money
            or self._asked.since is not None
            or any(name.startswith(PROP) for name in names)
            or any(goal.asks_events for goal in self._goals)
        )

    @property
    def tells_events_apart(self) -> bool:
        """Whether it matters what happened, and on which page."""
        return bool(self._goals) or not {"page", "event", GOAL}.isdisjoint(
            (*self._asked.dimensions, *self._tested)
        )

    @property
    def _tested(self) -> set[str]:
        return {test.dimension for test in tests_of(self._asked.where)}

    @property
    def _goals(self) -> list[Goal]:
        told = self._asked.goals if GOAL in self._asked.dimensions else ()
        return [*told, *goals_in(self._asked.where)]

    def _goal(self) -> str:
        if GOAL not in self._asked.dimensions:
            return ""
        numbers = ", ".join(
            f"case when {self._bound.reaches(goal)} then {self._bound.value(goal.name)} end"
            for goal in self._asked.goals
        )
        return REACHED.format(numbers=numbers or "null::varchar")

    def _several(self) -> str:
        """What is seen, where properties are told once for each of their values."""
        rows = "seen"
        for number, name in enumerate(self._asked.dimensions):
            if name.startswith(PROP):
                values = self._bound.values_of_prop(name.removeprefix(PROP))
                rows = ONE_OF_SEVERAL.format(values=values, number=number, rows=rows)
        return rows

    def _values(self, at: str) -> str:
        return "".join(
            f"{self._value(name, at)} as value_{n}, "
            for n, name in enumerate(self._asked.dimensions)
        )

    def _value(self, dimension: str, at: str) -> str:
        if dimension in INTERVALS:
            return f"local_bucket({at}, '{dimension}')"
        if dimension.startswith(PROP):
            return f"prop_{self._asked.dimensions.index(dimension)}"
        is_told_here = dimension in (GOAL, CURRENCY)
        column = dimension if is_told_here else self._bound.column(dimension)
        return f"coalesce({column}, {self._bound.value(UNKNOWN)})"

    def _order(self) -> Iterator[str]:
        dimensions = self._asked.dimensions
        for name, is_descending in self._asked.order:
            way = "desc" if is_descending else "asc"
            if name in dimensions:
                yield f"value_{dimensions.index(name)} {way}"
            else:
                yield f"{SQL_OF[name]} {way}"
        yield from (f"value_{n}" for n in range(len(dimensions)))
        if not dimensions:
            yield "1"
