"""A time limit for every query: one that runs over is interrupted, and really ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf

import duckdb

from mallard.model import Unavailable
from mallard.store.engine.database import Connection

AGAIN_SECS = 0.1
"""What begins after the time is up, as a second query of one report, is interrupted so soon."""


class QueryTimeout(Unavailable):
    """A query ran longer than it may."""


class Deadlines:
    """Watches queries from a thread of its own, which sleeps while there are none.

    It is not woken for each of them: what is to end later than it looks next, it finds then.
    """

    def __init__(self, timeout_secs: float) -> None:
        self._timeout_secs = timeout_secs
        self._changed = threading.Condition()
        self._running: dict[object, tuple[float, Connection]] = {}
        self._looks_next = inf
        self._is_closed = False
        threading.Thread(target=self._watch, name="deadlines", daemon=True).start()

    def from_now(self) -> float:
        """When a report that begins now has to end, by the monotonic clock."""
        return time.monotonic() + self._timeout_secs

    @contextmanager
    def limit(self, connection: Connection, until: float) -> Iterator[None]:
        """Ends what runs on the connection meanwhile when the time has come.

        Raises QueryTimeout.
        """
        token = object()
        with self._changed:
            self._running[token] = (until, connection)
            if until < self._looks_next:
                self._changed.notify()
        try:
            yield
        except duckdb.InterruptException:
            message = f"the report took longer than {self._timeout_secs:g} seconds"
            raise QueryTimeout(f"{message}; ask for fewer days") from None
        finally:
            with self._changed:
                self._running.pop(token, None)

    def close(self) -> None:
        """Ends the thread, once nothing runs that it watches."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()

    def _watch(self) -> None:
        with self._changed:
            while self._running or not self._is_closed:
                now = time.monotonic()
                self._interrupt_late(now)
                self._looks_next = min((end for end, _ in self._running.values()), default=inf)
                self._changed.wait(self._looks_next - now if self._running else None)

    def _interrupt_late(self, now: float) -> None:
        for token, (deadline, connection) in list(self._running.items()):
            if deadline <= now:
                connection.interrupt()
                self._running[token] = (now + AGAIN_SECS, connection)
