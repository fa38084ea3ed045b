"""What a refused event is answered with: a reason that names the field; and what is noted of it."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from mallard.model import RejectReason

REASONS = {
    400: RejectReason.INVALID,
    403: RejectReason.FORBIDDEN,
    413: RejectReason.TOO_LARGE,
    422: RejectReason.WRONG_TYPE,
    429: RejectReason.RATE_LIMITED,
    503: RejectReason.NOT_STORED,
}
"""What a refusal is counted as when nothing else is said."""

FIELDS = frozenset(("d", "n", "u", "r", "w", "p", "ra", "rc", "$", "timestamp", "client_ip"))
REQUEST = "request"
"""Stands for the field where the request as a whole was refused."""
MOST_REASONS = 20
MOST_HOSTS = 20

_FIELD = re.compile(r"(\$|\w+)")
_PATH = re.compile(r"`\$\.(\w+)")


class Rejected(Exception):
    """An event that cannot be taken: the HTTP status, and a reason that names the field.

    `counted_as` is the kind of reason, for the metrics; `foreign_host` is whose pages are no
    site's of ours, if that is why.
    """

    def __init__(
        self,
        status: int,
        reason: str,
        retry_after_secs: int | None = None,
        counted_as: RejectReason | None = None,
        foreign_host: str | None = None,
    ) -> None:
        super().__init__(reason)
        self.foreign_host = foreign_host
        self.status = status
        self.reason = reason
        self.retry_after_secs = retry_after_secs
        self.counted_as = counted_as or REASONS.get(status, RejectReason.INVALID)

    @property
    def field(self) -> str:
        """The field that the reason begins with, or tells the path of; else REQUEST."""
        found = _PATH.search(self.reason) or _FIELD.match(self.reason)
        return found[1] if found and found[1] in FIELDS else REQUEST


class Missing(Rejected):
    """An event without a field that has to be there."""


class Malformed(Rejected):
    """What was sent is no JSON."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reason for which events were refused since the start: when last, and how often."""

    at: datetime
    field: str
    reason: str
    status: int
    times: int


@dataclass(frozen=True, slots=True)
class ForeignHost:
    """A host whose pages sent events that were refused since the start: when last, how often.

    It is of no site that `site_ids` lists.
    """

    host: str
    at: datetime
    times: int


class Refusals:
    """Notes what is refused, by field and reason; nothing that was sent, and not by whom."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._by_field: Counter[str] = Counter()
        self._last: dict[str, Refusal] = {}
        self._foreign: dict[str, ForeignHost] = {}

    def add(self, rejected: Rejected) -> None:
        """Notes one refusal."""
        reason, field = rejected.reason, rejected.field
        with self._lock:
            self._by_field[field] += 1
            before = self._last.pop(reason, None)
            times = before.times + 1 if before else 1
            self._last[reason] = Refusal(self._clock(), field, reason, rejected.status, times)
            if len(self._last) > MOST_REASONS:
                del self._last[next(iter(self._last))]
            if rejected.foreign_host:
                self._note_host(rejected.foreign_host)

    def _note_host(self, host: str) -> None:
        before = self._foreign.pop(host, None)
        if before is None and len(self._foreign) >= MOST_HOSTS:
            # Whoever makes up hosts should not push those out that keep coming.
            del self._foreign[min(self._foreign, key=lambda host: self._foreign[host].times)]
        times = before.times + 1 if before else 1
        self._foreign[host] = ForeignHost(host, self._clock(), times)

    def foreign_hosts(self) -> list[ForeignHost]:
        """The hosts whose pages were refused, the latest first."""
        with self._lock:
            return list(reversed(self._foreign.values()))

    def by_field(self) -> dict[str, int]:
        """How many were refused since the start, the most first."""
        with self._lock:
            return dict(self._by_field.most_common())

    def last(self) -> list[Refusal]:
        """The last reasons, the latest first."""
        with self._lock:
            return list(reversed(self._last.values()))
