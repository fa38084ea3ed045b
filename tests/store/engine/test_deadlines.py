"""What runs for a report ends when the time is up, whichever of its queries that is."""

from __future__ import annotations

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
    database.close()
