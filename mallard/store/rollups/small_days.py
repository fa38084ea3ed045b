"""Works out the figures of many small days at once, of whatever sites.

To plan the statements takes far longer than they do for some hundred events. So each rollup's
statement is asked once for all days, as a lateral join: of each day by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from mallard.store.engine.database import Connection
from mallard.store.engine.memory import limit_bytes
from mallard.store.parquet.columns import CAST_LIST, SELECT_LIST, from_parquet, quoted, quoted_path
from mallard.store.parquet.partitions import ColdFile, Partition, day_of
from mallard.store.rollups.built import site_number
from mallard.store.rollups.declared import Rollup
from mallard.store.rollups.local_days import one_day
from mallard.store.rollups.working_out import (
    BYTES_OF_AN_EVENT,
    LEAST_ROWS_ALLOWED,
    OTHER_COLUMNS,
    VISITORS,
    table_of,
)

SMALL_BYTES = 100_000
"""Days with files of more than this are worked out by themselves."""
MOST_DAYS, MOST_BYTES = 60, 400_000
"""So many are worked out together: their events, some 20,000, have to fit a small memory."""

FILES = """
create or replace temp table files_taken as
select
    unnest($names) as filename, unnest($sites) as site_id, unnest($days) as day,
    unnest(range(len($days))) as file
"""
FILES_OF_PARTS = """
create or replace temp table files_of_parts as
select unnest($files) as file, unnest($parts) as part
"""
"""Where days are not those of UTC, a file has events of two of them, or three."""
PARTS = """
create or replace temp table parts as
select
    unnest($sites) as site_id, unnest($numbers) as site, unnest($days) as day,
    unnest($beginnings) as part_begins, unnest($ends) as part_ends,
    unnest(range(len($days))) as part
"""

TAKE = f"""
create or replace temp table events_taken as
select {CAST_LIST}, file
from (
    select {SELECT_LIST}, file
    from read_parquet([{{paths}}], hive_partitioning = false, filename = true)
    left join (select filename, file from files_taken) using (filename)
)
"""
OF_NO_FILE = "select count(*) from events_taken where file is null"
"""Whether a file goes by another name than the one that it was asked for by."""
DEAL_OUT = f"""
create or replace temp table events_of_parts as
select {SELECT_LIST}, part
from events_taken
join files_of_parts using (file)
join (select part, part_begins, part_ends from parts) using (part)
where timestamp >= part_begins and timestamp < part_ends
"""
COUNT = """
with odd as (
    select distinct file
    from events_taken as events
    join files_taken as files using (file)
    where (
        events.site_id = files.site_id and timestamp::date = day and visitor_id is not null
    ) is not true
),
counted as (
    select
        part,
        count(*) as events,
        count(distinct visitor_id) as ids,
        count(distinct hash(visitor_id)) as hashes
    from events_of_parts
    group by part
)
select part, coalesce(events, 0), coalesce(ids, 0), coalesce(hashes, 0)
from parts
left join counted using (part)
anti join (select part from files_of_parts semi join odd using (file)) using (part)
"""
"""The parts of which all can be counted; two visitors of one, it may be, have one hash."""

HASHED = f"""
create or replace temp table day_events as
select
    hash(visitor_id) as visitor_id, hash(visitor_id, part) as visitor, part, {OTHER_COLUMNS}
from events_of_parts
where list_contains($parts, part)
"""
"""The hash of a visitor is another one in each part, where rows are made of visitors."""

LONG = f"""
select part from {{table}} group by part having count(*) > {LEAST_ROWS_ALLOWED}
"""
"""Other rollups cannot have more rows than there are events."""

OWNERS = f"""
create or replace temp table {VISITORS} as
select distinct visitor as visitor_of_part, visitor_id as visitor, part from day_events
"""


def is_small(files: Sequence[ColdFile]) -> bool:
    """Whether a day with these files is one of those that are worked out together."""
    return 0 < size_of(files) <= SMALL_BYTES


def size_of(files: Iterable[ColdFile]) -> int:
    """The bytes of some files."""
    return sum(file.size for file in files)


def work_out_together(
    connection: Connection,
    days: Mapping[Partition, Sequence[ColdFile]],
    zone: str,
    rollups: Sequence[Rollup],
    directory: Path,
) -> list[Partition]:
    """Works out the rows that days of a zone with these files, which stay, have in the rollups.

    The days of which they are in temporary tables then, for `write_together`; some cannot be worked
    out so. Rows of visitors are in files in the directory. Raises duckdb.Error.
    """
    partitions = list(days)
    _name_parts(connection, partitions, zone)
    _take(connection, days)
    ((of_no_file,),) = connection.execute(OF_NO_FILE).fetchall()
    counted = connection.execute(COUNT).fetchall()
    events = {
        part: count
        for part, count, ids, hashes in counted
        if ids == hashes and count <= LEAST_ROWS_ALLOWED
    }
    room = limit_bytes(connection) // BYTES_OF_AN_EVENT
    if of_no_file or not events or sum(events.values()) > room:
        return []
    connection.execute(HASHED, {"parts": sorted(events)})
    connection.execute("drop table events_of_parts")
    connection.execute("drop table events_taken")
    connection.execute(OWNERS)
    if not _are_all_told_apart(connection):
        return []
    for rollup in rollups:
        if rollup.of_visitors:
            _write_rows_of_visitors(connection, rollup, directory)
        else:
            _work_out(connection, rollup, sorted(events))
    connection.execute("drop table day_events")
    return [partitions[part] for part in sorted(events.keys() - _leave_out(connection, rollups))]


def write_together(
    connection: Connection, alias: str, rollups: Iterable[Rollup], directory: Path
) -> None:
    """Writes what has been worked out, in the connection's transaction, to days without rows."""
    connection.execute(
        f"insert into {alias}.visitors (site, day, visitor, part)"
        f" select site, day, visitor, 0 from {VISITORS} join parts using (part)"
    )
    for rollup in rollups:
        rows = from_parquet([directory / rollup.name]) if rollup.of_visitors else table_of(rollup)
        connection.execute(
            f"insert into {alias}.{rollup.name} (site, day, {rollup.select_list})"
            f" select site, day, {rollup.select_list} from {rows} join parts using (part)"
        )


