"""Works out the figures of days, or adds to them what came since."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb

from mallard.model import Period
from mallard.store.engine.database import Connection
from mallard.store.parquet.cold import ColdTier
from mallard.store.parquet.partitions import ColdFile, Partition
from mallard.store.rollups.built import OVER, Built, site_number
from mallard.store.rollups.day_rows import KEY, OF_A_BUILD, DayRows
from mallard.store.rollups.declared import Rollup
from mallard.store.rollups.kept import Rollups
from mallard.store.rollups.local_days import marks, one_day, rows_of_day
from mallard.store.rollups.recent_events import OpenDay, is_large
from mallard.store.rollups.small_days import work_out_together, write_together
from mallard.store.rollups.working_out import WorkedOut, work_out
from mallard.zones.days import ONE_DAY


def make(
    rollups: Rollups,
    connection: Connection,
    partition: Partition,
    files: Sequence[ColdFile],
    cold: ColdTier,
    is_open: bool = False,
) -> bool:
    """Works out the figures of a day that has these files, which stay meanwhile.

    If more is to come, as the day `is_open`, its recent events are kept. When it is over, figures
    that have followed its events stay; but rollups that had been left out may fit by now. False
    when the files are not the day's any more in the end, or raises duckdb.Error: then the day has
    no other figures than before, or none.
    """
    if rollups.is_missing:
        rollups.throw_away(cold.publish)
        if rollups.is_missing:
            return False
    if not rollups.has_room(partition.site_id):
        return False
    day = _Day(rollups, connection, partition, rollups.period_of(partition), files, cold, is_open)
    with cold.publish:
        known = rollups.of(partition)
    if (
        known is None
        or not (known.has_recent and known.files == marks(files, day.period))
        or (known.left_out & rollups.declared.keys() and not is_open)
    ):
        return day.make_anew()
    try:
        if known.is_unsettled and not day.settle(known):
            return False
    except duckdb.OutOfMemoryException:
        if is_open:
            raise
        # However much came since, the files are read a part at a time.
        return day.make_anew()
    return is_open or day.close()


def make_together(
    rollups: Rollups,
    connection: Connection,
    days: Mapping[Partition, Sequence[ColdFile]],
    zone: str,
    cold: ColdTier,
) -> None:
    """Works out the figures of small days of a zone that are over and have none; their files stay.

    Some may be left out, and all are where the files of one are not its any more: those `make` has
    to be asked for. Raises duckdb.Error.
    """
    spans = {partition: one_day(partition.day, zone) for partition in days}
    first, last = min(p.day for p in days), max(p.day for p in days)
    declared = list(rollups.declared_for(Period(first, last + ONE_DAY, zone)).values())
    with rollups.scratch.directory() as directory:
        made = work_out_together(connection, days, zone, declared, directory)
        if not made:
            return
        with rollups.writing(connection, made[0]) as rows:
            write_together(connection, rows.alias, declared, directory)
            each = [
                _Day(rollups, connection, p, spans[p], days[p], cold, is_open=False) for p in made
            ]
            built = [day.note(replace(rows, partition=day.partition)) for day in each]
            with cold.publish:
                if rows.alias == rollups.alias and all(day.has_its_files() for day in each):
                    connection.execute("commit")
                    for day, of_day in zip(each, built, strict=True):
                        rollups.register(day.partition, of_day)


@dataclass(frozen=True, slots=True)
class _Day:
    """A day whose figures are to be those of the files."""

    rollups: Rollups
    connection: Connection
    partition: Partition
    period: Period
    files: Sequence[ColdFile]
    cold: ColdTier
    is_open: bool

    def make_anew(self) -> bool:
        """Works out the figures from the files; False when these are not the day's any more."""
        with self.rollups.scratch.directory() as directory:
            made = work_out(
                self.connection,
                self.partition.site_id,
                self.period,
                list(self._declared.values()),
                self.files,
                directory,
            )
            return self._take_over(made)

    def _take_over(self, made: WorkedOut) -> bool:
        """Puts figures in the place of the former; False when the files are not the day's now."""
        cleared = self._clear()
        with self.rollups.writing(self.connection, self.partition) as day:
            if day.alias != cleared:
                return False
            built = self._write(day, made)
            with self.cold.publish:
                if day.alias == self.rollups.alias and self.has_its_files():
                    self.connection.execute("commit")
                    self.rollups.register(self.partition, built)
                    return True
        return False

    def settle(self, built: Built) -> bool:
        """Adds the later parts to the figures; False when they are gone meanwhile."""
        with self.rollups.writing(self.connection, self.partition) as day:
            site = site_number(self.partition.site_id)
            settled, large = built.settled or 0, is_large(self.files)
            since = OpenDay(
                day.alias,
                site,
                self.partition.day,
                settled,
                built.last,
                large,
                zone=self.period.zone,
            )
            declared = self._declared.items()
            left_out = built.left_out | day.settle(
                [rollup for name, rollup in declared if name not in built.left_out],
                since,
                built.left_out,
            )
            shared = day.share(since.later_visitors, built.shared)
            with self.cold.publish:
                now = self.rollups.of(self.partition)
                if now is None or now.settled != built.settled or day.alias != self.rollups.alias:
                    return False
                now = replace(now, left_out=left_out, shared=shared, settled=since.last)
                self._change(day, replace(now, edition=_new_edition()))
        return True

    def close(self) -> bool:
        """Deletes the recent events, when the figures hold them all; False if more have come."""
        with self.cold.publish, self.rollups.writing(self.connection, self.partition) as day:
            known = self.rollups.of(self.partition)
            if known is None or known.is_unsettled:
                return False
            self._change(day, replace(known, settled=OVER, last=OVER))
        if not self.rollups.delete_rows(day, ["recent"]):
            return False
        with self.cold.publish, self.rollups.writing(self.connection, self.partition) as now:
            known = self.rollups.of(self.partition)
            if now.alias != day.alias or known is None or known.settled != OVER:
                return False
            self._change(now, replace(known, settled=None, last=0))
        return True

    def _clear(self) -> str | None:
        """Deletes what an earlier build has written; before that it counts no more.

        The name of the database in which the day has no rows then; None if that is not the current
        one, or if the files are not the day's any more.
        """
        with self.cold.publish, self.rollups.writing(self.connection, self.partition) as day:
            if not self.has_its_files():
                return None
            known = self.rollups.of(self.partition)
            if known is None:
                return day.alias
            settled = OVER if known.has_recent else None
            self._change(day, replace(known, files=frozenset(), settled=settled, last=settled or 0))
        tables = [*OF_A_BUILD, *self.rollups.declared]
        return day.alias if self.rollups.delete_rows(day, tables) else None

    def _write(self, day: DayRows, made: WorkedOut) -> Built:
        """Writes the rows of a day that has none."""
        keeps = False
        if made.events is not None:
            day.write(list(self._declared.values()), made)
            keeps = self.is_open and made.events >= self.rollups.keeps_from
        if keeps:
            day.keep_events(rows_of_day(self.files, self.period))
        return self.note(day, made.left_out, settled=0 if keeps else None)

    def note(
        self, day: DayRows, left_out: frozenset[str] = frozenset(), settled: int | None = None
    ) -> Built:
        """Says what the day, whose rows are written, is built of."""
        seen = f"select visitor from {day.alias}.visitors where {KEY}"
        built = Built(
            files=marks(self.files, self.period),
            edition=_new_edition(),
            left_out=left_out,
            shared=day.share(seen),
            settled=settled,
        )
        day.note(built)
        return built

    def has_its_files(self) -> bool:
        """Whether the files are still the day's; under `publish`."""
        now = self.cold.partitions.files_in(self.partition.site_id, self.period.in_utc)
        return marks(self.files, self.period) == marks(now, self.period)

    @property
    def _declared(self) -> Mapping[str, Rollup]:
        return self.rollups.declared_for(self.period)

    def _change(self, day: DayRows, built: Built) -> None:
        """Notes what the day is built of now; under `publish`."""
        day.note(built)
        self.connection.execute("commit")
        self.rollups.register(self.partition, built)


def _new_edition() -> str:
    return secrets.token_hex(8)
