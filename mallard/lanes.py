"""Who serves which request, so that reports, however slow and many, never delay collecting.

Events are served by the thread that reads them off their sockets: each takes a few microseconds and
one write to the journal, far less than handing it to another thread would. Quick requests have a
few threads of their own, and all others, the reports, the rest.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from typing import Any

from waitress.task import ThreadedTaskDispatcher

from mallard.store.database import yield_to_others

EVENT_PATH = "/api/event"
QUICK_PATHS = frozenset(
    ("/mallard.js", "/tracking/script.js", "/health", "/health/ready", "/metrics")
)
QUICK_THREADS = 4


class Lanes(ThreadedTaskDispatcher):
    """waitress's queue and threads for reports, and beside them a quick lane and the events."""

    def __init__(self, threads: int) -> None:
        super().__init__()
        # A queue is no reason to warn; what is slow shows in the latencies.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        self._events: deque[Any] = deque()
        self._quick = ThreadedTaskDispatcher()
        self._quick.set_thread_count(QUICK_THREADS)
        self.set_thread_count(max(1, threads - QUICK_THREADS))

    def handler_thread(self, thread_no: int) -> None:
        """Serves the slow lane, and leaves the processor to whoever collects."""
        yield_to_others()
        super().handler_thread(thread_no)

    def add_task(self, task: Any) -> None:
        """Queues a channel in the lane of its next request."""
        path = task.requests[0].path if task.requests else ""
        if path == EVENT_PATH:
            self._events.append(task)
        elif path in QUICK_PATHS:
            self._quick.add_task(task)
        else:
            super().add_task(task)

    @property
    def has_events(self) -> bool:
        """Whether events wait for `serve_events`."""
        return bool(self._events)

    def serve_events(self) -> None:
        """Serves the events that wait; only for the thread that reads the sockets.

        Behind an unsent answer of the same connection an event could have to wait for its client,
        which this thread must never do.
        """
        for _ in range(len(self._events)):
            task = self._events.popleft()
            if task.total_outbufs_len:
                self._quick.add_task(task)
            else:
                task.service()

    def shutdown(self, cancel_pending: bool = True, timeout: int = 5) -> bool:
        """Ends all threads, waiting at most so many seconds; whether waiting tasks were ended."""
        deadline = time.monotonic() + timeout
        self._quick.shutdown(cancel_pending, timeout)
        return super().shutdown(cancel_pending, max(0, int(deadline - time.monotonic())))
