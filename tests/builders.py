"""Makes the data of the tests: events, and a store that holds them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from mallard.model import Event, microseconds
from mallard.reports.rollups import ROLLUPS
from mallard.store.engine.database import Database
from mallard.store.recovery import recover
from mallard.store.rollups.kept import ZoneOf, in_utc
from mallard.store.store import Store

NOON = datetime(2026, 3, 18, 12, tzinfo=UTC)
TODAY = date(2026, 3, 18)


def an_event(at: datetime = NOON, path: str = "/", **fields: Any) -> Event:
    """A pageview of example.com, unless `fields` say otherwise."""
    known = {"site_id": "example.com", "visitor_id": "v1", "event_name": "pageview"}
    return Event(**{**known, "pathname": path, "timestamp": microseconds(at), **fields})


def write_segment(path: Path, events: Iterable[Event]) -> Path:
    """A journal segment of these events."""
    path.write_bytes(b"".join(msgspec.json.encode(event) + b"\n" for event in events))
    return path


def open_store(data_dir: Path, zone_of: ZoneOf = in_utc) -> Store:
    """A store on a directory, brought in order as a start does.

    It keeps the recent events of every day that goes on, however few they are.
    """
    data_dir.mkdir(exist_ok=True)
    database = Database(data_dir, TODAY, threads=1)
    store = Store(data_dir, database, rollups=ROLLUPS, keeps_recent_from=0, zone_of=zone_of)
    recover(store)
    return store


def store_events(store: Store, batch: str, events: Iterable[Event]) -> None:
    """Takes events into the hot table as one batch."""
    segment = write_segment(store.cold.quarantine_dir.parent / f"{batch}.jsonl", events)
    store.append(batch, segment)
    segment.unlink()


def store_both_days(store: Store, old_path: str = "/") -> None:
    """Has a visitor of yesterday, and another of today, in files."""
    store_events(store, "b1", [an_event()])
    yesterday = NOON - timedelta(days=1)
    store_events(store, "b2", [an_event(yesterday, old_path, visitor_id="old")])
    store.roll()
