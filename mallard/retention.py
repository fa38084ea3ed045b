"""Deletes the days that are older than the operator wants to keep them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import structlog

from mallard.ingest.flusher import Flusher
from mallard.model import Period
from mallard.store.deletion.days import finish
from mallard.store.engine.copies import MIGRATION_COPIES, set_aside
from mallard.store.engine.migrations import COPY_KEPT_DAYS, expire_copies
from mallard.store.parquet.partitions import walk
from mallard.store.store import Store

log = structlog.get_logger("mallard.retention")


class Retention:
    """Keeps today and the `days` days before it (0: all); runs once for each UTC day."""

    def __init__(
        self,
        data_dir: Path,
        store: Store,
        flusher: Flusher,
        days: int,
        forget: Callable[[str], None],
    ) -> None:
        self._data_dir = data_dir
        self._store = store
        self._flusher = flusher
        self._days = days
        self._forget = forget
        self._done_for: date | None = None

    def run_at_start(self, now: datetime) -> None:
        """As `run_if_due`, but a failure is only logged: a full disk must not prevent a start."""
        try:
            self.run_if_due(now)
        except (duckdb.Error, OSError) as error:
            log.error(
                "Outdated days could not be deleted; it will be tried again", error=str(error)
            )

    def run_if_due(self, now: datetime) -> None:
        """Deletes outdated days unless that is done for this UTC day. Raises OSError."""
        today = now.date()
        if self._done_for != today:
            self.run(today)
            self._done_for = today

    def run(self, today: date) -> None:
        """Deletes what is outdated on `today`: journal, hot, cold, quarantine, copies."""
        keep_from = today - timedelta(days=self._days) if self._days else None
        expire_copies(self._data_dir / MIGRATION_COPIES, today, keep_from)
        self._delete_databases_set_aside(today)
        if keep_from is not None:
            self._delete_before(keep_from)

    def _delete_before(self, keep_from: date) -> None:
        if not self._flusher.flush():
            raise OSError("events that wait to be stored cannot be, so nothing was deleted")
        outdated = Period(date.min, keep_from)
        for site_id in self._store.sites_with_events_in(outdated):
            self._flusher.delete_days(site_id, outdated)
            self._forget(site_id)
            log.info("Deleted outdated days", site_id=site_id, before=str(keep_from))
        finish(self._store)
        for site_dir, day, _ in walk(self._store.cold.quarantine_dir):
            if day < keep_from:
                shutil.rmtree(site_dir / f"date={day}")

    def _delete_databases_set_aside(self, today: date) -> None:
        """They hold recent rows only, but are of no use for longer than copies are."""
        kept_days = min(self._days or COPY_KEPT_DAYS, COPY_KEPT_DAYS)
        for path, since in set_aside(self._store.cold.quarantine_dir):
            if since + timedelta(days=kept_days) <= today:
                path.unlink()
