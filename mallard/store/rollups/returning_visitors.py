"""Corrections: what a day's figures count again, because a visitor had been there before.

The figures of several days are added up. Who is on two of them is counted twice; so the later day
has corrections, signed rows beside its figures, with the day `since` that the visitor was seen on
before. They count in a period that has this day, too: of three days in a row, the second takes back
what it has in common with the first, the third what it has in common with the second, and so
whatever days a period begins with, each visitor is left once. (Distinct values in a range are those
whose previous occurrence lies before it.)

That goes by each value: the previous day is the one on which the visitor had the same one. A
session that crosses midnight is one on each of the two days, and one on both together: the
difference is what the events of just these two days, of just these visitors, tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from mallard.model import Period
from mallard.store.engine.database import Connection
from mallard.store.parquet.columns import CAST_LIST
from mallard.store.parquet.partitions import ColdFile, Partition
from mallard.store.parquet.statements import rows_of
from mallard.store.rollups.day_rows import KEY, key_of
from mallard.store.rollups.declared import Rollup
from mallard.store.rollups.local_days import is_within, spans_of
from mallard.store.rollups.working_out import LEAST_ROWS_ALLOWED, OTHER_COLUMNS
from mallard.zones.days import ONE_DAY, is_skipped
from mallard.zones.sql import in_local_time

LOOKS_BACK = timedelta(days=92)
"""A period of three months is added up; of a longer one the events are read if somebody returns."""

VISITORS_AT_A_TIME = 50_000

RETURNED = """
select distinct visitor
from {alias}.visitors
where site = $site and day = $day and visitor in (
    select visitor from {alias}.visitors
    where site = $site and day >= $first and day < $day
)
"""

TAKE = f"""
create or replace temp table returned_events as
select
    visitor_id as id,
    hash(visitor_id) as visitor_id,
    local_day(timestamp) as on_day,
    {OTHER_COLUMNS}
from (select {CAST_LIST} from ({{rows}}))
where hash(visitor_id) in (select visitor from returned where visitor % $parts = $part)
    and {{are_of_days}}
"""

IS_PLAIN = "select count(distinct id) = count(distinct visitor_id) from returned_events"
"""Two ids with one hash would be taken for one visitor."""

CROSSING = """
create or replace temp table crossing as
select visitor_id
from returned_events
group by visitor_id
having min(timestamp) filter (where on_day = $day)
    - max(timestamp) filter (where on_day = $day_before)
    <= interval 30 minutes
"""

ALL_DAY_LONG = """
select visitor_id
from (
    select visitor_id, on_day, timestamp - lag(timestamp) over (
        partition by visitor_id order by timestamp
    ) as gap
    from returned_events
    where on_day < $day and on_day >= $two_days_before
        and visitor_id in (from crossing)
)
where on_day = $day_before
group by visitor_id
having bool_and(coalesce(gap <= interval 30 minutes, false))
limit 1
"""
"""Somebody's session that crosses this midnight has crossed the one before, too.

