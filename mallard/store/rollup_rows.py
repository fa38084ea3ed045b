"""Works out the rows that a day has in the rollups, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from mallard.store import recent
from mallard.store.columns import CAST_LIST, COLUMNS
from mallard.store.database import Connection
from mallard.store.memory import limit_bytes
from mallard.store.partitions import ColdFile, Partition
from mallard.store.recent import OpenDay
from mallard.store.rollup import Built, Corrections, Rollup, site_number
from mallard.store.statements import IN_SCOPE, day_scope, rows_of

LEAST_ROWS_ALLOWED = 10_000
"""A day may have this many rows in a rollup, or one for every twenty events if that is more."""

EVENTS_AT_A_TIME = 500_000
"""More are worked out in parts with other visitors each, so that memory stays bounded."""
BYTES_OF_AN_EVENT = 1024
"""Where there is less memory for so many events, they are worked out in smaller parts."""

OF_A_DAY = ("built", "visitors", "recent", "corrected")
"""The tables that have rows of a day, beside the rollups."""

KEY = "site = $site and day = $day"

OTHER_COLUMNS = ", ".join(
    column for column in COLUMNS if column not in ("site_id", "visitor_id", "props")
)

TAKE = f"""
create or replace temp table day_events as
select hash(visitor_id) as visitor_id, {OTHER_COLUMNS}
from (select {CAST_LIST} from ({{rows}}))
where {{is_of_part}}
"""
"""Hashes are counted many times faster than ids."""

CUTS = """
select visitor_id from (select visitor_id::varchar as visitor_id from ({rows}))
using sample 1000 rows
order by visitor_id
"""
"""Files are sorted by visitor, so of a range of visitors only some row groups have to be read."""

CHECK = f"""
select
    count(*) as events,
    count(*) = count(*) filter ({IN_SCOPE} and visitor_id is not null)
        and count(distinct visitor_id) = count(distinct hash(visitor_id::varchar)) as is_plain
