"""Plans: which days a report takes from rollups, so that its figures are exactly the events'.

Figures of several days may be added up when no visitor is on two of them. That is found out when a
day is built, by hashes of the visitors' ids; two ids with one hash only make us read the events.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from cachetools import LRUCache

from mallard.model import Period
from mallard.store.database import Connection
from mallard.store.partitions import ColdFile, day_of
from mallard.store.recent import AS_STORED, OpenDay
from mallard.store.rollup import Built, Rollup
from mallard.store.statements import HOT, IN_SCOPE, hot_and, rows_of, scope

REMEMBERED = 256

HOT_STATE = f"select timestamp::date, batch, count(*) from events where {IN_SCOPE} group by all"
"""Which hot rows there are: a batch's rows never change, they can only go."""

HOT_VISITORS = f"select hash(visitor_id) from events where {IN_SCOPE} and timestamp::date = {{day}}"

HotState = frozenset[tuple[date, str, int]]
FROM_RETURNED = f"select {AS_STORED} from returned"

Meetings = frozenset[tuple[date, date]]


@dataclass(frozen=True, slots=True)
class Known:
    """The built days of a site at one moment, and the name of the database that has them."""

    alias: str
    version: int
    days: Mapping[date, Built]


NOTHING_KNOWN = Known("", 0, {})
"""For what reads the events alone."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Which days a report takes from rollups, and the files that it reads besides.

    What came since to one of these days is added to its figures.
    """

    alias: str
    days: tuple[date, ...]
    files: Sequence[ColdFile]
    open_day: OpenDay | None = None

    @property
    def fresh(self) -> str:
        """A SELECT of what a report reads that is in none of the files."""
        if self.open_day is None:
            return HOT
        return f"{_with(self._returned, 'returned')} {HOT} union all {FROM_RETURNED}"

    def relations(
        self, rollup: Rollup | None, fresh_file: Path | None = None
    ) -> tuple[str, dict[str, Any]]:
        """What a report selects from, and what that binds beside the scope.

        A Parquet file may have the rows of `fresh`.
        """
        relations: dict[str, str] = {}
        if fresh_file:
            relations["stored"] = rows_of([fresh_file, *self._paths]) + f" where {IN_SCOPE}"
        else:
            more = f" union all {FROM_RETURNED}" if self.open_day else ""
            relations["stored"] = hot_and(self._paths, where=f" where {IN_SCOPE}") + more
        if rollup is None:
            return _with(relations), {}
        if not self.days:
            return _with(relations | {"rolled": rollup.nothing}), {}
        rolled = f"""
        select day, {rollup.select_list} from {self.alias}.{rollup.name}
        where site_id = $site_id and day between $first_rolled and $last_rolled
            and list_contains($rolled, day)
        """
        bound: dict[str, Any] = {"first_rolled": self.days[0], "last_rolled": self.days[-1]}
        bound["rolled"] = list(self.days)
        if self.open_day is None:
            return _with(relations | {"rolled": rolled}), bound
        day = f"date '{self.open_day.day}'"
        before = rollup.of("from returned where is_settled")
        relations["rolled"] = (
            f"{rolled} union all select {day}, {rollup.taken_away} from ({before})"
        )
        return _with(self._returned | relations, "returned"), {**bound, **rollup.params}

    @property
    def _paths(self) -> list[Path]:
        return [file.path for file in self.files]

    @property
    def _returned(self) -> dict[str, str]:
        """The events of the visitors of the open day who came since."""
        if self.open_day is None:
            return {}
        day = f"date '{self.open_day.day}'"
        visitors = f"{self.open_day.later_visitors} union all {HOT_VISITORS.format(day=day)}"
        return {"returned": self.open_day.events_of(visitors)}


class Plans:
    """Finds the plan of each report, and remembers what it found out."""

    def __init__(self) -> None:
        self._meetings: LRUCache[object, Meetings] = LRUCache(REMEMBERED)
        self._lock = threading.Lock()

    def plan(
        self,
        connection: Connection,
        known: Known,
        site_id: str,
        period: Period,
        files: Sequence[ColdFile],
        rollup: Rollup,
    ) -> Plan:
        """How a report on these files, and on the hot rows, is put together."""
        by_day: dict[date, list[ColdFile]] = {}
        for file in files:
            by_day.setdefault(day_of(file.path), []).append(file)
        days = {d for d, of_day in by_day.items() if _is_usable(known, d, of_day, rollup)}
        if not days:
            return Plan(known.alias, (), files)
        rows = connection.execute(HOT_STATE, scope(site_id, period)).fetchall()
        hot: HotState = frozenset((day, batch, count) for day, batch, count in rows)
        changed = {day for day, _, _ in hot} | {d for d in days if known.days[d].is_unsettled}
        open_day = _open_day(known, days & changed)
        days -= changed - ({open_day.day} if open_day else set())
        rest = [file for file in files if day_of(file.path) not in days]
        met = self._met(connection, known, site_id, period, rest, hot, open_day)
        if open_day:
            met -= {(open_day.day, open_day.day)}
        met |= {(day, other) for day in days for other in known.days[day].shared}
        if any(d in days and (seen == d or not rollup.of_single_days) for seen, d in met):
            return Plan(known.alias, (), files)
        return Plan(known.alias, tuple(sorted(days)), rest, open_day)

    def _met(
        self,
        connection: Connection,
        known: Known,
        site_id: str,
        period: Period,
        files: Sequence[ColdFile],
        hot: HotState,
        open_day: OpenDay | None,
    ) -> Meetings:
        """The days of events of files and hot rows, and the built days that saw their visitors."""
        if not files and not hot and not open_day:
            return frozenset()
        paths = frozenset((file.path, file.mark) for file in files)
        key = (known.version, site_id, period, paths, hot)
        with self._lock:
            found = self._meetings.get(key)
        if found is None:
            stored = hot_and([f.path for f in files], where=f" where {IN_SCOPE}")
            rest = f"select timestamp::date as day, hash(visitor_id) as visitor from ({stored})"
            if open_day:
                later = open_day.later_visitors
                rest += f" union all select date '{open_day.day}', visitor from ({later})"
            rows = connection.execute(
                f"select distinct rest.day, seen.day from {known.alias}.visitors as seen"
                f" join (select distinct * from ({rest})) as rest using (visitor)"
                " where site_id = $site_id",
                scope(site_id, period),
            ).fetchall()
            found = frozenset(rows)
            with self._lock:
                self._meetings[key] = found
        return found


def marks(files: Iterable[ColdFile]) -> frozenset[str]:
    """What tells files of one day from all others it ever had."""
    return frozenset(file.mark for file in files)


def _is_usable(known: Known, day: date, files: Iterable[ColdFile], rollup: Rollup) -> bool:
    built = known.days.get(day)
    return built is not None and rollup.name not in built.left_out and built.files == marks(files)


def _open_day(known: Known, changed: set[date]) -> OpenDay | None:
    """The latest of the days to which what came since can be added."""
    for day in sorted(changed, reverse=True):
        built = known.days[day]
        if built.settled is not None:
            return OpenDay(known.alias, day, built.settled, built.last)
    return None


def _with(relations: Mapping[str, str], materialized: str = "") -> str:
    """The beginning of a statement that selects from these relations."""
    return "with " + ",\n".join(
        f"{name} as {'' if name == materialized else 'not '}materialized ({sql})"
        for name, sql in relations.items()
    )
