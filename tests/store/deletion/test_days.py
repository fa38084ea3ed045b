"""Days that are deleted are gone everywhere, at once for reports, and whatever interrupts it."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from pathlib import Path

import pytest

from mallard.model import MallardError, Period
from mallard.store.deletion import days as deletion
from mallard.store.deletion.days import Deleted, delete_days, finish, resume
from mallard.store.deletion.intents import Intents
from mallard.store.deletion.remnants import blank_out
from mallard.store.engine.database import Database
from mallard.store.recovery import recover, replay
from mallard.store.rolling import FILES_PER_PARTITION
from mallard.store.store import Store
from tests.builders import NOON, TODAY, an_event, store_events, write_segment

pytestmark = pytest.mark.thorough

YESTERDAY = NOON - timedelta(days=1)
ONLY_YESTERDAY = Period(YESTERDAY.date(), TODAY)
ONLY_TODAY = Period(TODAY, TODAY + timedelta(days=1))
ALL_TIME = Period(date(2000, 1, 1), date(2100, 1, 1))
MARK = "/a-page-that-is-found-nowhere-else"


def paths_seen(store: Store, site_id: str = "example.com") -> list[str]:
    sql = "everything as (select pathname from stored) select pathname from everything order by 1"
    return [row[0] for row in store.fetch(site_id, ALL_TIME, sql, {})]


def files_below(directory: Path) -> list[str]:
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*.parquet"))


def started(data_dir: Path) -> Store:
    """A store on a directory, after what a start does."""
    store = Store(data_dir, Database(data_dir, TODAY, threads=1))
    resume(store)
    recover(store)
    return store


def two_days_of_two_sites(store: Store) -> None:
    """Each day of each site has an event in a file and one in the hot table."""
    for number in range(2):
        events = [an_event(YESTERDAY, MARK), an_event(path="/kept")]
        store_events(store, f"a{number}", events)
        store_events(store, f"c{number}", [an_event(YESTERDAY, site_id="other.org")])
        if number == 0:
            store.roll()


def test_deleted_days_are_gone_hot_and_cold(store: Store, data_dir: Path) -> None:
    two_days_of_two_sites(store)
    assert delete_days(store, "example.com", ONLY_YESTERDAY) == Deleted(1, 1, 1)
    assert paths_seen(store) == ["/kept", "/kept"]
    assert len(paths_seen(store, "other.org")) == 2
    finish(store)
    assert not (data_dir / "events/site_id=example.com/date=2026-03-17").exists()
    assert files_below(data_dir / "events/site_id=example.com")


def test_the_directory_that_a_deletion_works_with_is_empty_afterwards(
    store: Store, data_dir: Path
) -> None:
    two_days_of_two_sites(store)
    delete_days(store, "example.com", ALL_TIME)
    finish(store)
    assert list((data_dir / "erasures").iterdir()) == []


def test_merged_files_that_linger_go_with_the_days_they_hold(store: Store, data_dir: Path) -> None:
    for number in range(FILES_PER_PARTITION + 1):
        for site in ("example.com", "other.org"):
            store_events(store, f"{site}{number}", [an_event(site_id=site)])
        store.roll()
    replaced = data_dir / "replaced"
    assert {path.partition("/")[0] for path in files_below(replaced)} == {
        "site_id=example.com",
        "site_id=other.org",
    }
    delete_days(store, "example.com", ONLY_TODAY)
    finish(store)
    assert {path.partition("/")[0] for path in files_below(replaced)} == {"site_id=other.org"}


def test_a_report_under_way_sees_deleted_days_to_its_end(store: Store, data_dir: Path) -> None:
    two_days_of_two_sites(store)
    held = store.cold.hold("example.com", ONLY_YESTERDAY)
    delete_days(store, "example.com", ALL_TIME)
    finish(store)
    assert [file.path.exists() for file in held] == [True]
    assert paths_seen(store) == []
    store_events(store, "new", [an_event(YESTERDAY, "/new")])
    store.roll()
    store.cold.release(held)
    finish(store)
    assert paths_seen(store) == ["/new"]
    assert files_below(data_dir / "events/site_id=example.com") == ["date=2026-03-17/0002.parquet"]


def test_a_kill_while_a_report_reads_brings_nothing_back(store: Store, data_dir: Path) -> None:
    two_days_of_two_sites(store)
    store.cold.hold("example.com", ALL_TIME)
    delete_days(store, "example.com", ALL_TIME)
    finish(store)
    store_events(store, "new", [an_event(path="/new")])
    store.roll()
    store.database.close()
    again = started(data_dir)
    assert paths_seen(again) == ["/new"]
    again.close()


@pytest.mark.parametrize("step", ["_take_away", "finish"])
def test_a_deletion_cut_short_is_finished_by_the_next_start(
    store: Store, data_dir: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    class Killed(BaseException):
        """What SIGKILL does, without the process."""

    def kill(*_: object) -> None:
        raise Killed

    two_days_of_two_sites(store)
    with monkeypatch.context() as patched:
        patched.setattr(deletion, step, kill)
        with pytest.raises(Killed):
            delete_days(store, "example.com", ONLY_YESTERDAY)
            deletion.finish(store)
    store.database.close()
    again = started(data_dir)
    assert paths_seen(again) == ["/kept", "/kept"]
    assert len(paths_seen(again, "other.org")) == 2
    again.close()


def test_what_was_accepted_after_it_began_is_not_deleted_by_the_next_start(
    store: Store, data_dir: Path, tmp_path: Path
) -> None:
    two_days_of_two_sites(store)
    segment = write_segment(tmp_path / "later.jsonl", [an_event(YESTERDAY, "/later")])
    store.cold.hold("example.com", ALL_TIME)
    delete_days(store, "example.com", ALL_TIME)
    finish(store)
    store.append("later", segment)
    store.database.close()
    again = started(data_dir)
    assert paths_seen(again) == ["/later"]
    again.close()


def test_an_intent_that_cannot_be_carried_out_stops_the_start(store: Store, data_dir: Path) -> None:
    two_days_of_two_sites(store)
    store.cold.hold("example.com", ALL_TIME)
    delete_days(store, "example.com", ALL_TIME)
    store.database.close()
    (record,) = (data_dir / "erasures").glob("*.json")
    record.write_text("{")
    with pytest.raises(MallardError, match="erasure that was begun"):
        started(data_dir)


def test_nothing_is_deleted_when_it_cannot_be_put_on_record(store: Store, data_dir: Path) -> None:
    two_days_of_two_sites(store)
    (data_dir / "erasures").write_text("in the way")
    with pytest.raises(OSError, match="erasures"):
        delete_days(store, "example.com", ALL_TIME)
    assert len(paths_seen(store)) == 4
    (data_dir / "erasures").unlink()


def test_a_file_that_cannot_be_read_is_deleted_uncounted(store: Store, data_dir: Path) -> None:
    two_days_of_two_sites(store)
    store.roll()
    (first, *_) = sorted((data_dir / "events/site_id=example.com/date=2026-03-17").iterdir())
    first.write_bytes(b"no Parquet")
    assert delete_days(store, "example.com", ONLY_YESTERDAY) == Deleted(0, 1, 1)
    finish(store)
    assert not [
        path
        for path in data_dir.rglob("*.parquet")
        if "03-17" in str(path) and "example.com" in str(path)
    ]


def test_reports_see_all_or_nothing_while_days_are_deleted(store: Store) -> None:
    for number in range(4):
        store_events(store, f"b{number}", [an_event(YESTERDAY), an_event()])
        if number < 2:
            store.roll()
    seen: set[int] = set()
    is_done = threading.Event()

    def read() -> None:
        while not is_done.is_set():
            seen.add(len(paths_seen(store)))

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    delete_days(store, "example.com", ALL_TIME)
    finish(store)
    is_done.set()
    for reader in readers:
        reader.join()
    assert seen <= {0, 8}


@pytest.mark.parametrize("rows", [40, 30_000])
def test_the_database_file_has_no_trace_of_deleted_rows(
    store: Store, data_dir: Path, rows: int
) -> None:
    events = [an_event(path=f"{MARK}/{n}", visitor_id=f"v{n * 7919}") for n in range(rows)]
    store_events(store, "b1", events)
    store_events(store, "b2", [an_event(site_id="other.org")])
    with store.database.writer() as writer:
        writer.execute("checkpoint")
    delete_days(store, "example.com", ONLY_TODAY)
    finish(store)
    assert not [path for path in data_dir.glob("mallard.*") if MARK.encode() in path.read_bytes()]
    assert len(paths_seen(store, "other.org")) == 1
    assert not Intents(data_dir).has_remnants


def test_an_older_report_delays_the_cleaning_of_the_database(store: Store, data_dir: Path) -> None:
    store_events(store, "b1", [an_event(path=MARK)])
    with store.database.writer() as writer:
        writer.execute("checkpoint")
    with store.database.reader() as connection:
        connection.execute("select 1 from events limit 0")
        delete_days(store, "example.com", ONLY_TODAY)
        finish(store)
        assert Intents(data_dir).has_remnants
    finish(store)
    assert not Intents(data_dir).has_remnants
    assert MARK.encode() not in store.database.path.read_bytes()


def test_blanks_in_a_segment_are_no_events(store: Store, tmp_path: Path) -> None:
    events = [
        an_event(path=MARK),
        an_event(YESTERDAY, "/kept"),
        an_event(site_id="example.com.au", path="/another-site"),
        an_event(path=MARK),
    ]
    segment = write_segment(tmp_path / "b1.jsonl", events)
    size = segment.stat().st_size
    blank_out(segment, "example.com", ONLY_TODAY)
    assert segment.stat().st_size == size
    assert MARK.encode() not in segment.read_bytes()
    replay(store, "b1", segment)
    assert (paths_seen(store), paths_seen(store, "example.com.au")) == (
        ["/kept"],
        ["/another-site"],
    )


def test_a_segment_that_is_gone_holds_nothing(tmp_path: Path) -> None:
    blank_out(tmp_path / "gone.jsonl", "example.com", ONLY_TODAY)
