"""Compaction: the files of a day become fewer, one when it is over, sorted by visitor and time.

Nothing waits for it. The merged file is written beside the others, without the writer's lock; it
names the batches of all of them, so whichever of them a kill leaves, each event counts once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import duckdb
import structlog

from mallard.store.engine.database import Connection
from mallard.store.parquet import footers
from mallard.store.parquet.partitions import (
    ColdFile,
    Partition,
    files_to_merge,
    is_quickly_merged,
)
from mallard.store.parquet.statements import QUICKLY, TIGHTLY, rows_of
from mallard.store.rollups import following
from mallard.store.upkeep.swapping import Content, swap
from mallard.store.upkeep.tended import Tended

log = structlog.get_logger("mallard.store.compaction")

CROWDED_FROM = 5
"""So many files of a day that goes on are merged here where that takes long, so no flush waits."""

SMALL_BYTES = 1 << 20
"""A day that is over and no larger, some fifty thousand events, is packed tightly, for good.

That takes half a second at most.
"""


def uncompacted(store: Tended, today: date) -> list[Partition]:
    """The days before `today` that have more than one file, and the later ones that have many."""
    with store.cold.publish:
        tree = store.cold.partitions
        return [p for p in tree.partitions() if _to_merge(tree.files(p), p.day < today)]


def compact(store: Tended, connection: Connection, partition: Partition, today: date) -> bool:
    """Merges a day's files; False when they changed meanwhile, or there was nothing to merge.

    Raises duckdb.Error or OSError, and then nothing has changed.
    """
    while True:
        with store.cold.publish:
            held = store.cold.hold(partition.site_id, partition.period)
        files = _to_merge(tuple(held), partition.day < today)
        try:
            is_final = partition.day < today and sum(file.size for file in files) <= SMALL_BYTES
            packed = TIGHTLY if is_final else QUICKLY
            return bool(files) and _merge(store, connection, partition, files, packed)
        except duckdb.Error as error:
            if not footers.may_be_of_a_file(error):
                raise
            failure = error
        finally:
            store.cold.release(held)
            store.cold.sweep()
        if not store.put_right(files, str(failure)):
            raise failure


def compact_with_room(
    store: Tended, connection: Connection, partition: Partition, today: date
) -> None:
    """The same, but with too little memory for that a day keeps its files."""
    try:
        compact(store, connection, partition, today)
    except duckdb.OutOfMemoryException as error:
        log.warning(
            "The files of a day could not become one",
            site_id=partition.site_id,
            day=str(partition.day),
            error=str(error),
        )


def _to_merge(files: tuple[ColdFile, ...], is_over: bool) -> tuple[ColdFile, ...]:
    """Those of a day's files that should become one."""
    if is_over:
        return files if len(files) > 1 else ()
    merged = files_to_merge(files, CROWDED_FROM)
    return () if is_quickly_merged(merged) else merged


def _merge(
    store: Tended,
    connection: Connection,
    partition: Partition,
    files: Sequence[ColdFile],
    packed: str,
) -> bool:
    footers.assure_types(connection, files)
    batches = frozenset[str]().union(*(footers.read_batches(connection, file) for file in files))
    content = Content(rows_of([file.path for file in files]), batches, packed)

    def rename(before: tuple[ColdFile, ...]) -> None:
        following.rename(store.rollups, partition, before, store.cold.partitions)

    if not swap(store, connection, partition, files, content, published=rename):
        return False
    following.save(store.rollups, connection, partition)
    log.debug("Compacted a day", site_id=partition.site_id, day=str(partition.day))
    return True
