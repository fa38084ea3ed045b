"""Snapshots: hot table, rollups and Parquet files as they are at one moment, for one report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from mallard.model import Period
from mallard.store.cold import ColdTier
from mallard.store.database import Connection, Database
from mallard.store.partitions import ColdFile
from mallard.store.rollup import Rollup
from mallard.store.rollup_plans import NOTHING_KNOWN, Known, Plans
from mallard.store.rollups import Rollups
from mallard.store.statements import IN_SCOPE, hot_and, scope


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A connection on which all that `files` and `known` tell of is still there."""

    connection: Connection
    site_id: str
    period: Period
    files: Sequence[ColdFile]
    known: Known

    def relations(self, plans: Plans, rollup: Rollup | None) -> tuple[str, dict[str, Any]]:
        """What a report's SQL selects from, and what that binds."""
        bound = scope(self.site_id, self.period)
        if rollup is None:
            stored = hot_and(self.files, where=f" where {IN_SCOPE}")
            return f"with stored as not materialized ({stored})", bound
        plan = plans.plan(
            self.connection, self.known, self.site_id, self.period, self.files, rollup
        )
        relations, more = plan.relations(rollup)
        return relations, {**bound, **more}


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
