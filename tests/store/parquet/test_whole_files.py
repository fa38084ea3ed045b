"""Which files hold nothing but their site's day, so that reports need not look at each row."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from mallard.store.parquet.footers import find_whole
from mallard.store.parquet.partitions import ColdFile
from tests.builders import NOON, an_event, open_store, store_events
from tests.store.test_store import paths_seen

DAY = timedelta(days=1)
NOT_WHOLE = {
    "an event of another site": "if(pathname = '/b', 'other.example', site_id) as site_id",
    "no site": "if(pathname = '/b', null, site_id) as site_id",
    "the day before": "if(pathname = '/b', timestamp - interval 1 day, timestamp) as timestamp",
    "the day after": "if(pathname = '/b', timestamp + interval 1 day, timestamp) as timestamp",
    "no moment": "if(pathname = '/b', null, timestamp) as timestamp",
    "text": "if(pathname = '/b', '2026-03-18 9:00:00', '2026-03-18 10:00:00') as timestamp",
}


def changed(data_dir: Path, change: str) -> Path:
    """The only file of a data directory, with the pages /a and /b and a column changed."""
    store = open_store(data_dir)
    store_events(store, "b1", [an_event(path="/a"), an_event(path="/b")])
    store.roll()
    (file,) = store.cold.partitions.root.rglob("*.parquet")
    store.close()
    copy = file.with_name("copy")
    duckdb.sql(
        f"copy (select * replace ({change}) from read_parquet('{file}', hive_partitioning = false))"
        f" to '{copy}' (format parquet)"
    )
    copy.replace(file)
    return file


def is_whole(file: Path) -> bool | None:
    found = ColdFile(file)
    with duckdb.connect() as connection:
        find_whole(connection, "example.com", [found])
    return found.is_whole


@pytest.mark.parametrize("change", ["pathname as pathname", "timestamp::timestamptz as timestamp"])
def test_a_file_of_its_day_alone_is_whole(data_dir, change):
    assert is_whole(changed(data_dir, change)) is True


@pytest.mark.parametrize("change", NOT_WHOLE.values(), ids=NOT_WHOLE)
def test_a_file_with_anything_else_is_not(data_dir, change):
    assert is_whole(changed(data_dir, change)) is False


def test_a_file_without_a_documented_column_is_not_whole(data_dir):
    file = changed(data_dir, "pathname as pathname")
    duckdb.sql(f"copy (select 'x' as pathname) to '{file}' (format parquet)")
    assert is_whole(file) is False


def test_first_and_last_moment_of_the_day_are_of_it(data_dir):
    store = open_store(data_dir)
    midnight = NOON.replace(hour=0)
    last = midnight + DAY - timedelta(microseconds=1)
    store_events(store, "b1", [an_event(midnight), an_event(last)])
    store.roll()
    (file,) = store.cold.partitions.root.rglob("*.parquet")
    store.close()
    assert is_whole(file) is True


def test_reports_leave_out_what_is_of_another_site_or_day(data_dir):
    """Whether that stands in the only file, or in one of several."""
    changed(data_dir, NOT_WHOLE["an event of another site"])
    store = open_store(data_dir)
    assert paths_seen(store) == ["/a"]
    store_events(store, "b2", [an_event(NOON - DAY, "/c"), an_event(path="/d")])
    store.roll()
    assert paths_seen(store) == ["/a", "/c", "/d"]
    store.close()


def test_a_path_with_wildcards_is_looked_at_by_itself(data_dir):
    file = changed(data_dir, "pathname as pathname")
    odd = file.rename(file.with_name("[1]*.parquet"))
    assert is_whole(odd) is True
