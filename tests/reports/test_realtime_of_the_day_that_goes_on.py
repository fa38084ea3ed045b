"""Who is here now, read from where the events of the day that goes on are kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from mallard.model import Period
from mallard.reports.filters import parse_filter
from mallard.reports.query import ReportQuery
from mallard.reports.realtime import realtime
from mallard.store.parquet.partitions import Partition
from mallard.store.store import Store
from mallard.store.upkeep.building import build
from tests.builders import NOON, TODAY, an_event, open_store, store_events
from tests.reports.reading import Events

SITE = ReportQuery("example.com", Period(TODAY, TODAY))
PARTITION = Partition("example.com", TODAY)
NOW = NOON + timedelta(minutes=4)
FILTERS = ("page==/a", "country==DE", "country!=DE", "prop:plan==pro", "exit_page==/b")


@pytest.fixture
def store(data_dir: Path) -> Iterator[Store]:
    """Events before the day's figures were worked out, after that, and not yet in Parquet."""
    store = open_store(data_dir)
    visit(store, "before", NOON - timedelta(minutes=20))
    store.roll()
    with store.database.side_writer() as connection:
        assert build(store, connection, PARTITION, is_open=True)
    visit(store, "after", NOON)
    store.roll()
    visit(store, "hot", NOON + timedelta(minutes=3))
    yield store
    store.close()


def visit(store: Store, batch: str, at: datetime) -> None:
    """Two visitors, one of whom always comes back."""
    events = [
        an_event(at, "/a", visitor_id="again", country_code="DE", props='{"plan":"pro"}'),
        an_event(at + timedelta(seconds=9), "/b", visitor_id="again", country_code="DE"),
        an_event(at, "/b", visitor_id=batch, country_code="FR"),
    ]
    store_events(store, batch, events)


def test_it_is_what_the_events_say(store: Store) -> None:
    found = realtime(store, SITE, NOW)
    assert found == realtime(Events(store), SITE, NOW)
    assert (found.current_visitors, sum(minute.visitors for minute in found.minutes)) == (3, 6)


@pytest.mark.parametrize("text", FILTERS)
def test_under_filters_too(store: Store, text: str) -> None:
    query = replace(SITE, filters=(parse_filter(text),))
    found = realtime(store, query, NOW)
    assert found == realtime(Events(store), query, NOW)
    assert found.current_visitors


def test_no_file_is_read(store: Store) -> None:
    expected = realtime(store, SITE, NOW)
    for file in store.cold.partitions.files(PARTITION):
        file.path.write_bytes(b"not a Parquet file")
    assert realtime(store, SITE, NOW) == expected


def test_soon_after_midnight_yesterday_s_files_are_read(store: Store) -> None:
    tomorrow = NOON + timedelta(hours=12, minutes=1)
    visit(store, "late", tomorrow - timedelta(minutes=2))
    visit(store, "early", tomorrow)
    found = realtime(store, SITE, tomorrow)
    assert found == realtime(Events(store), SITE, tomorrow)
    assert found.current_visitors == 3
