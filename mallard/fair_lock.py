"""A lock that goes to whoever has waited longest, and for which one need not wait for ever."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from mallard.model import Unavailable
from mallard.texts.said import said


class FairLock:
    """A re-entrant lock for work that is done in many short turns.

    `threading.RLock` goes to any thread that asks at the right moment, which is the one that has
    just let go of it: whoever rolls a thousand days would keep a report waiting for all of them.
    """

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._waiting: deque[tuple[int, threading.Lock]] = deque()
        self._owner: int | None = None
        self._depth = 0

    @contextmanager
    def held(self, within_secs: float | None = None) -> Iterator[None]:
        """Has the lock. Raises Unavailable when it cannot be had within so many seconds."""
        if not self._acquire(within_secs):
            raise Unavailable(
                said(
                    "other work kept this waiting for %(secs)s seconds",
                    secs=f"{within_secs:g}",
                )
            )
        try:
            yield
        finally:
            self._release()

    def _acquire(self, within_secs: float | None) -> bool:
        me = threading.get_ident()
        with self._mutex:
            if self._owner in (None, me):
                self._owner = me
                self._depth += 1
                return True
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append((me, turn))
        if turn.acquire(timeout=-1 if within_secs is None else max(0.0, within_secs)):
            return True
        with self._mutex:
            if self._owner == me:  # It came just as the waiting ended.
                return True
            self._waiting.remove((me, turn))
            return False

    def _release(self) -> None:
        with self._mutex:
            self._depth -= 1
            if self._depth:
                return
            self._owner = None
            if self._waiting:
                self._owner, turn = self._waiting.popleft()
                self._depth = 1
                turn.release()


def deadline(within_secs: float | None) -> float | None:
    """When so many seconds from now are over, on the monotonic clock."""
    return None if within_secs is None else time.monotonic() + within_secs


def left_until(end: float | None) -> float | None:
    """The seconds that are left until then, at least none."""
    return None if end is None else max(0.0, end - time.monotonic())
