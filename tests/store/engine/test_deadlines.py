"""What runs for a report ends when the time is up, whichever of its queries that is."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import duckdb
import pytest

from mallard.store.engine.database import Database
from mallard.store.engine.deadlines import Deadlines, QueryTimeout
from tests.builders import TODAY

ENDLESS = "select count(*) from range(1000000000000) t(n) where n % 7 = 3"


def test_a_query_that_begins_when_the_time_is_up_is_ended_too(data_dir: Path) -> None:
    data_dir.mkdir()
    database = Database(data_dir, TODAY, threads=1)
    deadlines = Deadlines(0.05)
    with (
        database.side_writer() as connection,
        pytest.raises(QueryTimeout, match=r"took longer than 0\.05 seconds"),
        deadlines.limit(connection),
    ):
        # Outside of a transaction, which would end with it.
        with suppress(duckdb.InterruptException):
            connection.execute(ENDLESS)
        connection.execute(ENDLESS)
    database.close()
