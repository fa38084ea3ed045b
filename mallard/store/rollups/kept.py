"""Rollups: figures of days that are worked out once, in a database file of their own.

Everything here is derived: the file may be thrown away at any time, and is when its form is not
the current one. A day's figures are built from the Parquet files it has, and reports use them only
as long as these very files are all that the day has: so nothing ever has to be invalidated.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import structlog

from mallard.model import Period
from mallard.store.engine.database import Connection, Database
from mallard.store.engine.scratch import Scratch
from mallard.store.parquet.footers import may_be_of_a_file
from mallard.store.parquet.partitions import ColdFile, Partition, Partitions
from mallard.store.rollups.built import Built, site_number
from mallard.store.rollups.changes import Changes
from mallard.store.rollups.database_file import BuiltDays, RollupFile
from mallard.store.rollups.day_rows import OF_A_DAY, DayRows
from mallard.store.rollups.declared import Rollup
from mallard.store.rollups.local_days import (
    are_of_utc,
    local_days,
    marks,
    one_day,
)
from mallard.store.rollups.moment import Known
from mallard.store.rollups.planning import Plans
from mallard.zones.days import ONE_DAY, UTC

log = structlog.get_logger("mallard.store.rollups")

ROWS_AT_A_TIME = 500_000
"""Of so many deleted rows DuckDB keeps some 10 MB in memory."""

KEEPS_FROM = 20_000
"""A day that goes on has its recent events kept when it has so many; fewer are quickly read."""


ZoneOf = Callable[[str], str]
"""The time zone of a site."""


def in_utc(_: str) -> str:
    """The zone of every site as long as nobody says otherwise."""
    return UTC


def _is_of_utc(built: Built | None) -> bool:
    return built is None or are_of_utc(built.files)


class Rollups:
    """The rollups of all sites. What it knows changes under the cold tier's `publish` alone."""

    def __init__(
        self,
        database: Database,
        directory: Path,
        rollups: Iterable[Rollup],
        scratch: Scratch,
        keeps_from: int = KEEPS_FROM,
        zone_of: ZoneOf = in_utc,
    ) -> None:
        self.database = database
        self.scratch = scratch
        self.zone_of = zone_of
        self._declared = tuple(rollups)
        self.declared = self.declared_for(Period(date.min, date.max))
        self._file = RollupFile(directory, self.declared)
        self._version = 0
        self._known: BuiltDays = {}
        self.keeps_from = keeps_from
        self.plans = Plans()
        self.changes = Changes(self._declared)
        database.on_open(self._open)

    def declared_for(self, span: Period) -> dict[str, Rollup]:
        """The rollups, by their names, as they are worked out of the events of some days."""
        return {rollup.name: rollup.in_local_time(span) for rollup in self._declared}

    @property
    def version(self) -> int:
        """Grows with every change."""
        return self._version

    @property
    def is_missing(self) -> bool:
        """Whether no file of them could be written, so that nothing can be."""
        return self._file.is_missing

    @property
    def alias(self) -> str:
        """The name under which SQL finds the database of the rollups."""
        return self._file.alias

    def known(self, site_id: str) -> Known:
        """What is known of a site; under `publish`."""
        days = self._known.get(site_id, {})
        return Known(self.alias, site_number(site_id), self._version, days)

    def has_room(self, site_id: str) -> bool:
        """Whether no other site goes by the same number."""
        number = site_number(site_id)
        return site_id in self._known or all(site_number(o) != number for o in self._known)

    def period_of(self, partition: Partition) -> Period:
        """A day as it is where the site is."""
        return one_day(partition.day, self.zone_of(partition.site_id))

    def due_in(self, tree: Partitions) -> list[Partition]:
        """Every day, each where its site is, on which there may be events in files."""
        return [
            Partition(site_id, day)
            for site_id in tree.sites()
            for day in local_days(tree, site_id, self.zone_of(site_id))
        ]

    def files_in(self, tree: Partitions, partition: Partition) -> list[ColdFile]:
        """The files on which a day rests."""
        return tree.files_in(partition.site_id, self.period_of(partition).in_utc)

    def partitions(self) -> list[Partition]:
        """Every day that has been built."""
        return [Partition(site_id, day) for site_id, days in self._known.items() for day in days]

    def is_built(
        self, partition: Partition, files: Iterable[ColdFile], is_open: bool = True
    ) -> bool:
        """Whether the figures of a day are those of these files, all of their events included.

        Of a day that is not open there are to be no recent events either.
        """
        built, day = self.of(partition), self.period_of(partition)
        if built is None or built.files != marks(files, day) or built.is_unsettled:
            return False
        return is_open or not built.has_recent

    def with_recent(self) -> list[Partition]:
        """Every day that has recent events; under `publish`."""
        return [p for p in self.partitions() if (of := self.of(p)) and of.has_recent]

    def forget(self, site_id: str, period: Period, publish: threading.Lock) -> None:
        """Deletes a site's days, as `erase` does if there is too little memory for anything else.

        Raises duckdb.Error.
        """
        alias = self.alias
        try:
            self._delete(site_id, self._with_parts_of(site_id, period), publish)
        except duckdb.OutOfMemoryException:
            self.erase(site_id, period, publish)
        except duckdb.Error as error:
            if not (may_be_of_a_file(error) and self.replace_damaged(alias, publish)):
                raise

    def erase(self, site_id: str, period: Period, publish: threading.Lock) -> None:
        """Takes all but a site's days to a new file: nothing of these is left anywhere.

        A report under way keeps reading the old file, which has no name any more. The caller keeps
        the writer's lock. Where the old file cannot be read, the new one is empty.
        """
        self.changes.forget()
        period = self._with_parts_of(site_id, period)
        with self.database.side_writer() as connection:
            try:
                self._file.copy_without(connection, site_id, period)
            except (duckdb.Error, OSError) as error:
                log.info("Rollups are worked out anew", reason=str(error))
                self._renew(connection, publish)
                return
            with publish:
                self._version += 1
                self._known = self._file.take_copy(connection)

    def checkpoint(self) -> None:
        """Has DuckDB write to the file what it keeps in memory, as it does now and then anyway.

        Where it cannot be done, as while others write, it is left to DuckDB.
        """
        try:
            with self.database.side_writer() as connection:
                connection.execute(f"checkpoint {self.alias}")
        except duckdb.Error as error:
            log.info("Rollups stay in memory for now", reason=str(error))

    def throw_away(self, publish: threading.Lock) -> None:
        """Begins a new file; a report under way keeps reading the old one."""
        with self.database.side_writer() as connection:
            self._renew(connection, publish)

    def replace_damaged(self, alias: str, publish: threading.Lock) -> bool:
        """After something failed on this database: whether there is another in its place now."""
        with self.database.side_writer() as connection:
            if alias == self.alias and not self._file.is_readable(connection):
                self._renew(connection, publish)
        return alias != self.alias

    def _open(self, connection: Connection) -> None:
        self._version += 1
        self._known = self._file.open(connection)

    def _renew(self, connection: Connection, publish: threading.Lock) -> None:
        with publish:
            self._version += 1
            self._known = {}
            self._file.renew(connection)

    def _with_parts_of(self, site_id: str, period: Period) -> Period:
        """Some days of UTC, with those before and after that may have a part of them.

        These are days of another zone, and such as have been worked out for one before.
        """
        known, start, end = self._known.get(site_id, {}), period.start, period.end
        is_of_utc = self.zone_of(site_id) == UTC
        for _ in range(2):
            if start > date.min and not (is_of_utc and _is_of_utc(known.get(start - ONE_DAY))):
                start -= ONE_DAY
            if end < date.max and not (is_of_utc and _is_of_utc(known.get(end))):
                end += ONE_DAY
        return Period(start, end)

    def _delete(self, site_id: str, period: Period, publish: threading.Lock) -> None:
        bound = {"site": site_number(site_id), "first": period.start, "end": period.end}
        with self.database.side_writer() as connection:
            connection.execute("begin")
            for table in (*OF_A_DAY, *self.declared):
                connection.execute(
                    f"delete from {self.alias}.{table}"
                    " where site = $site and day >= $first and day < $end",
                    bound,
                )
            with publish:
                connection.execute("commit")
                self._version += 1
                days = self._known.get(site_id, {})
                self._known[site_id] = {d: built for d, built in days.items() if d not in period}

    def of(self, partition: Partition) -> Built | None:
        """What is known of a day."""
        return self._known.get(partition.site_id, {}).get(partition.day)

    def delete_rows(self, of: DayRows, tables: Sequence[str]) -> bool:
        """Deletes rows of a day, some in a transaction; False when another file is current by now.

        All at once would fill the memory: DuckDB keeps there what was deleted until it is written
        back. Raises duckdb.Error.
        """
        are_left = True
        while are_left:
            with self.writing(of.connection, of.partition) as day:
                if day.alias != of.alias:
                    return False
                are_left = day.delete_some(tables, ROWS_AT_A_TIME) == ROWS_AT_A_TIME
                of.connection.execute("commit")
            if are_left:
                self.checkpoint()
        return True

    @contextmanager
    def writing(self, connection: Connection, partition: Partition) -> Iterator[DayRows]:
        """The rows of a day in a transaction; what is not committed is undone."""
        connection.execute("begin")
        try:
            yield DayRows(connection, self.alias, partition)
        finally:
            with suppress(duckdb.Error):
                connection.execute("rollback")

    def register(self, partition: Partition, built: Built) -> None:
        """Tells what a day is built of now; under `publish`."""
        self._version += 1
        days = dict(self._known.get(partition.site_id, {}))
        for day, known in days.items():
            shared = known.shared - {partition.day}
            if day in built.shared:
                shared |= {partition.day}
            if shared != known.shared:
                days[day] = replace(known, shared=shared)
        days[partition.day] = built
        self._known[partition.site_id] = days
