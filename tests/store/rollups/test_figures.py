"""The figures of a day are worked out, added to and closed, whatever else happens meanwhile."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mallard.model import Period
from mallard.reports.query import ReportQuery
from mallard.reports.totals import totals
from mallard.store.parquet.partitions import Partition
from mallard.store.rollups import figures as rollup_figures
from mallard.store.rollups import following
from mallard.store.rollups import kept as rollups
from mallard.store.rollups.day_rows import DayRows
from mallard.store.store import Store
from mallard.store.upkeep.days import Upkeep
from tests.builders import NOON, TODAY, an_event, open_store, store_both_days, store_events
from tests.reports.reading import Events
from tests.waiting import PATIENCE_SECS

pytestmark = pytest.mark.thorough

YESTERDAY = TODAY - timedelta(days=1)
ONE_DAY = timedelta(days=1)


def test_files_that_change_during_a_build_make_it_void(store: Store) -> None:
    store_both_days(store)
    partition = Partition("example.com", TODAY)
    files = store.cold.partitions.files(partition)
    store_events(store, "b3", [an_event(visitor_id="new")])
    store.roll()
    with store.database.side_writer() as connection:
        assert not rollup_figures.make(store.rollups, connection, partition, files, store.cold)
    assert partition in store.without_rollups()


def test_files_that_have_changed_before_a_build_leave_the_figures_as_they_are(
    store: Store,
) -> None:
    store_both_days(store)
    Upkeep(store, lambda: TODAY).build_all()
    partition = Partition("example.com", TODAY)
    files = store.cold.partitions.files(partition)
    store_events(store, "b3", [an_event(NOON + timedelta(minutes=5), visitor_id="new")])
    store.roll()
    known = store.rollups.of(partition)
    with store.database.side_writer() as connection:
        assert not rollup_figures.make(store.rollups, connection, partition, files, store.cold)
    assert store.rollups.of(partition) == known


@pytest.mark.parametrize("is_open", [True, False])
def test_events_that_arrive_while_former_rows_are_deleted_do_not_make_these_count(
    store: Store, monkeypatch: pytest.MonkeyPatch, is_open: bool
) -> None:
    store_both_days(store)
    Upkeep(store, lambda: TODAY).build_all()
    partition = Partition("example.com", TODAY)
    store_events(store, "b3", [an_event(NOON + timedelta(minutes=5), visitor_id="new")])
    files = store.cold.partitions.files(partition)
    has_arrived, may_follow = threading.Event(), threading.Event()
    arrive, delete_some = following.arrive, DayRows.delete_some

    def arriving(*args: Any) -> following.Parts:
        parts = arrive(*args)
        has_arrived.set()
        assert may_follow.wait(PATIENCE_SECS)
        return parts

    def deleting(*args: Any) -> int:
        deleted = delete_some(*args)
        may_follow.set()
        rolling.join(PATIENCE_SECS)
        return deleted

    monkeypatch.setattr(following, "arrive", arriving)
    monkeypatch.setattr(DayRows, "delete_some", deleting)
    rolling = threading.Thread(target=store.roll)
    rolling.start()
    assert has_arrived.wait(PATIENCE_SECS)
    with store.cold.publish:
        # Something stands in the way of adding to the figures.
        left_out = frozenset({"of_pages"})
        known = store.rollups.of(partition)
        assert known
        files_before = known.files if not is_open else frozenset({"others"})
        store.rollups.register(partition, replace(known, left_out=left_out, files=files_before))
    with store.database.side_writer() as connection:
        assert not rollup_figures.make(
            store.rollups, connection, partition, files, store.cold, is_open
        )
    assert not rolling.is_alive()
    query = ReportQuery("example.com", Period(YESTERDAY, TODAY + ONE_DAY))
    assert not store.rollups.is_built(partition, store.cold.partitions.files(partition))
    assert totals(store, query).unique_visitors == 3
    Upkeep(store, lambda: TODAY if is_open else TODAY + ONE_DAY).build_all()
    assert store.without_rollups() == []
    assert totals(store, query).unique_visitors == 3


@pytest.mark.parametrize("is_open", [True, False])
def test_where_too_much_came_to_be_added_a_day_that_is_over_is_worked_out_anew(
    store: Store, monkeypatch: pytest.MonkeyPatch, is_open: bool
) -> None:
    store_both_days(store)
    Upkeep(store, lambda: TODAY).build_all()
    store_events(store, "b3", [an_event(NOON + timedelta(minutes=5), visitor_id="new")])
    store.roll()

    def failing(*_: Any) -> None:
        raise duckdb.OutOfMemoryException("no memory")

    monkeypatch.setattr(DayRows, "settle", failing)
    query = ReportQuery("example.com", Period(YESTERDAY, TODAY + ONE_DAY))
    if is_open:
        with pytest.raises(duckdb.OutOfMemoryException):
            Upkeep(store, lambda: TODAY).build_all()
    else:
        Upkeep(store, lambda: TODAY + ONE_DAY).build_all()
        assert (store.without_rollups(), store.rollups.with_recent()) == ([], [])
    assert totals(store, query) == totals(Events(store), query)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("is_followed", "is_open", "doing"),
    [
        (False, False, "delete_some"),
        (False, False, "write"),
        (False, True, "keep"),
        (False, False, "share"),
        (True, True, "settle"),
        (True, False, "settle"),
        (True, False, "delete_some"),
    ],
)
def test_an_erasure_during_a_build_makes_it_void(
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    is_followed: bool,
    is_open: bool,
    doing: str,
) -> None:
    """What is written to the file that was current before does not count."""
    store.rollups.keeps_from = 0 if is_followed else 1000
    store_both_days(store)
    Upkeep(store, lambda: TODAY).build_all()
    store_events(store, "b3", [an_event(NOON + timedelta(minutes=5), visitor_id="new")])
    store.roll()
    store.rollups.keeps_from = 0
    erased: list[str] = []
    do = getattr(DayRows, doing)

    def erasing(day: DayRows, *args: Any, **kwargs: Any) -> Any:
        done = do(day, *args, **kwargs)
        if not erased:
            erased.append(day.alias)
            with store.database.writer():
                store.rollups.erase("other.example", Period(YESTERDAY, TODAY), store.cold.publish)
        return done

    partition = Partition("example.com", TODAY)
    with store.database.side_writer() as connection, monkeypatch.context() as patched:
        patched.setattr(DayRows, doing, erasing)
        files = store.cold.partitions.files(partition)
        assert not rollup_figures.make(
            store.rollups, connection, partition, files, store.cold, is_open
        )
    assert erased
    assert not store.rollups.is_built(partition, files, is_open)
    everything = ReportQuery("example.com", Period(YESTERDAY, TODAY + ONE_DAY))
    assert totals(store, everything).total_pageviews == 3
    Upkeep(store, lambda: TODAY if is_open else TODAY + ONE_DAY).build_all()
    assert store.rollups.is_built(partition, files, is_open)
    assert totals(store, everything) == totals(Events(store), everything)


def test_a_day_that_is_over_keeps_the_figures_that_have_followed_its_events(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To work out a large day anew, and to forget its recent events, takes much memory at once."""
    monkeypatch.setattr(rollups, "ROWS_AT_A_TIME", 100)
    store_events(store, "b1", [an_event(visitor_id=f"v{n}") for n in range(250)])
    store.roll()
    Upkeep(store, lambda: TODAY).build_all()
    store_events(store, "b2", [an_event(visitor_id=f"v{n}") for n in range(240, 260)])
    store.roll()
    deleted: list[int] = []
    delete_some = DayRows.delete_some

    def counting(*args: Any) -> int:
        deleted.append(delete_some(*args))
        return deleted[-1]

    monkeypatch.setattr(DayRows, "delete_some", counting)
    monkeypatch.setattr(rollup_figures, "work_out", None)
    Upkeep(store, lambda: TODAY + ONE_DAY).build_all()
    assert deleted == [100, 100, 70]
    assert store.rollups.with_recent() == []
    query = ReportQuery("example.com", Period(TODAY, TODAY + ONE_DAY))
    assert totals(store, query).unique_visitors == 260
    assert totals(store, query) == totals(Events(store), query)


