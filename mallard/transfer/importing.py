"""Imports a file of events batch by batch; a run that was cut short is taken up where it ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import IO

import msgspec

from mallard.model import microseconds
from mallard.store.imports import Batch
from mallard.transfer.instance import Instance
from mallard.transfer.rows import BadRow, to_event
from mallard.transfer.sources import Row, Source

BATCH_ROWS = 20_000
"""Part of what a batch's name means: with another number, files would be cut at other rows."""

MOST_AHEAD = timedelta(days=1)
_IN_MEMORY_BYTES = 16 << 20

OnBad = Callable[[int, str], None]
"""Told the number of a line or row that is left out, and why."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file's rows: dealt with by earlier runs, stored now, left out by any run."""

    before: int
    stored: int
    bad: int


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
    while True:
        with SpooledTemporaryFile(_IN_MEMORY_BYTES) as lines:
            batch = Batch(sha256, first, *_write(rows, lines, latest_us, on_bad))
            if not batch.rows:
                break
            lines.seek(0)
            instance.import_batch(batch, lines)
        first += batch.rows
        stored += batch.rows - batch.bad
        bad += batch.bad
        on_progress()
    instance.import_complete(sha256)
    return Outcome(done.rows_done, stored, bad)


def _write(rows: Iterator[Row], lines: IO[bytes], latest_us: int, on_bad: OnBad) -> tuple[int, int]:
    """Writes a batch of rows as lines of the journal; how many there were, and how many bad."""
    encode = msgspec.json.Encoder().encode
    count = bad = 0
    for number, cells in islice(rows, BATCH_ROWS):
        count += 1
        try:
            if isinstance(cells, BadRow):
                raise cells
            lines.write(encode(to_event(cells, latest_us)) + b"\n")
        except BadRow as problem:
            bad += 1
            on_bad(number, str(problem))
    return count, bad
