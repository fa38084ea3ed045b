"""The store: batches go into the hot table, from there into Parquet; reports see one state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import structlog

from mallard.metrics import Metrics
from mallard.model import Period
from mallard.store.engine.database import Connection, Database
from mallard.store.engine.scratch import Scratch
from mallard.store.parquet import footers
from mallard.store.parquet.cold import ColdTier
from mallard.store.parquet.columns import quoted
from mallard.store.parquet.partitions import ColdFile, Partition, files_to_merge, is_quickly_merged
from mallard.store.parquet.shell_view import refresh_view
from mallard.store.parquet.statements import (
    DELETE_HOT,
    HOT,
    IN_SCOPE,
    day_scope,
    insert_segment,
    rows_of,
    scope,
)
from mallard.store.parquet.writing import write_file
from mallard.store.queries import Queries
from mallard.store.rollups.declared import Rollup
from mallard.store.rollups.kept import KEEPS_FROM, Rollups
from mallard.store.snapshots import snapshot

log = structlog.get_logger("mallard.store")

FILES_PER_PARTITION = 7
"""How many files a site's day has, but for the one that a merge writes.

Where merging takes long, upkeep does it; one file more gives it the time.
"""


class Store:
    """Every stored event, exactly once; one thread writes at a time, any number read."""

    def __init__(
        self,
        data_dir: Path,
        database: Database,
        query_timeout_secs: float = 30,
        metrics: Metrics | None = None,
        rollups: Sequence[Rollup] = (),
        keeps_recent_from: int = KEEPS_FROM,
    ) -> None:
        self.database = database
        self.rollups = Rollups(database, data_dir / "rollups", rollups, keeps_recent_from)
        durations = (metrics or Metrics()).queries
        self._scratch = Scratch(data_dir)
        self._queries = Queries(query_timeout_secs, durations, self._scratch)
        self.cold = ColdTier(data_dir)

    def append(self, batch: str, segment: Path) -> None:
        """Takes a journal segment into the hot table under the batch's name, whole or not at all.

        Raises duckdb.Error when it cannot be stored; nothing is stored then.
        """
        with self.database.writer() as writer:
            writer.execute(insert_segment(segment), {"batch": batch})

    def roll(self) -> None:
        """Moves the hot table into Parquet, partition by partition.

        Raises duckdb.Error or OSError when one cannot be moved; it stays hot, the others go.
        """
        with self.database.writer() as writer:
            rows = writer.execute(
                "select site_id, timestamp::date, list(distinct batch) from events group by all"
            ).fetchall()
            failures = []
            for site_id, day, batches in rows:
                try:
                    self._roll(writer, Partition(site_id, day), frozenset(batches))
                except (duckdb.Error, OSError) as error:
                    failures.append(error)
                    with suppress(duckdb.Error):
                        writer.execute("rollback")
            if failures:
                raise failures[0]
            if rows:
                refresh_view(self.database, self.cold)

    def fetch(
        self,
        site_id: str,
        period: Period,
        sql: str,
        params: Mapping[str, Any],
        rollup: Rollup | None = None,
        is_lean: bool = False,
    ) -> list[tuple[Any, ...]]:
        """The rows of a report's SQL; see `mallard.reports.scope.Reader`. Raises QueryTimeout.

        A file that turns out to be unreadable is quarantined and the report runs without it;
        unreadable rollups are begun anew.
        """
        rollups = self.rollups if rollup is not None or is_lean else None
        while True:
            files: Sequence[ColdFile] = ()
            alias = self.rollups.alias
            try:
                with snapshot(self.database, self.cold, rollups, site_id, period) as moment:
                    files = moment.files
                    return self._queries.run(moment, self.rollups, sql, params, rollup)
            except duckdb.Error as error:
                if not footers.may_be_of_a_file(error):
                    raise
                failure = error
            if rollups and self.rollups.replace_damaged(alias, self.cold.publish):
                rollups = None
            elif not self.put_right(files, str(failure)):
                raise failure

    def without_rollups(self) -> list[Partition]:
        """The days whose figures are to be worked out."""
        with self.cold.publish:
            tree = self.cold.partitions
            return [p for p in tree.partitions() if not self.rollups.is_built(p, tree.files(p))]

    def days(self, site_id: str, period: Period) -> list[date]:
        """The days of a period on which the site has events, hot or cold, ascending."""
        sql = f"select distinct timestamp::date from events where {IN_SCOPE}"
        with self.database.reader() as connection:
            hot = connection.execute(sql, scope(site_id, period)).fetchall()
        with self.cold.publish:
            cold = self.cold.partitions.days(site_id)
        days = {day for (day,) in hot} | {day for day in cold if period.start <= day < period.end}
        return sorted(days)

    def is_ready(self) -> bool:
        """Whether the database answers."""
        try:
            with self.database.reader() as connection:
                connection.execute("select 1 from events limit 0")
        except duckdb.Error:
            return False
        return True

    def sites(self) -> list[str]:
        """The ids of the sites with events, sorted."""
        with self.database.reader() as connection:
            rows = connection.execute("select distinct site_id from events").fetchall()
        with self.cold.publish:
            return sorted({row[0] for row in rows} | set(self.cold.partitions.sites()))

    def sites_with_events_in(self, period: Period) -> list[str]:
        """The sites with an event, hot or cold, in a period."""
        bound = scope("", period)
        sql = "select distinct site_id from events where timestamp >= $start and timestamp < $end"
        with self.database.reader() as connection:
            rows = connection.execute(sql, {"start": bound["start"], "end": bound["end"]})
            hot = {row[0] for row in rows.fetchall()}
        with self.cold.publish:
            partitions = list(self.cold.partitions.partitions())
        return sorted(hot | {p.site_id for p in partitions if period.start <= p.day < period.end})

    def has_events(self, site_id: str) -> bool:
        """Whether anything of the site is stored."""
        sql = "select 1 from events where site_id = $site_id limit 1"
        with self.database.reader() as connection:
            hot = connection.execute(sql, {"site_id": site_id}).fetchone()
        return hot is not None or self.cold.partitions.has_files(site_id)

    def hot_rows(self) -> int:
        """How many events are in the hot table."""
        with self.database.reader() as connection:
            row = connection.execute("select count(*) from events").fetchone()
        return int(row[0]) if row else 0

    def put_right(self, files: Sequence[ColdFile], reason: str) -> bool:
        """After a query over `files` failed: whether it may fare better now.

        Files that cannot be read are quarantined; those of another's making, whose columns have
        other types, are written anew in the documented ones.
        """
        broken, odd = [], []
        for file in [file for file in files if file.has_types is False] or files:
            # An error ends a transaction, so each file is tried in one of its own.
            with self.database.reader() as connection:
                if not footers.is_readable(connection, file.path):
                    broken.append(file)
                else:
                    footers.find_types(connection, [file])
                    odd += [] if file.has_types else [file]
        for file in broken:
            self.cold.quarantine(file, reason)
        for file in odd:
            self._rewrite(file)
        return bool(broken or odd)

    def _rewrite(self, file: ColdFile) -> None:
        """Puts a file with the documented types in the place of one that has others."""
        with self.database.writer() as writer:
            for partition in self.cold.partitions.partitions_of(file):
                rows = rows_of([file.path])
                batches = footers.read_batches(writer, file)
                new = write_file(writer, self.cold.partitions, partition, rows, batches)
                with self.cold.publish:
                    self.cold.replace(partition, [file], new)
        self.cold.sweep()

    def close(self) -> None:
        """Removes replaced files and closes the database."""
        self.cold.sweep()
        self.cold.discard_replaced()
        self.database.close()

    def _roll(
        self,
        writer: Connection,
        partition: Partition,
        batches: frozenset[str],
        merges: bool = True,
    ) -> None:
        """Writes a partition's hot rows to a file, then deletes them; a merge takes files along."""
        files = self.cold.partitions.files(partition)
        merged = files_to_merge(files, FILES_PER_PARTITION) if merges else ()
        if len(files) == FILES_PER_PARTITION and not is_quickly_merged(merged):
            merged = ()
        try:
            footers.assure_types(writer, merged)
            of_merged = [footers.read_batches(writer, file) for file in merged]
            new = self._write_hot_and(writer, partition, merged, batches.union(*of_merged))
        except duckdb.Error as error:
            if self.put_right(merged, str(error)):
                return self._roll(writer, partition, batches)
            if merged and isinstance(error, duckdb.OutOfMemoryException):
                log.warning("A day keeps more files than it should", error=str(error))
                return self._roll(writer, partition, batches, merges=False)
            raise
        part = self.rollups.arrive(partition, files)
        try:
            writer.execute("begin")
            writer.execute(DELETE_HOT, day_scope(partition))
            with self.cold.publish:
                writer.execute("commit")
                self._publish(partition, merged, new, part)
        except duckdb.Error:
            if self._is_hot(partition):
                new.path.unlink(missing_ok=True)
                raise
            # The commit failed after it had taken effect: the rows are in the file alone.
            with self.cold.publish:
                self._publish(partition, merged, new, part)
        self.cold.sweep()

    def _write_hot_and(
        self,
        writer: Connection,
        partition: Partition,
        merged: Sequence[ColdFile],
        batches: frozenset[str],
    ) -> ColdFile:
        """A new file with a partition's hot rows and those of its files to be merged.

        The hot rows go to a file of their own first: DuckDB moves nothing to the disk, and runs out
        of memory, where it sorts the rows of a UNION.
        """
        tree, bound = self.cold.partitions, day_scope(partition)
        if not merged:
            return write_file(writer, tree, partition, HOT, batches, bound)
        with self._scratch.file() as hot:
            writer.execute(f"copy ({HOT}) to {quoted(hot)} (format parquet)", bound)
            rows = rows_of([hot, *(file.path for file in merged)])
            return write_file(writer, tree, partition, rows, batches)

    def _publish(
        self, partition: Partition, merged: Sequence[ColdFile], new: ColdFile, part: int | None
    ) -> None:
        """Shows reports to come a file, whose new rows are a part of the recent events too."""
        self.cold.replace(partition, merged, new)
        if part is not None:
            self.rollups.follow(partition, part, self.cold.partitions.files(partition))

    def _is_hot(self, partition: Partition) -> bool:
        """Whether rows of the partition are in the hot table; a commit that failed left them."""
        sql = f"select 1 from events where {IN_SCOPE} limit 1"
        with self.database.reader() as connection:
            return connection.execute(sql, day_scope(partition)).fetchone() is not None
