"""Gives the events of a history what live ones get as they come: their order, and their source."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from operator import attrgetter

from mallard.ingest.arrivals import ATTRIBUTED, MAX_VISITORS, Attribution
from mallard.model import SESSION_GAP, Event

_GAP_US = SESSION_GAP // SESSION_GAP.resolution
_SECOND_US = 1_000_000
_attribution_of: Callable[[Event], Attribution] = attrgetter(*ATTRIBUTED)


class Sessions:
    """Follows the visitors of one file, from its first row on.

    Within a session all events have the source that the first had. What a visitor did in the same
    second keeps the order of the file, by microseconds that make no gap longer than it was. It
    tells of a row the same whenever the file is read.
    """

    def __init__(self) -> None:
        self._visitors: OrderedDict[bytes, tuple[int, Attribution]] = OrderedDict()

    def place(self, event: Event) -> Event:
        """The event, with its place in its second and its session's source."""
        key = _short(event.site_id, event.visitor_id)
        before = self._visitors.get(key)
        at = event.timestamp
        if before is not None and at <= before[0] < at + _SECOND_US and at % _SECOND_US == 0:
            event.timestamp = at = min(before[0] + 1, at + _SECOND_US - 1)
        if before is not None and abs(at - before[0]) <= _GAP_US:
            last_us, attribution = before
            if _attribution_of(event) != attribution:
                for column, value in zip(ATTRIBUTED, attribution, strict=True):
                    setattr(event, column, value)
            self._visitors[key] = (max(at, last_us), attribution)
        else:
            self._visitors[key] = (at, _once(_attribution_of(event)))
        self._visitors.move_to_end(key)
        if len(self._visitors) > MAX_VISITORS:
            self._visitors.popitem(last=False)
        return event


def _short(site_id: str, visitor_id: str) -> bytes:
    """What stands for a visitor of a site in less memory than the two, whose texts are long."""
    return blake2b(f"{site_id} {visitor_id}".encode(), digest_size=16).digest()


@lru_cache(maxsize=1024)
def _once(attribution: Attribution) -> Attribution:
    """The same, and the very tuple that others with it have: of few there are many."""
    return attribution
