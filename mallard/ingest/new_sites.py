"""How many sites may begin to send within an hour, where no list of sites is set."""

from __future__ import annotations

import math
from collections.abc import Iterable
from threading import Lock

MAX_KNOWN = 100_000
"""Sites remembered; beyond that the one learned first is forgotten, and counts as new again."""

HOUR_SECS = 3600


class NewSites:
    """Counts sites never seen before, in hours that begin with one; known ones are never limited.

    Every `now` is in seconds on the monotonic clock.
    """

    def __init__(
        self, per_hour: int, known: Iterable[str] = (), max_known: int = MAX_KNOWN
    ) -> None:
        self._per_hour = per_hour
        self.servers = 1
        """So many share the limit alike."""
        self._max_known = max_known
        self._known: dict[str, None] = dict.fromkeys(list(known)[-max_known:])
        self._ends = -math.inf
        self._count = 0
        self._lock = Lock()

    def is_new(self, site_id: str) -> bool:
        """Whether the limit concerns the site."""
        return site_id not in self._known and self._per_hour > 0

    def wait_secs(self, now: float) -> int:
        """0 while a new site may begin, else the seconds until one may."""
        with self._lock:
            return self._wait_secs(now)

    def admit(self, site_id: str, now: float) -> int:
        """As `wait_secs` for a site that is new; when it may begin, it is known from now on."""
        with self._lock:
            wait_secs = self._wait_secs(now)
            if not wait_secs and site_id not in self._known:
                self._remember(site_id)
                if not self._count:
                    self._ends = now + HOUR_SECS
                self._count += 1
            return wait_secs

    def __len__(self) -> int:
        return len(self._known)

    def _wait_secs(self, now: float) -> int:
        # Threads may bring their times out of order, which begins no new hour.
        if now >= self._ends:
            self._count = 0
        if self._count < math.ceil(self._per_hour / self.servers):
            return 0
        return max(1, math.ceil(self._ends - now))

    def _remember(self, site_id: str) -> None:
        if len(self._known) >= self._max_known:
            del self._known[next(iter(self._known))]
        self._known[site_id] = None
