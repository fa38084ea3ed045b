"""Figures of days are worked out beside everything else, and go when their events go."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mallard.app import Mallard
from mallard.model import Period
from mallard.reports.query import ReportQuery
from mallard.reports.totals import totals
from mallard.store.deletion.days import delete_days, finish
from mallard.store.engine.database import Connection
from mallard.store.parquet.partitions import Partition
from mallard.store.rolling import FILES_PER_PARTITION
from mallard.store.rollups import kept as rollups
from mallard.store.rollups import small_days
from mallard.store.rollups.kept import Rollups
from mallard.store.store import Store
from mallard.store.upkeep import building
from mallard.store.upkeep import days as upkeep_module
from mallard.store.upkeep.correcting import uncorrected
from mallard.store.upkeep.days import Upkeep
from tests.builders import NOON, TODAY, an_event, open_store, store_both_days, store_events
from tests.conftest import Clock
from tests.waiting import PATIENCE_SECS

pytestmark = pytest.mark.thorough

YESTERDAY = TODAY - timedelta(days=1)
ONE_DAY = timedelta(days=1)
MARK = "/a-page-that-is-found-nowhere-else"


@pytest.fixture
def upkeep(store: Store) -> Iterator[Upkeep]:
    upkeep = Upkeep(store, lambda: TODAY)
    yield upkeep
    upkeep.stop()


def test_only_days_that_are_over_are_pending(store: Store, upkeep: Upkeep) -> None:
    store_both_days(store)
    assert set(store.without_rollups()) == {
        Partition("example.com", TODAY),
        Partition("example.com", YESTERDAY),
    }
    assert upkeep.pending() == 1
    upkeep.build_all()
    assert (store.without_rollups(), upkeep.pending()) == ([], 0)


def test_a_day_is_over_when_its_last_events_are_in_files(mallard: Mallard, clock: Clock) -> None:
    store_both_days(mallard.store)
    mallard.upkeep.build_all()
    midnight = NOON + timedelta(hours=12)
    clock.now = midnight + timedelta(seconds=90)
    store_events(mallard.store, "last", [an_event(midnight - timedelta(seconds=1))])
    assert (mallard.upkeep.pending(), mallard.upkeep.due()) == (0, [])
    mallard.flusher.roll()
    clock.now = midnight + timedelta(seconds=2 * mallard.settings.flush_interval_secs)
    assert mallard.upkeep.pending() == 1
    assert mallard.upkeep.due() == [Partition("example.com", TODAY)]


def test_the_thread_builds_what_there_is_and_ends_when_told(
    store: Store, upkeep: Upkeep, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_both_days(store)
    built = threading.Event()
    build = building.build

    def noting(*args: Any, **kwargs: Any) -> bool:
        is_done = build(*args, **kwargs)
        if not store.without_rollups():
            built.set()
        return is_done

    monkeypatch.setattr(upkeep_module, "build", noting)
    upkeep.start()
    assert built.wait(PATIENCE_SECS)


def test_a_deleted_day_that_went_on_leaves_no_recent_events(
    store: Store, upkeep: Upkeep, data_dir: Path
) -> None:
    store_events(store, "b1", [an_event(path=MARK)])
    store.roll()
    upkeep.build_all()
    store_events(store, "b2", [an_event(NOON + timedelta(minutes=1), MARK)])
    store.roll()
    delete_days(store, "example.com", Period(TODAY, TODAY + ONE_DAY), reaches_copies=True)
    finish(store)
    held = b"".join(path.read_bytes() for path in (data_dir / "rollups").iterdir())
    assert MARK.encode() not in held
    store_events(store, "b3", [an_event(NOON + timedelta(minutes=2))])
    store.roll()
    upkeep.build_all()
    query = ReportQuery("example.com", Period(TODAY, TODAY + ONE_DAY))
    assert totals(store, query).total_pageviews == 1


def test_figures_are_written_to_the_file_before_all_days_are_done(
    store: Store, upkeep: Upkeep, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They would fill the memory until then."""
    monkeypatch.setattr(upkeep_module, "WRITES_EVERY_SECS", 0.0)
    monkeypatch.setattr(small_days, "SMALL_BYTES", 0)
    store_both_days(store)
    store_events(store, "b3", [an_event(NOON - 2 * ONE_DAY)])
    store.roll()
    see_to, checkpoint = upkeep.see_to, store.rollups.checkpoint
    happened: list[object] = []
    are_done = threading.Event()

    def noting(partition: Partition) -> None:
        see_to(partition)
        happened.append(partition.day)

    def writing() -> None:
        checkpoint()
        happened.append("written")
        if not store.without_rollups():
            are_done.set()

    monkeypatch.setattr(upkeep, "see_to", noting)
    monkeypatch.setattr(store.rollups, "checkpoint", writing)
    upkeep.start()
    assert are_done.wait(PATIENCE_SECS)
    expected = [TODAY, YESTERDAY, "written", YESTERDAY - ONE_DAY, "written"]
    assert happened[: len(expected)] == expected


