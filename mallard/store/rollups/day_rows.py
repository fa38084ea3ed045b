"""Writes the rows that a day has in the rollups, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from mallard.store.engine.database import Connection
from mallard.store.parquet.partitions import Partition
from mallard.store.rollups.built import Built, Corrections, site_number
from mallard.store.rollups.declared import Rollup
from mallard.store.rollups.recent_events import ARRIVED, KEPT_LIST, OpenDay
from mallard.store.rollups.working_out import VISITORS, WorkedOut, leave_out, most_rows, too_long

OF_A_BUILD = ("visitors", "recent", "corrected")
OF_A_DAY = ("built", *OF_A_BUILD)
"""The tables that have rows of a day, beside the rollups."""

KEY = "site = $site and day = $day"


def key_of(partition: Partition) -> dict[str, Any]:
    """The values that KEY binds for a partition."""
    return {"site": site_number(partition.site_id), "day": partition.day}


@dataclass(frozen=True, slots=True)
class DayRows:
    """The rows of one day, written in the transaction of a connection."""

    connection: Connection
    alias: str
    partition: Partition

    def delete_some(self, tables: Iterable[str], most: int) -> int:
        """Deletes at most so many rows; how many it has."""
        deleted = 0
        for table in tables:
            rows = f"select rowid from {self.alias}.{table} where {KEY} limit {most - deleted}"
            statement = f"delete from {self.alias}.{table} where rowid in ({rows})"
            ((more,),) = self.connection.execute(statement, self._key).fetchall()
            deleted += more
        return deleted

    def write(self, rollups: Iterable[Rollup], made: WorkedOut) -> None:
        """Writes what has been worked out on this connection."""
        self._insert("visitors", "visitor, part", f"select visitor, 0 from {VISITORS}")
        for rollup in rollups:
            if rollup.name not in made.left_out:
                self._insert(rollup.name, rollup.select_list, made.rows_of(rollup))

    def keep_events(self, events: str) -> None:
        """Makes the events that a SELECT gives the first part of the recent ones."""
        self.keep(events, part=0)

    def keep(self, events: str, part: int, params: Mapping[str, Any] | None = None) -> None:
        """Adds a part to the recent events."""
        sql = ARRIVED.format(alias=self.alias, kept=KEPT_LIST, rows=events)
        self.connection.execute(sql, {**self._key, "part": part, **(params or {})})

    def keep_only(self, last: int) -> None:
        """Deletes recent events of later parts, which something has interrupted."""
        self.connection.execute(
            f"delete from {self.alias}.recent where {KEY} and part > $last",
            self._key | {"last": last},
        )

    def settle(
        self, rollups: Sequence[Rollup], since: OpenDay, left_out: frozenset[str]
    ) -> frozenset[str]:
        """Adds the later parts to the figures; what more has to be left out then.

        Rollups that would have too many rows, or sections of them.
        """
        ((first,),) = self.connection.execute(
            f"select min(part) from {self.alias}.visitors"
            f" where {KEY} and visitor in ({since.later_visitors})",
            self._key,
        ).fetchall()
        events = since.of_visitors_since(first).events_of(since.later_visitors)
        self.connection.execute(f"create or replace temp table day_events as {events}")
        self._insert("visitors", "visitor, part", since.first_parts)
        for rollup in rollups:
            if rollup.of_visitors:
                self._replace(rollup, since)
        ((events_then,),) = self.connection.execute(
            f"select count(*) from {self.alias}.recent where {KEY}", self._key
        ).fetchall()
        written: dict[str, int] = {}
        sections: frozenset[str] = frozenset()
        for rollup in rollups:
            if not rollup.of_visitors:
                self._add_up(rollup)
                most = most_rows(events_then)
                sections |= leave_out(self.connection, "settled", rollup, most, left_out)
                written[rollup.name] = self._take_over(rollup)
        self.connection.execute("drop table day_events")
        long = too_long(written, events_then)
        for table in long:
            self._delete(table)
        return long | sections

    def share(self, visitors: str, known: Iterable[date] = ()) -> frozenset[date]:
        """Notes, both ways, the other days on which the day's visitors were seen.

        These are those that are `known`, and those of the hashed ids that a SELECT gives.
        """
        rows = self.connection.execute(
            f"select distinct day from {self.alias}.visitors"
            f" where site = $site and day <> $day and visitor in ({visitors})",
            self._key,
        ).fetchall()
        others = {*known, *(day for (day,) in rows)}
        self.connection.execute(
            f"delete from {self.alias}.shared where site = $site and (day = $day or other = $day)",
            self._key,
        )
        self.connection.execute(
            f"insert into {self.alias}.shared"
            " select $site, $day, unnest($others::date[])"
            " union all select $site, unnest($others::date[]), $day",
            self._key | {"others": sorted(others)},
        )
        return frozenset(others)

    def note(self, built: Built) -> None:
        """Says what the day is built of: nothing that counts after a restart while it is unsettled.

        The parts that are missing then are not told from those that are not.
        """
        self._delete("built")
        files = [] if built.is_unsettled else sorted(built.files)
        self.connection.execute(
            f"insert into {self.alias}.built"
            " values ($site, $day, $site_id, $files, $edition, $left_out, $settled)",
            self._key
            | {"site_id": self.partition.site_id, "files": files, "edition": built.edition}
            | {"left_out": sorted(built.left_out), "settled": built.settled},
        )

    def note_corrections(self, made: Corrections) -> None:
        """Says what the day is corrected for."""
        self._delete("corrected")
        others = sorted(made.editions)
        self.connection.execute(
            f"insert into {self.alias}.corrected"
            " values ($site, $day, $others, $editions, $left_out)",
            self._key
            | {"others": others, "editions": [made.editions[day] for day in others]}
            | {"left_out": sorted(made.left_out)},
        )

    @property
    def _key(self) -> dict[str, Any]:
        return key_of(self.partition)

    def _delete(self, table: str) -> None:
        self.connection.execute(f"delete from {self.alias}.{table} where {KEY}", self._key)

    def _insert(self, table: str, columns: str, select: str) -> int:
        """Writes rows, and returns how many."""
        statement = (
            f"insert into {self.alias}.{table} (site, day, {columns})"
            f" select $site, $day, * from ({select})"
        )
        ((rows,),) = self.connection.execute(statement, self._key).fetchall()
        return int(rows)

    def _replace(self, rollup: Rollup, since: OpenDay) -> None:
        """Puts rows of all events of the visitors of the later parts in the place of theirs."""
        self.connection.execute(
            f"delete from {self.alias}.{rollup.name}"
            f" where {KEY} and visitor in ({since.later_visitors})",
            self._key,
        )
        self._insert(rollup.name, rollup.select_list, rollup.of("from day_events"))

    def _add_up(self, rollup: Rollup) -> None:
        """Adds to the rows what has changed, in a temporary table."""
        rows = f"select {rollup.select_list} from {self.alias}.{rollup.name} where {KEY}"
        self.connection.execute(
            f"create or replace temp table settled as"
            f" select {', '.join([*rollup.keys, *rollup.sums])}"
            f" from ({rows}{_changes(rollup)}) group by all having {rollup.is_left}",
            {**self._key, **rollup.params},
        )

    def _take_over(self, rollup: Rollup) -> int:
        """Puts these in the place of the rows; how many there are then."""
        self._delete(rollup.name)
        select = f"select {rollup.select_list} from settled"
        return self._insert(rollup.name, rollup.select_list, select)


def _changes(rollup: Rollup) -> str:
    """What a rollup's rows have to be added to: less what was counted, and what is counted now."""
    parts = rollup.changes("from day_events", "from day_events where is_settled")
    return "".join(f" union all {rows}" for rows in parts)
