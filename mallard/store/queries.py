"""Runs the SQL of reports: heavy ones in turns, each timed, and for so long and no longer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mallard.metrics.durations import Durations
from mallard.store import footers
from mallard.store.columns import quoted
from mallard.store.database import Connection
from mallard.store.deadlines import Deadlines
from mallard.store.plan import Plan
from mallard.store.rollup import Rollup
from mallard.store.rollup_plans import Plans
from mallard.store.scratch import Scratch
from mallard.store.snapshots import Snapshot
from mallard.store.statements import scope
from mallard.store.turns import Turns, is_heavy

LEAST_FREE_BYTES = 64 << 20
"""Some times what the hot table ever holds."""


class Queries:
    """All queries of reports, under one limit of time each."""

    def __init__(self, timeout_secs: float, durations: Durations, scratch: Scratch) -> None:
        self._scratch = scratch
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
        in_scope = scope(moment.site_id, moment.period)
        with (
            self._turns.take(plan.reads),
            self._durations.measured(),
            self._deadlines.limit(connection),
            self._fresh_file(connection, plan, in_scope) as fresh,
        ):
            footers.find_whole(connection, moment.site_id, plan.files)
            relations, bound = plan.relations(rollup, fresh)
            values = {**in_scope, **bound, **params}
            return connection.execute(f"{relations},\n{sql}", values).fetchall()

    @contextmanager
    def _fresh_file(
        self, connection: Connection, plan: Plan, in_scope: Mapping[str, Any]
    ) -> Iterator[Path | None]:
        """For a heavy report, what it reads beside Parquet files, as one more of them.

        DuckDB moves nothing to the disk, and runs out of memory, where it groups the rows of a
        UNION. None where the disk is full: then the report has to do with the memory.
        """
        if not is_heavy(plan.files) or self._scratch.free_bytes() < LEAST_FREE_BYTES:
            yield None
            return
        with self._scratch.file() as file:
            connection.execute(f"copy ({plan.fresh}) to {quoted(file)} (format parquet)", in_scope)
            yield file
