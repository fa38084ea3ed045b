"""Takes one event all the way in: through the pipeline, into its place, onto the journal."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime

import msgspec

from mallard.ingest.arrivals import Arrivals
from mallard.ingest.journal import Journal, NotJournalled
from mallard.ingest.pipeline import Pipeline, RawEvent
from mallard.ingest.submission import Rejected
from mallard.model import Dropped, Event

RETRY_WHEN_FULL_SECS = 5


class Tally:
    """Counts of what happened since the start, by name."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def add(self, name: str) -> None:
        """Counts one more of `name`."""
        with self._lock:
            self._counts[name] += 1

    def counts(self) -> dict[str, int]:
        """The counts so far."""
        with self._lock:
            return dict(self._counts)


class Intake:
    """The one way in for events, whether they come by HTTP or from the demo."""

    def __init__(
        self,
        pipeline: Pipeline,
        arrivals: Arrivals,
        journal: Journal,
        flush_event_count: int,
        wake_flusher: Callable[[], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._pipeline = pipeline
        self._arrivals = arrivals
        self._journal = journal
        self._flush_event_count = flush_event_count
        self._wake_flusher = wake_flusher
        self._clock = clock
        self._encode = msgspec.json.Encoder().encode
        self.tally = Tally()

    def preview(self, raw: RawEvent) -> Event | Dropped:
        """What `take` would store now, or why it would not. Raises Rejected."""
        event = self._pipeline.preview(raw, self._clock())
        if isinstance(event, Event):
            self._arrivals.preview(event, event.timestamp)
        return event

    def take(self, raw: RawEvent) -> Dropped | None:
        """Returns once the event is on the journal, or why it was left out. Raises Rejected."""
        event = self._pipeline.process(raw, self._clock())
        if isinstance(event, Dropped):
            self.tally.add(f"dropped_{event.reason}")
            return event
        before = self._arrivals.place(event, event.timestamp)
        try:
            waiting = self._journal.append(self._encode(event) + b"\n")
        except NotJournalled as error:
            self._arrivals.undo(event, before)
            reason = f"the event cannot be stored now: {error.strerror or error}"
            raise Rejected(503, reason, RETRY_WHEN_FULL_SECS) from error
        self.tally.add("accepted")
        if waiting >= self._flush_event_count:
            self._wake_flusher()
        return None
