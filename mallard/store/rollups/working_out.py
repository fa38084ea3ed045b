"""Works out a day's figures from its files, some of its visitors at a time, in temporary tables.

Rows of visitors, of which there are many, go to temporary files instead. All that happens before
anything is written, and outside of a transaction: what one has dropped, DuckDB keeps until it ends,
and that would be the events of all visitors.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from mallard.model import Period
from mallard.store.engine.database import Connection
from mallard.store.engine.memory import limit_bytes
from mallard.store.parquet.columns import CAST_LIST, COLUMNS, from_parquet, quoted
from mallard.store.parquet.footers import find_whole
from mallard.store.parquet.partitions import ColdFile
from mallard.store.parquet.statements import IN_SCOPE, scope
from mallard.store.rollups.declared import BESIDE_KEPT, Rollup
from mallard.store.rollups.local_days import rows_of_day
from mallard.zones.days import UTC

LEAST_ROWS_ALLOWED = 10_000
"""A day may have this many rows in a rollup, or one for every twenty events if that is more."""

EVENTS_AT_A_TIME = 500_000
"""More are worked out in parts with other visitors each, so that memory stays bounded."""
BYTES_OF_AN_EVENT = 10_240
OWN_BYTES = 24 << 20
"""Where there is less memory than DuckDB's own and so many events', the parts are smaller."""
FEWEST_AT_A_TIME = 1_000

VISITORS = "visitors_worked_out"
"""The temporary table of the day's visitors, by their hashes."""

OTHER_COLUMNS = ", ".join(column for column in COLUMNS if column not in ("site_id", "visitor_id"))

OF_PART = f"""
select hash(visitor_id) as visitor_id, hash(visitor_id) as visitor, {OTHER_COLUMNS}
from (select {CAST_LIST} from ({{rows}}))
where {{is_of_part}}
"""
"""Hashes are counted many times faster than ids."""

TAKE = f"""
create or replace temp table day_events as
select {", ".join(("visitor_id", "visitor", *BESIDE_KEPT))} from ({OF_PART})
"""
EVENTS = "from day_events"
"""All rollups but those `of_visitors`, which read the files once, rest on these few columns."""

CUTS = """
select visitor_id from (select visitor_id::varchar as visitor_id from ({rows}))
using sample 1000 rows
order by visitor_id
"""
"""Files are sorted by visitor, so of a range of visitors only some row groups have to be read."""

COUNT = f"""
select count(*), count(*) = count(*) filter ({IN_SCOPE} and visitor_id is not null)
from ({{rows}})
"""

COUNT_IDS = f"""
select count(distinct visitor_id) from (select {CAST_LIST} from ({{rows}})) where {{is_of_part}}
"""


MOST_SECTIONS = 100
LONGEST_SECTIONS = f"""
select {{section}}
from (
    select
        {{section}},
        sum(count(*)) over (order by {{section}} is not null, count(*), {{section}}) as rows
    from {{table}}
    group by {{section}}
)
where rows > $most and {{section}} is not null
limit {MOST_SECTIONS + 1}
"""
"""Those that are too many beside all that are shorter."""


@dataclass(frozen=True, slots=True)
class WorkedOut:
    """What there is of a day in temporary tables, and the rollups that have too many rows for it.

    `events` is how many the day has; None when not all can be counted by day, and there is nothing.
    The `files` have the rows of visitors.
    Files may hold events of other days, which reports find there too, or of nobody, whom they count
    in ways of their own; and two ids may have one hash.
    """

    events: int | None
    left_out: frozenset[str]
    files: Mapping[str, Sequence[Path]] = field(default_factory=dict)

    def rows_of(self, rollup: Rollup) -> str:
        """The SELECT of what a rollup has, without site and day."""
        there = from_parquet(self.files[rollup.name]) if rollup.of_visitors else table_of(rollup)
        return f"select {rollup.select_list} from {there}"


