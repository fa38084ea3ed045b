"""Upkeep: the background thread that compacts days and works out their figures."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date

import duckdb
import structlog

from mallard.priorities import yield_to_others
from mallard.store.engine.database import Connection
from mallard.store.parquet.partitions import Partition
from mallard.store.rollups.visitors_in_order import arrange
from mallard.store.upkeep.batches import in_batches
from mallard.store.upkeep.building import build, build_together
from mallard.store.upkeep.compaction import compact, compact_with_room, uncompacted
from mallard.store.upkeep.correcting import (
    correct,
    correct_together,
    is_due,
    is_uncorrected,
    uncorrected,
)
from mallard.store.upkeep.hosts import spell_hosts
from mallard.store.upkeep.tended import Tended
from mallard.zones.days import UTC

log = structlog.get_logger("mallard.store.upkeep")

LOOKS_EVERY_SECS = 5.0
WATCHES_EVERY_SECS = 0.2
REST = 4.0
"""After a day that is not over yet, this many times as long as it took passes before the next."""
AGAIN = 20.0
"""The same day's turn comes again after this many times as long as it took."""
WRITES_EVERY_SECS = 5.0
"""After so much work on days that are over their figures are written to the file.

Until then they fill the memory: those of ten million events take 80 MB there.
"""


def turns_apart(took: float) -> float:
    """The seconds from one turn of a day, which took so long, to its next."""
    return max(LOOKS_EVERY_SECS, AGAIN * took)


