"""What reports rely on in DuckDB, and what some of its versions got wrong: none may be locked."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from mallard.store.engine.database import FETCHED_BY_PLACE
from tests.builders import open_store

MEMBERS = "select count(*) from probe where key in (select key from build)"


def test_a_join_that_does_not_fit_the_memory_loses_no_row(tmp_path: Path) -> None:
    """Filters made of the first part that was built kept the rows of the others away."""
    with duckdb.connect(str(tmp_path / "db"), config={"threads": 1}) as connection:
        for table, keys in (("build", 2_000), ("probe", 4_000)):
            rows = f"select range % {keys} as key from range({500 * keys})"
            connection.execute(f"create table {table} as {rows}")
        connection.execute("set memory_limit = '25MB'")
        assert connection.execute(MEMBERS).fetchall() == [(1_000_000,)]


@pytest.mark.parametrize("count", [1, 50, 51, FETCHED_BY_PLACE, FETCHED_BY_PLACE + 1])
def test_rows_are_found_by_their_place_however_many_they_are(data_dir: Path, count: int) -> None:
    store = open_store(data_dir)
    with store.database.side_writer() as connection:
        connection.execute("attach ':memory:' as other")
        connection.execute(
            "create table other.rows as select range as number, hash(range) % 7 as part"
            " from range(300000)"
        )
        connection.execute("delete from other.rows where part = 3")
        connection.execute(
            "create temp table first as"
            f" select number from other.rows order by hash(number) limit {count}"
        )
        found = connection.execute(
            "select count(*), sum(number) from other.rows where rowid in"
            " (select rowid from other.rows where number in (from first))"
        ).fetchall()
        assert found == connection.execute("select count(*), sum(number) from first").fetchall()
    store.close()
