"""A day's figures are worked out from its files, some of its visitors at a time."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from mallard.model import Period
from mallard.reports.query import ReportQuery
from mallard.reports.totals import totals
from mallard.store.parquet.partitions import Partition
from mallard.store.rollups import working_out
from mallard.store.rollups.day_rows import DayRows
from mallard.store.store import Store
from mallard.store.upkeep import building
from mallard.store.upkeep.days import Upkeep
from tests.builders import TODAY, an_event, store_events

pytestmark = pytest.mark.thorough

ONE_DAY = timedelta(days=1)


@pytest.mark.thorough
def test_of_a_large_day_only_a_part_is_in_memory_at_a_time(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transaction would keep the events of all parts, dropped or not, until it ends."""
    store_events(store, "b1", [an_event(visitor_id=f"v{n}") for n in range(60_000)])
    store.roll()
    monkeypatch.setattr(working_out, "EVENTS_AT_A_TIME", 2_000)
    kept: list[int] = []
    write = DayRows.write

    def weighing(day: DayRows, *args: Any) -> None:
        sql = (
            "select sum(memory_usage_bytes + temporary_storage_bytes) from duckdb_memory()"
            " where tag = 'IN_MEMORY_TABLE'"
        )
        kept.extend(day.connection.execute(sql).fetchone() or ())
        write(day, *args)

    monkeypatch.setattr(DayRows, "write", weighing)
    Upkeep(store, lambda: TODAY + ONE_DAY).build_all()
    assert store.without_rollups() == []
    assert kept[0] < 8 << 20


@pytest.mark.thorough
def test_many_visitors_are_never_told_apart_all_at_once(store: Store) -> None:
    """Their ids alone would take more memory than there is."""
    names = (sha256(str(n).encode()).hexdigest() for n in range(300_000))
    store_events(store, "b1", [an_event(visitor_id=name) for name in names])
    store.roll()
    with store.database.side_writer() as connection:
        connection.execute("set memory_limit = '44MiB'")
        assert building.build(store, connection, Partition("example.com", TODAY))
    query = ReportQuery("example.com", Period(TODAY, TODAY + ONE_DAY))
    assert totals(store, query).unique_visitors == 300_000


@pytest.mark.parametrize("events_at_a_time", [500_000, 5])
def test_two_ids_with_one_hash_are_read_from_the_events(
    store: Store, monkeypatch: pytest.MonkeyPatch, events_at_a_time: int
) -> None:
    monkeypatch.setattr(working_out, "EVENTS_AT_A_TIME", events_at_a_time)
    few = working_out.TAKE.replace("hash(visitor_id)", "hash(visitor_id) % 19")
    monkeypatch.setattr(working_out, "TAKE", few)
    store_events(store, "b1", [an_event(visitor_id=f"v{n}") for n in range(20)])
    store.roll()
    Upkeep(store, lambda: TODAY + ONE_DAY).build_all()
    assert store.without_rollups() == []
    query = ReportQuery("example.com", Period(TODAY, TODAY + ONE_DAY))
    assert totals(store, query).unique_visitors == 20
