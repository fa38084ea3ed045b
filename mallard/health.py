"""What an instance says of its own state, in words and in numbers."""

from __future__ import annotations

from mallard import __version__
from mallard.app import Mallard
from mallard.metrics.figures import Reading
from mallard.metrics.health import Health
from mallard.model import Unavailable


def health(mallard: Mallard) -> Health:
    """The state of each part."""
    store, cache = mallard.store, mallard.reports.cache
    quarantined, trouble = store.cold.quarantined(), mallard.flusher.trouble
    unreadable = _unreadable(mallard)
    in_cluster = mallard.node.state() if mallard.node else None
    aside = quarantined or store.cold.missing or store.database.times_set_aside
    out_of_step = in_cluster.trouble if in_cluster else None
    is_in_trouble = aside or trouble or unreadable or mallard.locations.trouble or out_of_step
    return Health(
        status="degraded" if is_in_trouble else "ok",
        version=__version__,
        buffered_events=mallard.journal.pending + store.hot_rows(),
        auth_configured=mallard.access.passwords.is_set,
        geoip_loaded=mallard.locations.loaded,
        behavioral_extension_loaded=store.database.has_behavioral,
        filter_bots=mallard.settings.filter_bots,
        cache_entries=len(cache),
        cache_empty=len(cache) == 0,
        quarantined_files=quarantined,
        rollups_pending=mallard.upkeep.pending(),
        flush_failures=mallard.flusher.failures,
        cannot_store=trouble,
        cannot_read=unreadable,
        missing_files=store.cold.missing,
        geoip_source=mallard.locations.source,
        geoip_trouble=mallard.locations.trouble,
        events=mallard.intake.tally.counts(),
        cluster=in_cluster,
    )


def _unreadable(mallard: Mallard) -> str | None:
    """Why stored events cannot be read; None while they can."""
    try:
        mallard.store.cold.insist()
    except Unavailable as error:
        return str(error)
    return None


def reading(mallard: Mallard) -> Reading:
    """What the metrics of one moment are made of."""
    cache, store = mallard.reports.cache, mallard.store
    with store.cold.publish:
        parquet_files, parquet_bytes = store.cold.partitions.count()
    return Reading(
        health=health(mallard),
        events=mallard.intake.tally.counts(),
        cache_hits=cache.hits,
        cache_misses=cache.misses,
        login_failures=mallard.access.lockout.failures,
        journal_bytes=mallard.journal.size,
        hot_rows=store.hot_rows(),
        parquet_files=parquet_files,
        parquet_bytes=parquet_bytes,
    )
