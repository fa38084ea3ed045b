"""Keeps the table of visitors in order, so that a few are found without a look at all the others.

Whoever is new on a day that goes on is looked for among the visitors of all days. DuckDB knows the
least and the greatest value of each group of rows, and leaves out those that can hold none of them.
The visitors of days that go on come last: there they are found by the day.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import date

import duckdb

from mallard.store.engine.database import Connection
from mallard.store.rollups.kept import Rollups

LEAST_VISITORS = 4_000_000
"""Fewer fill so few groups of rows that a minute's visitors are in all of them."""

MOST_OUT_OF_ORDER = 0.05
"""A day or two of a month."""

OUT_OF_ORDER = """
select count(*) filter (where (site, visitor) < (site_before, before))
from (
    select site, visitor, lag(site) over () as site_before, lag(visitor) over () as before
    from {alias}.visitors
    where day < $today
)
"""

ARRANGE = """
create table {alias}.arranged as
from {alias}.visitors order by day >= $today, site, visitor
"""


def arrange(rollups: Rollups, connection: Connection, publish: threading.Lock, today: date) -> bool:
    """Writes all visitors anew, in order, if many are not; whether it has.

    Nothing has changed if days were deleted meanwhile. Raises duckdb.Error, likewise.
    """
    with publish:
        alias, days = rollups.alias, set(rollups.partitions())
    ((visitors,),) = connection.execute(f"select count(*) from {alias}.visitors").fetchall()
    if visitors < LEAST_VISITORS:
        return False
    bound = {"today": today}
    ((less,),) = connection.execute(OUT_OF_ORDER.format(alias=alias), bound).fetchall()
    # Of values in no order at all every other one is less than the one before.
    if 2 * less <= MOST_OUT_OF_ORDER * visitors:
        return False
    connection.execute("begin")
    try:
        connection.execute(ARRANGE.format(alias=alias), bound)
        connection.execute(f"drop table {alias}.visitors")
        connection.execute(f"alter table {alias}.arranged rename to visitors")
        with publish:
            if alias == rollups.alias and days == set(rollups.partitions()):
                connection.execute("commit")
                return True
    finally:
        with suppress(duckdb.Error):
            connection.execute("rollback")
    return False
