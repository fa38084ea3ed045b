"""A time limit for every query: one that runs over is interrupted, and really ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from mallard.model import Unavailable
from mallard.store.engine.database import Connection

AGAIN_SECS = 0.1
"""What begins after the time is up, as a second query of one report, is interrupted so soon."""


class QueryTimeout(Unavailable):
    """A query ran longer than it may."""


class Deadlines:
    """Watches queries from a thread of its own, which sleeps while there are none."""

    def __init__(self, timeout_secs: float) -> None:
        self._timeout_secs = timeout_secs
        self._changed = threading.Condition()
        self._running: dict[object, tuple[float, Connection]] = {}
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
            # The watch has to be woken only for what is the next to end.
            if until == min(end for end, _ in self._running.values()):
                self._changed.notify()
        try:
            yield
        except duckdb.InterruptException:
            message = f"the report took longer than {self._timeout_secs:g} seconds"
            raise QueryTimeout(f"{message}; ask for fewer days") from None
        finally:
            with self._changed:
                self._running.pop(token, None)

    def _watch(self) -> None:
        with self._changed:
            while True:
                now = time.monotonic()
                for token, (deadline, connection) in list(self._running.items()):
                    if deadline <= now:
                        connection.interrupt()
                        self._running[token] = (now + AGAIN_SECS, connection)
                next_one = min((entry[0] for entry in self._running.values()), default=None)
                self._changed.wait(None if next_one is None else max(0.0, next_one - now))