class Upkeep:
    """Keeps days in order, the latest first: one file for a day that is over, current figures.

    Days that are over are seen to one after the other. The days that go on change all the time:
    they get a fifth of the time of a processor at most, and only of one that nobody else wants.
    """

    def __init__(
        self,
        store: Tended,
        today: Callable[[], date],
        today_in: Callable[[str], date] | None = None,
    ) -> None:
        """`today` is the day of UTC that goes on, `today_in` that of a time zone."""
        self._store = store
        self._today = today
        self._today_in = today_in or (lambda _: today())
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="upkeep", daemon=True)
        self._not_before: dict[Partition, float] = {}
        self._done: object = None
        self._unwritten_secs = 0.0
        self._rounds = 0
        self._connection: Connection | None = None
        self._connection_lock = threading.Lock()

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def stop(self) -> None:
        """Ends; what is under way is given up, and nothing has changed by it."""
        self._stop.set()
        while self._thread.is_alive():
            # Under the lock it cannot be closed at this very moment.
            with self._connection_lock:
                if self._connection:
                    self._connection.interrupt()
            self._thread.join(0.1)

    def pending(self) -> int:
        """How many days that are over have no current figures."""
        due = {*self._store.without_rollups(), *uncorrected(self._store)}
        return sum(1 for partition in due if self._is_over(partition))

    def compact_all(self) -> int:
        """Compacts every day that is over; how many there were. Raises duckdb.Error or OSError."""
        with self._store.database.side_writer() as connection:
            today = self._today()
            due = [p for p in uncompacted(self._store, today) if p.day < today]
            return sum(compact(self._store, connection, partition, today) for partition in due)

    def build_all(self) -> None:
        """Works out the figures of every day that has none. Raises duckdb.Error."""
        with self._store.database.side_writer() as connection:
            due = self._unbuilt()
            for batch in in_batches(self._store, sorted(due), self._today_of):
                build_together(self._store, connection, batch)
                for partition in batch:
                    is_open = not self._is_over(partition)
                    build(self._store, connection, partition, is_open=is_open)
            correct_together(self._store, connection, uncorrected(self._store))
            for partition in uncorrected(self._store):
                correct(self._store, connection, partition)
            if any(map(self._is_over, due)):
                publish = self._store.cold.publish
                arrange(self._store.rollups, connection, publish, self._today())

    def finish(self) -> Iterator[int]:
        """Sees to all that is due now; how many days are left, now and then, and in the end 0.

        While the thread is at work it waits for that instead. A day that cannot be put in order
        keeps neither waiting for ever.
        """
        days = self._watch() if self._thread.is_alive() else self._see_to_all()
        yield from days
        yield 0

    def due(self) -> list[Partition]:
        """What there is to do, the latest day first; not looked for where nothing has changed."""
        today = self._today()
        versions = (self._store.cold.partitions.version, self._store.rollups.version)
        state = (*versions, today, self._places())
        if state == self._done:
            return []
        due = self._unbuilt() | set(uncompacted(self._store, today))
        due |= set(uncorrected(self._store))
        if not due:
            self._done = state
        return sorted(due, key=lambda partition: partition.day, reverse=True)

    def see_to(self, partition: Partition) -> None:
        """Puts a day in order; what fails is tried again when its turn comes."""
        today = self._today()
        try:
            with self._interruptible() as connection:
                compact_with_room(self._store, connection, partition, today)
                is_open = not self._is_over(partition)
                if not is_open:
                    spell_hosts(self._store, connection, [partition])
                build(self._store, connection, partition, is_open=is_open)
                if is_uncorrected(self._store, partition):
                    correct(self._store, connection, partition)
        except (duckdb.Error, OSError) as error:
            if not self._stop.is_set():
                log.warning(
                    "A day could not be put in order",
                    site_id=partition.site_id,
                    day=str(partition.day),
                    error=str(error),
                )

    def _see_to_batch(self, batch: Sequence[Partition]) -> None:
        """Puts days in order: those at once that may be, then those that are still due."""
        left = batch
        if len(batch) > 1:
            try:
                with self._interruptible() as connection:
                    for partition in batch:
                        compact_with_room(self._store, connection, partition, self._today())
                    spell_hosts(self._store, connection, batch)
                    build_together(self._store, connection, batch)
                    correct_together(self._store, connection, batch)
                left = [partition for partition in batch if is_due(self._store, partition)]
            except (duckdb.Error, OSError) as error:
                if self._stop.is_set():
                    return
                log.warning("Days could not be put in order together", error=str(error))
        for partition in left:
            self.see_to(partition)

    def _see_to_all(self) -> Iterator[int]:
        """The earliest day first: a day is corrected for those before it."""
        due = sorted(self.due(), key=lambda partition: partition.day)
        left = len(due)
        for batch in in_batches(self._store, due, self._today_of):
            yield left
            self._see_to_batch(batch)
            left -= len(batch)
        if due:
            self._arrange()
            self._write()

    def _watch(self) -> Iterator[int]:
        """Until nothing is pending, or the thread has been through all that is due once more."""
        last = self._rounds + 2  # One that is under way may have passed a day already.
        while self._rounds < last and not self._stop.is_set() and (left := self.pending()):
            yield left
            self._stop.wait(WATCHES_EVERY_SECS)

    def _arrange(self) -> None:
        """Where that fails new visitors are only looked for longer."""
        try:
            with self._interruptible() as connection:
                rollups, publish = self._store.rollups, self._store.cold.publish
                arrange(rollups, connection, publish, self._today())
        except duckdb.Error as error:
            if not self._stop.is_set():
                log.warning("The visitors could not be put in order", error=str(error))

    def _run(self) -> None:
        yield_to_others()
        while not self._stop.is_set():
            are_days_over = False
            now = time.monotonic()
            due = [p for p in self.due() if now >= self._not_before.get(p, 0.0)]
            for batch in in_batches(self._store, due, self._today_of):
                if self._stop.is_set():
                    return
                self._take_turn(batch)
                are_days_over |= self._is_over(batch[0])
            if are_days_over and not self._stop.is_set():
                self._arrange()
                self._write()
            now = time.monotonic()
            self._not_before = {p: due for p, due in self._not_before.items() if due > now}
            self._rounds += 1
            self._stop.wait(LOOKS_EVERY_SECS)

    def _unbuilt(self) -> set[Partition]:
        """The days whose figures are to be worked out, or no longer followed."""
        tree, rollups = self._store.cold.partitions, self._store.rollups
        with self._store.cold.publish:
            followed = [p for p in rollups.with_recent() if rollups.files_in(tree, p)]
        return set(filter(self._is_over, followed)) | set(self._store.without_rollups())

    def _today_of(self, site_id: str) -> date:
        """The day that goes on where a site is."""
        zone = self._store.rollups.zone_of(site_id)
        return self._today() if zone == UTC else self._today_in(zone)

    def _is_over(self, partition: Partition) -> bool:
        return partition.day < self._today_of(partition.site_id)

    def _places(self) -> frozenset[tuple[str, str, date]]:
        """Where sites are that have other days than those of UTC, and which day it is there."""
        with self._store.cold.publish:
            sites = self._store.cold.partitions.sites()
        zone_of = self._store.rollups.zone_of
        return frozenset(
            (site_id, zone_of(site_id), self._today_of(site_id))
            for site_id in sites
            if zone_of(site_id) != UTC
        )

    def _take_turn(self, batch: Sequence[Partition]) -> None:
        begun = time.monotonic()
        self._see_to_batch(batch)
        took = time.monotonic() - begun
        self._not_before |= dict.fromkeys(batch, begun + turns_apart(took))
        if not self._is_over(batch[0]):
            self._stop.wait(REST * took)
            return
        self._unwritten_secs += took
        if self._unwritten_secs >= WRITES_EVERY_SECS:
            self._write()

    def _write(self) -> None:
        self._store.rollups.checkpoint()
        self._unwritten_secs = 0.0

    @contextmanager
    def _interruptible(self) -> Iterator[Connection]:
        """A connection that `stop` interrupts."""
        with self._store.database.side_writer() as connection:
            self._connection = connection
            try:
                yield connection
            finally:
                with self._connection_lock:
                    self._connection = None
