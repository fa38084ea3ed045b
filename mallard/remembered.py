"""Remembers what was found out, for all who ask the same."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from cachetools import LRUCache

LOCKS = 64

V = TypeVar("V")


class Remembered(Generic[V]):
    """The latest answers, of so much `size` together; the size of one is 1 unless told."""

    def __init__(self, most: int, size: Callable[[V], int] = lambda _: 1) -> None:
        self._most = most
        self._size = size
        self._values: LRUCache[Hashable, V] = LRUCache(most, size)
        self._lock = threading.Lock()
        self._looking = tuple(threading.Lock() for _ in range(LOCKS))

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: Hashable, find: Callable[[], V]) -> V:
        """The answer to a key: what `find` says when nobody has asked before.

        Who asks the same meanwhile waits for the answer. Raises what `find` does.
        """
        with self._looking[hash(key) % LOCKS]:
            with self._lock:
                if key in self._values:
                    return self._values[key]
            found = find()
            if self._size(found) <= self._most:
                with self._lock:
                    self._values[key] = found
            return found

    def forget(self) -> None:
        """Drops all answers."""
        with self._lock:
            self._values.clear()
