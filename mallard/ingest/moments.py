"""The time that each event gets: the clock's, like no other, and never far ahead of the clock."""

from __future__ import annotations

from array import array
from collections import OrderedDict
from typing import Protocol

KEEPS_ORDER_US = 300_000_000
"""A clock set back by no more than this goes on; by more, what it said before was wrong."""

REMEMBERED = 50_000
"""So many times are remembered, and not given again when the clock comes to them once more."""

HOUR_US = 3_600_000_000
LAST_OF_HOUR = 999_999
HOURS_COUNTED = 2_000


class Moments(Protocol):
    """Hands out times in microseconds; its caller lets one thread in at a time."""

    def restore(self, at_us: int) -> None:
        """Notes a time of an earlier run."""

    def peek(self, now_us: int) -> int:
        """What `next` would say."""

    def next(self, now_us: int) -> int:
        """A time that was not given before, `now_us` if that is possible."""


class Exact:
    """To the microsecond, strictly increasing as long as the clock is not set back far."""

    def __init__(self) -> None:
        self._clock_us = 0
        self._last_us = 0
        self._given = array("q", bytes(8 * REMEMBERED))
        self._count = 0
        self._taken: frozenset[int] = frozenset()
        """Times ahead of the clock that it said before it was set back."""

    def restore(self, at_us: int) -> None:
        """Notes a time of an earlier run."""
        self._note(at_us)
        self._clock_us = self._last_us = max(self._last_us, at_us)

    def peek(self, now_us: int) -> int:
        """What `next` would say."""
        return self._free(now_us if self._is_set_back(now_us) else max(now_us, self._last_us + 1))

    def next(self, now_us: int) -> int:
        """A time that was not given before, `now_us` if that is possible."""
        if now_us > self._clock_us:
            self._clock_us = now_us
        elif self._is_set_back(now_us):
            self._taken = frozenset(at for at in self._given if at >= now_us)
            self._last_us, self._clock_us = now_us - 1, now_us
        at = now_us if now_us > self._last_us else self._last_us + 1
        if self._taken:
            at = self._free(at)
        self._last_us = at
        self._note(at)
        return at

    def _free(self, at_us: int) -> int:
        """The time itself, or the next one that was not given."""
        while at_us in self._taken:
            at_us += 1
        return at_us

    def _is_set_back(self, now_us: int) -> bool:
        return self._clock_us - now_us > KEEPS_ORDER_US

    def _note(self, at_us: int) -> None:
        self._given[self._count % REMEMBERED] = at_us
        self._count += 1


class Hourly:
    """Cut to the hour; the microseconds count the arrivals within it, up to the last of them."""

    def __init__(self) -> None:
        self._clock_us = 0
        self._last: OrderedDict[int, int] = OrderedDict()
        """To each hour the time that was given in it last."""

    def restore(self, at_us: int) -> None:
        """Notes a time of an earlier run."""
        self._clock_us = max(self._clock_us, at_us)
        hour = hour_of(at_us)
        if at_us <= hour + LAST_OF_HOUR:
            self._last[hour] = max(at_us, self._last.get(hour, at_us))

    def peek(self, now_us: int) -> int:
        """What `next` would say."""
        hour = hour_of(self._followed(now_us))
        return min(self._last.get(hour, hour - 1) + 1, hour + LAST_OF_HOUR)

    def next(self, now_us: int) -> int:
        """A time that was not given before, as long as the hour has one."""
        at = self.peek(now_us)
        self._clock_us = self._followed(now_us)
        self._last[hour_of(at)] = at
        if len(self._last) > HOURS_COUNTED:
            self._last.popitem(last=False)
        return at

    def _followed(self, now_us: int) -> int:
        """The clock's time, or the one it has said before if that is only a little ahead."""
        is_set_back = self._clock_us - now_us > KEEPS_ORDER_US
        return now_us if is_set_back else max(now_us, self._clock_us)


def hour_of(at_us: int) -> int:
    """The beginning of the hour."""
    return at_us // HOUR_US * HOUR_US
