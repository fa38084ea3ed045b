"""Reports that read many events take turns: so many at once as are quickest, and fit the memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from mallard.store.engine.deadlines import QueryTimeout
from mallard.store.parquet.partitions import ColdFile

AT_ONCE = 2
"""One keeps most processors busy, a second the rest; more would only need more memory."""

LIGHT_BYTES = 1 << 20
"""What reads no more of Parquet than this, some ten thousand events, waits for nobody."""


def is_heavy(files: Iterable[ColdFile]) -> bool:
    """Whether reading these files takes long, and memory."""
    return sum(file.size for file in files) > LIGHT_BYTES


class HeavyLane:
    """Lets a few heavy reports run at a time; the others wait their turn."""

    def __init__(self) -> None:
        self._free = threading.Semaphore(AT_ONCE)

    @contextmanager
    def take(self, files: Iterable[ColdFile], until: float) -> Iterator[None]:
        """Waits for a turn for a report that reads these files, and has to end by then.

        Raises QueryTimeout.
        """
        if not is_heavy(files):
            yield
            return
        if not self._free.acquire(timeout=max(0.0, until - time.monotonic())):
            raise QueryTimeout("other reports kept this one waiting for too long; try again later")
        try:
            yield
        finally:
            self._free.release()
