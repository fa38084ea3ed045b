"""Figures of days are worked out beside everything else, and go when their events go."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mallard.app import Mallard
from mallard.model import Period
from mallard.reports.query import ReportQuery
from mallard.reports.totals import totals
from mallard.store import building, rollup_figures, rollups, worked_out
from mallard.store import upkeep as upkeep_module
from mallard.store.database import Connection
from mallard.store.deletion import delete_days, finish
from mallard.store.partitions import Partition
from mallard.store.rollup_rows import DayRows
from mallard.store.rollups import Rollups
from mallard.store.store import FILES_PER_PARTITION, Store
from mallard.store.upkeep import Upkeep
from tests.builders import NOON, TODAY, an_event, open_store, store_events
from tests.conftest import Clock
from tests.reports.reading import Events

YESTERDAY = TODAY - timedelta(days=1)
ONE_DAY = timedelta(days=1)
MARK = "/a-page-that-is-found-nowhere-else"
PATIENCE_SECS = 30


@pytest.fixture
def store(data_dir: Path) -> Iterator[Store]:
    store = open_store(data_dir)
    yield store
    store.close()


@pytest.fixture
def upkeep(store: Store) -> Iterator[Upkeep]:
    upkeep = Upkeep(store, lambda: TODAY)
    yield upkeep
    upkeep.stop()


def store_both_days(store: Store) -> None:
    store_events(store, "b1", [an_event()])
    store_events(store, "b2", [an_event(NOON - ONE_DAY, MARK, visitor_id="old")])
    store.roll()


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
    store: Store, upkeep: Upkeep
) -> None:
    store_both_days(store)
    upkeep.build_all()
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
    store: Store, upkeep: Upkeep, monkeypatch: pytest.MonkeyPatch, is_open: bool
) -> None:
    store_both_days(store)
    upkeep.build_all()
    partition = Partition("example.com", TODAY)
    store_events(store, "b3", [an_event(NOON + timedelta(minutes=5), visitor_id="new")])
    files = store.cold.partitions.files(partition)
    has_arrived, may_follow = threading.Event(), threading.Event()
    arrive, delete_some = Rollups.arrive, DayRows.delete_some

    def arriving(*args: Any) -> int | None:
        part = arrive(*args)
        has_arrived.set()
        assert may_follow.wait(PATIENCE_SECS)
        return part

    def deleting(*args: Any) -> int:
        deleted = delete_some(*args)
        may_follow.set()
        rolling.join(PATIENCE_SECS)
        return deleted

    monkeypatch.setattr(Rollups, "arrive", arriving)
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
    store_both_days(store)
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
    upkeep: Upkeep,
    monkeypatch: pytest.MonkeyPatch,
    is_followed: bool,
    is_open: bool,
    doing: str,
) -> None:
    """What is written to the file that was current before does not count."""
    store.rollups.keeps_from = 0 if is_followed else 1000
    store_both_days(store)
    upkeep.build_all()
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


def test_of_a_large_day_only_a_part_is_in_memory_at_a_time(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transaction would keep the events of all parts, dropped or not, until it ends."""
    store_events(store, "b1", [an_event(visitor_id=f"v{n}") for n in range(60_000)])
    store.roll()
    monkeypatch.setattr(worked_out, "EVENTS_AT_A_TIME", 2_000)
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
    monkeypatch.setattr(worked_out, "EVENTS_AT_A_TIME", events_at_a_time)
    few = worked_out.TAKE.replace("hash(visitor_id)", "hash(visitor_id) % 19")
    monkeypatch.setattr(worked_out, "TAKE", few)
    store_events(store, "b1", [an_event(visitor_id=f"v{n}") for n in range(20)])
    store.roll()
    Upkeep(store, lambda: TODAY + ONE_DAY).build_all()
    assert store.without_rollups() == []
    query = ReportQuery("example.com", Period(TODAY, TODAY + ONE_DAY))
    assert totals(store, query).unique_visitors == 20
