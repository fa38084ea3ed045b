"""Works out the rows that a day has in the rollups, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from mallard.store.columns import CAST_LIST, COLUMNS
from mallard.store.database import Connection
from mallard.store.partitions import ColdFile, Partition
from mallard.store.rollup import Rollup
from mallard.store.statements import IN_SCOPE, day_scope, rows_of

LEAST_ROWS_ALLOWED = 10_000
"""A day may have this many rows in a rollup, or one for every twenty events if that is more."""

EVENTS_AT_A_TIME = 500_000
"""More are worked out in parts with other visitors each, so that memory stays bounded."""

KEY = "site_id = $site_id and day = $day"

OTHER_COLUMNS = ", ".join(
    column for column in COLUMNS if column not in ("site_id", "visitor_id", "props")
)

TAKE = f"""
create or replace temp table day_events as
with found as materialized (
    select visitor_id as id, {OTHER_COLUMNS}
    from (select {CAST_LIST} from ({{rows}}))
    where hash(visitor_id) % $parts = $part
),
numbers as (select id, row_number() over () as visitor_id from (select distinct id from found))
select id, visitor_id, {OTHER_COLUMNS} from found join numbers using (id)
"""
"""Numbers are counted many times faster than ids."""


@dataclass(frozen=True, slots=True)
class DayRows:
    """The rows of one day, written in the transaction of a connection."""

    connection: Connection
    alias: str
    partition: Partition

    def clear(self, rollups: Iterable[Rollup]) -> None:
        """Deletes what an earlier build has written."""
        for table in ("built", "visitors", *(rollup.name for rollup in rollups)):
            self._delete(table)

    def write(self, rollups: Sequence[Rollup], files: Sequence[ColdFile]) -> frozenset[str]:
        """Writes the day's rows, and returns the rollups that would have too many of them.

        All are left out when files hold events of other days, which reports find there too, or of
        nobody, whom they count in ways of their own.
        """
        rows = rows_of([file.path for file in files])
        is_plain = f"{IN_SCOPE} and visitor_id is not null"
        counts = f"select count(*) filter ({is_plain}), count(*) from ({rows})"
        bound = day_scope(self.partition)
        inside, total = self.connection.execute(counts, bound).fetchall()[0]
        if inside < total:
            return frozenset(rollup.name for rollup in rollups)
        parts = inside // EVENTS_AT_A_TIME + 1
        written = {rollup.name: 0 for rollup in rollups}
        for part in range(parts):
            self.connection.execute(TAKE.format(rows=rows), {"part": part, "parts": parts})
            self._insert("visitors", "select distinct hash(id) from day_events", {})
            for rollup in rollups:
                stored = "with stored as not materialized (from day_events)"
                select = f"select {rollup.select_list} from ({stored},\n{rollup.sql})"
                written[rollup.name] += self._insert(rollup.name, select, rollup.params)
        self.connection.execute("drop table day_events")
        most = max(LEAST_ROWS_ALLOWED, inside // 20)
        if parts > 1:
            written = {rollup.name: self._settle(rollup) for rollup in rollups}
        too_long = frozenset(name for name, rows in written.items() if rows > most)
        for table in too_long:
            self._delete(table)
        return too_long

    def share(self) -> frozenset[date]:
        """Notes, both ways, the other days on which the day's visitors were seen."""
        self.connection.execute(
            f"delete from {self.alias}.shared"
            " where site_id = $site_id and (day = $day or other = $day)",
            self._key,
        )
        visitors = f"{self.alias}.visitors"
        rows = self.connection.execute(
            f"select distinct day from {visitors} where site_id = $site_id and day <> $day"
            f" and visitor in (select visitor from {visitors} where {KEY})",
            self._key,
        ).fetchall()
        others = [day for (day,) in rows]
        self.connection.execute(
            f"insert into {self.alias}.shared"
            " select $site_id, $day, unnest($others::date[])"
            " union all select $site_id, unnest($others::date[]), $day",
            self._key | {"others": others},
        )
        return frozenset(others)

    def note(self, files: Iterable[str], left_out: Iterable[str]) -> None:
        """Says that the day is built from files of these marks."""
        self.connection.execute(
            f"insert into {self.alias}.built values ($site_id, $day, $files, $left_out)",
            self._key | {"files": sorted(files), "left_out": sorted(left_out)},
        )

    @property
    def _key(self) -> dict[str, Any]:
        return {"site_id": self.partition.site_id, "day": self.partition.day}

    def _delete(self, table: str) -> None:
        self.connection.execute(f"delete from {self.alias}.{table} where {KEY}", self._key)

    def _insert(self, table: str, select: str, params: Mapping[str, Any]) -> int:
        """Writes rows, and returns how many."""
        statement = f"insert into {self.alias}.{table} select $site_id, $day, * from ({select})"
        return _count(self.connection.execute(statement, {**self._key, **params}))

    def _settle(self, rollup: Rollup) -> int:
        """Makes one row of those of several parts; how many there are then."""
        table = f"{self.alias}.{rollup.name}"
        figures = [name for name, kind in rollup.columns.items() if kind == "bigint"]
        sums = ", ".join(f"sum({name})::bigint as {name}" for name in figures)
        self.connection.execute(
            "create or replace temp table settled as"
            f" select * replace ({sums}) from {table} where {KEY} group by all",
            self._key,
        )
        self._delete(rollup.name)
        return _count(self.connection.execute(f"insert into {table} from settled"))


def _count(result: Connection) -> int:
    """How many rows a statement has written."""
    ((rows,),) = result.fetchall()
    return int(rows)
