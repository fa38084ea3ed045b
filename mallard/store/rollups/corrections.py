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
from mallard.store.rollups.returning_together import MOST_BYTES, correct_together
from mallard.store.rollups.small_days import size_of
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
            now = rollups.known(partition.site_id).days
            if alias == rollups.alias and _is_as_it_was(days, now, partition.day):
                connection.execute("commit")
                rollups.register(partition, replace(now[partition.day], corrections=made))
                return True
    return False


def make_together(
    rollups: Rollups,
    connection: Connection,
    site_id: str,
    wanted: Iterable[date],
    files: Iterable[ColdFile],
    cold: ColdTier,
) -> None:
    """Works out the corrections of small days of a site, which lack them; their files stay.

    The files are those of the site's days from the first day that these are corrected for. Some may
    be left, and all are where something changes meanwhile: those `make` has to be asked for. Raises
    duckdb.Error.
    """
    with cold.publish:
        alias = rollups.alias
        days = rollups.known(site_id).days
    due = sorted(day for day in wanted if day in days and not is_current(days, day))
    if not due:
        return
    first, zone = returning_visitors.first_day_before(due[0]), rollups.zone_of(site_id)
    span = Period(first, due[-1] + ONE_DAY, zone)
    there = {day for day in days if day in span}
    files_of = by_day(files, span)
    if any(days[d].files != marks(files_of.get(d, ()), one_day(d, zone)) for d in there):
        return
    theirs = list(dict.fromkeys(file for d in there for file in files_of[d]))
    if size_of(theirs) > MOST_BYTES:
        return
    declared = list(rollups.declared_for(span).values())
    left_out = frozenset(rollup.name for rollup in declared if not rollup.is_corrected)
    with rollups.writing(connection, Partition(site_id, due[0])) as rows:
        corrected = correct_together(
            connection, rows.alias, site_id, span, due, declared, theirs, there
        )
        made = {day: Corrections(_earlier(days, day), left_out) for day in corrected}
        for day, of_day in made.items():
            replace(rows, partition=Partition(site_id, day)).note_corrections(of_day)
        with cold.publish:
            now = rollups.known(site_id).days
            if alias == rollups.alias and all(_is_as_it_was(days, now, day) for day in made):
                connection.execute("commit")
                for day, of_day in made.items():
                    built = replace(now[day], corrections=of_day)
                    rollups.register(Partition(site_id, day), built)


def _is_as_it_was(then: Mapping[date, Built], now: Mapping[date, Built], day: date) -> bool:
    """Whether a day and those that it is corrected for are those of then."""
    if day not in now or now[day].edition != then[day].edition:
        return False
    return _earlier(now, day) == _earlier(then, day)


def _earlier(days: Mapping[date, Built], day: date) -> dict[date, str]:
    """The editions of the earlier days that a day has to be corrected for."""
    first = returning_visitors.first_day_before(day)
    shared = days[day].shared
    return {d: days[d].edition for d in sorted(shared) if first <= d < day and d in days}
