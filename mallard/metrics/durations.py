"""Histograms of how long things take, cheap enough to stand in the way of every event."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from threading import Lock
from time import perf_counter

from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector

QUICK = (0.0001, 0.00025, 0.0005, 0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds in seconds, from an event's answer to the limit of a report."""


class Duration:
    """The durations of one kind of thing, sorted into buckets."""

    __slots__ = ("_counts", "_lock", "_total_secs")

    def __init__(self) -> None:
        self._counts = [0] * (len(QUICK) + 1)
        self._total_secs = 0.0
        self._lock = Lock()

    def add(self, secs: float) -> None:
        """Counts one more; a quarter of what the library's own histogram takes for it."""
        with self._lock:
            self._counts[bisect_left(QUICK, secs)] += 1
            self._total_secs += secs

    def state(self) -> tuple[list[int], float]:
        """How many fell in each bucket, and the sum of all in seconds."""
        with self._lock:
            return list(self._counts), self._total_secs


class Durations(Collector):
    """The durations of things of several kinds, each told by its labels' values."""

    def __init__(self, name: str, description: str, labels: Sequence[str] = ()) -> None:
        self._name = name
        self._description = description
        self._labels = labels
        self._lock = Lock()
        self._kinds: dict[tuple[str, ...], Duration] = {}

    def of(self, *values: str) -> Duration:
        """The durations of one kind; there must not be endlessly many kinds."""
        found = self._kinds.get(values)
        if found is None:
            with self._lock:
                found = self._kinds.setdefault(values, Duration())
        return found

    @contextmanager
    def measured(self, *values: str) -> Iterator[None]:
        """Counts how long the block takes, whether it fails or not."""
        begun = perf_counter()
        try:
            yield
        finally:
            self.of(*values).add(perf_counter() - begun)

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """The histogram as it stands."""
        family = HistogramMetricFamily(self._name, self._description, labels=self._labels)
        with self._lock:
            kinds = sorted(self._kinds.items())
        for values, duration in kinds:
            counts, total_secs = duration.state()
            bounds = [*map(str, QUICK), "+Inf"]
            buckets = list(zip(bounds, accumulate(counts), strict=True))
            family.add_metric(values, buckets, total_secs)
        yield family


class Metrics:
    """The durations that the parts of one Mallard measure."""

    def __init__(self) -> None:
        self.requests = Durations(
            "mallard_request_duration_seconds",
            "Time until the answer to a request begins, without the wait for a free thread",
            ("route", "method", "status"),
        )
        self.flushes = Durations(
            "mallard_flush_duration_seconds",
            "Time to store what waits in the journal (store), or to write Parquet (roll)",
            ("step",),
        )
        self.queries = Durations(
            "mallard_query_duration_seconds", "Time of each query that a report runs"
        )

    def durations(self) -> tuple[Durations, ...]:
        """All of them."""
        return self.requests, self.flushes, self.queries
