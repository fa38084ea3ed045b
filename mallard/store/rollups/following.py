"""Lets the figures of days follow what comes to their files, and what becomes of these.

A flush writes the events of a day of UTC, and compaction makes one file of many. The days that have
figures may be those of another zone: then events of one day of UTC are of two of them, or three.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import duckdb
import structlog

from mallard.model import Period
from mallard.store.engine.database import Connection
from mallard.store.parquet.partitions import ColdFile, Partition, Partitions
from mallard.store.parquet.statements import HOT, scope
from mallard.store.rollups.kept import Rollups
from mallard.store.rollups.local_days import days_within, marks, one_day

log = structlog.get_logger("mallard.store.rollups")

Parts = Mapping[Period, int]
"""To days the numbers of parts of their recent events."""


def arrive(rollups: Rollups, partition: Partition, tree: Partitions) -> Parts:
    """Keeps hot rows of a day of UTC, which are about to join its files, as parts of their days.

    Nothing is kept of a day that is not followed. `follow` says that they are in the files.
    """
    parts: dict[Period, int] = {}
    for day in _days_of(rollups, partition):
        built = rollups.of(Partition(partition.site_id, day.start))
        files = tree.files_in(partition.site_id, day.in_utc)
        if built is None or not built.is_followed or built.files != marks(files, day):
            continue
        if _keep_part(rollups, partition, day, built.last):
            parts[day] = built.last + 1
    return parts


def follow(rollups: Rollups, partition: Partition, parts: Parts, tree: Partitions) -> None:
    """Tells that parts of days, which came with a day of UTC, are in files now; `publish`."""
    for day, part in parts.items():
        of_day = Partition(partition.site_id, day.start)
        built = rollups.of(of_day)
        if built is not None and built.is_followed:
            files = marks(tree.files_in(partition.site_id, day.in_utc), day)
            rollups.register(of_day, replace(built, files=files, last=part))


def rename(
    rollups: Rollups, partition: Partition, before: Iterable[ColdFile], tree: Partitions
) -> None:
    """Tells that the events of the files of a day of UTC are in others now; `publish`."""
    before, after = tuple(before), tree.files(partition)
    for day in _days_of(rollups, partition):
        of_day = Partition(partition.site_id, day.start)
        built = rollups.of(of_day)
        files = tree.files_in(partition.site_id, day.in_utc)
        former = [*(file for file in files if file not in after), *before]
        if built is not None and built.files == marks(former, day):
            rollups.register(of_day, replace(built, files=marks(files, day)))


def save(rollups: Rollups, connection: Connection, partition: Partition) -> None:
    """Writes down what `rename` told; where that fails, a start works the days out anew."""
    for day in _days_of(rollups, partition):
        of_day = Partition(partition.site_id, day.start)
        built = rollups.of(of_day)
        if built is None:
            continue
        try:
            with rollups.writing(connection, of_day) as rows:
                rows.note(built)
                connection.execute("commit")
        except duckdb.Error as error:
            log.warning("The figures of a day could not be told current", error=str(error))


def share_a_day(rollups: Rollups, one: Partition, other: Partition) -> bool:
    """Whether events of two days of UTC are of the same day where the site is."""
    if one.site_id != other.site_id:
        return False
    return not set(_days_of(rollups, one)).isdisjoint(_days_of(rollups, other))


def _days_of(rollups: Rollups, partition: Partition) -> list[Period]:
    """The days that have a part of a day of UTC where the site is."""
    zone = rollups.zone_of(partition.site_id)
    return [one_day(day, zone) for day in days_within(partition.day, zone)]


def _keep_part(rollups: Rollups, partition: Partition, day: Period, last: int) -> bool:
    """Keeps the hot rows of a day of UTC that are of this day; whether it has."""
    bound = scope(partition.site_id, partition.period)
    bound["start"] = max(bound["start"], day.begins_at)
    bound["end"] = min(bound["end"], day.ends_at)
    try:
        with (
            rollups.database.side_writer() as connection,
            rollups.writing(connection, Partition(partition.site_id, day.start)) as rows,
        ):
            rows.keep_only(last)
            rows.keep(HOT, last + 1, bound)
            connection.execute("commit")
    except duckdb.Error as error:
        log.warning("The figures of a day cannot follow its events", error=str(error))
        return False
    return True
