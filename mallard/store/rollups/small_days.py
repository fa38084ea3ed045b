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
from mallard.store.parquet.partitions import ColdFile, Partition
from mallard.store.rollups.built import site_number
from mallard.store.rollups.declared import Rollup
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

FILES = "create or replace temp table files_of_parts (filename varchar, part integer)"
PARTS = """
create or replace temp table parts as
select
    unnest($sites) as site_id, unnest($numbers) as site, unnest($days) as day,
    unnest(range(len($days))) as part
"""

TAKE = f"""
create or replace temp table events_of_parts as
select *
from (
    select {CAST_LIST}, part
    from (
        select {SELECT_LIST}, part
        from read_parquet([{{paths}}], hive_partitioning = false, filename = true)
        left join files_of_parts using (filename)
    )
)
"""
OF_NO_PART = "select count(*) from events_of_parts where part is null"
"""Whether a file goes by another name than the one that it was asked for by."""
COUNT = """
select
    part,
    count(*) as events,
    count(distinct visitor_id) as ids,
    count(distinct hash(visitor_id)) as hashes
from events_of_parts as events
join parts using (part)
group by part
having count(*) = count(*) filter (
    events.site_id = parts.site_id and timestamp::date = day and visitor_id is not null
)
"""
"""The parts of which all can be counted; two visitors of one, it may be, have one hash."""

HASHED = f"""
create or replace temp table day_events as
select
    hash(visitor_id) as visitor_id, hash(visitor_id, part) as visitor, part, props, {OTHER_COLUMNS}
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
    rollups: Sequence[Rollup],
    directory: Path,
) -> list[Partition]:
    """Works out the rows that days with these files, which stay meanwhile, have in the rollups.

    The days of which they are in temporary tables then, for `write_together`; some cannot be worked
    out so. Rows of visitors are in files in the directory. Raises duckdb.Error.
    """
    partitions = list(days)
    _take(connection, partitions, days)
    ((of_no_part,),) = connection.execute(OF_NO_PART).fetchall()
    counted = connection.execute(COUNT).fetchall()
    events = {
        part: count
        for part, count, ids, hashes in counted
        if ids == hashes and count <= LEAST_ROWS_ALLOWED
    }
    room = limit_bytes(connection) // BYTES_OF_AN_EVENT
    if of_no_part or not events or sum(events.values()) > room:
        return []
    connection.execute(HASHED, {"parts": sorted(events)})
    connection.execute("drop table events_of_parts")
    connection.execute(OWNERS)
    if not _are_all_told_apart(connection):
        return []
    for rollup in rollups:
        if rollup.of_visitors:
            _write_rows_of_visitors(connection, rollup, directory)
        else:
            _work_out(connection, rollup)
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


def _take(
    connection: Connection,
    partitions: Sequence[Partition],
    days: Mapping[Partition, Sequence[ColdFile]],
) -> None:
    """Takes the events of all files to a temporary table, with the number of their part."""
    paths = [file.path for files in days.values() for file in files]
    of_parts = [part for part, files in enumerate(days.values()) for _ in files]
    connection.execute(FILES)
    connection.execute(
        "insert into files_of_parts select unnest($names), unnest($parts)",
        {"names": list(map(str, paths)), "parts": of_parts},
    )
    sites = [partition.site_id for partition in partitions]
    numbers = list(map(site_number, sites))
    bound = {"sites": sites, "numbers": numbers, "days": [p.day for p in partitions]}
    connection.execute(PARTS, bound)
    connection.execute(TAKE.format(paths=", ".join(map(quoted_path, paths))))


def _are_all_told_apart(connection: Connection) -> bool:
    """Whether no two visitors have one hash, in which their parts are, too."""
    ((owners, hashes),) = connection.execute(
        f"select count(*), count(distinct visitor_of_part) from {VISITORS}"
    ).fetchall()
    return bool(owners == hashes)


def _work_out(connection: Connection, rollup: Rollup) -> None:
    of_each = rollup.of("from day_events as each_event where each_event.part = parts.part")
    connection.execute(
        f"create or replace temp table {table_of(rollup)} as"
        f" select parts.part, figures.*"
        f" from (select distinct part from day_events) as parts, lateral ({of_each}) as figures",
        dict(rollup.params),
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
