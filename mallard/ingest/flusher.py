"""The background thread that moves events on: from the journal to the hot table, and to Parquet."""

from __future__ import annotations

import errno
import os
import threading
import time
from datetime import datetime

import duckdb
import structlog

from mallard.fair_lock import FairLock, deadline, left_until
from mallard.ingest.journal import Journal
from mallard.metrics import Metrics
from mallard.model import Period, Unavailable, microseconds
from mallard.store.deletion.days import Deleted, delete_days
from mallard.store.deletion.remnants import blank_out
from mallard.store.recovery import replay
from mallard.store.store import Store
from mallard.texts.said import said, within, words_of

log = structlog.get_logger("mallard.ingest.flusher")

MAX_HOT_ROWS = 100_000

STORING, ROLLING, SYNCING = "storing", "rolling", "syncing"
NO_SPACE = os.strerror(errno.ENOSPC)


class Flusher:
    """Moves batches on and loses none: seal, store, and only then discard.

    `flush` brings everything accepted into the hot table, where reports see it; `roll` then moves
    the hot table into Parquet. A step that fails leaves its batch where it is, to be tried again.
    """

    def __init__(
        self,
        journal: Journal,
        store: Store,
        interval_secs: float,
        sync_secs: float,
        metrics: Metrics | None = None,
    ) -> None:
        self._journal = journal
        self._store = store
        self._interval_secs = interval_secs
        self._sync_secs = sync_secs
        self._durations = (metrics or Metrics()).flushes
        self._lock = FairLock()
        self._rolling = FairLock()
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._times_set_aside = 0
        self.failures = 0
        self._troubles: dict[str, str] = {}

    @property
    def trouble(self) -> str | None:
        """Why accepted events cannot be moved on, for people; None while they can."""
        return next(iter(self._troubles.values()), None)

    def replay(self) -> None:
        """Stores what an earlier run left in the journal. Raises duckdb.Error or OSError.

        A segment that cannot be read in spite of all is put aside, and stops no start.
        """
        for batch, path in self._journal.left_behind():
            try:
                replay(self._store, batch, path)
            except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
                what = "Put a segment aside that cannot be read"
                log.error(what, file=path.name, error=str(error))
                self._journal.set_aside(path)
            else:
                self._journal.keep_for_now(path)
        self._times_set_aside = self._store.database.times_set_aside

    def start(self) -> None:
        """Begins to flush by count and by timer, and to put the journal on the disk."""
        for name, run in (("flusher", self._run), ("journal-sync", self._run_sync)):
            thread = threading.Thread(target=run, name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def wake(self) -> None:
        """Asks for a flush soon; returns at once."""
        self._wake.set()

    def flush(self, within_secs: float | None = None) -> bool:
        """Brings everything accepted so far into the hot table; whether all of it is there.

        Raises Unavailable when others write for longer than so many seconds.
        """
        end = deadline(within_secs)
        with self._lock.held(within_secs):
            return self._flush(end)

    def bring_in(self, within_secs: float) -> None:
        """As `flush`, for a report: raises Unavailable, too, when not all of it is there."""
        if not self.flush(within_secs):
            raise Unavailable(
                within(said("events that were accepted cannot be stored now"), self.trouble)
            )

    def roll(self) -> bool:
        """Moves everything accepted so far into Parquet; whether nothing of it is left behind.

        Others may flush meanwhile: what they bring stays hot, and its segments stay as well.
        """
        with self._rolling.held():
            if not self.flush():
                return False
            flushed_at = time.monotonic()
            try:
                with self._durations.measured("roll"):
                    self._store.roll()
            except (duckdb.Error, OSError) as error:
                what = "Could not write Parquet; the events stay in the hot table"
                self._failed(ROLLING, what, error)
                return False
            self._troubles.pop(ROLLING, None)
            with self._lock.held():
                self._journal.discard_stored(stored_before=flushed_at)
            return True

    def delete_days(
        self,
        site_id: str,
        period: Period,
        reaches_copies: bool = False,
        into: str | None = None,
    ) -> Deleted:
        """Deletes what was accepted of a site's days so far, wherever it is, the journal included.

        What is accepted from now on is of another segment, and stays. Files may go into a bin of
        the trash first. What cannot be deleted at
        once is left to `mallard.store.deletion.days.finish`. Raises OSError or duckdb.Error, and
        then nothing was deleted.
        """
        with self._lock.held():
            if not self._flush():
                raise OSError("events that wait to be stored cannot be, so nothing was deleted")
            segments = [path for _, path in self._journal.stored_segments()]
            return delete_days(self._store, site_id, period, segments, reaches_copies, into)

    def delete_what_came_before(self, site_id: str, period: Period, before: datetime) -> Deleted:
        """Erases as `delete_days` does, but for what is in the journal and bears a later time.

        In the journal it is gone at once. Raises as that does, or when some of it is deleted.
        """
        before_us = microseconds(before)
        with self._lock.held():
            if not self._flush():
                raise OSError("events that wait to be stored cannot be, so nothing was deleted")
            stored = self._journal.stored_segments()
            segments = [path for _, path in stored]
            deleted = delete_days(
                self._store, site_id, period, segments, reaches_copies=True, before_us=before_us
            )
            for batch, path in stored:
                blank_out(path, site_id, period, before_us)
                replay(self._store, batch, path)
            return deleted

    def stop(self, timeout_secs: float) -> bool:
        """Ends the threads and moves everything into Parquet; whether that was done in time."""
        self._stop.set()
        self._wake.set()
        last = threading.Thread(target=self._finish, name="last-flush", daemon=True)
        last.start()
        last.join(timeout_secs)
        return not last.is_alive()

    def _finish(self) -> None:
        for thread in self._threads:
            thread.join()
        if self.roll():
            self._journal.discard_stored(linger_secs=0)
        self._journal.close()

    def _replay_if_set_aside(self) -> None:
        """A database that broke while it ran has lost hot rows, which the journal still has."""
        if self._times_set_aside != self._store.database.times_set_aside:
            for batch, path in self._journal.stored_segments():
                replay(self._store, batch, path)
            self._times_set_aside = self._store.database.times_set_aside

    def _flush(self, end: float | None = None) -> bool:
        try:
            self._replay_if_set_aside()
        except (duckdb.Error, OSError) as error:
            self._failed(STORING, "Could not replay the journal into a new database", error)
            return False
        if not self._journal.pending:
            self._troubles.pop(STORING, None)
            return True
        is_complete = True
        for segment in self._journal.seal():
            try:
                segment.finish()
                if segment.accepted:
                    with self._durations.measured("store"):
                        self._store.append(segment.batch, segment.path, left_until(end))
            except (duckdb.Error, OSError) as error:
                what = f"Could not store a batch of {len(segment.accepted)} events; it is kept"
                self._failed(STORING, what, error)
                is_complete = False
            else:
                self._journal.stored(segment)
        if is_complete:
            self._troubles.pop(STORING, None)
        return is_complete

    def _failed(self, step: str, what: str, error: Exception) -> None:
        self.failures += 1
        self._troubles[step] = _told(error)
        log.error(what, error=str(error), failures=self.failures)

    def _run(self) -> None:
        next_roll = time.monotonic() + self._interval_secs
        while not self._stop.is_set():
            self._wake.wait(max(0.0, next_roll - time.monotonic()))
            self._wake.clear()
            is_due = time.monotonic() >= next_roll
            try:
                if is_due or (self.flush() and self._store.hot_rows() >= MAX_HOT_ROWS):
                    self.roll()
            except Exception as error:
                self._failed(STORING, "A flush ended early; the events are kept", error)
            if is_due:
                next_roll = time.monotonic() + self._interval_secs

    def _run_sync(self) -> None:
        while not self._stop.wait(self._sync_secs):
            try:
                self._journal.sync()
            except OSError as error:
                self._failed(SYNCING, "Could not put the journal on the disk", error)
            else:
                self._troubles.pop(SYNCING, None)


def _told(error: Exception) -> str:
    """What everyone may know of why events cannot be stored."""
    if isinstance(error, Unavailable):
        return words_of(error)
    return said(NO_SPACE) if NO_SPACE in str(error) else said("the server's log says why")
