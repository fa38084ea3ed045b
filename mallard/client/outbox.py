"""What waits to be sent: bounded, and sent by a thread of its own in batches."""

from __future__ import annotations

import logging
import os
from collections import deque
from itertools import islice
from threading import Condition, Thread
from typing import Protocol

from mallard.client.delivery import Outcome

log = logging.getLogger("mallard.client")

LARGEST_BATCH = 200
FIRST_PAUSE_SECS = 1.0
LONGEST_PAUSE_SECS = 60.0


class Sends(Protocol):
    """Takes batches to where they belong."""

    def send(self, path: str, items: list[bytes]) -> Outcome:
        """What became of the items."""


class Outbox:
    """Takes items without waiting, and refuses them when too many wait already."""

    def __init__(self, delivery: Sends, most: int, gather_secs: float) -> None:
        self._delivery = delivery
        self._most = most
        self._gather_secs = gather_secs
        self._begin()
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        """Empty: of a child process, too, since its parent sends what waits there."""
        self._changed = Condition()
        self._waiting: dict[str, deque[bytes]] = {}
        self._thread: Thread | None = None
        self._is_closing = False
        self._is_hurried = False
        self._is_full = False
        self._pause_secs = 0.0

    def put(self, path: str, item: bytes) -> None:
        """Lets the item wait for its batch; it is lost when there is no room."""
        with self._changed:
            if self._is_closing or self._count() >= self._most:
                self._lose("it is closed" if self._is_closing else "too many wait already")
                return
            self._waiting.setdefault(path, deque()).append(item)
            if self._thread is None:
                thread = Thread(target=self._run, name="mallard-client", daemon=True)
                thread.start()
                self._thread = thread
            self._changed.notify_all()

    def flush(self, timeout_secs: float) -> bool:
        """Waits until everything is sent."""
        with self._changed:
            self._is_hurried = True
            self._changed.notify_all()
            is_sent = self._changed.wait_for(lambda: not self._count(), timeout_secs)
            self._is_hurried = False
            return is_sent

    def close(self, timeout_secs: float) -> None:
        """Sends what is left without waiting for better times, and ends."""
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(timeout_secs)

    def _run(self) -> None:
        while batch := self._next():
            path, items = batch
            outcome = self._delivery.send(path, items)
            with self._changed:
                self._settle(path, len(items), outcome)
                self._changed.notify_all()

    def _next(self) -> tuple[str, list[bytes]] | None:
        """The items that go next; None at the end. They stay in their queue until it is settled."""
        with self._changed:
            self._changed.wait_for(lambda: self._count() or self._is_closing)
            self._changed.wait_for(self._is_due, self._pause_secs or self._gather_secs)
            for path, items in self._waiting.items():
                if items:
                    return path, list(islice(items, LARGEST_BATCH))
            return None

    def _is_due(self) -> bool:
        if self._is_closing or self._pause_secs:
            return self._is_closing
        is_full = any(len(items) >= LARGEST_BATCH for items in self._waiting.values())
        return self._is_hurried or is_full

    def _settle(self, path: str, count: int, outcome: Outcome) -> None:
        if outcome is not Outcome.LATER:
            self._pause_secs, self._is_full = 0.0, False
            self._drop(path, count)
        elif self._is_closing:
            log.warning("%d events were not sent before the end", self._count())
            self._waiting.clear()
        else:
            longer = max(FIRST_PAUSE_SECS, 2 * self._pause_secs)
            self._pause_secs = min(longer, LONGEST_PAUSE_SECS)

    def _drop(self, path: str, count: int) -> None:
        items = self._waiting[path]
        for _ in range(count):
            items.popleft()
        # The other queues have their turn first.
        self._waiting[path] = self._waiting.pop(path)

    def _lose(self, reason: str) -> None:
        # Once, until something is sent again: a line for each would fill the log.
        if not self._is_full:
            log.warning("Events are lost: %s", reason)
            self._is_full = True

    def _count(self) -> int:
        return sum(map(len, self._waiting.values()))
