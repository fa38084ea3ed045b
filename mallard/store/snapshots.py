"""Snapshots: hot table, rollups and Parquet files as they are at one moment, for one report."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mallard.model import Period
from mallard.store.engine.database import Database
from mallard.store.parquet.cold import ColdTier
from mallard.store.rollups.kept import Rollups
from mallard.store.rollups.moment import NOTHING_KNOWN, Moment


@contextmanager
def snapshot(
    database: Database, cold: ColdTier, rollups: Rollups | None, site_id: str, period: Period
) -> Iterator[Moment]:
    """A site's days as they are now; without `rollups` nothing is known of any."""
    with database.reader() as connection:
        with cold.publish:
            known, tables = NOTHING_KNOWN, "events"
            if rollups is not None:
                known = rollups.known(site_id)
                tables += f", {known.alias}.built"
            before = database.state
            # A transaction sees a database as it is when it first reads of it.
            connection.execute(f"select 1 from {tables} limit 0")
            hot_state = before if before == database.state else None
            files = cold.hold(site_id, period.in_utc)
        try:
            yield Moment(connection, site_id, period, files, known, hot_state)
        finally:
            cold.release(files)
