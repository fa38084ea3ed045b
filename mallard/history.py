"""Changes what is stored of a site after it was stored, on request."""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import structlog

from mallard.ingest.flusher import Flusher
from mallard.model import MallardError
from mallard.register.sites import Sites
from mallard.store.parquet.partitions import Partition
from mallard.store.store import Store
from mallard.store.upkeep.rewriting import Changes, Rewritten, rewrite

log = structlog.get_logger("mallard.history")


class History:
    """What is stored of sites, for those who decide otherwise afterwards."""

    def __init__(
        self, store: Store, flusher: Flusher, sites: Sites, forget: Callable[[str], None]
    ) -> None:
        self._store = store
        self._flusher = flusher
        self._sites = sites
        self._forget = forget

    def rewrite_paths(self, site_id: str, is_trial: bool) -> Rewritten:
        """Makes of a site's stored paths what its path rules make of those that come in.

        A trial only tells what that would be. Each day is rewritten as a whole; whoever is
        interrupted begins again, and what is done is left as it is. Raises MallardError.
        """
        entry = self._sites.entry(site_id)
        if entry is None or entry.path_rules is None:
            raise MallardError(f"{site_id} has no path rules; set them on its settings page first")
        if not self._flusher.roll():
            raise MallardError("events cannot be written to Parquet; is the disk full?")
        ruled, changes = entry.path_rules.of_history, Changes()
        days = sorted(self._store.cold.partitions.days(site_id))
        try:
            with self._store.database.side_writer() as connection:
                for partition in (Partition(site_id, day) for day in days):
                    changes.add(rewrite(self._store, connection, partition, ruled, is_trial))
        except (duckdb.Error, OSError) as error:
            raise MallardError(f"not all days could be rewritten; try again: {error}") from error
        finally:
            self._forget(site_id)
        done = changes.summed_up()
        if not is_trial:
            log.info("Rewrote a site's paths", site_id=site_id, days=done.days, events=done.events)
        return done
