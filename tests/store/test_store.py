"""The store through its public methods: hot rows, files, and what a reader sees meanwhile."""

from __future__ import annotations

import shutil
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from mallard.model import Period
from mallard.store.rolling import FILES_PER_PARTITION
from mallard.store.store import Store
from tests.builders import NOON, TODAY, an_event, open_store, store_events, write_segment

pytestmark = pytest.mark.thorough

ONE_DAY = Period(TODAY, TODAY + timedelta(days=1))
DOCUMENTED = (
    "site_id visitor_id timestamp event_name pathname hostname referrer referrer_source"
    " utm_source utm_medium utm_campaign utm_content utm_term browser browser_version os"
    " os_version device_type screen_size country_code region city props revenue_amount"
    " revenue_currency"
)
ALL_TIME = Period(date(2000, 1, 1), date(2100, 1, 1))


def paths_seen(store: Store, site_id: str = "example.com", period: Period = ALL_TIME) -> list[str]:
    sql = "everything as (select pathname from stored) select pathname from everything order by 1"
    return [row[0] for row in store.fetch(site_id, period, sql, {})]


def files_on_disk(store: Store) -> list[Path]:
    return sorted(store.cold.partitions.root.rglob("*.parquet"))


def hot(store: Store) -> int:
    return store.hot_rows()


def test_events_are_seen_hot_and_cold(store: Store) -> None:
    store_events(store, "b1", [an_event(path="/a")])
    assert paths_seen(store) == ["/a"]
    store.roll()
    assert (paths_seen(store), hot(store)) == (["/a"], 0)


def test_a_roll_writes_a_file_for_each_site_and_day(store: Store) -> None:
    yesterday = NOON - timedelta(days=1)
    store_events(store, "b1", [an_event(), an_event(yesterday), an_event(site_id="other.org")])
    store.roll()
    assert [str(p.relative_to(store.cold.partitions.root)) for p in files_on_disk(store)] == [
        "site_id=example.com/date=2026-03-17/0001.parquet",
        "site_id=example.com/date=2026-03-18/0001.parquet",
        "site_id=other.org/date=2026-03-18/0001.parquet",
    ]


def test_parquet_has_the_documented_columns_and_types(store: Store) -> None:
    store_events(store, "b1", [an_event(revenue_amount="12.50", revenue_currency="EUR")])
    store.roll()
    (file,) = files_on_disk(store)
    columns = duckdb.sql(
        f"describe from read_parquet('{file}', hive_partitioning = false)"
    ).fetchall()
    assert " ".join(name for name, *_ in columns) == DOCUMENTED
    types = {name: kind for name, kind, *_ in columns}
    assert types.pop("timestamp") == "TIMESTAMP"
    assert types.pop("revenue_amount") == "DECIMAL(12,2)"
    assert set(types.values()) == {"VARCHAR"}
    codec = duckdb.sql(f"select distinct compression from parquet_metadata('{file}')").fetchall()
    assert codec == [("ZSTD",)]


def test_a_day_never_has_more_than_eight_files(store: Store) -> None:
    for number in range(30):
        store_events(store, f"b{number}", [an_event(NOON + timedelta(seconds=number))])
        store.roll()
        assert len(files_on_disk(store)) <= 8
        assert len(paths_seen(store)) == number + 1


def test_a_file_number_is_never_given_out_twice(store: Store) -> None:
    seen: set[str] = set()
    for number in range(20):
        before = {path.name for path in files_on_disk(store)}
        store_events(store, f"b{number}", [an_event(NOON + timedelta(seconds=number))])
        store.roll()
        new = {path.name for path in files_on_disk(store)} - before
        assert not new & seen
        seen |= new


