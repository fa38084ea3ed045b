"""Keeps the corrections of days current: they count for just the editions they were made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from mallard.store.engine.database import Connection
from mallard.store.parquet.cold import ColdTier
from mallard.store.parquet.partitions import ColdFile, Partition, day_of
from mallard.store.rollups import returning_visitors
from mallard.store.rollups.built import Built, Corrections
from mallard.store.rollups.kept import Rollups


def is_current(days: Mapping[date, Built], day: date) -> bool:
    """Whether a day of a site lacks no corrections; one that goes on has none."""
    built = days[day]
    if built.is_followed:
        return True
    earlier = _earlier(days, day)
    if built.corrections is None:
        return not earlier
    return built.corrections.editions == earlier


def make(
    rollups: Rollups,
    connection: Connection,
    partition: Partition,
    files: Iterable[ColdFile],
    cold: ColdTier,
) -> bool:
    """Works out a day's corrections; the files are those of the site's days up to this one.

    False when something has changed meanwhile; nothing has then. Raises duckdb.Error, likewise.
    """
    with cold.publish:
        alias = rollups.alias
        days = rollups.known(partition.site_id).days
    built = days.get(partition.day)
    if built is None or built.is_followed:
        return False
    editions = _earlier(days, partition.day)
    theirs = [f for f in files if day_of(f.path) in editions or day_of(f.path) == partition.day]
    with rollups.writing(connection, partition) as day:
        declared = list(rollups.declared.values())
        left_out = returning_visitors.correct(connection, day.alias, partition, declared, theirs)
        made = Corrections(editions, left_out)
        day.note_corrections(made)
        with cold.publish:
            days = rollups.known(partition.site_id).days
            now = days.get(partition.day)
            is_same = now is not None and now.edition == built.edition
            if alias == rollups.alias and is_same and _earlier(days, partition.day) == editions:
                connection.execute("commit")
                rollups.register(partition, replace(now or built, corrections=made))
                return True
    return False


def _earlier(days: Mapping[date, Built], day: date) -> dict[date, str]:
    """The editions of the earlier days that a day has to be corrected for."""
    first = returning_visitors.first_day_before(day)
    shared = days[day].shared
    return {d: days[d].edition for d in sorted(shared) if first <= d < day and d in days}
