"""Gives each event its place: a time like no other, and its session's attribution."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from datetime import timedelta

from mallard.ingest.moments import LAST_OF_HOUR, Exact, Hourly, Moments, hour_of
from mallard.model import SESSION_GAP, Event, Period, midnight_us

MAX_VISITORS = 50_000
"""Active visitors remembered; when there are more, the longest silent are forgotten first."""

MAX_OWN_TIMES = 50_000
"""Times given by senders that are remembered, so that no visitor has two events at one of them."""

_GAP_US = SESSION_GAP // timedelta(microseconds=1)

Key = tuple[str, str]
Attribution = tuple[str | None, ...]
"""Source and the five UTM values, in the order of ATTRIBUTED."""
Seen = tuple[int, Attribution, int]
"""A visitor's last event in microseconds, the attribution of that session, and its first event."""
Elsewhere = tuple[Key, int, Attribution, int]
"""A visitor's last events on another server: the last one, their attribution, and the first one."""

ATTRIBUTED = (
    "referrer_source",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_content",
    "utm_term",
)


class Arrivals:
    """Gives events their times and lets sessions keep the source they began with.

    What a visitor did at a time far ahead of the clock, which was wrong then, begins no session
    that events to come could belong to. An event that brings its own time keeps it, and leaves the
    order of the others alone. `round_to_hour` cuts times to the hour; their microseconds then
    count arrivals within it.
    """

    def __init__(self, round_to_hour: bool = False) -> None:
        self._round_to_hour = round_to_hour
        self._lock = threading.Lock()
        self._moments: Moments = Hourly() if round_to_hour else Exact()
        self._visitors: OrderedDict[Key, Seen] = OrderedDict()
        self._own_times: OrderedDict[tuple[str, str, int], int] = OrderedDict()
        """To each time that a visitor has, one that may be free."""

    def restore(self, seen: Iterable[tuple[str, str, int, Attribution]]) -> None:
        """Remembers an earlier run: site, visitor, last event in microseconds, attribution."""
        for site_id, visitor_id, last_us, attribution in sorted(seen, key=lambda row: row[2]):
            self._remember((site_id, visitor_id), (last_us, attribution, last_us))
            self._moments.restore(last_us)

    def learn(self, seen: Iterable[Elsewhere]) -> None:
        """Remembers what other servers have seen, too: what comes here goes on with it.

        Where a session has begun on both, that one's source counts from now on that began first.
        """
        with self._lock:
            for key, last_us, attribution, first_us in sorted(seen, key=lambda row: row[1]):
                known = self._visitors.get(key)
                if known is None or first_us - known[0] > _GAP_US:
                    self._remember(key, (last_us, attribution, first_us))
                elif known[2] - last_us <= _GAP_US:
                    is_first = first_us < known[2]
                    source = attribution if is_first else known[1]
                    self._remember(key, (max(last_us, known[0]), source, min(first_us, known[2])))

    def forget(self, site_id: str, period: Period) -> None:
        """Forgets a site's sessions of some days: none lends its source to events to come."""
        start, end = midnight_us(period.start), midnight_us(period.end)
        with self._lock:
            gone = [k for k, seen in self._visitors.items() if start <= seen[0] < end]
            for key in gone:
                if key[0] == site_id:
                    del self._visitors[key]
            for time in [time for time in self._own_times if time[0] == site_id]:
                if start <= time[2] < end:
                    del self._own_times[time]

    def place(self, event: Event, now_us: int) -> Seen | None:
        """Sets the event's timestamp, source and UTM values; what `undo` needs."""
        key = (event.site_id, event.visitor_id)
        with self._lock:
            at = self._moments.next(now_us)
            before = self._visitors.get(key)
            if before is not None and abs(at - before[0]) <= _GAP_US:
                last, attribution, began = before
                _attribute(event, attribution)
                # It is later already where an event came with a time ahead of the clock.
                self._remember(key, (max(at, last), attribution, min(at, began)))
            else:
                self._remember(key, (at, _attribution(event), at))
        event.timestamp = at
        return before

    def place_at(self, event: Event, at_us: int, now_us: int) -> Seen | None:
        """As `place` for an event that brings its own time.

        It belongs to a session that is known if it lies within it; what lies before all that is
        known of the visitor keeps the source that it has.
        """
        key = (event.site_id, event.visitor_id)
        with self._lock:
            before = self._visitors.get(key)
            known = before if before is None or before[0] - now_us <= _GAP_US else None
            at = self._own_time(key, known, at_us, now_us)
            began = at
            if known is not None and known[2] <= at <= known[0] + _GAP_US:
                began = known[2]
                _attribute(event, known[1])
            is_latest = known is None or at > known[0]
            if is_latest and now_us - at_us <= _GAP_US:
                self._remember(key, (at, _attribution(event), began))
        event.timestamp = at
        return before

    def goes_on(self, event: Event, now_us: int) -> bool:
        """Whether it would be of a session that has begun; also where that is not known any more.

        For when there are very many visitors, the longest silent are forgotten.
        """
        with self._lock:
            seen = self._visitors.get((event.site_id, event.visitor_id))
            if seen is None:
                return len(self._visitors) >= MAX_VISITORS
            return abs(self._moments.peek(now_us) - seen[0]) <= _GAP_US

    def preview(self, event: Event, now_us: int) -> None:
        """Sets what `place` would, and remembers nothing of it."""
        with self._lock:
            event.timestamp = self._moments.peek(now_us)
            seen = self._visitors.get((event.site_id, event.visitor_id))
            if seen is not None and abs(event.timestamp - seen[0]) <= _GAP_US:
                _attribute(event, seen[1])

    def undo(self, event: Event, before: Seen | None) -> None:
        """Forgets an event that could not be journalled, unless another has followed it."""
        key = (event.site_id, event.visitor_id)
        with self._lock:
            self._own_times.pop((*key, event.timestamp), None)
            seen = self._visitors.get(key)
            if seen is not None and seen[0] == event.timestamp:
                if before is None:
                    del self._visitors[key]
                else:
                    self._visitors[key] = before

    def _own_time(self, key: Key, before: Seen | None, at_us: int, now_us: int) -> int:
        """The time itself, or the next one at which the visitor has no event yet."""
        if not self._round_to_hour:
            if before is not None and at_us == before[0]:
                self._own_times.setdefault((*key, at_us), at_us + 1)
            return self._free(key, at_us)
        hour = hour_of(at_us)
        if hour == hour_of(self._moments.peek(now_us)):
            return self._moments.next(now_us)
        return min(self._free(key, hour), hour + LAST_OF_HOUR)

    def _free(self, key: Key, at_us: int) -> int:
        at = at_us
        while (following := self._own_times.get((*key, at))) is not None:
            at = following
        # Of a thousand events of one time each finds its own in two steps.
        self._own_times[(*key, at_us)] = self._own_times[(*key, at)] = at + 1
        while len(self._own_times) > MAX_OWN_TIMES:
            self._own_times.popitem(last=False)
        return at

    def _remember(self, key: Key, seen: Seen) -> None:
        self._visitors[key] = seen
        self._visitors.move_to_end(key)
        if len(self._visitors) > MAX_VISITORS:
            self._visitors.popitem(last=False)


def _attribution(event: Event) -> Attribution:
    return (
        event.referrer_source,
        event.utm_source,
        event.utm_medium,
        event.utm_campaign,
        event.utm_content,
        event.utm_term,
    )


def _attribute(event: Event, attribution: Attribution) -> None:
    (
        event.referrer_source,
        event.utm_source,
        event.utm_medium,
        event.utm_campaign,
        event.utm_content,
        event.utm_term,
    ) = attribution
