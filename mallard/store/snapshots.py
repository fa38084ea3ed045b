"""Snapshots: hot table, rollups and Parquet files as they are at one moment, for one report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from mallard.model import Period
from mallard.store.cold import ColdTier
from mallard.store.database import Connection, Database
from mallard.store.partitions import ColdFile
from mallard.store.plan import Plan
from mallard.store.rollup import Rollup
from mallard.store.rollup_plans import NOTHING_KNOWN, Known, Plans, plan_of_events
from mallard.store.rollups import Rollups


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A connection on which all that `files` and `known` tell of is still there."""

    connection: Connection
    site_id: str
    period: Period
    files: Sequence[ColdFile]
    known: Known

    def plan(self, plans: Plans, rollup: Rollup | None) -> Plan:
        """What a report reads; without a rollup all events."""
        if rollup is None:
            return plan_of_events(self.known, self.files)
        return plans.plan(
            self.connection, self.known, self.site_id, self.period, self.files, rollup
        )


@contextmanager
def snapshot(
    database: Database, cold: ColdTier, rollups: Rollups | None, site_id: str, period: Period
) -> Iterator[Snapshot]:
    """A site's days as they are now; without `rollups` nothing is known of any."""
    with database.reader() as connection:
        with cold.publish:
            known = NOTHING_KNOWN
            connection.execute("select 1 from events limit 0")
            if rollups is not None:
                known = rollups.known(site_id)
                rollups.touch(connection)
            files = cold.hold(site_id, period)
        try:
            yield Snapshot(connection, site_id, period, files, known)
        finally:
            cold.release(files)
