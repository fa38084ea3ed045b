"""Works out what the figures of days lack because visitors return, from their files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from mallard.model import Period
from mallard.store.engine.database import Connection
from mallard.store.parquet import footers
from mallard.store.parquet.partitions import ColdFile, Partition
from mallard.store.rollups import corrections
from mallard.store.rollups.local_days import local_days
from mallard.store.rollups.returning_visitors import first_day_before
from mallard.store.upkeep.building import or_one_by_one, with_files
from mallard.store.upkeep.tended import Tended
from mallard.zones.days import ONE_DAY


def correct(store: Tended, connection: Connection, partition: Partition) -> bool:
    """Works out what a day's figures lack because visitors return; whether that is there now.

    The connection is as for `build`. Raises duckdb.Error when it cannot be done.
    """

    def work_out(files: Sequence[ColdFile]) -> bool:
        return corrections.make(store.rollups, connection, partition, files, store.cold)

    day = store.rollups.period_of(partition)
    days = replace(day, start=first_day_before(partition.day))
    return with_files(store, partition, days.in_utc, work_out)


def correct_together(
    store: Tended, connection: Connection, partitions: Iterable[Partition]
) -> None:
    """Works out what figures lack of those days that lack it, where they are small.

    Those that are left are for `correct`, which tells what is wrong with them.
    """
    lacking: dict[str, list[date]] = defaultdict(list)
    for partition in partitions:
        if is_uncorrected(store, partition):
            lacking[partition.site_id].append(partition.day)
    for site_id, days in lacking.items():
        if len(days) > 1:
            _correct_days(store, connection, site_id, days)


def _correct_days(
    store: Tended, connection: Connection, site_id: str, days: Sequence[date]
) -> None:
    first, zone = first_day_before(min(days)), store.rollups.zone_of(site_id)
    with store.cold.publish:
        files = store.cold.hold(site_id, Period(first, max(days) + ONE_DAY, zone).in_utc)
    try:
        with or_one_by_one():
            with store.database.reader() as reader:
                footers.assure_types(reader, files)
            corrections.make_together(store.rollups, connection, site_id, days, files, store.cold)
    finally:
        store.cold.release(files)


def uncorrected(store: Tended) -> list[Partition]:
    """The days to which somebody has returned since they were corrected, or built.

    One has to wait for the days before it.
    """
    with store.cold.publish:
        sites = store.cold.partitions.sites()
        return [
            Partition(site_id, day) for site_id in sites for day in _uncorrected(store, site_id)
        ]


def is_uncorrected(store: Tended, partition: Partition) -> bool:
    """Whether a day is among those."""
    with store.cold.publish:
        return bool(_uncorrected(store, partition.site_id, partition.day))


def is_due(store: Tended, partition: Partition) -> bool:
    """Whether the figures of a day that is over, or its corrections, are to be worked out."""
    with store.cold.publish:
        files = store.rollups.files_in(store.cold.partitions, partition)
        is_built = store.rollups.is_built(partition, files, is_open=False)
        return not is_built or bool(_uncorrected(store, partition.site_id, partition.day))


def _uncorrected(store: Tended, site_id: str, only: date | None = None) -> list[date]:
    """Days of a site, or the only one that is asked for; under `publish`."""
    tree, rollups = store.cold.partitions, store.rollups
    known = rollups.known(site_id).days
    asked_for = known if only is None else known.keys() & {only}
    due = [day for day in asked_for if not corrections.is_current(known, day)]
    if not due:
        return []
    first, last = first_day_before(min(due)), max(due)
    days = local_days(tree, site_id, rollups.zone_of(site_id))
    there = {day for day in days if first <= day <= last}
    of_site = [Partition(site_id, day) for day in there]
    unbuilt = {p.day for p in of_site if not rollups.is_built(p, rollups.files_in(tree, p))}
    return [
        day
        for day in due
        if day in there and not any(first_day_before(day) <= d <= day for d in unbuilt)
    ]
