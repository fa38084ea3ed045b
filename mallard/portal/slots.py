"""How many may be served at the same time; whoever comes beyond that does not wait."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Busy(Exception):
    """All slots are taken."""


class Slots:
    """So many at once."""

    def __init__(self, count: int) -> None:
        self._free = threading.BoundedSemaphore(count)

    def take(self) -> Callable[[], None]:
        """Takes a slot; what gives it back, once however often it is called. Raises Busy."""
        if not self._free.acquire(blocking=False):
            raise Busy
        given_back = threading.Lock()

        def give_back() -> None:
            if given_back.acquire(blocking=False):
                self._free.release()

        return give_back
