"""Reports that read many events take turns: so many at once as are quickest, and fit the memory."""

from __future__ import annotations

import threading
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

    def __init__(self, timeout_secs: float) -> None:
        self._timeout_secs = timeout_secs
        self._free = threading.Semaphore(AT_ONCE)

    @contextmanager
    def take(self, files: Iterable[ColdFile]) -> Iterator[None]:
        """Waits until a report that reads these files may run. Raises QueryTimeout."""
        if not is_heavy(files):
            yield
            return
        if not self._free.acquire(timeout=self._timeout_secs):
            waited = f"{self._timeout_secs:g} seconds"
            raise QueryTimeout(f"other reports kept this one waiting for {waited}; try again later")
        try:
            yield
        finally:
            self._free.release()
