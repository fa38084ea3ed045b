"""Rollups: figures of days that are worked out once, in a database file of their own.

Everything here is derived: the file may be thrown away at any time, and is when its form is not
the current one. A day's figures are built from the Parquet files it has, and reports use them only
as long as these very files are all that the day has: so nothing ever has to be invalidated.

Figures of several days may be added up when no visitor is on two of them. That is found out when a
day is built, by hashes of the visitors' ids; two ids with one hash only make us read the events.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from cachetools import LRUCache

from mallard.model import Period
from mallard.store.cold import ColdTier
from mallard.store.database import Connection, Database
from mallard.store.footers import FILE_ERRORS
from mallard.store.partitions import ColdFile, Partition, day_of
from mallard.store.rollup import Rollup
from mallard.store.rollup_file import Built, BuiltDays, RollupFile
from mallard.store.rollup_rows import DayRows
from mallard.store.statements import IN_SCOPE, hot_and, scope

REMEMBERED = 256

HOT_STATE = f"select timestamp::date, batch, count(*) from events where {IN_SCOPE} group by all"
"""Which hot rows there are: a batch's rows never change, they can only go."""

HotState = frozenset[tuple[date, str, int]]


@dataclass(frozen=True, slots=True)
class Known:
    """The built days of a site at one moment, and the name of the database that has them."""

    alias: str
    version: int
    days: Mapping[date, Built]


NOTHING_KNOWN = Known("", 0, {})
"""For what reads the events alone."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Which days a report takes from rollups, and the files that it reads besides."""

    alias: str
    days: tuple[date, ...]
    files: Sequence[ColdFile]


