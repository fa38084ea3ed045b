"""Deletes the days that are older than the operator wants to keep them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import structlog

from mallard.days_believed import DaysBelieved
from mallard.ingest.flusher import Flusher
from mallard.model import Period
from mallard.store.deletion import trash
from mallard.store.deletion.days import finish
from mallard.store.deletion.trash import Held
from mallard.store.engine.copies import MIGRATION_COPIES, set_aside
from mallard.store.engine.migrations import COPY_KEPT_DAYS, expire_copies
from mallard.store.parquet.partitions import walk
from mallard.store.store import Store

log = structlog.get_logger("mallard.retention")


USUAL_DAYS = 3
"""More days than these at once are not what time alone makes outdated."""


class Retention:
    """Keeps today and the `days` days before it (0: all); runs once for each UTC day.

    What is outdated goes into the trash, and is deleted from there on the second day after.
    """

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
        self._believed = DaysBelieved(data_dir, self._has_events_on, store.database.insist)
        self._done_for: date | None = None
        self._due: date | None = None
        """The day for which it has failed so far."""
        self._held = trash.held(data_dir)
        self._kept_from: date | None = None

    @property
    def kept_from(self) -> date | None:
        """The first day of those that are kept; None where all are, or before it has run."""
        return self._kept_from

    @property
    def unusual(self) -> Held | None:
        """What is about to be deleted for good, when that is more than usual."""
        return self._held if self._held and self._held.days > USUAL_DAYS else None

    def run_at_start(self, now: datetime) -> None:
        """As `run_if_due`, but a failure is only logged: a full disk must not prevent a start."""
        try:
            self.run_if_due(now)
        except (duckdb.Error, OSError) as error:
            log.error(
                "Outdated days could not be deleted; it will be tried again", error=str(error)
            )

    def run_if_due(self, now: datetime) -> None:
        """Deletes outdated days unless that is done for this UTC day. Raises OSError.

        A day that nothing but the clock speaks for is not taken for a day that has come.
        """
        if self._done_for == now.date():
            return
        today = self._due = self._believed.look(now.date()) or self._due
        if today is not None and self._done_for != today:
            self.run(today)
            self._done_for, self._due = today, None

    def run(self, today: date) -> None:
        """Deletes what is outdated on `today`: journal, hot, cold, quarantine, copies."""
        keep_from = today - timedelta(days=self._days) if self._days else None
        expire_copies(self._data_dir / MIGRATION_COPIES, today, keep_from)
        self._delete_databases_set_aside(today)
        trash.empty(self._data_dir, today)
        try:
            if keep_from is not None:
                self._throw_away(keep_from, trash.bin_of(today))
                self._kept_from = keep_from
        finally:
            self._held = trash.held(self._data_dir)
        self._announce()

    def _throw_away(self, keep_from: date, into: str) -> None:
        if not self._flusher.flush():
            raise OSError("events that wait to be stored cannot be, so nothing was deleted")
        outdated = Period(date.min, keep_from)
        imported = self._store.imported
        with_figures = [site for site in imported.sites() if imported.days(site, outdated)]
        sites = sorted({*self._store.sites_with_events_in(outdated), *with_figures})
        if sites and not self._flusher.roll():
            raise OSError("recent events cannot be written to Parquet, so nothing was deleted")
        for site_id in sites:
            self._flusher.delete_days(site_id, outdated, into=into)
            self._forget(site_id)
            log.info("Threw outdated days away", site_id=site_id, before=str(keep_from))
        finish(self._store)
        for site_dir, day, _ in list(walk(self._store.cold.quarantine_dir)):
            if day < keep_from:
                directory = site_dir / f"date={day}"
                trash.throw(self._data_dir, str(directory.relative_to(self._data_dir)), into)

    def _announce(self) -> None:
        if (held := self.unusual) is not None:
            log.warning(
                "More days than usual are outdated and in the trash; to keep them, stop Mallard,"
                " raise retention_days, and copy what is in the trash back",
                days=held.days,
                sites=held.sites,
                first=str(held.first),
                last=str(held.last),
                deleted_on=str(held.until),
            )

    def _has_events_on(self, day: date) -> bool:
        self._flusher.flush()
        return bool(self._store.sites_with_events_in(Period(day, day + timedelta(days=1))))

    def _delete_databases_set_aside(self, today: date) -> None:
        """They hold recent rows only, but are of no use for longer than copies are."""
        kept_days = min(self._days or COPY_KEPT_DAYS, COPY_KEPT_DAYS)
        for path, since in set_aside(self._store.cold.quarantine_dir):
            if since + timedelta(days=kept_days) <= today:
                path.unlink()
