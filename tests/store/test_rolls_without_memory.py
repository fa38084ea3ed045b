"""Rolls that merge more than there is memory for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mallard.store.engine.database import Database
from mallard.store.parquet.columns import COLUMNS, TYPES
from mallard.store.parquet.partitions import Partition
from mallard.store.parquet.writing import write_file
from mallard.store.recovery import recover
from mallard.store.rolling import FILES_PER_PARTITION
from mallard.store.store import Store
from tests.builders import TODAY, an_event, store_events

pytestmark = pytest.mark.thorough

PARTITION = Partition("example.com", TODAY)
EVENTS_A_FILE = 50_000
ENOUGH, TOO_LITTLE = "160MiB", "80MiB"
VALUES = {
    "site_id": "'example.com'",
    "visitor_id": "sha256(i::varchar)",
    "timestamp": f"timestamp '{TODAY}' + to_milliseconds(i)",
    "event_name": "'pageview'",
    "pathname": "'/page/' || i",
    "hostname": "'example.com'",
}
EVENTS = "select {values} from range({first}, {first} + {count}) as events (i)"


def lay_down(store: Store, files: int) -> None:
    """Files of one day, with as many visitors as events."""
    values = ", ".join(
        f"({VALUES.get(column, 'null')})::{TYPES.get(column, 'VARCHAR')} as {column}"
        for column in COLUMNS
    )
    for number in range(files):
        rows = EVENTS.format(values=values, first=number * EVENTS_A_FILE, count=EVENTS_A_FILE)
        with store.database.writer() as writer:
            batches = frozenset({f"b{number}"})
            file = write_file(writer, store.cold.partitions, PARTITION, rows, batches)
            with store.cold.publish:
                store.cold.replace(PARTITION, [], file)


@pytest.fixture
def store(request: pytest.FixtureRequest, data_dir: Path) -> Iterator[Store]:
    """A store with little memory, and a day whose files are to be merged."""
    data_dir.mkdir()
    store = Store(data_dir, Database(data_dir, TODAY, threads=1, memory_limit=request.param))
    recover(store)
    lay_down(store, FILES_PER_PARTITION + 1)
    yield store
    store.close()


def roll_one_event(store: Store) -> int:
    """How many files there are then, of which every event can be read."""
    store_events(store, "hot", [an_event()])
    store.roll()
    assert store.hot_rows() == 0
    sql = "everyone as (select visitor_id from stored) select count(*) from everyone"
    events = store.fetch("example.com", PARTITION.period, sql, {})
    assert events == [((FILES_PER_PARTITION + 1) * EVENTS_A_FILE + 1,)]
    return len(store.cold.partitions.files(PARTITION))


@pytest.mark.parametrize("store", [ENOUGH], indirect=True)
def test_a_roll_merges_more_than_the_memory_holds(store: Store) -> None:
    assert roll_one_event(store) == 1


@pytest.mark.parametrize("store", [TOO_LITTLE], indirect=True)
def test_a_roll_merges_nothing_where_there_is_too_little_memory(store: Store) -> None:
    assert roll_one_event(store) == FILES_PER_PARTITION + 2