def work_out(
    connection: Connection,
    site_id: str,
    day: Period,
    rollups: Sequence[Rollup],
    files: Sequence[ColdFile],
    directory: Path,
) -> WorkedOut:
    """The rows that a day with these files, which stay meanwhile, has in the rollups.

    Rows of visitors go to files in a directory. Raises duckdb.Error.
    """
    rows = rows_of_day(files, day)
    nothing = WorkedOut(None, frozenset(rollup.name for rollup in rollups))
    events = _counted(connection, site_id, day, files)
    if events is None:
        return nothing
    ids = 0
    of_visitors = [rollup for rollup in rollups if rollup.of_visitors]
    added_up = [rollup for rollup in rollups if not rollup.of_visitors]
    written: dict[str, list[Path]] = {rollup.name: [] for rollup in of_visitors}
    room = max((limit_bytes(connection) - OWN_BYTES) // BYTES_OF_AN_EVENT, FEWEST_AT_A_TIME)
    cuts = _cuts(connection, rows, events // min(EVENTS_AT_A_TIME, room) + 1)
    for number, part in enumerate(pairwise([None, *cuts, None])):
        is_of_part, between = _between(*part)
        events_of_part = OF_PART.format(rows=rows, is_of_part=is_of_part)
        ids += _take_part(connection, rows, is_of_part, between, number)
        for rollup in of_visitors:
            file = directory / f"{rollup.name}.{number}"
            copied = f"copy ({rollup.of(events_of_part)}) to {quoted(file)} (format parquet)"
            connection.execute(copied, {**rollup.params, **between})
            written[rollup.name].append(file)
        kept = {name: f"from {from_parquet(paths[-1:])}" for name, paths in written.items()}
        for rollup in added_up:
            rows_of_part = rollup.of_rows_kept(EVENTS, kept)
            _add(connection, table_of(rollup), rows_of_part, rollup.params, number)
    connection.execute("drop table day_events")
    if _count(connection, f"(select distinct visitor from {VISITORS})") != ids:
        return nothing
    if cuts:
        for rollup in added_up:
            _add_up(connection, rollup)
    sections: frozenset[str] = frozenset()
    for rollup in added_up:
        sections |= leave_out(connection, table_of(rollup), rollup, most_rows(events))
    lengths = {rollup.name: _count(connection, table_of(rollup)) for rollup in added_up}
    return WorkedOut(events, sections | too_long(lengths, events), written)


def _take_part(
    connection: Connection, rows: str, is_of_part: str, bound: Mapping[str, str], number: int
) -> int:
    """Takes the events of a part of the visitors, and notes these; how many ids there are."""
    connection.execute(TAKE.format(rows=rows, is_of_part=is_of_part), bound)
    count_ids = COUNT_IDS.format(rows=rows, is_of_part=is_of_part)
    ((ids,),) = connection.execute(count_ids, bound).fetchall()
    visitors = "select distinct visitor_id as visitor from day_events"
    _add(connection, VISITORS, visitors, {}, number)
    return int(ids)


def _counted(
    connection: Connection, site_id: str, day: Period, files: Sequence[ColdFile]
) -> int | None:
    """How many events a day has; None where not all in its files can be counted by day."""
    if day.zone != UTC:
        find_whole(connection, site_id, files)
        if not all(file.is_whole for file in files):
            return None
    counted = COUNT.format(rows=rows_of_day(files, day))
    ((events, are_of_day),) = connection.execute(counted, scope(site_id, day)).fetchall()
    return int(events) if are_of_day else None


def table_of(rollup: Rollup) -> str:
    """The temporary table of a rollup's rows, without site and day."""
    return f"{rollup.name}_worked_out"


def too_long(written: Mapping[str, int], events: int) -> frozenset[str]:
    """The rollups that have too many rows for so many events."""
    return frozenset(name for name, rows in written.items() if rows > most_rows(events))


def most_rows(events: int) -> int:
    """How many rows a day with so many events may have in a rollup."""
    return max(LEAST_ROWS_ALLOWED, events // 20)


def leave_out(
    connection: Connection,
    table: str,
    rollup: Rollup,
    most: int,
    known: Collection[str] = (),
) -> frozenset[str]:
    """Deletes the longest sections of a rollup that has too many rows; what these are called.

    Those that are left out already, which are `known`, are deleted as well. Where it would have to
    be very many, none is: then all of the rollup is too long.
    """
    if not rollup.section:
        return frozenset()
    named = f"$name || '/' || {rollup.section}"
    connection.execute(
        f"delete from {table} where list_contains($known, {named})",
        {"name": rollup.name, "known": [*known]},
    )
    sql = LONGEST_SECTIONS.format(table=table, section=rollup.section)
    found = [section for (section,) in connection.execute(sql, {"most": most}).fetchall()]
    if len(found) > MOST_SECTIONS:
        return frozenset()
    connection.execute(
        f"delete from {table} where list_contains($sections, {rollup.section})", {"sections": found}
    )
    return frozenset(map(rollup.name_of, found))


def _cuts(connection: Connection, rows: str, parts: int) -> list[str]:
    """The visitors at which the parts after the first begin; all are of about a size."""
    if parts == 1:
        return []
    sample = connection.execute(CUTS.format(rows=rows)).fetchall()
    return sorted({sample[len(sample) * part // parts][0] for part in range(1, parts)})


def _between(first: str | None, end: str | None) -> tuple[str, dict[str, str]]:
    """The condition that a visitor is one from `first` on and before `end`, and what it binds."""
    limits = {"visitor_id >= $first": first, "visitor_id < $end": end}
    tests = [test for test, limit in limits.items() if limit is not None]
    bound = {name: limit for name, limit in (("first", first), ("end", end)) if limit is not None}
    return " and ".join(tests) or "true", bound


def _add(
    connection: Connection, table: str, select: str, params: Mapping[str, object], number: int
) -> None:
    """Takes the rows of a part to a temporary table, which the first part begins."""
    into = f"insert into {table}" if number else f"create or replace temp table {table} as"
    connection.execute(f"{into} {select}", dict(params))


def _add_up(connection: Connection, rollup: Rollup) -> None:
    """Makes one of the rows of several parts that stand for the same."""
    table = table_of(rollup)
    connection.execute(
        f"create or replace temp table {table} as"
        f" select {', '.join([*rollup.keys, *rollup.sums])}"
        f" from {table} group by all having {rollup.is_left}"
    )


def _count(connection: Connection, table: str) -> int:
    ((rows,),) = connection.execute(f"select count(*) from {table}").fetchall()
    return int(rows)
