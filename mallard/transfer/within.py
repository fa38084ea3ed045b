"""A source of which only the events of some days are wanted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from mallard.model import Event, Period, midnight_us
from mallard.texts.said import said
from mallard.transfer.rows import BadRow, Cells, LeftOut, to_event
from mallard.transfer.sources import Row, Source

OTHER_DAYS = said("days that were not asked for")
_ANY_TIME = 1 << 62

Opened = AbstractContextManager[tuple[Source, str]]


class Within:
    """The events of a period, by UTC days; all others are left out."""

    def __init__(self, source: Source, period: Period) -> None:
        self._source = source
        self._first_us, self._end_us = midnight_us(period.start), midnight_us(period.end)
        self.unit = source.unit
        self.length = source.length
        self.unknown = source.unknown

    def rows(self) -> Iterator[Row]:
        """The rows. Raises Unreadable."""
        for number, row in self._source.rows():
            try:
                yield number, self._wanted(row)
            except (BadRow, LeftOut) as reason:
                yield number, reason

    def position(self) -> int:
        """How far it has been read."""
        return self._source.position()

    def _wanted(self, row: Cells | Event | BadRow | LeftOut) -> Event:
        if isinstance(row, BadRow | LeftOut):
            raise row
        event = row if isinstance(row, Event) else to_event(row, _ANY_TIME)
        if not self._first_us <= event.timestamp < self._end_us:
            raise LeftOut(OTHER_DAYS)
        return event


@contextmanager
def opened_within(opened: Callable[[], Opened], period: Period) -> Iterator[tuple[Source, str]]:
    """A source of these days alone, and what this share of it is known by."""
    with opened() as (source, known_by):
        share = f"{known_by}\n{period.start}\n{period.end}"
        yield Within(source, period), hashlib.sha256(share.encode()).hexdigest()