Then two days do not tell what it is.
"""

AGAIN = """
insert into {table} (site, day, since, {columns})
select $site, $day, since, {figures}
from (
    select visitor_id, value, max(before.on_day) as since
    from (
        select distinct visitor_id, {value} as value
        from returned_events
        where on_day = $day {only}
    )
    join (
        select distinct visitor_id, {value} as value, on_day
        from returned_events
        where on_day < $day
    ) as before using (visitor_id, value)
    group by visitor_id, value
)
group by all
"""
NOT_CROSSING = "and visitor_id not in (from crossing)"

TWO_DAYS = """
from returned_events
where on_day >= $day_before and visitor_id in (from crossing)
"""
MERGED = """
insert into {table} (site, day, since, {columns})
select $site, $day, $day_before, {sums}
from (
    from ({both})
    union all by name select {taken_away} from ({later})
    union all by name select {taken_away} from ({earlier})
)
group by all
having {is_left}
"""

SQL = (RETURNED, TAKE, CROSSING, ALL_DAY_LONG, AGAIN, NOT_CROSSING, TWO_DAYS, MERGED)
"""What corrections depend on."""


def first_day_before(day: date) -> date:
    """The first of the days that a day is corrected for."""
    return max(date.min + LOOKS_BACK, day) - LOOKS_BACK


def taken_back(rollup: Rollup) -> str:
    """The columns, of who had the same value before: the visitors count no more, all else does."""
    figures = {"value": "value", "visitors": "-count(*)"}
    return ", ".join(figures.get(column, "0") for column in rollup.columns)


def correct(
    connection: Connection,
    alias: str,
    site_id: str,
    span: Period,
    days: Sequence[date],
    rollups: Sequence[Rollup],
    files: Iterable[ColdFile],
) -> frozenset[str]:
    """Writes corrections anew of the last day of a span, in the transaction of a connection.

    The files are those of some days of it: of the last one, and of the earlier ones that share
    visitors with it. Returns the rollups without corrections: those that would have too many, or
    can have none.
    """
    corrected = [rollup for rollup in rollups if rollup.is_corrected]
    spans = spans_of(days, span.zone) or ((span.begins_at, span.ends_at),)
    partition = Partition(site_id, span.end - ONE_DAY)
    taken = TAKE.format(rows=rows_of([f.path for f in files]), are_of_days=is_within(spans))
    day = _Day(connection, alias, partition, span.zone, in_local_time(taken, span))
    day.clear(corrected)
    visitors = day.find()
    left_out = frozenset(rollup.name for rollup in rollups if not rollup.is_corrected)
    parts = visitors // VISITORS_AT_A_TIME + 1
    for part in range(parts):
        left_out |= day.write([r for r in corrected if r.name not in left_out], part, parts)
    most = max(LEAST_ROWS_ALLOWED, visitors)
    left_out |= {r.name for r in corrected if day.count(r) > most}
    day.clear([r for r in corrected if r.name in left_out])
    return left_out


def _day_before(day: date, zone: str) -> date:
    """The day before, that a session may go on from: none that was skipped."""
    before = max(date.min + ONE_DAY, day) - ONE_DAY
    return _day_before(before, zone) if is_skipped(before, zone) else before


@dataclass(frozen=True, slots=True)
class _Day:
    connection: Connection
    alias: str
    partition: Partition
    zone: str
    take: str

    def clear(self, rollups: Iterable[Rollup]) -> None:
        """Deletes the corrections of some rollups."""
        for rollup in rollups:
            self.connection.execute(
                f"delete from {self.alias}.{rollup.name} where {KEY} and since is not null",
                self._key,
            )

    def find(self) -> int:
        """Finds out who had been there before; how many."""
        sql = f"create or replace temp table returned as {RETURNED.format(alias=self.alias)}"
        self._run(sql, first=first_day_before(self.partition.day))
        ((visitors,),) = self.connection.execute("select count(*) from returned").fetchall()
        return int(visitors)

    def write(self, rollups: Sequence[Rollup], part: int, parts: int) -> frozenset[str]:
        """Writes the corrections for some of the visitors; the rollups that can have none."""
        day, day_before = self.partition.day, self._day_before
        self.connection.execute(self.take, {"part": part, "parts": parts})
        if self.connection.execute(IS_PLAIN).fetchall() != [(True,)]:
            return frozenset(rollup.name for rollup in rollups)
        bound = {"day": day, "day_before": day_before}
        self.connection.execute(CROSSING, bound)
        bound["two_days_before"] = _day_before(day_before, self.zone)
        lasting = self.connection.execute(ALL_DAY_LONG, bound).fetchall()
        for rollup in rollups:
            if not (lasting and rollup.of_sessions):
                self._write_again(rollup)
                self._write_merged(rollup)
        return frozenset(r.name for r in rollups if lasting and r.of_sessions)

    def count(self, rollup: Rollup) -> int:
        """How many corrections a rollup has."""
        sql = f"select count(*) from {self.alias}.{rollup.name} where {KEY} and since is not null"
        return int(self.connection.execute(sql, self._key).fetchall()[0][0])

    def _write_again(self, rollup: Rollup) -> None:
        """Takes back who was there with the same value on an earlier day."""
        if rollup.value is None:
            return
        sql = AGAIN.format(
            table=f"{self.alias}.{rollup.name}",
            columns=rollup.select_list,
            figures=taken_back(rollup),
            value=rollup.value,
            only=NOT_CROSSING if rollup.of_sessions else "",
        )
        self._run(sql, **rollup.params)

    def _write_merged(self, rollup: Rollup) -> None:
        """Makes one of two sessions that midnight has cut; of their visitors, too."""
        if not rollup.of_sessions:
            return
        sql = MERGED.format(
            table=f"{self.alias}.{rollup.name}",
            columns=rollup.select_list,
            sums=", ".join([*rollup.keys, *rollup.sums]),
            is_left=rollup.is_left,
            taken_away=rollup.taken_away,
            both=rollup.of(TWO_DAYS),
            later=rollup.of(f"{TWO_DAYS} and on_day = $day"),
            earlier=rollup.of(f"{TWO_DAYS} and on_day < $day"),
        )
        self._run(sql, day_before=self._day_before, **rollup.params)

    @property
    def _day_before(self) -> date:
        return _day_before(self.partition.day, self.zone)

    @property
    def _key(self) -> dict[str, Any]:
        return key_of(self.partition)

    def _run(self, sql: str, **bound: Any) -> None:
        self.connection.execute(sql, self._key | bound)
