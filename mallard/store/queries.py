"""Runs the SQL of reports: heavy ones in turns, each timed, and for so long and no longer.

A report's time is one for all that it waits for and all that it runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from mallard.metrics.durations import Durations
from mallard.store.engine.database import Connection
from mallard.store.engine.deadlines import Deadlines
from mallard.store.engine.scratch import Scratch
from mallard.store.heavy import HeavyLane, is_heavy
from mallard.store.parquet import footers
from mallard.store.parquet.columns import quoted
from mallard.store.parquet.partitions import ColdFile
from mallard.store.parquet.statements import scope
from mallard.store.reader import Statement
from mallard.store.rollups.acquainted import without_strangers
from mallard.store.rollups.changes import Arrivals, Changes, Rows
from mallard.store.rollups.declared import Rollup
from mallard.store.rollups.kept import Rollups
from mallard.store.rollups.moment import NOTHING_KNOWN, Moment
from mallard.store.rollups.plan import Plan

LEAST_FREE_BYTES = 64 << 20
"""Some times what the hot table ever holds."""


class Queries:
    """All queries of reports, under one limit of time each."""

    def __init__(self, timeout_secs: float, durations: Durations, scratch: Scratch) -> None:
        self._scratch = scratch
        self._deadlines = Deadlines(timeout_secs)
        self._heavy = HeavyLane()
        self._durations = durations

    def close(self) -> None:
        """Ends what watches the time, once no query runs any more."""
        self._deadlines.close()

    def run(
        self,
        moment: Moment,
        rollups: Rollups,
        sql: str,
        params: Mapping[str, Any],
        rollup: Rollup | None,
        instead: Statement | None = None,
        acquainted_since: date | None = None,
    ) -> list[tuple[Any, ...]]:
        """The rows of a report's SQL, or of another where that would read very many events.

        Of the days before the one that is `acquainted_since`, it reads no more than it has to.

        Raises QueryTimeout or duckdb.Error.
        """
        connection, until = moment.connection, self._deadlines.from_now()
        with self._deadlines.limit(connection, until):
            if acquainted_since is not None:
                moment = without_strangers(moment, acquainted_since)
            plan, of_events = rollups.plans.plan(moment, rollup), moment
            if rollup is not None and rollup.asks_events:
                # Of what is kept of recent events properties may be missing.
                of_events = replace(moment, known=NOTHING_KNOWN)
            if instead is not None and is_heavy(plan.files):
                (sql, params), rollup = instead, None
                plan = rollups.plans.plan(of_events, None)
            asks_events = rollup is not None and rollup.asks_events
            besides = rollups.plans.plan(of_events, None) if asks_events else None
        reads = list(
            {file.path: file for of in (plan, besides) if of for file in of.reads}.values()
        )
        in_scope = scope(moment.site_id, moment.period)
        made = self._changes(moment, rollups.changes, plan.arrivals, rollup, until)
        with (
            self._heavy.take(reads, until),
            self._one_query(connection, until),
            self._hot_file(connection, plan, in_scope) as hot_file,
        ):
            footers.assure_types(connection, reads)
            footers.find_whole(connection, moment.site_id, reads)
            relations, bound = plan.relations(rollup, made, hot_file, besides)
            values = {**in_scope, **bound, **params}
            return connection.execute(f"{relations},\n{sql}", values).fetchall()

    def run_at_once(
        self,
        connection: Connection,
        files: Sequence[ColdFile],
        sql: str,
        params: Mapping[str, Any],
    ) -> list[tuple[Any, ...]]:
        """The rows of a statement over files of many sites. Raises QueryTimeout or duckdb.Error."""
        until = self._deadlines.from_now()
        with self._heavy.take(files, until), self._one_query(connection, until):
            footers.assure_types(connection, files)
            return connection.execute(sql, params).fetchall()

    def _changes(
        self,
        moment: Moment,
        changes: Changes,
        arrivals: Arrivals | None,
        rollup: Rollup | None,
        until: float,
    ) -> Rows:
        """What has come to the open day, where there is one."""
        if arrivals is None or rollup is None:
            return ()
        with self._heavy.take(arrivals.reads, until):
            footers.assure_types(moment.connection, arrivals.reads)
            one_query = partial(self._one_query, until=until)
            return changes.of(moment, arrivals, rollup, one_query)

    @contextmanager
    def _one_query(self, connection: Connection, until: float) -> Iterator[None]:
        """Times what runs meanwhile, and ends it when the time has come."""
        with self._durations.measured(), self._deadlines.limit(connection, until):
            yield

    @contextmanager
    def _hot_file(
        self, connection: Connection, plan: Plan, in_scope: Mapping[str, Any]
    ) -> Iterator[Path | None]:
        """For a heavy report, the hot rows, as one more Parquet file.

        DuckDB moves nothing to the disk, and runs out of memory, where it groups the rows of a
        UNION. None where the disk is full: then the report has to do with the memory.
        """
        is_of_use = is_heavy(plan.files) and not plan.keeps_hot_apart
        if not is_of_use or self._scratch.free_bytes() < LEAST_FREE_BYTES:
            yield None
            return
        with self._scratch.file() as file:
            connection.execute(f"copy ({plan.hot}) to {quoted(file)} (format parquet)", in_scope)
            yield file
