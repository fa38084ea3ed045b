"""Works out the figures of many small days at once, of whatever sites.

To plan the statements takes far longer than they do for some hundred events. So each rollup's
statement is asked once for all days, as a lateral join: of each day by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mallard.store.engine.database import Connection
from mallard.store.engine.memory import limit_bytes
from mallard.store.parquet.columns import CAST_LIST, SELECT_LIST, quoted, quoted_path
from mallard.store.parquet.partitions import ColdFile, Partition
from mallard.store.rollups.declared import Rollup
from mallard.store.rollups.working_out import (
    BYTES_OF_AN_EVENT,
    LEAST_ROWS_ALLOWED,
    OTHER_COLUMNS,
    VISITORS,
    WorkedOut,
    table_of,
)

SMALL_BYTES = 100_000
"""Days with files of more than this are worked out by themselves."""
MOST_DAYS = 60
"""So many are worked out together, so that nobody waits long for the turn to end."""

FILES = "create or replace temp table files_of_parts (filename varchar, part integer)"
PARTS = """
create or replace temp table parts as
select unnest($sites) as site, unnest($days) as day, unnest(range(len($days))) as part
"""

TAKE = f"""
create or replace temp table events_of_parts as
select *
from (
    select {CAST_LIST}, part
    from (
        select {SELECT_LIST}, part
        from read_parquet([{{paths}}], hive_partitioning = false, filename = true)
        join files_of_parts using (filename)
    )
)
"""
COUNT = """
select
    part,
    count(*) as events,
    count(distinct visitor_id) as ids,
    count(distinct hash(visitor_id)) as hashes
from events_of_parts
join parts using (part)
group by part
having count(*) = count(*) filter (
    site_id = site and timestamp::date = day and visitor_id is not null
)
"""
"""The parts of which all can be counted; two visitors of one, it may be, have one hash."""

HASHED = f"""
create or replace temp table day_events as
select hash(visitor_id) as visitor_id, hash(visitor_id, part) as visitor, part, {OTHER_COLUMNS}
from events_of_parts
where list_contains($parts, part)
"""
"""The hash of a visitor is another one in each part, where rows are made of visitors."""

OWNERS = f"""
create or replace temp table {VISITORS} as
select distinct visitor as visitor_of_part, visitor_id as visitor, part from day_events
"""


@dataclass(frozen=True, slots=True)
class WorkedOutTogether(WorkedOut):
    """What there is of a day in tables that have the rows of others, too."""

    part: int = 0

    @property
    def visitors(self) -> str:
        """The SELECT of the day's visitors."""
        return f"select visitor from {VISITORS} where part = {self.part}"

    def rows_of(self, rollup: Rollup) -> str:
        """The SELECT of what a rollup has, without site and day."""
        return f"{WorkedOut.rows_of(self, rollup)} where part = {self.part}"


def is_small(files: Sequence[ColdFile]) -> bool:
    """Whether a day with these files is one of those that are worked out together."""
    return 0 < sum(file.size for file in files) <= SMALL_BYTES


def work_out_together(
    connection: Connection,
    days: Mapping[Partition, Sequence[ColdFile]],
    rollups: Sequence[Rollup],
    directory: Path,
) -> dict[Partition, WorkedOutTogether]:
    """The rows that days with these files, which stay meanwhile, have in the rollups.

    Days that cannot be worked out so are not among them. Rows of visitors go to files in a
    directory. Raises duckdb.Error.
    """
    partitions = list(days)
    _take(connection, partitions, days)
    counted = connection.execute(COUNT).fetchall()
    events = {
        part: count
        for part, count, ids, hashes in counted
        if ids == hashes and count <= LEAST_ROWS_ALLOWED
    }
    if not events or sum(events.values()) > limit_bytes(connection) // BYTES_OF_AN_EVENT:
        return {}
    connection.execute(HASHED, {"parts": sorted(events)})
    connection.execute(OWNERS)
    if not _are_all_told_apart(connection):
        return {}
    files = {
        rollup.name: [_write_rows_of_visitors(connection, rollup, directory)]
        for rollup in rollups
        if rollup.of_visitors
    }
    for rollup in rollups:
        if not rollup.of_visitors:
            _work_out(connection, rollup)
    connection.execute("drop table day_events")
    return {
        partitions[part]: WorkedOutTogether(count, frozenset(), files, part)
        for part, count in events.items()
    }


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
    connection.execute(PARTS, {"sites": sites, "days": [p.day for p in partitions]})
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


def _write_rows_of_visitors(connection: Connection, rollup: Rollup, directory: Path) -> Path:
    """Writes the rows of all days to a file, with the visitors' own hashes."""
    columns = ["owners.visitor", *(f"made.{name}" for name in rollup.columns if name != "visitor")]
    rows = f"""
        select owners.part, {", ".join(columns)}
        from ({rollup.of("from day_events")}) as made
        join {VISITORS} as owners on made.visitor = owners.visitor_of_part
    """
    file = directory / rollup.name
    connection.execute(f"copy ({rows}) to {quoted(file)} (format parquet)", dict(rollup.params))
    return file
