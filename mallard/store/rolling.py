"""Moves the hot table into Parquet, in short turns between which others may write."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import duckdb
import structlog

from mallard.store.engine.database import FATAL, Connection, Database
from mallard.store.engine.scratch import Scratch
from mallard.store.parquet import footers
from mallard.store.parquet.cold import ColdTier
from mallard.store.parquet.columns import quoted
from mallard.store.parquet.partitions import (
    ColdFile,
    Partition,
    files_to_merge,
    is_quickly_merged,
)
from mallard.store.parquet.statements import DELETE_HOT, HOT, IN_SCOPE, day_scope, rows_of
from mallard.store.parquet.writing import write_file
from mallard.store.rollups import following
from mallard.store.rollups.following import Parts, share_a_day
from mallard.store.rollups.kept import Rollups

log = structlog.get_logger("mallard.store")

FILES_PER_PARTITION = 7
"""How many files a site's day has, but for the one that a merge writes.

Where merging takes long, upkeep does it; one file more gives it the time.
"""

TURN_SECS = 0.1
"""A turn takes small partitions together until it has lasted so long, then others may write."""

HOT_PARTITIONS = "select distinct site_id, timestamp::date from events"
BATCHES = f"select list(distinct batch) from events where {IN_SCOPE}"


@dataclass(frozen=True, slots=True)
class _Written:
    """A partition's hot rows in a new, durable file that no report reads yet.

    It takes the place of the `merged` files; `parts` are those of the recent events.
    """

    partition: Partition
    new: ColdFile
    merged: Sequence[ColdFile]
    parts: Parts


class Roller:
    """Writes partitions' hot rows to files, then deletes them; a merge takes files along."""

    def __init__(
        self,
        database: Database,
        cold: ColdTier,
        rollups: Rollups,
        scratch: Scratch,
        put_right: Callable[[Sequence[ColdFile], str], bool],
    ) -> None:
        self._database = database
        self._cold = cold
        self._rollups = rollups
        self._scratch = scratch
        self._put_right = put_right

    def roll(self) -> int:
        """Moves all partitions that are hot now; how many there were.

        Raises duckdb.Error or OSError when one cannot be moved; it stays hot, the others go.
        """
        with self._database.writer() as writer:
            found = writer.execute(HOT_PARTITIONS).fetchall()
        todo = [Partition(site_id, day) for site_id, day in found]
        failures: list[Exception] = []
        at = 0
        while at < len(todo):
            at += self._take_turn(todo[at:], failures)
        if failures:
            raise failures[0]
        return len(todo)

    def _take_turn(self, todo: Sequence[Partition], failures: list[Exception]) -> int:
        """Moves the first partitions of some; how many."""
        seen = 0
        written: list[_Written] = []
        with self._database.writer() as writer:
            begun = time.monotonic()
            while seen < len(todo) and (not seen or time.monotonic() - begun < TURN_SECS):
                partition = todo[seen]
                if any(share_a_day(self._rollups, partition, one.partition) for one in written):
                    break  # The second part of a day comes after the first one is in files.
                seen += 1
                try:
                    # It may have been deleted since the last turn, or have got more.
                    if batches := _batches(writer, partition):
                        written.append(self._write(writer, partition, batches))
                except (duckdb.Error, OSError) as error:
                    _note(writer, error, failures)
            try:
                self._hand_over(writer, written)
            except duckdb.Error as error:
                _note(writer, error, failures)
        self._cold.sweep()
        return seen

    def _write(
        self,
        writer: Connection,
        partition: Partition,
        batches: frozenset[str],
        merges: bool = True,
    ) -> _Written:
        """Writes a partition's hot rows to a file, with those of its files that are merged."""
        files = self._cold.partitions.files(partition)
        merged = files_to_merge(files, FILES_PER_PARTITION) if merges else ()
        if len(files) == FILES_PER_PARTITION and not is_quickly_merged(merged):
            merged = ()
        try:
            footers.assure_types(writer, merged)
            of_merged = [footers.read_batches(writer, file) for file in merged]
            new = self._write_hot_and(writer, partition, merged, batches.union(*of_merged))
        except duckdb.Error as error:
            if self._put_right(merged, str(error)):
                return self._write(writer, partition, batches)
            if merged and isinstance(error, duckdb.OutOfMemoryException):
                log.warning("A day keeps more files than it should", error=str(error))
                return self._write(writer, partition, batches, merges=False)
            raise
        parts = following.arrive(self._rollups, partition, self._cold.partitions)
        return _Written(partition, new, merged, parts)

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
        tree, bound = self._cold.partitions, day_scope(partition)
        if not merged:
            return write_file(writer, tree, partition, HOT, batches, bound)
        with self._scratch.file() as hot:
            writer.execute(f"copy ({HOT}) to {quoted(hot)} (format parquet)", bound)
            rows = rows_of([hot, *(file.path for file in merged)])
            return write_file(writer, tree, partition, rows, batches)

    def _hand_over(self, writer: Connection, written: Sequence[_Written]) -> None:
        """The one moment in which all of these rows stop being hot and are in their files."""
        if not written:
            return
        try:
            writer.execute("begin")
            for one in written:
                writer.execute(DELETE_HOT, day_scope(one.partition))
            with self._cold.publish:
                writer.execute("commit")
                self._publish(written)
        except duckdb.Error:
            if self._is_hot(written[0].partition):
                for one in written:
                    one.new.path.unlink(missing_ok=True)
                raise
            # The commit failed after it had taken effect: the rows are in the files alone.
            with self._cold.publish:
                self._publish(written)

    def _publish(self, written: Iterable[_Written]) -> None:
        """Shows reports to come the files, whose new rows are parts of the recent events too."""
        tree = self._cold.partitions
        for one in written:
            self._cold.replace(one.partition, one.merged, one.new)
            following.follow(self._rollups, one.partition, one.parts, tree)

    def _is_hot(self, partition: Partition) -> bool:
        """Whether rows of the partition are in the hot table; a commit that failed left them."""
        sql = f"select 1 from events where {IN_SCOPE} limit 1"
        with self._database.reader() as connection:
            return connection.execute(sql, day_scope(partition)).fetchone() is not None


def _batches(writer: Connection, partition: Partition) -> frozenset[str]:
    """The batches that a partition's hot rows came in; none where it has no such rows."""
    ((batches,),) = writer.execute(BATCHES, day_scope(partition)).fetchall()
    return frozenset(batches or ())


def _note(writer: Connection, error: Exception, failures: list[Exception]) -> None:
    """Keeps an error for the end, unless nothing more can be done with the database."""
    if isinstance(error, FATAL):
        raise error
    failures.append(error)
    with suppress(duckdb.Error):
        writer.execute("rollback")
