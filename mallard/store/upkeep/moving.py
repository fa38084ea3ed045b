"""Moving: the days of a site become another's, one after the other.

A day's events are written to a file of the other site first, then taken from the one. The new file
names the batches that they were in, with the site that these were of. So a kill between the two
leaves no doubt, and neither does a copy of the old files that somebody lays over the tree again:
what the other site holds already only goes.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from mallard.store.engine.database import Connection
from mallard.store.parquet import footers
from mallard.store.parquet.columns import SELECT_LIST
from mallard.store.parquet.partitions import ColdFile, Partition
from mallard.store.parquet.statements import IN_SCOPE, day_scope, rows_of
from mallard.store.upkeep.swapping import Content, swap
from mallard.store.upkeep.tended import Tended

_RENAMED = SELECT_LIST.replace("site_id", "$new_site as site_id")
MOVED = f"select {_RENAMED} from ({{rows}}) where {IN_SCOPE}"
"""Rows of the day itself; what else an operator's file has, no report ever showed."""


def move(store: Tended, connection: Connection, partition: Partition, into: str) -> None:
    """Makes a site's day, as far as it is in files, a part of another site's.

    A report sees each event once, in the one or in the other. Raises duckdb.Error or OSError, and
    then what has not been moved is where it was.
    """
    target = Partition(into, partition.day)
    while files := _held(store, partition):
        try:
            _move(store, connection, partition, target, files)
        except duckdb.Error as error:
            if not footers.may_be_of_a_file(error) or not store.put_right(files, str(error)):
                raise
        finally:
            store.cold.release(files)
            store.cold.sweep()
    store.rollups.forget(partition.site_id, partition.period, store.cold.publish)


def _held(store: Tended, partition: Partition) -> list[ColdFile]:
    with store.cold.publish:
        return store.cold.hold(partition.site_id, partition.period)


def _move(
    store: Tended,
    connection: Connection,
    partition: Partition,
    target: Partition,
    files: Sequence[ColdFile],
) -> None:
    footers.assure_types(connection, files)
    there = store.cold.partitions.files(target)
    known = _batches(connection, there)
    named = {file: _named(connection, partition, file) for file in files}
    new = [file for file in files if not named[file] & known]
    if new:
        batches = frozenset[str]().union(*(named[file] for file in new))
        _swap(store, connection, partition, target, new, (_moved(new), batches))
    for file in files:
        if named[file] <= known:
            _drop(store, partition, file)
        elif file not in new:
            rows = f"{_moved([file])} except all {rows_of([other.path for other in there])}"
            _swap(store, connection, partition, target, [file], (rows, named[file] - known))


def _swap(
    store: Tended,
    connection: Connection,
    partition: Partition,
    target: Partition,
    files: Sequence[ColdFile],
    moved: tuple[str, frozenset[str]],
) -> None:
    rows, batches = moved
    params = {**day_scope(partition), "new_site": target.site_id}
    swap(store, connection, partition, files, Content(rows, batches, params=params), target)


def _moved(files: Sequence[ColdFile]) -> str:
    return MOVED.format(rows=rows_of([file.path for file in files]))


def _named(connection: Connection, partition: Partition, file: ColdFile) -> frozenset[str]:
    """What the batches of a file are called where they come to; no id of a site has a slash."""
    names = footers.read_batches(connection, file)
    return frozenset(f"{partition.site_id}/{name}" for name in names)


def _batches(connection: Connection, files: Sequence[ColdFile]) -> frozenset[str]:
    return frozenset[str]().union(*(footers.read_batches(connection, file) for file in files))


def _drop(store: Tended, partition: Partition, file: ColdFile) -> None:
    with store.database.writer(), store.cold.publish:
        if file in store.cold.partitions.files(partition):
            store.cold.replace(partition, [file], None)
