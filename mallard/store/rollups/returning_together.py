"""Corrections of many small days of a site at once, as `returning_visitors` has them of each.

Nearly all that a small day takes is the planning of statements and the opening of files, and its
neighbours read the same ones. Days with a session that crosses the midnight before, of which two
days have to be told apart, are left to be corrected by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from mallard.model import Period
from mallard.store.engine.database import Connection
from mallard.store.parquet.partitions import ColdFile
from mallard.store.parquet.statements import rows_of
from mallard.store.rollups import returning_visitors
from mallard.store.rollups.built import site_number
from mallard.store.rollups.declared import Rollup
from mallard.store.rollups.local_days import is_within, spans_of
from mallard.store.rollups.returning_visitors import IS_PLAIN, TAKE, taken_back
from mallard.store.rollups.working_out import LEAST_ROWS_ALLOWED
from mallard.zones.sql import in_local_time

MOST_BYTES = 4_000_000
"""The files of the days and of those before them, some 150,000 events, are no larger than this."""

RETURNED = """
create or replace temp table returned as
select visitor
from {alias}.visitors
where site = $site and list_contains($days, day)
group by visitor
having min(day) < max(day)
"""

LEFT = f"""
with of_days as (
    select visitor_id, on_day, min(timestamp) as first, max(timestamp) as last
    from returned_events
    group by all
),
pauses as (
    select on_day, first - lag(last) over (partition by visitor_id order by on_day) as pause
    from of_days
)
select on_day from pauses where pause <= interval 30 minutes
union
select on_day from returned_events group by on_day having count(*) > {LEAST_ROWS_ALLOWED}
"""
"""The days with a session that goes on from another; and those that may have too many rows."""

AGAIN = """
insert into {table} (site, day, since, {columns})
select $site, on_day, since, {figures}
from (
    select value, on_day, lag(on_day) over (partition by visitor_id, value order by on_day) as since
    from (select distinct visitor_id, {value} as value, on_day from returned_events)
    where value is not null
)
where list_contains($days, on_day) and since >= on_day - $looks_back::int
group by all
"""


def correct_together(
    connection: Connection,
    alias: str,
    site_id: str,
    span: Period,
    days: Sequence[date],
    rollups: Iterable[Rollup],
    files: Sequence[ColdFile],
    there: Iterable[date],
) -> list[date]:
    """Writes corrections anew of some days of a span, in the transaction of a connection.

    The files are those of the days which are `there` of the span, which begins as early as
    visitors may have returned from. Returns the days that have been corrected, of which no
    rollup's corrections had to be left out.
    """
    corrected = [rollup for rollup in rollups if rollup.is_corrected]
    site, read = site_number(site_id), sorted(there)
    returned = RETURNED.format(alias=alias)
    connection.execute(returned, {"site": site, "days": read})
    spans = spans_of(read, span.zone) or ((span.begins_at, span.ends_at),)
    taken = TAKE.format(rows=rows_of([f.path for f in files]), are_of_days=is_within(spans))
    connection.execute(in_local_time(taken, span), {"part": 0, "parts": 1})
    if connection.execute(IS_PLAIN).fetchall() != [(True,)]:
        return []
    left = {day for (day,) in connection.execute(LEFT).fetchall()}
    made = [day for day in days if day not in left]
    bound = {"site": site, "days": made}
    for rollup in corrected:
        table = f"{alias}.{rollup.name}"
        connection.execute(
            f"delete from {table}"
            " where site = $site and list_contains($days, day) and since is not null",
            bound,
        )
        if rollup.value is not None:
            _write_again(connection, table, rollup, bound)
    return made


def _write_again(
    connection: Connection, table: str, rollup: Rollup, bound: dict[str, object]
) -> None:
    """Takes back who was there with the same value on an earlier day."""
    sql = AGAIN.format(
        table=table, columns=rollup.select_list, figures=taken_back(rollup), value=rollup.value
    )
    looks_back = returning_visitors.LOOKS_BACK.days
    connection.execute(sql, {**bound, **rollup.params, "looks_back": looks_back})