class Rollups:
    """The rollups of all sites. What it knows changes under the cold tier's `publish` alone."""

    def __init__(self, database: Database, directory: Path, rollups: Iterable[Rollup]) -> None:
        self._database = database
        self._rollups = {rollup.name: rollup for rollup in rollups}
        self._file = RollupFile(directory, self._rollups)
        self._version = 0
        self._known: BuiltDays = {}
        self._meetings: LRUCache[object, frozenset[date]] = LRUCache(REMEMBERED)
        self._meetings_lock = threading.Lock()
        database.on_open(self._open)

    @property
    def version(self) -> int:
        """Grows with every change."""
        return self._version

    @property
    def alias(self) -> str:
        """The name under which SQL finds the database of the rollups."""
        return self._file.alias

    def known(self, site_id: str) -> Known:
        """What is known of a site; under `publish`."""
        return Known(self.alias, self._version, self._known.get(site_id, {}))

    def partitions(self) -> list[Partition]:
        """Every day that has been built."""
        return [Partition(site_id, day) for site_id, days in self._known.items() for day in days]

    def touch(self, connection: Connection) -> None:
        """Makes this moment's rollups those that a transaction sees; under `publish`."""
        connection.execute(f"select 1 from {self.alias}.built limit 0")

    def is_built(self, partition: Partition, files: Iterable[ColdFile]) -> bool:
        """Whether the figures of a day are those of these files."""
        built = self._known.get(partition.site_id, {}).get(partition.day)
        return built is not None and built.files == _marks(files)

    def plan(
        self,
        connection: Connection,
        known: Known,
        site_id: str,
        period: Period,
        files: Sequence[ColdFile],
        rollup: Rollup,
    ) -> Plan:
        """How a report on these files is put together so that its figures are exact."""
        nothing = Plan(known.alias, (), files)
        by_day: dict[date, list[ColdFile]] = {}
        for file in files:
            by_day.setdefault(day_of(file.path), []).append(file)
        days = {d for d, of_day in by_day.items() if _is_usable(known, d, of_day, rollup)}
        if not days:
            return nothing
        rows = connection.execute(HOT_STATE, scope(site_id, period)).fetchall()
        hot: HotState = frozenset((day, batch, count) for day, batch, count in rows)
        days -= {day for day, _, _ in hot}
        if any(known.days[day].shared & days for day in days):
            return nothing
        rest = [file for file in files if day_of(file.path) not in days]
        if days & self._met(connection, known, site_id, period, rest, hot):
            return nothing
        return Plan(known.alias, tuple(sorted(days)), rest)

    def relation(self, plan: Plan, rollup: Rollup) -> tuple[str, dict[str, Any]]:
        """The SELECT of a plan's rows in a rollup, and what it binds beside `site_id`."""
        if not plan.days:
            return rollup.nothing, {}
        sql = f"""
        select day, {rollup.select_list} from {plan.alias}.{rollup.name}
        where site_id = $site_id and day between $first_rolled and $last_rolled
            and list_contains($rolled, day)
        """
        bound = {"first_rolled": plan.days[0], "last_rolled": plan.days[-1]}
        return sql, {**bound, "rolled": list(plan.days)}

    def build(
        self,
        connection: Connection,
        partition: Partition,
        files: Sequence[ColdFile],
        cold: ColdTier,
    ) -> bool:
        """Works out the figures of a day that has these files, which stay meanwhile.

        False when they are not the day's files any more in the end; nothing has changed then.
        Raises duckdb.Error, likewise.
        """
        if self._file.is_missing:
            self.throw_away(cold.publish)
            if self._file.is_missing:
                return False
        alias, rollups = self.alias, list(self._rollups.values())
        day = DayRows(connection, alias, partition)
        connection.execute("begin")
        try:
            if partition.day in self._known.get(partition.site_id, {}):
                day.clear(rollups)
            left_out = day.write(rollups, files)
            built = Built(_marks(files), left_out, day.share())
            day.note(built.files, left_out)
            with cold.publish:
                is_current = built.files == _marks(cold.partitions.files(partition))
                if alias == self.alias and is_current:
                    connection.execute("commit")
                    self._register(partition, built)
                    return True
        finally:
            with suppress(duckdb.Error):
                connection.execute("rollback")
        return False

    def forget(self, site_id: str, period: Period, publish: threading.Lock) -> None:
        """Deletes a site's days. Raises duckdb.Error."""
        alias = self.alias
        try:
            self._delete(site_id, period, publish)
        except FILE_ERRORS:
            if not self.replace_damaged(alias, publish):
                raise

    def throw_away(self, publish: threading.Lock) -> None:
        """Begins a new file: nothing that was ever deleted from the old one is left anywhere.

        A report under way keeps reading the old file, which has no name any more.
        """
        with self._database.side_writer() as connection:
            self._renew(connection, publish)

    def replace_damaged(self, alias: str, publish: threading.Lock) -> bool:
        """After something failed on this database: whether there is another in its place now."""
        with self._database.side_writer() as connection:
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

    def _delete(self, site_id: str, period: Period, publish: threading.Lock) -> None:
        bound = {"site_id": site_id, "first": period.start, "end": period.end}
        with self._database.side_writer() as connection:
            connection.execute("begin")
            for table in ("built", "visitors", *self._rollups):
                connection.execute(
                    f"delete from {self.alias}.{table}"
                    " where site_id = $site_id and day >= $first and day < $end",
                    bound,
                )
            with publish:
                connection.execute("commit")
                self._version += 1
                days = self._known.get(site_id, {})
                self._known[site_id] = {d: built for d, built in days.items() if d not in period}

    def _register(self, partition: Partition, built: Built) -> None:
        self._version += 1
        days = dict(self._known.get(partition.site_id, {}))
        for day, known in days.items():
            shared = known.shared - {partition.day}
            if day in built.shared:
                shared |= {partition.day}
            if shared != known.shared:
                days[day] = Built(known.files, known.left_out, shared)
        days[partition.day] = built
        self._known[partition.site_id] = days

    def _met(
        self,
        connection: Connection,
        known: Known,
        site_id: str,
        period: Period,
        files: Sequence[ColdFile],
        hot: HotState,
    ) -> frozenset[date]:
        """The built days on which visitors of the rest, of files and hot rows, were seen."""
        if not files and not hot:
            return frozenset()
        paths = frozenset((file.path, file.mark) for file in files)
        key = (known.version, site_id, period, paths, hot)
        with self._meetings_lock:
            found = self._meetings.get(key)
        if found is None:
            stored = hot_and(files, where=f" where {IN_SCOPE}")
            rows = connection.execute(
                f"select distinct day from {known.alias}.visitors where site_id = $site_id"
                f" and visitor in (select hash(visitor_id) from ({stored}))",
                scope(site_id, period),
            ).fetchall()
            found = frozenset(day for (day,) in rows)
            with self._meetings_lock:
                self._meetings[key] = found
        return found


def _is_usable(known: Known, day: date, files: Iterable[ColdFile], rollup: Rollup) -> bool:
    built = known.days.get(day)
    return built is not None and rollup.name not in built.left_out and built.files == _marks(files)


def _marks(files: Iterable[ColdFile]) -> frozenset[str]:
    """What tells files of one day from all others it ever had."""
    return frozenset(file.mark for file in files)
