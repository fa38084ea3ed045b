"""After a start every batch is in exactly one place, whatever the last run was killed at."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from mallard.model import Period
from mallard.store.engine.copies import copies_that_may_hold, set_aside
from mallard.store.engine.migrations import MIGRATIONS, NewerSchema
from mallard.store.recovery import replay
from mallard.store.store import Store
from tests.builders import NOON, TODAY, an_event, open_store, store_events, write_segment
from tests.store.test_store import files_on_disk, paths_seen


def two_days(path: str):
    return [an_event(NOON, path), an_event(NOON - timedelta(days=1), path)]


class Reopen:
    """A store that is closed and opened again; what lies on disk in between is `meanwhile`'s."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self.store = open_store(data_dir)

    def __call__(self, meanwhile: Callable[[Path], object] = lambda events: None) -> Store:
        self.store.close()
        meanwhile(self._data_dir / "events")
        self.store = open_store(self._data_dir)
        return self.store


@pytest.fixture
def reopen(data_dir: Path):
    reopen = Reopen(data_dir)
    yield reopen
    reopen.store.close()


def test_a_segment_that_is_hot_is_not_stored_again(reopen, tmp_path) -> None:
    segment = write_segment(tmp_path / "b1.jsonl", two_days("/a"))
    reopen.store.append("b1", segment)
    store = reopen()
    assert replay(store, "b1", segment) == 0
    assert paths_seen(store) == ["/a", "/a"]


def test_a_segment_that_is_cold_is_not_stored_again(reopen, tmp_path) -> None:
    segment = write_segment(tmp_path / "b1.jsonl", two_days("/a"))
    reopen.store.append("b1", segment)
    reopen.store.roll()
    store = reopen()
    assert replay(store, "b1", segment) == 0
    assert paths_seen(store) == ["/a", "/a"]


def test_a_segment_is_stored_only_for_the_days_that_lack_it(reopen, tmp_path) -> None:
    segment = write_segment(tmp_path / "b1.jsonl", two_days("/a"))
    reopen.store.append("b1", segment)
    reopen.store.roll()
    store = reopen(lambda events: shutil.rmtree(events / "site_id=example.com/date=2026-03-17"))
    assert replay(store, "b1", segment) == 1
    assert paths_seen(store) == ["/a", "/a"]


def test_hot_rows_that_a_file_holds_already_are_dropped(reopen, data_dir) -> None:
    """Killed after the file got its name and before the hot rows were deleted."""
    store_events(reopen.store, "b1", two_days("/a"))
    before = data_dir.parent / "before.duckdb"
    with reopen.store.database.writer() as writer:
        writer.execute("checkpoint")
    shutil.copy(data_dir / "mallard.duckdb", before)
    reopen.store.roll()
    store = reopen(lambda _: shutil.copy(before, data_dir / "mallard.duckdb"))
    assert paths_seen(store) == ["/a", "/a"]
    assert store.hot_rows() == 0


def test_files_that_a_merge_replaced_are_dropped(reopen, tmp_path) -> None:
    """Killed after the merged file got its name; or an old copy laid over a merged tree."""
    copy = tmp_path / "copy"
    for number in range(9):
        store_events(reopen.store, f"b{number}", [an_event(path=f"/{number}")])
        reopen.store.roll()
        shutil.copytree(reopen.store.cold.partitions.root, copy, dirs_exist_ok=True)
    store = reopen(lambda events: shutil.copytree(copy, events, dirs_exist_ok=True))
    assert paths_seen(store) == [f"/{number}" for number in range(9)]
    assert len(files_on_disk(store)) <= 8


def test_histories_that_parted_after_a_copy_are_joined(reopen, data_dir, tmp_path) -> None:
    """Two files hold one batch in common, and each has one of its own."""
    store_events(reopen.store, "b1", [an_event(path="/common")])
    reopen.store.roll()
    copy = tmp_path / "copy"
    reopen.store.close()
    shutil.copytree(data_dir, copy)
    for directory, name in ((data_dir, "left"), (copy, "right")):
        store = open_store(directory)
        for number in range(5):
            store_events(store, f"{name}{number}", [an_event(path=f"/{name}{number}")])
            store.roll()
        store.close()
    files = sorted((copy / "events").rglob("*.parquet"))

    def lay_over(events: Path) -> None:
        for file in files:
            target = events / file.relative_to(copy / "events")
            shutil.copy(file, target.with_name(f"9{target.name}"))

    lay_over(data_dir / "events")
    store = open_store(data_dir)
    expected = ["/common", *(f"/{name}{n}" for name in ("left", "right") for n in range(5))]
    assert paths_seen(store) == expected
    store.close()
    reopen()


