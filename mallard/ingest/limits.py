"""How many events a second one site may send: a token bucket for each key."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

# Rounding must not refuse a token at the very moment that was promised.
_ROUNDING = 1e-6


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class TokenBuckets:
    """One bucket per key that refills at a rate; a burst may be one second's worth, at least 1."""

    def __init__(self, rate_per_second: float, max_keys: int = 10_000) -> None:
        self._whole_rate = rate_per_second
        self.servers = 1
        """So many share the rate alike."""
        self._max_keys = max_keys
        self._buckets: dict[str, _Bucket] = {}
        self._now = float("-inf")
        self._lock = Lock()

    def take(self, key: str, now: float) -> float:
        """0.0 if the key's token was taken, else the seconds until there is one.

        `now` is in seconds on the monotonic clock; threads may bring it out of order. A rate of 0
        is no limit.
        """
        if self._rate <= 0:
            return 0.0
        with self._lock:
            self._now = max(self._now, now)
            bucket = self._filled(key)
            if bucket.tokens >= 1 - _ROUNDING:
                bucket.tokens -= 1
                return 0.0
            return (1 - bucket.tokens) / self._rate

    def __len__(self) -> int:
        return len(self._buckets)

    @property
    def _rate(self) -> float:
        return self._whole_rate / self.servers

    @property
    def _burst(self) -> float:
        return max(1.0, self._rate)

    def _filled(self, key: str) -> _Bucket:
        bucket = self._buckets.get(key)
        if bucket is None:
            if len(self._buckets) >= self._max_keys:
                self._forget()
            bucket = self._buckets[key] = _Bucket(self._burst, self._now)
        elapsed = self._now - bucket.filled_at
        bucket.tokens = min(self._burst, bucket.tokens + elapsed * self._rate)
        bucket.filled_at = self._now
        return bucket

    def _forget(self) -> None:
        # A full bucket is as good as none, so the fullest go. A quarter at once, because finding
        # them looks at all.
        by_fullness = sorted(self._buckets, key=self._full_at)
        for key in by_fullness[: max(1, self._max_keys // 4)]:
            del self._buckets[key]

    def _full_at(self, key: str) -> float:
        bucket = self._buckets[key]
        return bucket.filled_at + (self._burst - bucket.tokens) / self._rate