from ({{rows}})
"""


def key_of(partition: Partition) -> dict[str, Any]:
    """The values that KEY binds for a partition."""
    return {"site": site_number(partition.site_id), "day": partition.day}


@dataclass(frozen=True, slots=True)
class DayRows:
    """The rows of one day, written in the transaction of a connection."""

    connection: Connection
    alias: str
    partition: Partition

    def clear(self, rollups: Iterable[Rollup]) -> None:
        """Deletes what an earlier build has written."""
        for table in (*OF_A_DAY, *(rollup.name for rollup in rollups)):
            self._delete(table)

    def events(self, files: Sequence[ColdFile]) -> int | None:
        """How many events the files hold; None when not all of them can be counted by day.

        Files may hold events of other days, which reports find there too, or of nobody, whom they
        count in ways of their own; and two ids may have one hash.
        """
        sql = CHECK.format(rows=rows_of([file.path for file in files]))
        ((events, is_plain),) = self.connection.execute(sql, day_scope(self.partition)).fetchall()
        return int(events) if is_plain else None

    def write(
        self, rollups: Sequence[Rollup], files: Sequence[ColdFile], events: int
    ) -> frozenset[str]:
        """Writes the day's rows, and returns the rollups that would have too many of them."""
        rows = rows_of([file.path for file in files])
        room = limit_bytes(self.connection) // BYTES_OF_AN_EVENT
        cuts = self._cuts(rows, events // min(EVENTS_AT_A_TIME, room) + 1)
        written = {rollup.name: 0 for rollup in rollups}
        for first, end in pairwise([None, *cuts, None]):
            is_of_part, bound = _between(first, end)
            self.connection.execute(TAKE.format(rows=rows, is_of_part=is_of_part), bound)
            self._insert("visitors", "visitor", "select distinct visitor_id from day_events")
            for rollup in rollups:
                select = rollup.of("from day_events")
                written[rollup.name] += self._insert(
                    rollup.name, rollup.select_list, select, rollup.params
                )
        self.connection.execute("drop table day_events")
        if cuts:
            written = {rollup.name: self._settle(rollup) for rollup in rollups}
        return self._leave_out(written, events)

    def _cuts(self, rows: str, parts: int) -> list[str]:
        """The visitors at which the parts after the first begin; all are of about a size."""
        if parts == 1:
            return []
        sample = self.connection.execute(CUTS.format(rows=rows)).fetchall()
        return sorted({sample[len(sample) * part // parts][0] for part in range(1, parts)})

    def keep_files(self, files: Sequence[ColdFile]) -> None:
        """Makes the events of some files the first part of the recent ones."""
        self.keep(f"{rows_of([file.path for file in files])} order by visitor_id", part=0)

    def keep(self, events: str, part: int, params: Mapping[str, Any] | None = None) -> None:
        """Adds a part to the recent events."""
        sql = recent.ARRIVED.format(alias=self.alias, kept=recent.KEPT_LIST, rows=events)
        self.connection.execute(sql, {**self._key, "part": part, **(params or {})})

    def keep_only(self, last: int) -> None:
        """Deletes recent events of later parts, which something has interrupted."""
        self.connection.execute(
            f"delete from {self.alias}.recent where {KEY} and part > $last",
            self._key | {"last": last},
        )

    def settle(self, rollups: Sequence[Rollup], since: OpenDay) -> frozenset[str]:
        """Adds the later parts to the figures; the rollups that would have too many rows then."""
        events = since.events_of(since.later_visitors)
        self.connection.execute(f"create or replace temp table day_events as {events}")
        visitors = f"select visitor from {self.alias}.visitors where {KEY}"
        later = f"select distinct visitor from ({since.later_visitors})"
        self._insert("visitors", "visitor", f"{later} where visitor not in ({visitors})")
        written = {rollup.name: self._settle(rollup, _changes(rollup)) for rollup in rollups}
        ((events_then,),) = self.connection.execute(
            f"select count(*) from {self.alias}.recent where {KEY}", self._key
        ).fetchall()
        self.connection.execute("drop table day_events")
        return self._leave_out(written, events_then)

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

    def _insert(
        self, table: str, columns: str, select: str, params: Mapping[str, Any] | None = None
    ) -> int:
        """Writes rows, and returns how many."""
        statement = (
            f"insert into {self.alias}.{table} (site, day, {columns})"
            f" select $site, $day, * from ({select})"
        )
        return _count(self.connection.execute(statement, {**self._key, **(params or {})}))

    def _settle(self, rollup: Rollup, more: str = "") -> int:
        """Adds up rows, and `more` of them, that stand for the same; how many there are then."""
        rows = f"select {rollup.select_list} from {self.alias}.{rollup.name} where {KEY}{more}"
        self.connection.execute(
            f"create or replace temp table settled as"
            f" select {', '.join([*rollup.keys, *rollup.sums])}"
            f" from ({rows}) group by all having {rollup.is_left}",
            {**self._key, **(rollup.params if more else {})},
        )
        self._delete(rollup.name)
        select = f"select {rollup.select_list} from settled"
        return self._insert(rollup.name, rollup.select_list, select)

    def _leave_out(self, written: Mapping[str, int], events: int) -> frozenset[str]:
        """Deletes rollups that have too many rows for so many events; their names."""
        most = max(LEAST_ROWS_ALLOWED, events // 20)
        too_long = frozenset(name for name, rows in written.items() if rows > most)
        for table in too_long:
            self._delete(table)
        return too_long


def _between(first: str | None, end: str | None) -> tuple[str, dict[str, str]]:
    """The condition that a visitor is one from `first` on and before `end`, and what it binds."""
    limits = {"visitor_id >= $first": first, "visitor_id < $end": end}
    tests = [test for test, limit in limits.items() if limit is not None]
    bound = {name: limit for name, limit in (("first", first), ("end", end)) if limit is not None}
    return " and ".join(tests) or "true", bound


def _changes(rollup: Rollup) -> str:
    """What a rollup's rows have to be added to: less what was counted, and what is counted now."""
    now = rollup.of("from day_events")
    before = rollup.of("from day_events where is_settled")
    return f" union all {now} union all select {rollup.taken_away} from ({before})"


def _count(result: Connection) -> int:
    """How many rows a statement has written."""
    ((rows,),) = result.fetchall()
    return int(rows)
