"""Works out the figures of days, or adds to them what came since."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence
from dataclasses import replace

from mallard.store.cold import ColdTier
from mallard.store.database import Connection
from mallard.store.partitions import ColdFile, Partition
from mallard.store.recent import OpenDay, is_large
from mallard.store.rollup import OVER, Built, site_number
from mallard.store.rollup_plans import marks
from mallard.store.rollup_rows import KEY, OF_A_BUILD, DayRows
from mallard.store.rollups import Rollups
from mallard.store.worked_out import WorkedOut, work_out


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
    known = rollups.of(partition)
    is_current = known is not None and known.files == marks(files)
    if known and known.has_recent and is_current and (is_open or not known.left_out):
        is_settled = not known.is_unsettled or _settle(
            rollups, connection, partition, files, known, cold.publish
        )
        return is_settled and (is_open or _close(rollups, connection, partition, cold.publish))
    made = work_out(connection, partition, list(rollups.declared.values()), files)
    cleared = _clear(rollups, connection, partition, cold.publish)
    with rollups.writing(connection, partition) as day:
        if day.alias != cleared:
            return False
        built = _write(rollups, day, files, made, is_open)
        with cold.publish:
            is_current = built.files == marks(cold.partitions.files(partition))
            if day.alias == rollups.alias and is_current:
                connection.execute("commit")
                rollups.register(partition, built)
                return True
    return False


def _write(
    rollups: Rollups, day: DayRows, files: Sequence[ColdFile], made: WorkedOut, is_open: bool
) -> Built:
    """Writes the rows of a day that has none."""
    declared = list(rollups.declared.values())
    keeps = False
    if made.events is not None:
        day.write(declared, made)
        keeps = is_open and made.events >= rollups.keeps_from
    if keeps:
        day.keep_files(files)
    seen = f"select visitor from {day.alias}.visitors where {KEY}"
    built = Built(
        files=marks(files),
        edition=_new_edition(),
        left_out=made.left_out,
        shared=day.share(seen),
        settled=0 if keeps else None,
    )
    day.note(built)
    return built


def _settle(
    rollups: Rollups,
    connection: Connection,
    partition: Partition,
    files: Sequence[ColdFile],
    built: Built,
    publish: threading.Lock,
) -> bool:
    """Adds the later parts to a day's figures; False when they are gone meanwhile."""
    with rollups.writing(connection, partition) as day:
        site = site_number(partition.site_id)
        settled = built.settled or 0
        since = OpenDay(day.alias, site, partition.day, settled, built.last, is_large(files))
        declared = [r for name, r in rollups.declared.items() if name not in built.left_out]
        left_out = built.left_out | day.settle(declared, since)
        shared = day.share(since.later_visitors, built.shared)
        with publish:
            now = rollups.of(partition)
            if day.alias == rollups.alias and now is not None and now.settled == built.settled:
                now = replace(
                    now,
                    edition=_new_edition(),
                    left_out=left_out,
                    shared=shared,
                    settled=since.last,
                )
                day.note(now)
                connection.execute("commit")
                rollups.register(partition, now)
                return True
    return False


def _close(
    rollups: Rollups, connection: Connection, partition: Partition, publish: threading.Lock
) -> bool:
    """Deletes the recent events of a day whose figures hold them all; False if more have come."""
    with publish, rollups.writing(connection, partition) as day:
        known = rollups.of(partition)
        if known is None or known.is_unsettled:
            return False
        _change(rollups, day, replace(known, settled=OVER, last=OVER))
    if not rollups.delete_rows(day, ["recent"]):
        return False
    with publish, rollups.writing(connection, partition) as now:
        known = rollups.of(partition)
        if now.alias != day.alias or known is None or known.settled != OVER:
            return False
        _change(rollups, now, replace(known, settled=None, last=0))
    return True


def _clear(
    rollups: Rollups, connection: Connection, partition: Partition, publish: threading.Lock
) -> str | None:
    """Deletes what an earlier build has written, which counts no more from the first row on.

    The name of the database in which the day has no rows now; None if it is not the current one.
    """
    with publish, rollups.writing(connection, partition) as day:
        known = rollups.of(partition)
        if known is None:
            return day.alias
        _change(rollups, day, replace(known, files=frozenset()))
    return day.alias if rollups.delete_rows(day, [*OF_A_BUILD, *rollups.declared]) else None


def _change(rollups: Rollups, day: DayRows, built: Built) -> None:
    """Notes what a day is built of now; under `publish`."""
    day.note(built)
    day.connection.execute("commit")
    rollups.register(day.partition, built)


def _new_edition() -> str:
    return secrets.token_hex(8)
