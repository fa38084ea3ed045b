"""Moving the hot table into Parquet keeps nobody waiting for more than a short turn."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mallard.store import rolling
from mallard.store.parquet.partitions import Partition
from mallard.store.parquet.statements import day_scope
from mallard.store.rolling import Roller
from mallard.store.store import Store
from tests.builders import TODAY, an_event, store_events, write_segment
from tests.waiting import until

SITES = [f"{name}.example" for name in "abcd"]


def store_all_sites(store: Store) -> None:
    store_events(store, "b1", [an_event(site_id=site) for site in SITES])


def turns(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The sites that each turn hands over, as they come."""
    taken: list[list[str]] = []
    hand_over = Roller._hand_over

    def noting(self: Roller, writer: Any, written: Sequence[Any]) -> None:
        taken.append([one.partition.site_id for one in written])
        hand_over(self, writer, written)

    monkeypatch.setattr(Roller, "_hand_over", noting)
    return taken


def test_small_partitions_share_a_turn(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rolling, "TURN_SECS", 3600)
    taken = turns(monkeypatch)
    store_all_sites(store)
    store.roll()
    assert [sorted(turn) for turn in taken] == [SITES]
    assert (store.hot_rows(), store.sites()) == (0, SITES)


def test_whoever_wants_to_write_meanwhile_comes_next(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As a report does, which first brings in what is pending."""
    monkeypatch.setattr(rolling, "TURN_SECS", 0)
    segment = write_segment(tmp_path / "segment", [an_event(site_id="late.example")])
    happened: list[str] = []
    threads: list[threading.Thread] = []
    write = Roller._write

    def append() -> None:
        store.append("late", segment)
        happened.append("late.example")

    def writing(self: Roller, writer: Any, partition: Partition, *args: Any) -> Any:
        if not happened:
            threads.append(threading.Thread(target=append))
            threads[0].start()
            until(lambda: bool(store.database._writer_lock._waiting))
        happened.append(partition.site_id)
        return write(self, writer, partition, *args)

    monkeypatch.setattr(Roller, "_write", writing)
    store_all_sites(store)
    store.roll()
    threads[0].join()
    assert happened[1] == "late.example"
    assert sorted(happened) == sorted([*SITES, "late.example"])
    assert store.hot_rows() == 1, "what came meanwhile is for the next roll"


def test_one_partition_that_cannot_be_written_stays_hot_and_the_others_go(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Roller._write

    def writing(self: Roller, writer: Any, partition: Partition, *args: Any) -> Any:
        if partition.site_id == SITES[1]:
            raise OSError("no room for this one")
        return write(self, writer, partition, *args)

    store_all_sites(store)
    with monkeypatch.context() as patched:
        patched.setattr(Roller, "_write", writing)
        with pytest.raises(OSError, match="no room for this one"):
            store.roll()
    assert (store.hot_rows(), store.sites()) == (1, SITES)
    store.roll()
    assert (store.hot_rows(), store.sites()) == (0, SITES)


def test_a_turn_that_cannot_end_leaves_all_of_its_rows_hot_and_no_file(
    store: Store, monkeypatch: pytest.MonkeyPatch, data_dir: Path
) -> None:
    monkeypatch.setattr(rolling, "TURN_SECS", 3600)

    store_all_sites(store)
    with monkeypatch.context() as patched:
        asked_for_batches_and_rows = 2 * len(SITES)
        patched.setattr(rolling, "day_scope", failing_after(asked_for_batches_and_rows, day_scope))
        with pytest.raises(duckdb.IOException, match="no room to commit"):
            store.roll()
    assert store.hot_rows() == len(SITES)
    assert list((data_dir / "events").rglob("*.parquet")) == []
    store.roll()
    assert (store.hot_rows(), store.days(SITES[0], Partition(SITES[0], TODAY).period)) == (
        0,
        [TODAY],
    )


def failing_after(calls: int, function: Any) -> Any:
    """A function that fails once it has been called so often."""
    left = calls

    def call(*args: Any) -> Any:
        nonlocal left
        left -= 1
        if left == -1:
            raise duckdb.IOException("no room to commit")
        return function(*args)

    return call
