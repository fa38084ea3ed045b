"""What an import of a file would bring in, found out without storing anything."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime

from mallard.model import microseconds
from mallard.texts.said import words_of
from mallard.transfer.importing import MOST_AHEAD, OnBad, event_of
from mallard.transfer.rows import BadRow, LeftOut
from mallard.transfer.sources import Source

_DAY_US = 86_400_000_000
_FIRST_DAY = date(1970, 1, 1).toordinal()


@dataclass(slots=True)
class Share:
    """What is of one site: how many events, and on which UTC days."""

    events: int = 0
    days: set[date] = field(default_factory=set)


@dataclass(slots=True)
class Preview:
    """What a file holds: the sites' shares, bad rows, and what is left out by its kind."""

    sites: defaultdict[str, Share] = field(default_factory=lambda: defaultdict(Share))
    bad: int = 0
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def events(self) -> int:
        """How many events would come in."""
        return sum(share.events for share in self.sites.values())


def preview(source: Source, now: datetime, on_bad: OnBad) -> Preview:
    """Reads the whole file. Raises Unreadable."""
    latest_us = microseconds(now + MOST_AHEAD)
    seen = Preview()
    for number, row in source.rows():
        try:
            event = event_of(row, latest_us)
        except LeftOut as reason:
            seen.left_out[words_of(reason)] += 1
        except BadRow as problem:
            seen.bad += 1
            on_bad(number, words_of(problem))
        else:
            share = seen.sites[event.site_id]
            share.events += 1
            share.days.add(date.fromordinal(_FIRST_DAY + event.timestamp // _DAY_US))
    return seen
