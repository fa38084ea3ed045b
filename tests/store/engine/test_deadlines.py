"""What runs for a report ends when the time is up, whichever of its queries that is."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest

from mallard.store.engine.database import Database
from mallard.store.engine.deadlines import Deadlines, QueryTimeout
from tests.builders import TODAY
from tests.waiting import PATIENCE_SECS

ENDLESS = "select count(*) from range(1000000000000) t(n) where n % 7 = 3"


def test_a_query_that_begins_when_the_time_is_up_is_ended_too(data_dir: Path) -> None:
    data_dir.mkdir()
    database = Database(data_dir, TODAY, threads=1)
    deadlines = Deadlines(0.05)
    with (
        database.side_writer() as connection,
        pytest.raises(QueryTimeout, match=r"took longer than 0\.05 seconds"),
        deadlines.limit(connection, deadlines.from_now()),
    ):
        # Outside of a transaction, which would end with it.
        with suppress(duckdb.InterruptException):
            connection.execute(ENDLESS)
        connection.execute(ENDLESS)
    deadlines.close()
    database.close()


def test_a_report_whose_time_was_spent_waiting_is_ended_at_once(data_dir: Path) -> None:
    data_dir.mkdir()
    database = Database(data_dir, TODAY, threads=1)
    deadlines = Deadlines(PATIENCE_SECS)
    with database.reader() as patient, database.reader() as connection:
        with (
            deadlines.limit(patient, deadlines.from_now()),
            pytest.raises(QueryTimeout),
            deadlines.limit(connection, until=0.0),
        ):
            connection.execute(ENDLESS)
        assert patient.execute("select 1").fetchall() == [(1,)]
    deadlines.close()
    database.close()


def watches() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "deadlines"}


def test_the_watch_ends_when_it_is_closed_and_nothing_runs(data_dir: Path) -> None:
    data_dir.mkdir()
    database = Database(data_dir, TODAY, threads=1)
    others = watches()
    deadlines = Deadlines(0.05)
    (watch,) = watches() - others
    with (
        database.side_writer() as connection,
        pytest.raises(QueryTimeout),
        deadlines.limit(connection, deadlines.from_now()),
    ):
        deadlines.close()
        connection.execute(ENDLESS)
    watch.join(PATIENCE_SECS)
    assert not watch.is_alive()
    database.close()


def test_the_watch_sleeps_while_one_query_follows_another(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_dir.mkdir()
    database = Database(data_dir, TODAY, threads=1)
    deadlines = Deadlines(PATIENCE_SECS)
    looks = []
    first = threading.Event()

    def look(now: float) -> None:
        looks.append(now)
        first.set()

    monkeypatch.setattr(deadlines, "_interrupt_late", look)
    with database.reader() as connection:
        for _ in range(20):
            with deadlines.limit(connection, deadlines.from_now()):
                assert first.wait(PATIENCE_SECS)
                assert connection.execute("select 1").fetchall() == [(1,)]
    assert len(looks) <= 2, "one as it begins, and one as the first query does"
    deadlines.close()
    database.close()
