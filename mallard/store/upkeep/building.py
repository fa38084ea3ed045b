"""Works out the figures of days from their files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import duckdb
import structlog

from mallard.model import Period
from mallard.store.engine.database import Connection
from mallard.store.parquet import footers
from mallard.store.parquet.partitions import ColdFile, Partition
from mallard.store.rollups import figures
from mallard.store.rollups.local_days import one_day
from mallard.store.rollups.small_days import is_small
from mallard.store.upkeep.tended import Tended

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

    return with_files(store, partition, store.rollups.period_of(partition).in_utc, work_out)


def build_together(store: Tended, connection: Connection, partitions: Sequence[Partition]) -> None:
    """Works out the figures of days of one zone that are over, where they are small and have none.

    Those that are left are for `build`, which tells what is wrong with them.
    """
    if len(partitions) < 2 or store.rollups.is_missing:
        return
    zone = store.rollups.zone_of(partitions[0].site_id)
    with store.cold.publish:
        held = {p: store.cold.hold(p.site_id, one_day(p.day, zone).in_utc) for p in partitions}
        days = {p: files for p, files in held.items() if _is_new_and_small(store, p, files)}
    try:
        if len(days) > 1:
            with or_one_by_one():
                with store.database.reader() as reader:
                    footers.assure_types(
                        reader, {file for files in days.values() for file in files}
                    )
                figures.make_together(store.rollups, connection, days, zone, store.cold)
    finally:
        for files in held.values():
            store.cold.release(files)


@contextmanager
def or_one_by_one() -> Iterator[None]:
    """What memory or a file keeps from being done for days together is left to each by itself."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        log.info("Days are seen to one by one for want of memory", error=str(error))
    except duckdb.Error as error:
        if not footers.may_be_of_a_file(error):
            raise
        log.info("Days are seen to one by one, as together they cannot be", error=str(error))


def _is_new_and_small(store: Tended, partition: Partition, files: Sequence[ColdFile]) -> bool:
    """Under `publish`."""
    rollups = store.rollups
    is_new = rollups.of(partition) is None and rollups.has_room(partition.site_id)
    return is_new and is_small(files)


def with_files(
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
