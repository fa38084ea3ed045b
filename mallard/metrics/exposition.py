"""Writes durations and figures in Prometheus's text format."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from mallard.metrics.durations import Metrics
from mallard.metrics.figures import FIGURES, Figure, Reading

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

Family = CounterMetricFamily | GaugeMetricFamily


class Exposition:
    """All metrics of one application, in a registry of its own."""

    def __init__(self, metrics: Metrics, read: Callable[[], Reading]) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(_Figures(read))
        for durations in metrics.durations():
            self.registry.register(durations)
        ProcessCollector(registry=self.registry)

    def text(self) -> bytes:
        """The metrics as they stand, for an answer of the type CONTENT_TYPE."""
        return generate_latest(self.registry)


class _Figures(Collector):
    """FIGURES, all from one reading."""

    def __init__(self, read: Callable[[], Reading]) -> None:
        self._read = read

    def collect(self) -> Iterator[Family]:
        reading = self._read()
        for figure in FIGURES:
            yield _family(figure, figure.read(reading))


def _family(figure: Figure, found: float | Mapping[str, float]) -> Family:
    kind = CounterMetricFamily if figure.is_counter else GaugeMetricFamily
    labels = [figure.label] if figure.label else []
    family: Family = kind(figure.name, figure.description, labels=labels)
    if isinstance(found, Mapping):
        for value, number in found.items():
            family.add_metric([value], number)
    else:
        family.add_metric([], found)
    return family
