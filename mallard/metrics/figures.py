"""The figures of /metrics that are read when asked for, declared as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mallard.metrics.health import Health, InCluster
from mallard.model import DropReason, FailReason, RejectReason


@dataclass(frozen=True, slots=True)
class Reading:
    """The state of one Mallard at one moment."""

    health: Health
    """What /health/detailed answers."""
    events: Mapping[str, int]
    """Events since the start, by what became of them."""
    cache_hits: int
    cache_misses: int
    login_failures: int
    journal_bytes: int
    hot_rows: int
    parquet_files: int
    parquet_bytes: int


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric; where `label` is set, it has a value for each of the label's values."""

    name: str
    description: str
    read: Callable[[Reading], float | Mapping[str, float]]
    label: str = ""

    @property
    def is_counter(self) -> bool:
        """Whether it only ever grows, and starts at zero with the process."""
        return self.name.endswith("_total")


Reasons = type[DropReason] | type[RejectReason] | type[FailReason]


def _by_reason(prefix: str, reasons: Reasons, r: Reading) -> Any:
    return {reason: r.events.get(f"{prefix}_{reason}", 0) for reason in reasons}


def _of_node(read: Callable[[InCluster], float | None], r: Reading) -> Mapping[str, float]:
    """Under a node's name what it says; nothing where the server is alone or does not know yet."""
    node = r.health.cluster
    value = read(node) if node else None
    return {node.node: value} if node and value is not None else {}


def _whole_at(node: InCluster) -> float | None:
    return datetime.fromisoformat(node.whole_at).timestamp() if node.whole_at else None


FIGURES = (
    Figure(
        "mallard_buffered_events",
        "Number of events in the in-memory buffer",
        lambda r: r.health.buffered_events,
    ),
    Figure(
        "mallard_cache_entries",
        "Number of cached query results",
        lambda r: r.health.cache_entries,
    ),
    Figure(
        "mallard_auth_configured",
        "Whether admin password is set",
        lambda r: r.health.auth_configured,
    ),
    Figure(
        "mallard_geoip_loaded",
        "Whether GeoIP database is loaded",
        lambda r: r.health.geoip_loaded,
    ),
    Figure(
        "mallard_filter_bots",
        "Whether bot filtering is enabled",
        lambda r: r.health.filter_bots,
    ),
    Figure(
        "mallard_behavioral_extension",
        "Whether behavioral extension is loaded",
        lambda r: r.health.behavioral_extension_loaded,
    ),
    Figure(
        "mallard_degraded",
        "Whether something needs the operator, as /health/detailed says",
        lambda r: r.health.status != "ok",
    ),
    Figure(
        "mallard_quarantined_files",
        "Files that could not be read and were moved to the quarantine",
        lambda r: r.health.quarantined_files,
    ),
    Figure(
        "mallard_cannot_store",
        "Whether accepted events cannot be moved on, as when the disk is full",
        lambda r: r.health.cannot_store is not None,
    ),
    Figure("mallard_journal_bytes", "Size of the journal on disk", lambda r: r.journal_bytes),
    Figure("mallard_hot_rows", "Events in the hot table of the database", lambda r: r.hot_rows),
    Figure("mallard_parquet_files", "Parquet files that reports read", lambda r: r.parquet_files),
    Figure("mallard_parquet_bytes", "Size of those Parquet files", lambda r: r.parquet_bytes),
    Figure(
        "mallard_build_info",
        "The running version",
        lambda r: {r.health.version: 1},
        label="version",
    ),
    Figure(
        "mallard_cluster_whole_timestamp_seconds",
        "When all that the other servers had handed over was here, in seconds since 1970",
        lambda r: _of_node(_whole_at, r),
        label="node",
    ),
    Figure(
        "mallard_cluster_batches_waiting",
        "Batches that the other servers cannot have yet",
        lambda r: _of_node(lambda node: node.batches_waiting, r),
        label="node",
    ),
    Figure(
        "mallard_cluster_erasures_waiting",
        "Erasures of other servers that are not done on this one yet",
        lambda r: _of_node(lambda node: node.erasures_waiting, r),
        label="node",
    ),
    Figure(
        "mallard_events_ingested_total",
        "Total events ingested",
        lambda r: r.events.get("accepted", 0),
    ),
    Figure(
        "mallard_events_dropped_total",
        "Total events that were answered as accepted and left out on purpose, by reason",
        lambda r: _by_reason("dropped", DropReason, r),
        label="reason",
    ),
    Figure(
        "mallard_events_rejected_total",
        "Total events that were refused, by reason",
        lambda r: _by_reason("rejected", RejectReason, r),
        label="reason",
    ),
    Figure(
        "mallard_portal_failures_total",
        "Total downloads and clones that the server that has them did not hand out, by reason",
        lambda r: _by_reason("portal_failed", FailReason, r),
        label="reason",
    ),
    Figure(
        "mallard_flush_failures_total",
        "Total buffer flush failures",
        lambda r: r.health.flush_failures,
    ),
    Figure(
        "mallard_rate_limit_rejections_total",
        "Total requests rejected by per-site rate limiter",
        lambda r: r.events.get(f"rejected_{RejectReason.RATE_LIMITED}", 0),
    ),
    Figure(
        "mallard_login_failures_total",
        "Total failed login attempts",
        lambda r: r.login_failures,
    ),
    Figure("mallard_cache_hits_total", "Total query cache hits", lambda r: r.cache_hits),
    Figure("mallard_cache_misses_total", "Total query cache misses", lambda r: r.cache_misses),
)
