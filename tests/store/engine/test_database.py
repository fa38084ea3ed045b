"""The database goes on after DuckDB has given up its file, whoever was reading at that moment."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mallard.store.engine.allocator import decay_ms
from tests.builders import an_event, open_store, store_events

pytestmark = pytest.mark.thorough

FATAL_WHILE_READING = """
import resource, sys, threading
from pathlib import Path
import duckdb
from tests.builders import an_event, open_store, store_events
from tests.store.test_store import paths_seen

store = open_store(Path(sys.argv[1]))
store_events(store, "b1", [an_event(path=f"/{n}" * 9, visitor_id=str(n)) for n in range(5000)])
is_reading = threading.Event()

def read():
    with store.database.reader() as connection:
        is_reading.set()
        try:
            connection.execute("select count(*) from range(300000000) t(n) where n % 7 = 3")
        except duckdb.Error:
            pass  # its database went away

reader = threading.Thread(target=read)
reader.start()
is_reading.wait()
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, resource.RLIM_INFINITY))
try:
    with store.database.writer() as writer:
        writer.execute("checkpoint")
    sys.exit("the checkpoint should have failed")
except duckdb.FatalException:
    pass
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
reader.join()
for number in range(3):
    assert len(paths_seen(store)) == 5000 + number
    store_events(store, f"n{number}", [an_event(path="/new")])
store.roll()
assert len(paths_seen(store)) == 5003
"""


def test_reports_go_on_after_a_fatal_error_that_met_a_reader(data_dir: Path) -> None:
    """A checkpoint that finds no room makes DuckDB refuse everything until it is opened anew."""
    subprocess.run([sys.executable, "-c", FATAL_WHILE_READING, str(data_dir)], check=True)


ASK_WITH_A_VALUE = """
import sys
from pathlib import Path
from tests.builders import an_event, open_store, store_events

sys.path.insert(0, sys.argv[2])
store = open_store(Path(sys.argv[1]))
store_events(store, "b1", [an_event()])
assert store.has_events("example.com")
store.close()
"""


def test_values_are_bound_without_pandas_where_there_is_one(tmp_path: Path) -> None:
    elsewhere = tmp_path / "packages"
    elsewhere.mkdir()
    (elsewhere / "pandas.py").write_text("raise SystemExit('pandas is loaded')")
    subprocess.run(
        [sys.executable, "-c", ASK_WITH_A_VALUE, tmp_path / "data", elsewhere], check=True
    )


def test_each_state_of_what_is_written_has_a_number_of_its_own(data_dir: Path) -> None:
    store = open_store(data_dir)
    states = [store.database.state, store.database.state]
    with store.database.writer():
        with store.database.writer():
            states.append(store.database.state)
        states.append(store.database.state)
    states.append(store.database.state)
    first, again, *while_writing, later = states
    assert first is not None and later is not None
    assert first == again != later
    assert while_writing == [None, None]
    store.close()


def test_who_is_frugal_has_one_thread_and_gives_memory_back_at_once(data_dir: Path) -> None:
    store = open_store(data_dir)
    database = store.database

    def kept() -> tuple[int, int | None]:
        with database.reader() as connection:
            (found,) = connection.execute("select current_setting('threads')").fetchall()
        return found[0], decay_ms()

    with database.writer() as writer:
        writer.execute("set threads = 3")
    before = kept()
    with pytest.raises(ZeroDivisionError), database.frugally():
        assert kept() == (1, 0 if decay_ms() is not None else None)
        raise ZeroDivisionError
    assert kept() == before == (3, before[1])
    store.close()


def test_what_has_come_and_gone_can_be_written_back(data_dir: Path) -> None:
    store = open_store(data_dir)
    store_events(store, "b1", [an_event(path=f"/{n}") for n in range(5000)])
    log = data_dir / "mallard.duckdb.wal"
    with store.database.reader() as reader:
        (before,) = reader.execute("select count(*) from events").fetchall()
        assert log.stat().st_size > 50_000
        store.database.write_back()
        assert not log.exists()
        assert reader.execute("select count(*) from events").fetchall() == [before] == [(5000,)]
    store.close()
