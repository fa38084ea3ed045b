"""Takes events all the way in: through the pipeline, into their places, onto the journal."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime

import msgspec

from mallard.ingest.arrivals import Arrivals, Seen
from mallard.ingest.journal import Journal, NotJournalled
from mallard.ingest.mending import spelled
from mallard.ingest.numbering import Numbering
from mallard.ingest.pipeline import NO_SESSION, RETRY_WHEN_FULL_SECS, Pipeline, RawEvent
from mallard.ingest.refusals import Refusals, Rejected
from mallard.model import SILENT, Dropped, Event, microseconds
from mallard.texts.said import said

Outcome = Dropped | Rejected | None
"""What became of an event: left out, refused, or None for one that is on the journal."""
Placed = list[tuple[Event, Seen | None]]
"""Events, and what it takes to undo their places."""


class Tally:
    """Counts of what happened since the start, by name."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def add(self, name: str, more: int = 1) -> None:
        """Counts so many more of `name`."""
        with self._lock:
            self._counts[name] += more

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
        numbering: Numbering | None = None,
    ) -> None:
        self._pipeline = pipeline
        self._arrivals = arrivals
        self._journal = journal
        self._flush_event_count = flush_event_count
        self._wake_flusher = wake_flusher
        self._clock = clock
        self._numbering = numbering
        self._encode = msgspec.json.Encoder().encode
        self.tally = Tally()
        self.refusals = Refusals(clock)

    def refuse(self, rejected: Rejected) -> None:
        """Counts a refusal by its kind, and notes why."""
        self.tally.add(f"rejected_{rejected.counted_as}")
        self.refusals.add(rejected)

    def preview(self, raw: RawEvent) -> Event | Dropped:
        """What `take` would store now, or why it would not. Raises Rejected."""
        event = self._pipeline.preview(raw, self._clock())
        if isinstance(event, Event):
            self._arrivals.preview(event, event.timestamp)
        return event

    def ignore_query(self, site_id: str) -> str:
        """What a link to the site has after its question mark that ends a browser's counting."""
        return self._pipeline.ignoring.query(site_id, self._clock().date())

    def take(self, raw: RawEvent) -> Dropped | None:
        """Returns once the event is on the journal, or why it was left out. Raises Rejected."""
        event = self._judge(raw, self._clock())
        if isinstance(event, Dropped):
            self.tally.add(f"dropped_{event.reason}")
            return event
        before = self._place(event)
        try:
            waiting = self._journal.append(spelled(self._encode(event)))
        except NotJournalled as error:
            self._arrivals.undo(event, before)
            raise _cannot_store(said("the event"), error) from error
        self.tally.add("accepted")
        self._flush_if_due(waiting)
        return None

    def check_origin(self, origin: str | None) -> None:
        """Raises Rejected when a page of a foreign site sends events."""
        self._pipeline.origins.check(origin)

    def take_all(self, sent: Iterable[RawEvent | Rejected]) -> list[Outcome]:
        """What became of each event, once those that are taken are on the journal; counts them.

        Where they cannot be written nothing is taken: it raises Rejected with 503.
        """
        now = self._clock()
        outcomes: list[Outcome] = []
        placed: Placed = []
        for raw in sent:
            outcomes.append(raw if isinstance(raw, Rejected) else self._enter(raw, now, placed))
        try:
            self._write(placed)
        except Rejected as rejected:
            for _ in outcomes:
                self.refuse(rejected)
            raise
        for outcome in outcomes:
            if isinstance(outcome, Rejected):
                self.refuse(outcome)
        taken = (outcome for outcome in outcomes if not isinstance(outcome, Rejected))
        for name, count in Counter(map(_counted_as, taken)).items():
            self.tally.add(name, count)
        return outcomes

    def _enter(self, raw: RawEvent, now: datetime, placed: Placed) -> Outcome:
        """Adds the event to those in their places, or says why not."""
        try:
            event = self._judge(raw, now)
        except Rejected as rejected:
            return rejected
        if isinstance(event, Dropped):
            return event
        before = self._place(event, None if raw.at is None else microseconds(now))
        placed.append((event, before))
        return None

    def _judge(self, raw: RawEvent, now: datetime) -> Event | Dropped:
        """What the pipeline says. What a page tells of itself begins no session, so it is left out
        where none has begun; of what brings its own time that is not known. Raises Rejected."""
        event = self._pipeline.process(raw, now)
        if isinstance(event, Dropped) or event.event_name not in SILENT or raw.at is not None:
            return event
        if self._arrivals.goes_on(event, event.timestamp):
            return event
        return Dropped(NO_SESSION[event.event_name])

    def _place(self, event: Event, now_us: int | None = None) -> Seen | None:
        """Gives the event its time, of its own where `now_us` is told beside it, and its number."""
        if self._numbering is not None and self._numbering.covers(event):
            return self._numbering.place(event, lambda: self._assign_time(event, now_us))
        return self._assign_time(event, now_us)

    def _assign_time(self, event: Event, now_us: int | None) -> Seen | None:
        if now_us is None:
            return self._arrivals.place(event, event.timestamp)
        return self._arrivals.place_at(event, event.timestamp, now_us)

    def _write(self, placed: Placed) -> None:
        if not placed:
            return
        try:
            waiting = self._journal.append_all([self._encode(event) for event, _ in placed])
        except NotJournalled as error:
            for event, before in reversed(placed):
                self._arrivals.undo(event, before)
            raise _cannot_store(said("these events"), error) from error
        self._flush_if_due(waiting)

    def _flush_if_due(self, waiting: int) -> None:
        if waiting >= self._flush_event_count:
            self._wake_flusher()


def _cannot_store(what: str, error: NotJournalled) -> Rejected:
    reason = said("%(what)s cannot be stored now: %(why)s", what=what, why=error.strerror or error)
    return Rejected(503, reason, RETRY_WHEN_FULL_SECS)


def _counted_as(outcome: Dropped | None) -> str:
    return "accepted" if outcome is None else f"dropped_{outcome.reason}"