def test_a_report_sees_one_moment_while_events_turn_cold(store: Store) -> None:
    sent = 0
    stop = threading.Event()
    counts: list[int] = []
    failures: list[Exception] = []

    def read() -> None:
        while not stop.is_set():
            least = sent
            try:
                counts.append(len(paths_seen(store)) - least)
            except Exception as error:
                failures.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(60):
        store_events(store, f"b{number}", [an_event(NOON + timedelta(seconds=number))] * 3)
        sent += 3
        if number % 2:
            store.roll()
    stop.set()
    for reader in readers:
        reader.join()
    assert not failures
    # Never fewer than were stored when the report began, nor more than one batch beyond.
    assert min(counts) >= 0
    assert len(paths_seen(store)) == 180


def test_an_unreadable_file_costs_only_itself(store: Store) -> None:
    for number in range(3):
        store_events(store, f"b{number}", [an_event(path=f"/{number}")])
        store.roll()
    broken = files_on_disk(store)[1]
    content = bytearray(broken.read_bytes())
    content[20:200] = bytes(180)
    broken.write_bytes(content)
    assert paths_seen(store) == ["/0", "/2"]
    assert store.cold.quarantined() == 1
    assert not broken.exists()
    assert (store.cold.quarantine_dir / "site_id=example.com/date=2026-03-18/0002.parquet").exists()


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + bytes(300) + b"PAR1"])
def test_a_merge_leaves_an_unreadable_file_out(store: Store, content: bytes) -> None:
    for number in range(FILES_PER_PARTITION):
        store_events(store, f"b{number}", [an_event(path=f"/{number}")])
        store.roll()
    files_on_disk(store)[0].write_bytes(content)
    for number in range(FILES_PER_PARTITION, FILES_PER_PARTITION + 3):
        store_events(store, f"b{number}", [an_event(path=f"/{number}")])
        store.roll()
    assert paths_seen(store) == [f"/{n}" for n in range(1, FILES_PER_PARTITION + 3)]
    assert store.cold.quarantined() == 1


def test_a_file_that_somebody_removed_costs_only_itself(store: Store) -> None:
    for number in range(2):
        store_events(store, f"b{number}", [an_event(path=f"/{number}")])
        store.roll()
    files_on_disk(store)[0].unlink()
    assert paths_seen(store) == ["/1"]


def test_a_batch_that_cannot_be_read_stores_nothing(store: Store, tmp_path: Path) -> None:
    segment = write_segment(tmp_path / "b1.jsonl", [an_event(), an_event()])
    segment.write_bytes(segment.read_bytes() + b'{"site_id":')
    with pytest.raises(duckdb.Error):
        store.append("b1", segment)
    assert hot(store) == 0


def test_a_long_site_id_gets_a_short_directory(store: Store, data_dir: Path) -> None:
    long = ["x" * 240 + tail for tail in ("a" * 16, "b" * 16)]
    store_events(store, "b1", [an_event(site_id=site) for site in long])
    store.roll()
    assert all(len(path.parts[-3]) <= 240 for path in files_on_disk(store))
    store.close()
    again = open_store(data_dir)
    assert again.sites() == long
    assert [len(paths_seen(again, site)) for site in long] == [1, 1]
    again.close()


def test_the_view_for_people_holds_hot_and_cold(store: Store) -> None:
    store_events(store, "b1", [an_event()])
    store.roll()
    store_events(store, "b2", [an_event()])
    with store.database.reader() as connection:
        assert connection.execute("select count(*) from events_all").fetchone() == (2,)


def test_events_at_midnight_belong_to_the_day_that_begins(store: Store) -> None:
    midnight = datetime(2026, 3, 18, tzinfo=UTC)
    just_before = midnight - timedelta(microseconds=1)
    store_events(store, "b1", [an_event(midnight, "/new"), an_event(just_before, "/old")])
    assert paths_seen(store, period=ONE_DAY) == ["/new"]
    store.roll()
    assert paths_seen(store, period=ONE_DAY) == ["/new"]


def test_copying_a_tree_twice_counts_once(store: Store, data_dir: Path) -> None:
    store_events(store, "b1", [an_event()])
    store.roll()
    (file,) = files_on_disk(store)
    store.close()
    shutil.copy(file, file.with_name("copy-of-0001.parquet"))
    again = open_store(data_dir)
    assert paths_seen(again) == ["/"]
    again.close()