def _name_parts(connection: Connection, partitions: Sequence[Partition], zone: str) -> None:
    """Numbers the days; each is from one moment on and before another."""
    spans = [one_day(partition.day, zone) for partition in partitions]
    sites = [partition.site_id for partition in partitions]
    bound = {
        "sites": sites,
        "numbers": list(map(site_number, sites)),
        "days": [partition.day for partition in partitions],
        "beginnings": [span.begins_at for span in spans],
        "ends": [span.ends_at for span in spans],
    }
    connection.execute(PARTS, bound)


def _take(connection: Connection, days: Mapping[Partition, Sequence[ColdFile]]) -> None:
    """Takes the events of all files to a temporary table, and those of each part to another."""
    sites = {file: partition.site_id for partition, files in days.items() for file in files}
    numbers = {file: number for number, file in enumerate(sites)}
    bound = {
        "names": [str(file.path) for file in sites],
        "sites": list(sites.values()),
        "days": [day_of(file.path) for file in sites],
    }
    connection.execute(FILES, bound)
    pairs = [(numbers[file], part) for part, files in enumerate(days.values()) for file in files]
    of_parts = {"files": [file for file, _ in pairs], "parts": [part for _, part in pairs]}
    connection.execute(FILES_OF_PARTS, of_parts)
    paths = ", ".join(quoted_path(file.path) for file in sites)
    connection.execute(TAKE.format(paths=paths))
    connection.execute(DEAL_OUT)


def _are_all_told_apart(connection: Connection) -> bool:
    """Whether no two visitors have one hash, in which their parts are, too."""
    ((owners, hashes),) = connection.execute(
        f"select count(*), count(distinct visitor_of_part) from {VISITORS}"
    ).fetchall()
    return bool(owners == hashes)


def _work_out(connection: Connection, rollup: Rollup, parts: Sequence[int]) -> None:
    """Those without an event have rows of nothing, as a day by itself has."""
    of_each = rollup.of("from day_events as each_event where each_event.part = parts.part")
    connection.execute(
        f"create or replace temp table {table_of(rollup)} as"
        f" select parts.part, figures.*"
        f" from (select unnest($parts) as part) as parts, lateral ({of_each}) as figures",
        {**rollup.params, "parts": parts},
    )


def _leave_out(connection: Connection, rollups: Iterable[Rollup]) -> set[int]:
    """Leaves out the days with too many rows in a rollup, as some of these may be kept; which."""
    parts: set[int] = set()
    for rollup in rollups:
        if rollup.section:
            found = connection.execute(LONG.format(table=table_of(rollup))).fetchall()
            parts |= {part for (part,) in found}
    connection.execute("delete from parts where list_contains($parts, part)", {"parts": [*parts]})
    return parts


def _write_rows_of_visitors(connection: Connection, rollup: Rollup, directory: Path) -> None:
    """Writes the rows of all days to a file, with the visitors' own hashes."""
    columns = ["owners.visitor", *(f"made.{name}" for name in rollup.columns if name != "visitor")]
    rows = f"""
        select owners.part, {", ".join(columns)}
        from ({rollup.of("from day_events")}) as made
        join {VISITORS} as owners on made.visitor = owners.visitor_of_part
    """
    target = quoted(directory / rollup.name)
    connection.execute(f"copy ({rows}) to {target} (format parquet)", dict(rollup.params))
