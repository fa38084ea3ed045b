"""Makes what keeps events, after what a start does before anything is served."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mallard.assembly import portal
from mallard.assembly.given import Given
from mallard.ingest.flusher import Flusher
from mallard.ingest.journal import JOURNAL, Journal
from mallard.reports.rollups import ROLLUPS
from mallard.store.deletion.days import finish, resume
from mallard.store.engine.database import Database
from mallard.store.parquet.shell_view import refresh_view
from mallard.store.recovery import recover
from mallard.store.store import Store


@dataclass(frozen=True, slots=True)
class Storage:
    """The store, the journal in front of it, and what brings events from this into that."""

    store: Store
    journal: Journal
    flusher: Flusher


def make_storage(given: Given, zone_of: Callable[[str], str]) -> Storage:
    """Everything that an earlier run has left is where it belongs. Raises MallardError, OSError."""
    settings, directory = given.settings, given.directory
    store = _store(given, zone_of)
    journal = Journal(directory.path / JOURNAL, directory.insist)
    flusher = Flusher(
        journal,
        store,
        settings.flush_interval_secs,
        settings.journal_sync_ms / 1000,
        given.metrics,
    )
    flusher.replay()
    finish(store)
    refresh_view(store.database, store.cold)
    portal.make_views(settings, store)
    return Storage(store, journal, flusher)


def _store(given: Given, zone_of: Callable[[str], str]) -> Store:
    settings, directory = given.settings, given.directory
    database = Database(
        directory.path,
        given.clock().date(),
        settings.duckdb_threads,
        settings.duckdb_memory_limit,
        directory.insist,
    )
    store = Store(
        directory.path,
        database,
        settings.query_timeout_secs,
        given.metrics,
        ROLLUPS,
        zone_of=zone_of,
    )
    resume(store)
    recover(store)
    return store
