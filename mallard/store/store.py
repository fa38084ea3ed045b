"""The store: batches go into the hot table, from there into Parquet; reports see one state."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from mallard.metrics import Metrics
from mallard.model import Period
from mallard.store import many_sites
from mallard.store.engine.database import Database
from mallard.store.engine.scratch import Scratch
from mallard.store.imported.cutting import Cutter
from mallard.store.imported.days import ImportedDays
from mallard.store.many_sites import Asked, Figures, FiguresOfSites, ManySites
from mallard.store.parquet import footers
from mallard.store.parquet.cold import ColdTier
from mallard.store.parquet.partitions import ColdFile, Partition
from mallard.store.parquet.shell_view import refresh_view
from mallard.store.parquet.statements import (
    IN_SCOPE,
    insert_segment,
    rows_of,
    scope,
)
from mallard.store.parquet.writing import write_file
from mallard.store.queries import Queries
from mallard.store.reader import Statement
from mallard.store.rolling import Roller
from mallard.store.rollups.declared import Rollup
from mallard.store.rollups.kept import KEEPS_FROM, Rollups, ZoneOf, in_utc
from mallard.store.snapshots import snapshot

T = TypeVar("T")


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
        zone_of: ZoneOf = in_utc,
    ) -> None:
        self.database = database
        self._scratch = Scratch(data_dir, database.insist)
        self.rollups = Rollups(
            database, data_dir / "rollups", rollups, self._scratch, keeps_recent_from, zone_of
        )
        durations = (metrics or Metrics()).queries
        self._zone_of = zone_of
        self.queries = Queries(query_timeout_secs, durations, self._scratch)
        self.cold = ColdTier(data_dir, database.insist)
        self.imported = ImportedDays(data_dir, database)
        self.cutter = Cutter(self.imported, self._scratch)
        self._many_sites = ManySites(database, self.cold, self.rollups)
        self._roller = Roller(database, self.cold, self.rollups, self._scratch, self.put_right)

    def append(self, batch: str, segment: Path, within_secs: float | None = None) -> None:
        """Takes a journal segment into the hot table under the batch's name, whole or not at all.

        Raises duckdb.Error when it cannot be stored, Unavailable when others write for longer than
        so many seconds; nothing is stored then.
        """
        with self.database.writer(within_secs) as writer:
            writer.execute(insert_segment(segment), {"batch": batch})

    def roll(self) -> None:
        """Moves the hot table into Parquet, partition by partition.

        What is appended meanwhile stays hot. Raises duckdb.Error or OSError when a partition cannot
        be moved; it stays hot, the others go.
        """
        if self._roller.roll():
            refresh_view(self.database, self.cold)

    def fetch(
        self,
        site_id: str,
        period: Period,
        sql: str,
        params: Mapping[str, Any],
        rollup: Rollup | None = None,
        is_lean: bool = False,
        instead: Statement | None = None,
        acquainted_since: date | None = None,
    ) -> list[tuple[Any, ...]]:
        """The rows of a report's SQL; see `mallard.store.reader.Reader`. Raises QueryTimeout.

        A file that turns out to be unreadable is quarantined and the report runs without it;
        unreadable rollups are begun anew. Where the memory is not enough, what may be asked
        `instead` is, in a time of its own.
        """

        def look(rollups: Rollups | None, files: list[ColdFile]) -> list[tuple[Any, ...]]:
            with snapshot(self.database, self.cold, rollups, site_id, period) as moment:
                files += moment.files
                return self.queries.run(
                    moment, self.rollups, sql, params, rollup, instead, acquainted_since
                )

        asks_known = rollup is not None or is_lean or acquainted_since is not None
        try:
            return self._look(look, self.rollups if asks_known else None)
        except duckdb.OutOfMemoryException:
            if instead is None:
                raise
        return self.fetch(site_id, period, *instead, acquainted_since=acquainted_since)

    def figures_of_sites(
        self, period: Period, until: datetime | None = None, only: frozenset[str] | None = None
    ) -> FiguresOfSites | None:
        """The figures in a period, or in its part `until` a moment, of all sites of its time zone.

        Those of some sites need less to be read. None as long as more files than MOST_FILES would
        have to be. Raises QueryTimeout.
        """
        asked = Asked(period, until, only)

        def look(rollups: Rollups | None, files: list[ColdFile]) -> FiguresOfSites | None:
            with self._many_sites.at_once(asked) as (connection, alias, found):
                if rollups is None or len(found.files) > many_sites.MOST_FILES:
                    return None
                files += found.files
                sql, params = found.sql(alias, period), found.bound(asked)
                rows = self.queries.run_at_once(connection, files, sql, params)
            # Hot rows were read of all sites, wherever they are.
            there = {site: row for site, *row in rows if self._zone_of(site) == period.zone}
            told = {site: Figures(*row) for site, row in there.items()}
            return FiguresOfSites(told, found.apart)

        return self._look(look, self.rollups)

    def _look(
        self, look: Callable[[Rollups | None, list[ColdFile]], T], rollups: Rollups | None
    ) -> T:
        """What a look at the rollups and at files, which it adds to a list, has found.

        Where a file of either cannot be read it is put right, and looked at again.
        """
        while True:
            files: list[ColdFile] = []
            alias = self.rollups.alias
            try:
                return look(rollups, files)
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
            tree, rollups = self.cold.partitions, self.rollups
            return [
                p
                for p in rollups.due_in(tree)
                if not rollups.is_built(p, rollups.files_in(tree, p))
            ]

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

    def sites_with_figures(self) -> list[str]:
        """The ids of the sites with events or imported figures, sorted."""
        return sorted({*self.sites(), *self.imported.sites()})

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

    def first_days(self) -> dict[str, date]:
        """The first day of UTC on which each site has events, hot or cold."""
        with self.database.reader() as connection:
            sql = "select site_id, min(timestamp)::date from events group by site_id"
            found = dict(connection.execute(sql).fetchall())
        with self.cold.publish:
            for cold in self.cold.partitions.partitions():
                found[cold.site_id] = min(found.get(cold.site_id, cold.day), cold.day)
        return found

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
        other types, are written anew in the documented ones. Raises Unavailable when it is the tree
        that cannot be read: then no file of it is to blame.
        """
        self.cold.insist(files)
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
        self.queries.close()
        self.database.close()
