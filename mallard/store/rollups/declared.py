"""What a rollup is: a day's figures that are worked out once and added up ever after.

Who returns on another day would count twice in a sum. So a day has corrections beside its figures:
rows with a day `since`, which count in a period that has this day, too (`returning_visitors.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from mallard.zones.sql import Span, in_local_time

BESIDE_KEPT = ("timestamp", "event_name", "props", "revenue_amount", "revenue_currency")
"""The columns of `stored`, beside who it was, where the figures of a large day are worked out.

All else is told by the rows of the rollups `of_visitors` (`of_kept`).
"""

ONE_FOR_ALL = "''"
"""The value of a rollup that counts all visitors together."""

AMOUNT = "decimal(38, 2)"
"""The type of a sum of money: that of DuckDB's sums of the events' amounts."""

PERIOD, EACH_DAY = "$start", "day"
"""Visitors count once in the whole period, or on each of its days."""


SIGNED = """
select *, 1 as sign from ({now})
union all
select * replace (visitor_id || ' before' as visitor_id), -1 as sign from ({before})
"""
"""Whoever was there before is somebody else there, so that everybody has one sign."""


@dataclass(frozen=True)
class Rollup:
    """A table with rows for each site and day; `columns` are its other columns and their types.

    `sql` gives the rows of some days: a statement that continues a list of common table
    expressions, over `stored`, the days' events. A row tells how many visitors had `value`, an SQL
    expression of an event's columns, NULL where it has none; or what sessions did, if
    `of_sessions`; or both. With neither, a sum over days is wrong as soon as somebody returns,
    unless only events count, which is said by `once_in` being EACH_DAY.
    """

    name: str
    columns: Mapping[str, str]
    sql: str
    params: Mapping[str, Any] = field(default_factory=dict)
    value: str | None = None
    of_sessions: bool = False
    once_in: str = PERIOD
    """The first day of those in which a visitor counts once, an SQL expression of `day`."""
    but_not: date | None = None
    """A day whose events are read instead, since not all of them are wanted.

    Of rows of visitors those that end before `$until` stay; they have `started_at` and `ended_at`.
    """
    group: str = ""
    """Rollups that are asked for together have the name of a group."""
    of_visitors: bool = False
    """Whether each row is of one `visitor`, a hashed id: rows are replaced then, not added up.

    What makes them of `stored` finds the hashed ids there in a column `visitor`; and so does what
    makes them for a report, of `visitors_stored`.
    """

    of_kept: str = ""
    """The same rows, much sooner, where those of the rollups `of_visitors` are at hand.

    It continues a list of common table expressions over these, by their names, and `stored`, which
    has the columns BESIDE_KEPT. Without it `sql` has to make do with these.
    """

    of_signed: str = ""
    """The same rows as of `sql`, those of each `sign` that events have, and that as a column.

    It plans once what `changes` has to plan twice otherwise, which is what takes longest there.
    """

    asks_events: bool = False
    """Whether a report looks at all events of its days besides, as `all_stored`."""

    section: str = ""
    """A column that parts the rows in sections, where it is not NULL.

    Where a day has too many rows, the sections with the most are left out one by one.
    """
    only: str = ""
    """The one section that is asked for, beside what is of none."""

    @property
    def names(self) -> tuple[str, ...]:
        """What a day must not have left out: the rollup itself, and the section asked for."""
        return (self.name, self.name_of(self.only)) if self.only else (self.name,)

    def name_of(self, section: str) -> str:
        """What a section is called where it is left out."""
        return f"{self.name}/{section}"

    @property
    def select_list(self) -> str:
        """The names of the columns."""
        return ", ".join(self.columns)

    @property
    def figures(self) -> list[str]:
        """The columns that are added up."""
        return [name for name, kind in self.columns.items() if kind in ("bigint", AMOUNT)]

    @property
    def keys(self) -> list[str]:
        """The other columns, which tell what is counted."""
        return [name for name in self.columns if name not in self.figures]

    @property
    def sums(self) -> list[str]:
        """The figures of rows that stand for the same, added up."""
        return [f"sum({name})::{self.columns[name]} as {name}" for name in self.figures]

    @property
    def is_left(self) -> str:
        """The condition that these sums are not all nothing."""
        return " or ".join(f"sum({name}) <> 0" for name in self.figures)

    @property
    def is_of_single_days(self) -> bool:
        """Whether it does not matter who returns on another day."""
        return self.once_in == EACH_DAY

    @property
    def is_corrected(self) -> bool:
        """Whether days have corrections for who returns."""
        return self.value is not None or self.of_sessions

    @property
    def is_of_values(self) -> bool:
        """Whether it has the visitors and the pageviews of each value, and nothing else."""
        return self.value is not None and list(self.columns) == ["value", "visitors", "pageviews"]

    @property
    def taken_away(self) -> str:
        """The columns, of rows that are to be subtracted."""
        return ", ".join(f"-{n} as {n}" if n in self.figures else n for n in self.columns)

    def in_local_time(self, span: Span) -> Rollup:
        """The same for the days of a span, whose SQL may ask about local time."""
        return replace(
            self,
            sql=in_local_time(self.sql, span),
            of_kept=in_local_time(self.of_kept, span),
            of_signed=in_local_time(self.of_signed, span),
        )

    def of(self, events: str) -> str:
        """The SELECT of the rows of some events, given by a SELECT of theirs."""
        return self._with(events, {}, self.sql)

    def of_rows_kept(self, events: str, kept: Mapping[str, str]) -> str:
        """The same where a SELECT gives the rows that each of the rollups `of_visitors` has."""
        return self._with(events, kept, self.of_kept) if self.of_kept else self.of(events)

    def changes(self, now: str, before: str) -> list[str]:
        """SELECTs of the rows of events, and of what has to be taken away: those of some before."""
        if not self.of_signed:
            return [self.of(now), f"select {self.taken_away} from ({self.of(before)})"]
        columns = (f"{n} * sign as {n}" if n in self.figures else n for n in self.columns)
        signed = SIGNED.format(now=now, before=before)
        named = f"with stored as not materialized ({signed}),\n{self.of_signed}"
        return [f"select {', '.join(columns)} from ({named})"]

    def _with(self, events: str, kept: Mapping[str, str], sql: str) -> str:
        relations = {"stored": events, **kept}
        named = ", ".join(f"{name} as not materialized ({of})" for name, of in relations.items())
        return f"select {self.select_list} from (with {named},\n{sql})"

    @property
    def of_visitors_stored(self) -> str:
        """The SELECT of the rows of those whose events are `stored`, if it is `of_visitors`."""
        until = "where timestamp < $until" if self.but_not else ""
        return f"""
        select {self.select_list}
        from (
            with visitors_stored as not materialized (
                select *, case when visitor_id is not null then hash(visitor_id) end as visitor
                from stored
                {until}
            ),
            {self.sql}
        )
        """

    @property
    def nothing(self) -> str:
        """A SELECT of no rows, with the day and the columns."""
        columns = ", ".join(f"null::{kind} as {name}" for name, kind in self.columns.items())
        return f"select null::date as day, {columns} where false"
