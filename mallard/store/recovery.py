"""What a start does before anything is served: every batch ends up in exactly one place.

A batch's rows of one site and day are in a journal segment, in the hot table or in a file. Each
place names the batches it holds, and the later place counts: a killed flush, a merge cut short, a
copied or restored tree are all put right by the same rule.
"""

from __future__ import annotations

import shutil
from datetime import date, datetime
from pathlib import Path

import duckdb
import structlog

from mallard.store.engine.database import Connection
from mallard.store.parquet import footers
from mallard.store.parquet.columns import from_journal
from mallard.store.parquet.partitions import ColdFile, Partition, remove_temporary_files, walk
from mallard.store.parquet.statements import (
    ALL_HOT,
    DELETE_HOT,
    IN_SCOPE,
    day_scope,
    insert_segment,
    rows_of,
)
from mallard.store.parquet.writing import write_file
from mallard.store.store import Store

Seen = tuple[str, str, int, tuple[str | None, ...]]
"""Site, visitor, microseconds of the last event, and its source and UTM values."""

RECENT = """
select
    site_id,
    visitor_id,
    epoch_us(max(timestamp)),
    arg_max([
        referrer_source, utm_source, utm_medium, utm_campaign, utm_content, utm_term
    ], timestamp)
from ({rows})
where timestamp >= $since and timestamp < $until
group by site_id, visitor_id
"""

log = structlog.get_logger("mallard.store.recovery")


def recover(store: Store) -> None:
    """Takes in the Parquet tree as it lies on disk and drops what is there twice."""
    remove_temporary_files(store.cold.partitions.root)
    _bring_back_replaced_files(store)
    for site_dir, day, paths in walk(store.cold.partitions.root):
        _adopt(store, site_dir, day, [ColdFile(path) for path in paths])
    for partition in list(store.cold.partitions.partitions()):
        _drop_repeated_files(store, partition)
    _drop_hot_rows_that_are_cold(store)
    _forget_rollups_of_lost_days(store)


def replay(store: Store, batch: str, segment: Path) -> int:
    """Stores what of a segment is not stored yet; how many partitions that concerned."""
    with store.database.writer() as writer:
        missing = [p for p in _segment_partitions(writer, segment) if not _holds(store, p, batch)]
        writer.execute("begin")
        for partition in missing:
            statement = insert_segment(segment)
            statement += f" where {IN_SCOPE.replace('timestamp', 'make_timestamp(timestamp)')}"
            writer.execute(statement, {"batch": batch, **day_scope(partition)})
        writer.execute("commit")
    return len(missing)


def recent_visitors(store: Store, since: datetime, until: datetime) -> list[Seen]:
    """Who was active from `since` to `until`, with the last event's time and attribution."""
    days = (since.date(), until.date())
    partitions = [p for p in store.cold.partitions.partitions() if days[0] <= p.day <= days[1]]
    files = [file for p in partitions for file in store.cold.partitions.files(p)]
    rows = ALL_HOT + (f" union all {rows_of([f.path for f in files])}" if files else "")
    bound = {"since": since.replace(tzinfo=None), "until": until.replace(tzinfo=None)}
    try:
        with store.database.reader() as connection:
            seen = connection.execute(RECENT.format(rows=rows), bound).fetchall()
    except duckdb.Error as error:
        if store.put_right(files, str(error)):
            return recent_visitors(store, since, until)
        raise
    return [(site, visitor, last_us, tuple(source)) for site, visitor, last_us, source in seen]


def _bring_back_replaced_files(store: Store) -> None:
    """In a copy made under load they may hold what no file of the tree does."""
    replaced = store.cold.replaced_dir
    for site_dir, day, paths in walk(replaced):
        for path in paths:
            home = store.cold.partitions.root / site_dir.name / f"date={day}" / path.name
            if not home.exists():
                home.parent.mkdir(parents=True, exist_ok=True)
                path.replace(home)
    shutil.rmtree(replaced, ignore_errors=True)


