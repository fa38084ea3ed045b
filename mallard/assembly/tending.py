"""Makes what runs beside the requests: upkeep, and a table of small tasks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from mallard.assembly.collecting import Collecting
from mallard.assembly.given import Given
from mallard.history import History
from mallard.retention import Retention
from mallard.store.deletion.days import finish
from mallard.store.store import Store
from mallard.store.upkeep.days import Upkeep
from mallard.store.upkeep.housekeeping import Housekeeping, Task
from mallard.zones.days import UTC, day_of

REPLACED_STAYS_SECS = 600
"""How long a merged file is kept for those who copy the data directory under load."""


def make_upkeep(given: Given, store: Store) -> Upkeep:
    """For it a day is over when its last events are in files, too, so that it is seen to once."""
    until_in_files = timedelta(seconds=2 * given.settings.flush_interval_secs)

    def today_in(zone: str) -> date:
        return day_of((given.clock() - until_in_files).replace(tzinfo=None), zone)

    return Upkeep(store, lambda: today_in(UTC), today_in)


def make_housekeeping(
    given: Given,
    store: Store,
    collecting: Collecting,
    retention: Retention,
    history: History,
    sweep_uploads: Callable[[], None],
) -> Housekeeping:
    """What is done now and then, each with the seconds from one time to the next."""
    return Housekeeping(
        [
            Task("locations", 10, collecting.locations.refresh),
            Task("sweep", 60, store.cold.sweep),
            Task("former sites", 10, history.settle),
            Task("erasures", 10, lambda: finish(store)),
            Task("counts", 60, lambda: collecting.counts.save(given.clock().date())),
            Task("replaced", 60, lambda: store.cold.discard_replaced(REPLACED_STAYS_SECS)),
            Task("uploads", 60, sweep_uploads),
            Task("ids", 60, collecting.visitors.forget),
            Task("salts", 60, collecting.salts.look),
            Task("retention", 60, lambda: retention.run_if_due(given.clock())),
        ]
    )
