"""What is stored at one moment, as files that stay while they are read, however long that takes.

No transaction is held meanwhile: hot rows are copied, and Parquet files are kept from going.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from mallard.model import Period
from mallard.store.engine.database import Connection
from mallard.store.parquet.columns import quoted
from mallard.store.parquet.partitions import ColdFile
from mallard.store.parquet.statements import HOT, scope
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


@contextmanager
def held(store: Store, site_id: str, period: Period, hot: Path) -> Iterator[list[ColdFile]]:
    """The Parquet files that hold a site's events of a period, at least one.

    Hot events go to a new file at `hot`.
    """
    cold: list[ColdFile] = []
    try:
        with store.database.reader() as connection:
            with store.cold.publish:
                cold = store.cold.hold(site_id, period)
                connection.execute("select 1 from events limit 0")
            is_hot = connection.execute(f"{HOT} limit 1", scope(site_id, period)).fetchone()
            if is_hot or not cold:
                statement = f"copy ({HOT}) to {quoted(hot)} (format parquet)"
                connection.execute(statement, scope(site_id, period))
        yield [*cold, ColdFile(hot)] if hot.exists() else cold
    finally:
        store.cold.release(cold)


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
