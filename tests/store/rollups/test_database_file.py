"""The rollups' file is only ever a help: without it, or with a damaged one, nothing is missing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from mallard.model import Period
from mallard.reports.query import ReportQuery
from mallard.reports.totals import totals
from mallard.store.deletion.days import delete_days, finish
from mallard.store.rollups.built import site_number
from mallard.store.store import Store
from mallard.store.upkeep.days import Upkeep
from tests.builders import NOON, TODAY, an_event, open_store, store_events

pytestmark = pytest.mark.thorough

DAYS = Period(TODAY, TODAY + timedelta(days=1))
EVENTS = 3000

NO_ROOM = """
import resource, signal, sys
from pathlib import Path
import duckdb
from tests.builders import open_store
from tests.store.rollups.test_database_file import (
    DAYS, EVENTS, a_built_day, build, store_day, visitors
)

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = open_store(Path(sys.argv[1]))
with store.database.side_writer() as connection:
    connection.execute("set global checkpoint_threshold = '10KB'")
store_day(store, "b1")
resource.setrlimit(resource.RLIMIT_FSIZE, (700_000, resource.RLIM_INFINITY))
try:
    build(store)
    sys.exit("the build should have failed")
except duckdb.Error:
    pass
assert visitors(store) == EVENTS
resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, resource.RLIM_INFINITY))
with store.database.writer():
    store.rollups.erase("other.example", DAYS, store.cold.publish)
build(store)
assert len(store.without_rollups()) == 1
assert visitors(store) == EVENTS
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
with store.database.side_writer() as connection:
    connection.execute("reset global checkpoint_threshold")
build(store)
assert store.without_rollups() == []
assert visitors(store) == EVENTS
"""


def store_day(store: Store, batch: str) -> None:
    store_events(store, batch, [an_event(visitor_id=f"{batch}-{n}") for n in range(EVENTS)])
    store.roll()


def build(store: Store) -> None:
    Upkeep(store, lambda: TODAY).build_all()


def visitors(store: Store) -> int:
    return totals(store, ReportQuery("example.com", DAYS)).unique_visitors


def open_with_figures(data_dir: Path) -> Store:
    """A store with a day and its figures."""
    store = open_store(data_dir)
    store_day(store, "b1")
    build(store)
    return store


def a_built_day(data_dir: Path) -> Path:
    """A day with figures, in a file that is closed; the file."""
    open_with_figures(data_dir).close()
    (file,) = (data_dir / "rollups").glob("*.duckdb")
    return file


def damage(file: Path) -> None:
    """Overwrites what the tables hold, but for what an opening reads."""
    content = bytearray(file.read_bytes())
    with duckdb.connect(str(file), read_only=True) as connection:
        sql = "select block_id from pragma_storage_info('visitors') where block_id >= 0"
        blocks = {block for (block,) in connection.execute(sql).fetchall()}
        kept = {
            block
            for table in ("built", "shared")
            for (block,) in connection.execute(
                f"select block_id from pragma_storage_info('{table}')"
            ).fetchall()
        }
    assert blocks - kept
    for block in blocks - kept:
        start = 3 * 4096 + block * 262_144 + 5_000
        content[start : start + 64] = b"\xff" * 64
    file.write_bytes(content)


@pytest.mark.parametrize("what", ["report", "build", "forget"])
def test_a_damage_found_later_costs_nothing_but_work(data_dir: Path, what: str) -> None:
    file = a_built_day(data_dir)
    damage(file)
    store = open_store(data_dir)
    assert store.without_rollups() == []
    if what == "build":
        day_before = NOON - timedelta(days=1)
        store_events(store, "b2", [an_event(day_before, visitor_id=f"{n}") for n in range(EVENTS)])
        store.roll()
        with pytest.raises(duckdb.IOException):
            build(store)
    elif what == "forget":
        delete_days(store, "example.com", DAYS)
        finish(store)
    else:
        store_events(store, "b2", [an_event(visitor_id="new")])
        later = Period(TODAY - timedelta(days=1), DAYS.end)
        assert totals(store, ReportQuery("example.com", later)).unique_visitors == EVENTS + 1
    expected = {"report": EVENTS + 1, "build": EVENTS, "forget": 0}[what]
    assert visitors(store) == expected
    store.roll()
    build(store)
    assert visitors(store) == expected
    store.close()


def test_a_checkpoint_leaves_nothing_to_be_written(data_dir: Path) -> None:
    store = open_with_figures(data_dir)
    waiting = list((data_dir / "rollups").glob("*.wal"))
    assert waiting
    store.rollups.checkpoint()
    assert not any(file.exists() and file.stat().st_size for file in waiting)
    assert visitors(store) == EVENTS
    store.close()


def test_a_checkpoint_while_others_write_changes_nothing(data_dir: Path) -> None:
    store = open_with_figures(data_dir)
    with store.database.side_writer() as connection:
        connection.execute("begin")
        connection.execute(f"delete from {store.rollups.alias}.days")
        store.rollups.checkpoint()
    assert visitors(store) == EVENTS
    store.close()


def test_a_site_with_any_name_has_a_number() -> None:
    numbers = {site_number(name) for name in ("example.com", "b\u00fccher.example", "bad-\udcff")}
    assert len(numbers) == 3
    assert all(0 <= number < 1 << 63 for number in numbers)


def test_a_copied_file_is_not_trusted(data_dir: Path) -> None:
    """It may have been copied while it was written to: old and new may stand side by side in it."""
    file = a_built_day(data_dir)
    copy = file.with_suffix(".copy")
    shutil.copy2(file, copy)
    copy.replace(file)
    store = open_store(data_dir)
    assert len(store.without_rollups()) == 1
    assert visitors(store) == EVENTS
    store.close()


def test_a_file_that_was_being_opened_when_the_process_ended_is_not_opened_again(
    data_dir: Path,
) -> None:
    file = a_built_day(data_dir)
    file.with_suffix(".form").unlink()
    store = open_store(data_dir)
    assert len(store.without_rollups()) == 1
    assert not file.exists()
    store.close()


def test_a_disk_without_room_for_rollups_stops_no_report(data_dir: Path) -> None:
    subprocess.run([sys.executable, "-c", NO_ROOM, str(data_dir)], check=True)
