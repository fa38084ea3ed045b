"""Keeps the corrections of days current: they count for just the editions they were made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from mallard.model import Period
from mallard.store.engine.database import Connection
from mallard.store.parquet.cold import ColdTier
from mallard.store.parquet.partitions import ColdFile, Partition
from mallard.store.rollups import returning_visitors
from mallard.store.rollups.built import Built, Corrections
from mallard.store.rollups.kept import Rollups
from mallard.store.rollups.local_days import by_day, marks, one_day
from mallard.zones.days import ONE_DAY


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
    editions, zone = _earlier(days, partition.day), rollups.zone_of(partition.site_id)
    wanted = sorted({*editions, partition.day})
    span = Period(wanted[0], partition.day + ONE_DAY, zone)
    files_of = by_day(files, span)
    if any(days[d].files != marks(files_of.get(d, ()), one_day(d, zone)) for d in wanted):
        return False
    theirs = list(dict.fromkeys(file for d in wanted for file in files_of[d]))
    with rollups.writing(connection, partition) as day:
        declared = list(rollups.declared_for(span).values())
        left_out = returning_visitors.correct(
            connection, day.alias, partition.site_id, span, wanted, declared, theirs
        )
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
