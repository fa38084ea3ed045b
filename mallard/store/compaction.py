"""Compaction: the files of a day that is over become one, sorted by visitor and time.

Nothing waits for it. The merged file is written beside the others, without the writer's lock; it
names the batches of all of them, so whichever of them a kill leaves, each event counts once.
"""

from __future__ import annotations

from datetime import date

import structlog

from mallard.store import footers
from mallard.store.database import Connection
from mallard.store.partitions import TEMPORARY, ColdFile, Partition, make_durable
from mallard.store.statements import copy_to, rows_of
from mallard.store.store import Store

log = structlog.get_logger("mallard.store.compaction")


def uncompacted(store: Store, today: date) -> list[Partition]:
    """The days before `today` that have more than one file."""
    with store.cold.publish:
        tree = store.cold.partitions
        return [p for p in tree.partitions() if p.day < today and len(tree.files(p)) > 1]


def compact(store: Store, connection: Connection, partition: Partition) -> bool:
    """Makes one file of a partition's; False when they changed meanwhile, or one is all it has.

    Raises duckdb.Error or OSError, and then nothing has changed.
    """
    while True:
        with store.cold.publish:
            files = store.cold.hold(partition.site_id, partition.period)
        try:
            return len(files) > 1 and _merge(store, connection, partition, files)
        except footers.FILE_ERRORS as error:
            failure = error
        finally:
            store.cold.release(files)
            store.cold.sweep()
        if not store.put_right(files, str(failure)):
            raise failure


def _merge(
    store: Store, connection: Connection, partition: Partition, files: list[ColdFile]
) -> bool:
    batches = frozenset[str]().union(*(footers.read_batches(connection, file) for file in files))
    with store.database.writer():
        path = store.cold.partitions.next_path(partition)
        temporary = path.with_name(path.name + TEMPORARY)
        temporary.touch()
    try:
        connection.execute(copy_to(temporary, rows_of([file.path for file in files]), batches))
        # Under the lock nobody erases or adds: what was merged is still all there is.
        with store.database.writer():
            if set(store.cold.partitions.files(partition)) != set(files):
                return False
            make_durable(temporary, path)
            with store.cold.publish:
                store.cold.replace(partition, files, ColdFile(path, batches))
    finally:
        temporary.unlink(missing_ok=True)
    log.debug("Compacted a day", site_id=partition.site_id, day=str(partition.day))
    return True