def test_a_day_that_cannot_be_built_stops_no_other(
    store: Store, upkeep: Upkeep, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_both_days(store)
    tried = threading.Event()
    build = building.build

    def failing(store: Store, connection: Connection, partition: Partition, is_open: bool) -> bool:
        if partition.day == TODAY:
            raise duckdb.OutOfMemoryException("no room")
        tried.set()
        return build(store, connection, partition, is_open)

    monkeypatch.setattr(upkeep_module, "build", failing)
    upkeep.start()
    assert tried.wait(PATIENCE_SECS)


def test_a_day_that_there_is_no_memory_to_compact_gets_its_figures(
    store: Store, upkeep: Upkeep, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise duckdb.OutOfMemoryException("failed to allocate data")

    store_both_days(store)
    monkeypatch.setattr(upkeep_module, "compact", fail)
    upkeep.see_to(Partition("example.com", YESTERDAY))
    assert upkeep.pending() == 0


def test_a_merge_makes_a_day_pending_again(store: Store, upkeep: Upkeep) -> None:
    for number in range(FILES_PER_PARTITION + 2):
        store_events(store, f"b{number}", [an_event(NOON - ONE_DAY, visitor_id=f"v{number}")])
        store.roll()
        assert upkeep.pending() == 1
        upkeep.build_all()
        query = ReportQuery("example.com", Period(YESTERDAY, TODAY))
        assert totals(store, query).unique_visitors == number + 1


def test_a_day_whose_files_are_gone_is_not_due_for_its_recent_events(
    store: Store, upkeep: Upkeep
) -> None:
    store_both_days(store)
    upkeep.build_all()
    with store.cold.publish:
        store.cold.remove("example.com", Period(TODAY, TODAY + ONE_DAY))
    assert [partition.day for partition in store.rollups.with_recent()] == [TODAY]
    assert Upkeep(store, lambda: TODAY + ONE_DAY).due() == []


def test_of_two_sites_with_one_number_only_one_has_figures(
    store: Store, upkeep: Upkeep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollups, "site_number", lambda _: 7)
    store_events(store, "b1", [an_event(site_id=site) for site in ("example.com", "other.org")])
    store.roll()
    upkeep.build_all()
    (built,) = store.rollups.partitions()
    (unbuilt,) = store.without_rollups()
    assert {built.site_id, unbuilt.site_id} == {"example.com", "other.org"}


@pytest.mark.parametrize("reaches_copies", [False, True])
def test_deleted_days_leave_no_figures(
    store: Store, upkeep: Upkeep, data_dir: Path, reaches_copies: bool
) -> None:
    store_both_days(store, MARK)
    upkeep.build_all()
    days = Period(YESTERDAY, TODAY)
    delete_days(store, "example.com", days, reaches_copies=reaches_copies)
    everything = ReportQuery("example.com", Period(date(2026, 1, 1), TODAY + ONE_DAY))
    assert totals(store, everything).unique_visitors == 1
    finish(store)
    assert YESTERDAY not in store.rollups.known("example.com").days
    upkeep.build_all()
    assert totals(store, everything).unique_visitors == 1
    if reaches_copies:
        held = b"".join(path.read_bytes() for path in (data_dir / "rollups").iterdir())
        assert MARK.encode() not in held


def test_days_of_too_many_rows_to_be_deleted_at_once_leave_no_figures(
    store: Store, upkeep: Upkeep, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_both_days(store)
    upkeep.build_all()

    def failing(*_: Any) -> None:
        raise duckdb.OutOfMemoryException("no memory")

    monkeypatch.setattr(Rollups, "_delete", failing)
    delete_days(store, "example.com", Period(YESTERDAY, TODAY))
    finish(store)
    assert set(store.rollups.known("example.com").days) == {TODAY}
    assert store.without_rollups() == []
    query = ReportQuery("example.com", Period(YESTERDAY, TODAY + ONE_DAY))
    assert totals(store, query).unique_visitors == 1


def test_an_erasure_leaves_the_figures_of_other_days_and_sites_as_they_are(
    store: Store, upkeep: Upkeep, data_dir: Path
) -> None:
    store_both_days(store)
    for day in (NOON - ONE_DAY, NOON):
        store_events(store, f"other {day.date()}", [an_event(day, site_id="other.example")])
    store.roll()
    upkeep.build_all()
    delete_days(store, "example.com", Period(YESTERDAY, TODAY), reaches_copies=True)
    finish(store)
    assert store.without_rollups() == []
    assert set(store.rollups.known("example.com").days) == {TODAY}
    store.close()
    again = open_store(data_dir)
    assert again.without_rollups() == []
    both = Period(YESTERDAY, TODAY + ONE_DAY)
    assert totals(again, ReportQuery("example.com", both)).total_pageviews == 1
    assert totals(again, ReportQuery("other.example", both)).total_pageviews == 2
    again.close()


def test_figures_of_a_day_whose_files_are_gone_are_forgotten_at_a_start(
    store: Store, upkeep: Upkeep, data_dir: Path
) -> None:
    store_both_days(store)
    upkeep.build_all()
    store.close()
    for path in (data_dir / "events/site_id=example.com" / f"date={YESTERDAY}").iterdir():
        path.unlink()
    again = open_store(data_dir)
    assert list(again.rollups.known("example.com").days) == [TODAY]
    again.close()


def test_a_file_with_events_of_other_days_is_read_itself(
    store: Store, upkeep: Upkeep, data_dir: Path
) -> None:
    store_both_days(store)
    tree = data_dir / "events/site_id=example.com"
    (file,) = (tree / f"date={YESTERDAY}").iterdir()
    file.replace(tree / f"date={TODAY}" / "0009.parquet")
    store.close()
    again = open_store(data_dir)
    Upkeep(again, lambda: TODAY).build_all()
    both = ReportQuery("example.com", Period(YESTERDAY, TODAY + ONE_DAY))
    assert totals(again, both).unique_visitors == 2
    assert again.without_rollups() == []
    again.close()


def test_all_figures_are_worked_out_when_it_finishes(store: Store, upkeep: Upkeep) -> None:
    store_both_days(store)
    assert list(upkeep.finish()) == [2, 1, 0]
    assert (store.without_rollups(), upkeep.pending(), upkeep.due()) == ([], 0, [])
    assert list(upkeep.finish()) == [0]


def test_who_returned_is_corrected_for_when_it_finishes(store: Store, upkeep: Upkeep) -> None:
    events = [an_event(NOON - days * ONE_DAY, visitor_id="anna") for days in (1, 2, 3)]
    store_events(store, "b1", events)
    store.roll()
    assert list(upkeep.finish()) == [3, 0]
    assert uncorrected(store) == []


def test_finishing_waits_for_the_thread_while_that_is_at_work(store: Store, upkeep: Upkeep) -> None:
    store_both_days(store)
    upkeep.start()
    assert list(upkeep.finish())[-1] == 0
    assert upkeep.pending() == 0


@pytest.mark.parametrize("is_at_work", [False, True])
def test_a_day_that_cannot_be_put_in_order_does_not_keep_it_from_finishing(
    store: Store, upkeep: Upkeep, monkeypatch: pytest.MonkeyPatch, is_at_work: bool
) -> None:
    def fail(*_args: Any, **_named: Any) -> bool:
        raise duckdb.OutOfMemoryException("no memory")

    monkeypatch.setattr(upkeep_module, "build", fail)
    monkeypatch.setattr(upkeep_module, "LOOKS_EVERY_SECS", 0.01)
    store_both_days(store)
    if is_at_work:
        upkeep.start()
    assert list(upkeep.finish())[-1] == 0
    assert upkeep.pending() == 1