def test_an_operators_own_file_is_taken_in(reopen, tmp_path) -> None:
    source = tmp_path / "own.parquet"
    store_events(reopen.store, "b1", [an_event(path="/mine", visitor_id="any id")])
    with reopen.store.database.reader() as connection:
        columns = "* exclude (batch)"
        connection.execute(f"copy (select {columns} from events) to '{source}' (format parquet)")

    def put(events: Path) -> None:
        directory = events / "site_id=example.com/date=2026-02-01"
        directory.mkdir(parents=True)
        shutil.copy(source, directory / "restored.parquet")

    store = reopen(put)
    assert "/mine" in paths_seen(store)


def test_half_written_files_are_removed(reopen) -> None:
    store_events(reopen.store, "b1", [an_event()])
    reopen.store.roll()

    def leave_rubbish(events: Path) -> None:
        directory = events / "site_id=example.com/date=2026-03-18"
        (directory / "0002.parquet.tmp").write_bytes(b"PAR1 half")

    store = reopen(leave_rubbish)
    assert paths_seen(store) == ["/"]
    assert not list(store.cold.partitions.root.rglob("*.tmp"))


def test_unreadable_files_are_quarantined_at_a_start(reopen) -> None:
    store_events(reopen.store, "b1", [an_event()])
    reopen.store.roll()

    def break_one(events: Path) -> None:
        (events / "site_id=example.com/date=2026-03-18/0002.parquet").write_bytes(b"PAR1 torn")

    store = reopen(break_one)
    assert paths_seen(store) == ["/"]
    assert store.cold.quarantined() == 1


@pytest.mark.parametrize("damage", ["cut", "zeros", "noise"])
def test_a_database_that_cannot_be_read_is_set_aside(reopen, data_dir, damage) -> None:
    store_events(reopen.store, "b1", [an_event(path="/cold")])
    reopen.store.roll()

    def hurt(_: Path) -> None:
        database = data_dir / "mallard.duckdb"
        content = database.read_bytes()
        cut = content[: len(content) // 3]
        database.write_bytes(
            {"cut": cut, "zeros": bytes(8192), "noise": cut[:4096] + b"x" * 99999}[damage]
        )

    store = reopen(hurt)
    assert store.database.times_set_aside
    assert paths_seen(store) == ["/cold"]
    store_events(store, "b2", [an_event(path="/new")])
    assert paths_seen(store) == ["/cold", "/new"]


def test_a_second_one_on_the_same_day_leaves_the_first_where_it_is(reopen, data_dir) -> None:
    quarantine = data_dir / "quarantine"

    def hurt(content: bytes) -> None:
        (data_dir / "mallard.duckdb").write_bytes(content * 4096)
        (data_dir / "mallard.duckdb.wal").write_bytes(content)

    for content in (b"1", b"2", b"3"):
        reopen(lambda _, content=content: hurt(content))
    aside = {path.name: path.read_bytes()[:1] for path in quarantine.glob("mallard.duckdb.2*")}
    assert aside == {
        f"mallard.duckdb.{TODAY}": b"1",
        f"mallard.duckdb.{TODAY}.1": b"2",
        f"mallard.duckdb.{TODAY}.2": b"3",
    }
    assert len(list(quarantine.glob("mallard.duckdb.wal.*"))) == 3
    assert {day for _, day in set_aside(quarantine)} == {TODAY}
    assert len(copies_that_may_hold(data_dir, Period(TODAY, TODAY + timedelta(days=1)))) == 6


def test_a_second_unreadable_file_of_a_name_leaves_the_first_where_it_is(reopen, data_dir) -> None:
    for number in range(3):

        def lay(events: Path, number: int = number) -> None:
            file = events / "site_id=example.com/date=2026-03-18/0001.parquet"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"PAR1 torn %d" % number)

        assert paths_seen(reopen(lay)) == []
    found = sorted((data_dir / "quarantine").rglob("*.parquet"))
    assert [path.name for path in found] == ["0001.1.parquet", "0001.2.parquet", "0001.parquet"]
    assert len({path.read_bytes() for path in found}) == 3


def test_a_database_of_a_newer_schema_is_left_alone(reopen, data_dir) -> None:
    reopen.store.close()
    with duckdb.connect(str(data_dir / "mallard.duckdb")) as connection:
        connection.execute("update schema_version set version = 99")
    before = (data_dir / "mallard.duckdb").read_bytes()
    with pytest.raises(NewerSchema, match="schema 99"):
        open_store(data_dir)
    assert (data_dir / "mallard.duckdb").read_bytes() == before
    with duckdb.connect(str(data_dir / "mallard.duckdb")) as connection:
        connection.execute("update schema_version set version = ?", [len(MIGRATIONS)])
    reopen()
