"""Works out the figures of days, and what these lack because visitors return, from their files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

import duckdb
import structlog

from mallard.model import Period
from mallard.store.engine.database import Connection
from mallard.store.parquet import footers
from mallard.store.parquet.partitions import ColdFile, Partition
from mallard.store.rollups import corrections, figures
from mallard.store.rollups.local_days import local_days
from mallard.store.rollups.returning_visitors import first_day_before
from mallard.store.rollups.small_days import MOST_BYTES, MOST_DAYS, is_small, size_of
from mallard.store.upkeep.tended import Tended
from mallard.zones.days import UTC

log = structlog.get_logger("mallard.store.upkeep")


def build(
    store: Tended, connection: Connection, partition: Partition, is_open: bool = False
) -> bool:
    """Works out the figures of a day that changed; whether they are there now.

    The connection is one that writes to attached files; more is to come when the day `is_open`.
    Raises duckdb.Error when it cannot be done.
    """

    def work_out(files: Sequence[ColdFile]) -> bool:
        if not files or store.rollups.is_built(partition, files, is_open):
            return bool(files)
        return figures.make(store.rollups, connection, partition, files, store.cold, is_open)

    return _with_files(store, partition, store.rollups.period_of(partition).in_utc, work_out)


def build_together(store: Tended, connection: Connection, partitions: Sequence[Partition]) -> None:
    """Works out the figures of days that are over, at once, where they are small and have none.

    Those that are left are for `build`, which tells what is wrong with them.
    """
    with store.cold.publish:
        held = {p: store.cold.hold(p.site_id, p.period) for p in partitions}
        days = {p: files for p, files in held.items() if _is_new_and_small(store, p, files)}
    try:
        if len(days) > 1 and not store.rollups.is_missing:
            with store.database.reader() as reader:
                for files in days.values():
                    footers.assure_types(reader, files)
            figures.make_together(store.rollups, connection, days, store.cold)
    except duckdb.OutOfMemoryException as error:
        log.info("Days are worked out one by one for want of memory", error=str(error))
    except duckdb.Error as error:
        if not footers.may_be_of_a_file(error):
            raise
    finally:
        for files in held.values():
            store.cold.release(files)


def _is_new_and_small(store: Tended, partition: Partition, files: Sequence[ColdFile]) -> bool:
    """Under `publish`."""
    rollups = store.rollups
    is_new = rollups.of(partition) is None and rollups.has_room(partition.site_id)
    return is_new and rollups.zone_of(partition.site_id) == UTC and is_small(files)


def in_batches(
    store: Tended, due: Iterable[Partition], today: Callable[[str], date]
) -> Iterator[list[Partition]]:
    """The days in their order, those together that `build_together` may work out at once."""
    batch: list[Partition] = []
    size = 0
    for partition in due:
        with store.cold.publish:
            files = store.cold.partitions.files(partition)
            is_over = partition.day < today(partition.site_id)
            is_one_of_many = is_over and _is_new_and_small(store, partition, files)
        size += size_of(files)
        if batch and (not is_one_of_many or len(batch) == MOST_DAYS or size > MOST_BYTES):
            yield batch
            batch, size = [], size_of(files)
        if is_one_of_many:
            batch.append(partition)
        else:
            yield [partition]
            size = 0
    if batch:
        yield batch


def correct(store: Tended, connection: Connection, partition: Partition) -> bool:
    """Works out what a day's figures lack because visitors return; whether that is there now.

    The connection is as for `build`. Raises duckdb.Error when it cannot be done.
    """

    def work_out(files: Sequence[ColdFile]) -> bool:
        return corrections.make(store.rollups, connection, partition, files, store.cold)

    day = store.rollups.period_of(partition)
    days = replace(day, start=first_day_before(partition.day))
    return _with_files(store, partition, days.in_utc, work_out)


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
        return partition.day in _uncorrected(store, partition.site_id)


def _uncorrected(store: Tended, site_id: str) -> list[date]:
    """Days of a site; under `publish`."""
    tree, rollups = store.cold.partitions, store.rollups
    known = rollups.known(site_id).days
    due = [day for day in known if not corrections.is_current(known, day)]
    if not due:
        return []
    zone = rollups.zone_of(site_id)
    days = [Partition(site_id, day) for day in local_days(tree, site_id, zone)]
    unbuilt = {p.day for p in days if not rollups.is_built(p, rollups.files_in(tree, p))}
    there = {p.day for p in days}
    return [
        day
        for day in due
        if day in there and not any(first_day_before(day) <= d <= day for d in unbuilt)
    ]


def _with_files(
    store: Tended,
    partition: Partition,
    period: Period,
    work_out: Callable[[Sequence[ColdFile]], bool],
) -> bool:
    """What becomes of a site's files in a period, none of which goes meanwhile.

    Those that turn out to be unreadable are quarantined, and rollups begun anew.
    """
    while True:
        with store.cold.publish:
            alias = store.rollups.alias
            files = store.cold.hold(partition.site_id, period)
        try:
            with store.database.reader() as connection:
                footers.assure_types(connection, files)
            return work_out(files)
        except duckdb.Error as error:
            if not footers.may_be_of_a_file(error):
                raise
            failure = error
        finally:
            store.cold.release(files)
        is_new = store.rollups.replace_damaged(alias, store.cold.publish)
        if is_new or not store.put_right(files, str(failure)):
            raise failure
