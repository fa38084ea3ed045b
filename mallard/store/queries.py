"""Runs the SQL of reports: heavy ones in turns, each timed, and for so long and no longer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mallard.metrics.durations import Durations
from mallard.store.deadlines import Deadlines
from mallard.store.rollup import Rollup
from mallard.store.rollup_plans import Plans
from mallard.store.snapshots import Snapshot
from mallard.store.statements import scope
from mallard.store.turns import Turns


class Queries:
    """All queries of reports, under one limit of time each."""

    def __init__(self, timeout_secs: float, durations: Durations) -> None:
        self._deadlines = Deadlines(timeout_secs)
        self._turns = Turns(timeout_secs)
        self._durations = durations

    def run(
        self,
        moment: Snapshot,
        plans: Plans,
        sql: str,
        params: Mapping[str, Any],
        rollup: Rollup | None,
    ) -> list[tuple[Any, ...]]:
        """The rows of a report's SQL. Raises QueryTimeout or duckdb.Error."""
        connection = moment.connection
        with self._deadlines.limit(connection):
            plan = moment.plan(plans, rollup)
        relations, bound = plan.relations(rollup)
        bound |= scope(moment.site_id, moment.period)
        with (
            self._turns.take(plan.files),
            self._durations.measured(),
            self._deadlines.limit(connection),
        ):
            return connection.execute(f"{relations},\n{sql}", {**bound, **params}).fetchall()