@pytest.mark.parametrize("is_followed", [True, False])
@pytest.mark.parametrize("restarts", [True, False])
def test_what_is_left_of_a_day_is_deleted_at_the_next_try(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, is_followed: bool, restarts: bool
) -> None:
    store = open_store(data_dir)
    monkeypatch.setattr(rollups, "ROWS_AT_A_TIME", 10)
    store.rollups.keeps_from = 0 if is_followed else 1000
    store_events(store, "b1", [an_event(visitor_id=f"v{n}") for n in range(30)])
    store.roll()
    Upkeep(store, lambda: TODAY).build_all()
    store_events(store, "b2", [an_event(visitor_id="new")])
    store.roll()
    steps = iter([False, True])
    delete_some = DayRows.delete_some

    def failing(*args: Any) -> int:
        if next(steps, False):
            raise duckdb.OutOfMemoryException("no memory")
        return delete_some(*args)

    query = ReportQuery("example.com", Period(TODAY, TODAY + ONE_DAY))
    tomorrow = TODAY + ONE_DAY
    with monkeypatch.context() as patched:
        patched.setattr(DayRows, "delete_some", failing)
        with pytest.raises(duckdb.OutOfMemoryException):
            Upkeep(store, lambda: tomorrow).build_all()
    assert totals(store, query) == totals(Events(store), query)
    if restarts:
        store.close()
        store = open_store(data_dir)
        assert totals(store, query).unique_visitors == 31
    Upkeep(store, lambda: tomorrow).build_all()
    assert (store.without_rollups(), store.rollups.with_recent()) == ([], [])
    assert totals(store, query) == totals(Events(store), query)
    with store.database.side_writer() as connection:
        left = connection.execute(f"select count(*) from {store.rollups.alias}.recent").fetchall()
        assert left == [(0,)]
    store.close()
