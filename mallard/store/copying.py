"""A copy of the database, and the files that belong to it: both of one moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from mallard.store.columns import quoted
from mallard.store.database import Connection
from mallard.store.partitions import ColdFile
from mallard.store.store import Store


@contextmanager
def copied(store: Store, target: Path) -> Iterator[list[ColdFile]]:
    """Copies the database to `target`; the Parquet files of the same moment, which stay meanwhile.

    The copy is a database of its own, written from a snapshot: nobody waits for it, and nothing
    of it is in a write-ahead log.
    """
    files: list[ColdFile] = []
    try:
        with store.database.reader() as connection:
            with store.cold.publish:
                files = store.cold.hold_all()
                connection.execute("select 1 from events limit 0")
            _copy(connection, store.database.path.stem, target)
        yield files
    finally:
        store.cold.release(files)


def _copy(connection: Connection, source: str, target: Path) -> None:
    alias = f'"{target.name}"'
    connection.execute(f"attach {quoted(target)} as {alias}")
    try:
        connection.execute(f'copy from database "{source}" to {alias}')
        connection.execute("commit")
    finally:
        with suppress(duckdb.Error):
            connection.execute("rollback")
        connection.execute(f"detach {alias}")
