"""A day that is over has one file, whatever happens on the way there."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from mallard import durable
from mallard.model import Period
from mallard.store.deletion.days import delete_days, finish
from mallard.store.parquet import footers, partitions
from mallard.store.parquet.partitions import Partition
from mallard.store.parquet.statements import rows_of
from mallard.store.parquet.writing import write_file
from mallard.store.store import Store
from mallard.store.upkeep import swapping
from mallard.store.upkeep.compaction import CROWDED_FROM, compact, uncompacted
from mallard.store.upkeep.days import Upkeep
from tests.builders import NOON, TODAY, an_event, open_store, store_events
from tests.waiting import PATIENCE_SECS

YESTERDAY = TODAY - timedelta(days=1)
PARTITION = Partition("example.com", YESTERDAY)


@pytest.fixture
def store(data_dir: Path) -> Iterator[Store]:
    """A site whose yesterday has three files."""
    store = open_store(data_dir)
    for number in range(3):
        store_yesterday(store, f"b{number}", f"/{number}")
    yield store
    store.close()


def store_yesterday(store: Store, batch: str, path: str) -> None:
    store_events(store, batch, [an_event(NOON - timedelta(days=1), path, visitor_id=batch)])
    store.roll()


def files(data_dir: Path) -> list[str]:
    return sorted(path.name for path in (data_dir / "events").rglob("*.parquet"))


def paths_seen(store: Store) -> list[str]:
    sql = "everything as (select pathname from stored) select pathname from everything order by 1"
    found = store.fetch("example.com", Period(date(2026, 1, 1), date(2027, 1, 1)), sql, {})
    return [row[0] for row in found]


def compact_now(store: Store) -> bool:
    with store.database.side_writer() as connection:
        return compact(store, connection, PARTITION, TODAY)


def test_one_file_holds_what_all_held_sorted_by_visitor(store: Store, data_dir: Path) -> None:
    assert uncompacted(store, TODAY) == [PARTITION]
    assert compact_now(store)
    assert files(data_dir) == ["0004.parquet"]
    assert paths_seen(store) == ["/0", "/1", "/2"]
    (file,) = store.cold.partitions.files(PARTITION)
    assert file.batches is not None
    assert sorted(file.batches) == ["b0", "b1", "b2"]
    with store.database.reader() as connection:
        rows = connection.execute(f"select visitor_id from '{file.path}'").fetchall()
    assert rows == sorted(rows)
    assert uncompacted(store, TODAY) == []
    assert not compact_now(store)


def test_a_small_day_takes_less_space_than_as_its_rows_came(store: Store) -> None:
    day = NOON - timedelta(days=1)
    visits = [
        an_event(day, f"/{i % 7}", visitor_id=sha256(b"%d" % i).hexdigest()) for i in range(999)
    ]
    store_events(store, "many", visits)
    store.roll()
    tree, files = store.cold.partitions, store.cold.partitions.files(PARTITION)
    rows = rows_of([file.path for file in files])
    with store.database.writer() as writer:
        quickly = write_file(writer, tree, PARTITION, rows, frozenset({"b0", "b1", "b2", "many"}))
    quickly.path.unlink()
    assert compact_now(store)
    (file,) = tree.files(PARTITION)
    assert file.size < 0.95 * quickly.size


def test_the_day_that_goes_on_is_left_alone(store: Store) -> None:
    assert uncompacted(store, YESTERDAY) == []


@pytest.mark.parametrize("killed_at", ["before", "after"])
def test_a_kill_before_or_after_the_new_file_has_its_name_loses_and_doubles_nothing(
    store: Store, data_dir: Path, monkeypatch: pytest.MonkeyPatch, killed_at: str
) -> None:
    make_durable = durable.make_durable

    def die(temporary: Path, final: Path) -> None:
        if killed_at == "after":
            make_durable(temporary, final)
        raise KeyboardInterrupt

    monkeypatch.setattr(swapping, "make_durable", die)
    with pytest.raises(KeyboardInterrupt):
        compact_now(store)
    store.database.close()
    again = open_store(data_dir)
    assert paths_seen(again) == ["/0", "/1", "/2"]
    assert len(files(data_dir)) == (1 if killed_at == "after" else 3)
    again.close()


def test_what_comes_in_meanwhile_stays_beside(
    store: Store, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_batches = footers.read_batches

    def add_first(connection, file):
        monkeypatch.undo()
        store_yesterday(store, "late", "/late")
        return read_batches(connection, file)

    monkeypatch.setattr(footers, "read_batches", add_first)
    assert compact_now(store)
    assert paths_seen(store) == ["/0", "/1", "/2", "/late"]
    assert len(files(data_dir)) == 2
    assert compact_now(store)
    assert paths_seen(store) == ["/0", "/1", "/2", "/late"]
    assert len(files(data_dir)) == 1


def test_figures_stay_those_of_the_events_and_are_kept(store: Store, data_dir: Path) -> None:
    Upkeep(store, lambda: TODAY).build_all()
    assert compact_now(store)
    assert store.without_rollups() == []
    store.close()
    again = open_store(data_dir)
    assert again.without_rollups() == []
    again.close()


@pytest.fixture
def nothing_is_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if all files were large."""
    monkeypatch.setattr(partitions, "QUICKLY_MERGED_BYTES", 0)


