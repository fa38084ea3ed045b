"""Two lanes of server threads, so that reports, however slow and many, never delay collecting."""

from __future__ import annotations

import logging
import time
from typing import Any

from waitress.task import ThreadedTaskDispatcher

from mallard.store.database import yield_to_others

QUICK_PATHS = frozenset(
    ("/api/event", "/mallard.js", "/tracking/script.js", "/health", "/health/ready")
)
QUICK_THREADS = 4


class Lanes(ThreadedTaskDispatcher):
    """waitress's queue and threads, and beside them a quick lane with some of its own."""

    def __init__(self, threads: int) -> None:
        super().__init__()
        # A queue is no reason to warn; what is slow shows in the latencies.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        self._quick = ThreadedTaskDispatcher()
        self._quick.set_thread_count(QUICK_THREADS)
        self.set_thread_count(max(1, threads - QUICK_THREADS))

    def handler_thread(self, thread_no: int) -> None:
        """Serves the slow lane, and leaves the processor to whoever collects."""
        yield_to_others()
        super().handler_thread(thread_no)

    def add_task(self, task: Any) -> None:
        """Queues a channel in the lane of its next request."""
        if task.requests and task.requests[0].path in QUICK_PATHS:
            self._quick.add_task(task)
        else:
            super().add_task(task)

    def shutdown(self, cancel_pending: bool = True, timeout: int = 5) -> bool:
        """Ends all threads, waiting at most so many seconds; whether waiting tasks were ended."""
        deadline = time.monotonic() + timeout
        self._quick.shutdown(cancel_pending, timeout)
        return super().shutdown(cancel_pending, max(0, int(deadline - time.monotonic())))
