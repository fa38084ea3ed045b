"""Replays the demo's traffic through the real pipeline, which believes that time passes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import msgspec

from mallard.app import offline
from mallard.config import Settings
from mallard.demo.places import locate
from mallard.demo.traffic import Hit, hits
from mallard.ingest.pipeline import RawEvent
from mallard.ingest.salts import Rotation
from mallard.model import EPOCH, MallardError

FLUSH_EVERY = 5_000
# No secret, and salts that follow from it: the same visitors get the same ids in every demo.
_SECRET = "demo"  # noqa: S105  # nosec B105


class SteppingClock:
    """A clock that shows the time it was last set to."""

    def __init__(self, now: datetime = EPOCH):
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def fill(
    data_dir: Path,
    events: int,
    days: int,
    seed: int,
    progress: Callable[[int], None],
    until: datetime | None = None,
    visitor_id_rotation: Rotation = "daily",
) -> None:
    """Add `events` events of the last `days` UTC days before `until` (now) to a data directory.

    `progress` is called with the number of events added since its last call. Raises MallardError
    when the directory cannot be written, Rejected when the pipeline refuses an event.
    """
    settings = Settings(
        data_dir=data_dir,
        secret=_SECRET,
        filter_bots=True,
        flush_event_count=FLUSH_EVERY,
        visitor_id_rotation=visitor_id_rotation,
        visitor_salts="derived",
    )
    traffic = hits(seed, events, days, until or datetime.now(UTC))
    clock = SteppingClock()
    with offline(settings, clock, locate=locate) as mallard:
        for batch in _batches(traffic):
            for hit in batch:
                clock.now = hit.at
                body = msgspec.json.encode(hit.body)
                mallard.intake.take(RawEvent(body, hit.user_agent, hit.address))
            if not mallard.flusher.roll():
                raise MallardError(f"{data_dir} cannot be written")
            progress(len(batch))


def _batches(traffic: Iterator[Hit]) -> Iterator[list[Hit]]:
    while batch := list(islice(traffic, FLUSH_EVERY)):
        yield batch