@pytest.mark.usefixtures("nothing_is_quick")
def test_large_files_of_a_day_that_goes_on_are_merged_beside_it(store: Store) -> None:
    compact_now(store)
    while len(store.cold.partitions.files(PARTITION)) < CROWDED_FROM:
        store_yesterday(store, f"more {time.monotonic_ns()}", "/more")
    Upkeep(store, lambda: YESTERDAY).build_all()
    assert uncompacted(store, YESTERDAY) == [PARTITION]
    with store.database.side_writer() as connection:
        assert compact(store, connection, PARTITION, YESTERDAY)
    assert len(store.cold.partitions.files(PARTITION)) == 1
    assert uncompacted(store, YESTERDAY) == store.without_rollups() == []
    assert len(paths_seen(store)) == 3 + CROWDED_FROM - 1


@pytest.mark.usefixtures("nothing_is_quick")
def test_a_day_never_has_more_than_eight_files_though_nothing_is_merged_beside_it(
    store: Store,
) -> None:
    for number in range(20):
        store_yesterday(store, f"more {number}", f"/more/{number}")
        assert len(store.cold.partitions.files(PARTITION)) <= 8
    assert len(paths_seen(store)) == 23


def test_what_is_erased_meanwhile_does_not_come_back(
    store: Store, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_batches = footers.read_batches

    def erase_first(connection, file):
        monkeypatch.undo()
        delete_days(store, "example.com", Period(YESTERDAY, TODAY), reaches_copies=True)
        return read_batches(connection, file)

    monkeypatch.setattr(footers, "read_batches", erase_first)
    assert not compact_now(store)
    finish(store)
    assert files(data_dir) == []
    assert paths_seen(store) == []


def test_a_report_under_way_keeps_the_files_it_reads(store: Store, data_dir: Path) -> None:
    held = store.cold.hold("example.com", Period(YESTERDAY, TODAY))
    compact_now(store)
    assert all(file.path.exists() for file in held)
    assert paths_seen(store) == ["/0", "/1", "/2"]
    store.cold.release(held)
    store.cold.sweep()
    assert files(data_dir) == ["0004.parquet"]


def test_upkeep_compacts_days_by_itself_and_then_works_out_their_figures(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    upkeep = Upkeep(store, lambda: TODAY)
    is_done = threading.Event()
    register = store.rollups.register

    def noting(*args):
        register(*args)
        is_done.set()

    monkeypatch.setattr(store.rollups, "register", noting)
    upkeep.start()
    assert is_done.wait(PATIENCE_SECS)
    upkeep.stop()
    assert len(store.cold.partitions.files(PARTITION)) == 1
    assert store.without_rollups() == []
