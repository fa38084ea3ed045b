"""Keeps answers for a while, by site, so that a change of a site's data can forget them."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from cachetools import TTLCache

T = TypeVar("T")
Entry = tuple[str, Hashable]
"""The site, and what was asked about it."""


class ReportCache:
    """A bounded cache with a time to live; 0 seconds turns it off, 0 entries lifts the bound."""

    def __init__(
        self,
        ttl_secs: float,
        max_entries: int,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ttl_secs = ttl_secs
        self._answers: TTLCache[Entry, Any] = TTLCache(max_entries or math.inf, ttl_secs, timer)
        self._generations: Counter[str] = Counter()
        self._lock = threading.Lock()
        self.hits = 0
        self.misses = 0

    def __len__(self) -> int:
        with self._lock:
            self._answers.expire()
            return len(self._answers)

    def get(
        self,
        site_id: str,
        key: Hashable,
        compute: Callable[[], T],
        is_worth_keeping: Callable[[], bool] = lambda: True,
    ) -> T:
        """The kept answer for a key, or the computed one, which is then kept."""
        if not self._ttl_secs:
            return compute()
        entry = (site_id, key)
        with self._lock:
            kept: T | ReportCache = self._answers.get(entry, self)
            self.hits += kept is not self
            self.misses += kept is self
            generation = self._generations[site_id]
        if not isinstance(kept, ReportCache):
            return kept
        answer = compute()
        if is_worth_keeping():
            self._keep(entry, answer, generation)
        return answer

    def forget(self, site_id: str) -> None:
        """Drops a site's answers, those being computed right now too."""
        with self._lock:
            self._generations[site_id] += 1
            for entry in [entry for entry in self._answers if entry[0] == site_id]:
                del self._answers[entry]

    def _keep(self, entry: Entry, answer: Any, generation: int) -> None:
        with self._lock:
            if self._generations[entry[0]] == generation:
                self._answers[entry] = answer
