"""The store: batches go into the hot table, from there into Parquet; reports see one state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from mallard.model import Period
from mallard.store import footers
from mallard.store.cold import ColdTier
from mallard.store.database import Connection, Database
from mallard.store.partitions import (
    TEMPORARY,
    ColdFile,
    Partition,
    files_to_merge,
    make_durable,
)
from mallard.store.statements import (
    ALL_HOT,
    COPY,
    DELETE_HOT,
    IN_SCOPE,
    day_scope,
    hot_and,
    insert_segment,
    rows_of,
    scope,
)

FILES_PER_PARTITION = 4
"""Files that reports read; as many again, that a merge replaced, may still lie beside them."""


class Store:
    """Every stored event, exactly once; one thread writes at a time, any number read."""

    def __init__(self, data_dir: Path, database: Database) -> None:
        self.database = database
        self.cold = ColdTier(data_dir)

    def append(self, batch: str, segment: Path) -> None:
        """Takes a journal segment into the hot table under the batch's name, whole or not at all.

        Raises duckdb.Error when it cannot be stored; nothing is stored then.
        """
        with self.database.writer() as writer:
            writer.execute(insert_segment(segment), {"batch": batch})

    def roll(self) -> None:
        """Moves the hot table into Parquet, partition by partition.

        Raises duckdb.Error or OSError when it cannot; what is not moved stays hot.
        """
        with self.database.writer() as writer:
            rows = writer.execute(
                "select site_id, timestamp::date, list(distinct batch) from events group by all"
            ).fetchall()
            for site_id, day, batches in rows:
                self._roll(writer, Partition(site_id, day), frozenset(batches))
            if rows:
                self.refresh_view()

    def fetch(
        self, site_id: str, period: Period, sql: str, params: Mapping[str, Any]
    ) -> list[tuple[Any, ...]]:
        """The rows of a report's SQL; see `mallard.reports.scope.Reader`.

        A file that turns out to be unreadable is quarantined and the report runs without it.
        """
        bound = {**scope(site_id, period), **params}
        while True:
            with self._snapshot(site_id, period) as (connection, files):
                stored = hot_and(files, where=f" where {IN_SCOPE}")
                statement = f"with stored as not materialized ({stored}),\n{sql}"
                try:
                    return connection.execute(statement, bound).fetchall()
                except (duckdb.InterruptException, duckdb.OutOfMemoryException):
                    raise
                except duckdb.Error as error:
                    failure = error
            if not self.quarantine_unreadable(files, str(failure)):
                raise failure

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
        return hot is not None or site_id in self.cold.partitions.sites()

    def hot_rows(self) -> int:
        """How many events are in the hot table."""
        with self.database.reader() as connection:
            row = connection.execute("select count(*) from events").fetchone()
        return int(row[0]) if row else 0

    def delete_days(self, site_id: str, period: Period) -> None:
        """Deletes a site's days, hot and cold; a report under way still sees them to its end."""
        with self.database.writer() as writer:
            writer.execute("begin")
            writer.execute(DELETE_HOT, scope(site_id, period))
            with self.cold.publish:
                writer.execute("commit")
                for partition in list(self.cold.partitions.partitions()):
                    if partition.site_id == site_id and period.start <= partition.day < period.end:
                        files = self.cold.partitions.files(partition)
                        self.cold.replace(partition, files, None)
            self.cold.sweep()

    def quarantine_unreadable(self, files: Sequence[ColdFile], reason: str) -> bool:
        """Moves those of `files` that cannot be read out of the tree; whether there were any."""
        broken = []
        for file in files:
            # An error ends a transaction, so each file is tried in one of its own.
            with self.database.reader() as connection:
                if not footers.is_readable(connection, file.path):
                    broken.append(file)
        for file in broken:
            self.cold.quarantine(file, reason)
        return bool(broken)

    def refresh_view(self) -> None:
        """Lets `events_all`, a view for people with a DuckDB shell, find the files there are."""
        tree = self.cold.partitions.root.resolve() / "site_id=*" / "date=*" / "*.parquet"
        cold = f" union all {rows_of([tree])}" if self.cold.partitions.sites() else ""
        with self.database.writer() as writer:
            writer.execute(f"create or replace view events_all as {ALL_HOT}{cold}")

    def close(self) -> None:
        """Removes replaced files and closes the database."""
        self.cold.sweep()
        self.database.close()

    @contextmanager
    def _snapshot(
        self, site_id: str, period: Period
    ) -> Iterator[tuple[Connection, list[ColdFile]]]:
        """A connection on which the hot table, and a list of files, are of one moment."""
        with self.database.reader() as connection:
            with self.cold.publish:
                files = self.cold.hold(site_id, period)
                connection.execute("select 1 from events limit 0")
            try:
                yield connection, files
            finally:
                self.cold.release(files)

    def _roll(self, writer: Connection, partition: Partition, batches: frozenset[str]) -> None:
        """Writes a partition's hot rows to a file, then deletes them; a merge takes files along."""
        merged = files_to_merge(self.cold.partitions.files(partition), FILES_PER_PARTITION)
        try:
            for file in merged:
                batches |= footers.read_batches(writer, file)
            rows = hot_and(merged)
            new = self.write(writer, partition, rows, day_scope(partition), batches)
        except duckdb.Error as error:
            if self.quarantine_unreadable(merged, str(error)):
                return self._roll(writer, partition, batches)
            raise
        try:
            if merged:
                self.cold.sweep([partition])
            writer.execute("begin")
            writer.execute(DELETE_HOT, day_scope(partition))
            with self.cold.publish:
                writer.execute("commit")
                self.cold.replace(partition, merged, new)
        except BaseException:
            new.path.unlink(missing_ok=True)
            raise

    def write(
        self,
        writer: Connection,
        partition: Partition,
        rows: str,
        params: Mapping[str, Any],
        batches: frozenset[str],
    ) -> ColdFile:
        """A new, durable file of the partition with the rows of a SELECT; not yet published."""
        path = self.cold.partitions.next_path(partition)
        temporary = path.with_name(path.name + TEMPORARY)
        statement = COPY.format(
            rows=rows,
            target=str(temporary).replace("'", "''"),
            batches=footers.batches_option(batches),
        )
        try:
            writer.execute(statement, params)
            make_durable(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        return ColdFile(path, batches)