def _adopt(store: Store, site_dir: Path, day: date, files: list[ColdFile]) -> None:
    """Publishes the files of one directory; for a cut directory name a row tells the site."""
    site_id = site_dir.name.removeprefix("site_id=")
    if "~" in site_id and files:
        row = _readable(store, files[:1], f"{rows_of([files[0].path])} limit 1")
        if row is None:
            return _adopt(store, site_dir, day, files[1:])
        site_id = row[0]
    if files:
        store.cold.partitions.set_files(Partition(site_id, day), tuple(files))


def _readable(store: Store, files: list[ColdFile], sql: str) -> tuple[str, ...] | None:
    """The first row of `sql` over `files`; None after quarantining the file that cannot be read."""
    try:
        with store.database.reader() as connection:
            return connection.execute(sql).fetchone()
    except duckdb.Error as error:
        store.put_right(files, str(error))
        return None


def _drop_repeated_files(store: Store, partition: Partition) -> None:
    """Keeps each batch once: files whose batches others hold go, overlapping ones are rewritten."""
    files = store.cold.partitions.files(partition)
    if len(files) < 2:
        return
    named = [(file, batches) for file in files if (batches := _batches(store, file)) is not None]
    kept: list[ColdFile] = []
    seen: frozenset[str] = frozenset()
    for file, batches in sorted(named, key=lambda pair: (-len(pair[1]), pair[0].path.name)):
        if not batches <= seen:
            kept.append(_without(store, partition, file, kept) if batches & seen else file)
            seen |= batches
    store.cold.partitions.set_files(partition, tuple(kept))
    for file in files:
        if file not in kept and file.path.exists():
            log.info("Dropped a Parquet file whose events others hold", file=str(file.path))
            file.path.unlink()


def _without(
    store: Store, partition: Partition, file: ColdFile, others: list[ColdFile]
) -> ColdFile:
    """A file with those rows of `file` that `others`, which share some of its batches, lack."""
    shared = [other for other in others if (other.batches or set()) & (file.batches or set())]
    rows = f"({rows_of([file.path])} except all {rows_of([f.path for f in shared])})"
    known = frozenset().union(*(other.batches or () for other in shared))
    with store.database.writer() as writer:
        batches = (file.batches or frozenset()) - known
        return write_file(writer, store.cold.partitions, partition, rows, batches)


def _batches(store: Store, file: ColdFile) -> frozenset[str] | None:
    try:
        with store.database.reader() as connection:
            return footers.read_batches(connection, file)
    except duckdb.Error as error:
        if not footers.may_be_of_a_file(error):
            raise
        store.cold.quarantine(file, str(error))
        return None


def _drop_hot_rows_that_are_cold(store: Store) -> None:
    with store.database.writer() as writer:
        rows = writer.execute("select distinct site_id, timestamp::date, batch from events")
        for site_id, day, batch in rows.fetchall():
            partition = Partition(site_id, day)
            if is_cold(store, partition, batch):
                bound = {"batch": batch, **day_scope(partition)}
                writer.execute(f"{DELETE_HOT} and batch = $batch", bound)
                log.info("Dropped hot rows that a Parquet file holds", site_id=site_id, day=day)


def _forget_rollups_of_lost_days(store: Store) -> None:
    for partition in store.rollups.partitions():
        if not store.rollups.files_in(store.cold.partitions, partition):
            store.rollups.forget(partition.site_id, partition.period, store.cold.publish)


def is_cold(store: Store, partition: Partition, batch: str) -> bool:
    """Whether a file holds the partition's share of a batch."""
    files = store.cold.partitions.files(partition)
    return any(batch in (_batches(store, file) or ()) for file in files)


def _holds(store: Store, partition: Partition, batch: str) -> bool:
    """Whether the hot table or a file holds the partition's share of a batch."""
    sql = f"select 1 from events where {IN_SCOPE} and batch = $batch limit 1"
    with store.database.reader() as connection:
        hot = connection.execute(sql, {"batch": batch, **day_scope(partition)}).fetchone()
    return hot is not None or is_cold(store, partition, batch)


def _segment_partitions(connection: Connection, segment: Path) -> list[Partition]:
    sql = (
        "select distinct site_id, make_timestamp(timestamp)::date"
        f" from {from_journal(segment)} order by all"
    )
    return [Partition(*row) for row in connection.execute(sql).fetchall()]
