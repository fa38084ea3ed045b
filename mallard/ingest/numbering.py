"""Numbers events that are counted one by one, as the rows of a table that only grows are."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec

from mallard.model import Event

NUMBER = "id"
"""The property that holds the number."""

T = TypeVar("T")

_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class Numbering:
    """Gives the events of one site their numbers: from 1 on in each series, in order of time.

    A number is stored with its event, so it stays when events before it are erased.
    """

    def __init__(self, site_id: str, series: Mapping[str, str], last: Mapping[str, int]) -> None:
        self._site_id = site_id
        self._series = series
        self._last = dict(last)
        self._lock = threading.Lock()

    def covers(self, event: Event) -> bool:
        """Whether the event is one of those that are numbered."""
        return event.event_name in self._series and event.site_id == self._site_id

    def place(self, event: Event, place: Callable[[], T]) -> T:
        """Has an event be placed in time, and numbers it: none comes between."""
        series = self._series[event.event_name]
        with self._lock:
            placed = place()
            self._last[series] = number = self._last.get(series, 0) + 1
        props = _decode(event.props) if event.props else {}
        numbered = {NUMBER: number, **{k: v for k, v in props.items() if k != NUMBER}}
        event.props = msgspec.json.encode(numbered).decode()
        return placed
