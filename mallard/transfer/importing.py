"""Imports a file of events batch by batch; a run that was cut short is taken up where it ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import IO

import msgspec

from mallard.model import Event, microseconds
from mallard.store.imports import Batch
from mallard.texts.said import words_of
from mallard.transfer.instance import Instance
from mallard.transfer.rows import FROM_THE_FUTURE, BadRow, Cells, LeftOut, to_event
from mallard.transfer.sources import Row, Source

BATCH_ROWS = 20_000
"""Part of what a batch's name means: with another number, files would be cut at other rows."""

MOST_AHEAD = timedelta(days=1)
_IN_MEMORY_BYTES = 1 << 20
_AT_ONCE = 500
"""Events that are written together."""

OnBad = Callable[[int, str], None]
"""Told the number of a line or row that is left out, and why."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file's rows: dealt with by earlier runs, stored now, bad in any run.

    `left_out` counts those that were left out on purpose now, by their kind.
    """

    before: int
    stored: int
    bad: int
    left_out: Mapping[str, int] = field(default_factory=dict)


def import_source(
    source: Source,
    sha256: str,
    instance: Instance,
    now: datetime,
    on_bad: OnBad,
    on_progress: Callable[[], None],
) -> Outcome:
    """Takes in the rows that no earlier run did. Raises Unreadable and MallardError."""
    done = instance.import_progress(sha256)
    if done.is_complete:
        return Outcome(done.rows_done, 0, done.rows_bad)
    latest_us = microseconds(now + MOST_AHEAD)
    rows = islice(source.rows(), done.rows_done, None)
    first, stored, bad = done.rows_done, 0, done.rows_bad
    left_out = Counter[str]()
    while True:
        with SpooledTemporaryFile(_IN_MEMORY_BYTES) as lines:
            written = _write(rows, lines, latest_us, on_bad)
            if not written.rows:
                break
            lines.seek(0)
            instance.import_batch(Batch(sha256, first, written.rows, written.bad), lines)
        first += written.rows
        stored += written.events
        bad += written.bad
        left_out.update(written.left_out)
        on_progress()
    instance.import_complete(sha256)
    return Outcome(done.rows_done, stored, bad, left_out)


@dataclass(slots=True)
class _Written:
    """How many rows a batch has, and what they were."""

    rows: int = 0
    events: int = 0
    bad: int = 0
    left_out: Counter[str] = field(default_factory=Counter)


def _write(rows: Iterator[Row], lines: IO[bytes], latest_us: int, on_bad: OnBad) -> _Written:
    """Writes a batch of rows as lines of the journal."""
    encode_lines = msgspec.json.Encoder().encode_lines
    written = _Written()
    events: list[Event] = []
    for number, row in islice(rows, BATCH_ROWS):
        written.rows += 1
        try:
            events.append(event_of(row, latest_us))
        except LeftOut as reason:
            written.left_out[words_of(reason)] += 1
        except BadRow as problem:
            written.bad += 1
            on_bad(number, words_of(problem))
        if len(events) == _AT_ONCE:
            lines.write(encode_lines(events))
            written.events += len(events)
            events.clear()
    lines.write(encode_lines(events))
    written.events += len(events)
    return written


def event_of(row: Cells | Event | BadRow | LeftOut, latest_us: int) -> Event:
    """The event that a source's row is. Raises BadRow and LeftOut."""
    if isinstance(row, Event):
        if row.timestamp > latest_us:
            raise BadRow(FROM_THE_FUTURE)
        return row
    if isinstance(row, BadRow | LeftOut):
        raise row
    return to_event(row, latest_us)
