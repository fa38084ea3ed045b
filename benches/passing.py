"""Lets a day pass inside this process: events, flushes, rolls and upkeep, by a clock that is set.

Nothing runs beside the events: what the server's threads would do is done in turn, when its time
has come by that clock. Only the journal is not synced every second. DuckDB gets what it would get
by default on a machine that has 512 MB.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from random import Random

from benches.answers import BenchFailed
from benches.month import SMALL_MACHINE
from benches.resident import resident_mb
from benches.steady import locate, traffic
from benches.turns import Cost, cost_of
from mallard.app import Mallard, offline
from mallard.config import Settings
from mallard.demo.acme import ACME
from mallard.demo.replay import SteppingClock
from mallard.ingest.pipeline import RawEvent
from mallard.model import Period
from mallard.reports.query import ReportQuery
from mallard.reports.realtime import realtime
from mallard.reports.totals import totals
from mallard.store.deletion.days import finish
from mallard.store.engine.memory import default_limit
from mallard.store.parquet.partitions import Partition
from mallard.store.upkeep.days import turns_apart

MIDNIGHT = datetime(2026, 3, 18, tzinfo=UTC)
TODAY = Period(MIDNIGHT.date(), MIDNIGHT.date() + timedelta(days=1))
SIXTHS = 6
EVENTS_A_DAY = 8_640_000
ASKED = 12
"""How often in a sixth of the day reports are asked for."""

SMALL = "small.example"
SMALL_EVENTS = 1_000


@dataclass(slots=True)
class Sixth:
    """What a sixth of the day has shown; seconds are of all processors, a roll's of the clock."""

    events: int = 0
    clock_secs: float = 0.0
    taking_secs: float = 0.0
    storing_secs: float = 0.0
    longest_roll_secs: float = 0.0
    files: int = 0
    hot_rows: int = 0
    memory_mb: list[float] = field(default_factory=list)
    upkeep: list[Cost] = field(default_factory=list)
    reports: defaultdict[str, list[Cost]] = field(default_factory=lambda: defaultdict(list))


def pass_a_day(data_dir: Path, minutes: int, events_a_minute: int) -> tuple[list[Sixth], int]:
    """The sixths of a day of so many minutes, on which a small site has been visited before.

    And how many sites' days are not in order when it is over, and each has had a turn.
    """
    clock = SteppingClock(MIDNIGHT)
    limit = default_limit(SMALL_MACHINE)
    settings = Settings(data_dir=data_dir, secret="bench", duckdb_memory_limit=limit)
    with offline(settings, clock, locate) as mallard:
        day = _Day(mallard, clock, data_dir)
        day.take(list(islice(traffic(SMALL_EVENTS, SMALL), SMALL_EVENTS)), Sixth())
        mallard.flusher.roll()
        sixths = [day.sixth(minutes // SIXTHS, events_a_minute) for _ in range(SIXTHS)]
        return sixths, day.end()


class _Day:
    def __init__(self, mallard: Mallard, clock: SteppingClock, data_dir: Path) -> None:
        self._mallard = mallard
        self._clock = clock
        self._events_dir = data_dir / "events"
        self._traffic = traffic(EVENTS_A_DAY)
        self._rng = Random(1)
        self._not_before: dict[Partition, datetime] = {}

    def sixth(self, minutes: int, events_a_minute: int) -> Sixth:
        """Lets so many minutes pass."""
        found = Sixth()
        for minute in range(1, minutes + 1):
            self.take(list(islice(self._traffic, events_a_minute)), found)
            found.hot_rows = max(found.hot_rows, self._mallard.store.hot_rows())
            if _is_due(minute, minutes, ASKED):
                self._ask(found)
            rolled = cost_of(self._mallard.flusher.roll)
            found.storing_secs += rolled.cpu
            found.longest_roll_secs = max(found.longest_roll_secs, rolled.wall)
            self._keep_house()
            self._keep_up(found)
            found.files = max(found.files, self._most_files())
            found.memory_mb.append(resident_mb())
        found.clock_secs = 60.0 * minutes
        return found

    def take(self, events: list[RawEvent], found: Sixth) -> None:
        """Takes a minute's events in, and flushes them by count as the server does."""
        begins, gap = self._clock.now, timedelta(minutes=1) / len(events)
        flush_after = self._mallard.settings.flush_event_count
        for first in range(0, len(events), flush_after):
            begun = time.process_time()
            for number, event in enumerate(events[first : first + flush_after], first):
                self._clock.now = begins + gap * (number + self._rng.random())
                if self._mallard.intake.take(event) is not None:
                    raise BenchFailed("an event was left out")
            found.taking_secs += time.process_time() - begun
            found.storing_secs += cost_of(self._mallard.flusher.flush).cpu
        found.events += len(events)
        self._clock.now = begins + timedelta(minutes=1)

    def end(self) -> int:
        """Lets midnight pass, and a turn of upkeep for each site; how many days are left then."""
        self._clock.now = MIDNIGHT + timedelta(days=1, minutes=10)
        upkeep = self._mallard.upkeep
        for partition in upkeep.due():
            upkeep.see_to(partition)
        return len(upkeep.due())

    def _ask(self, found: Sixth) -> None:
        look, now = self._mallard.reports.look, self._clock.now
        small, busy = ReportQuery(SMALL, TODAY), ReportQuery(ACME.domain, TODAY)
        reports: dict[str, Callable[[], object]] = {
            "totals of a small site": lambda: look(totals, small),
            "realtime": lambda: look(realtime, busy, now),
            "totals of the day so far": lambda: look(totals, busy),
        }
        for name, report in reports.items():
            found.reports[name].append(cost_of(report))

    def _keep_up(self, found: Sixth) -> None:
        """Gives upkeep the turns that its thread would take."""
        upkeep = self._mallard.upkeep
        for partition in upkeep.due():
            if self._clock.now >= self._not_before.get(partition, MIDNIGHT):
                cost = cost_of(partial(upkeep.see_to, partition))
                found.upkeep.append(cost)
                apart = timedelta(seconds=turns_apart(cost.wall))
                self._not_before[partition] = self._clock.now + apart

    def _keep_house(self) -> None:
        self._mallard.store.cold.sweep()
        self._mallard.store.cold.discard_replaced()
        finish(self._mallard.store)
        self._mallard.counts.save(self._clock.now.date())

    def _most_files(self) -> int:
        """The most Parquet files that a site has of the day."""
        files = Counter(path.parent for path in self._events_dir.rglob("*.parquet"))
        return max(files.values())


def _is_due(minute: int, minutes: int, times: int) -> bool:
    return minute % max(1, minutes // times) == 0
