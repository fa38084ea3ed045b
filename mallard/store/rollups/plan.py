"""What a report reads: days from rollups, what has come to one of these, and files besides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from mallard.store.parquet.partitions import ColdFile
from mallard.store.parquet.statements import HOT, IN_SCOPE, NO_HOT, hot_and, in_scope, rows_of
from mallard.store.rollups.changes import HOT_VISITORS, Arrivals, Rows, added
from mallard.store.rollups.declared import PERIOD, Rollup
from mallard.store.rollups.local_days import Spans, is_beside, is_within, spans_of
from mallard.store.rollups.recent_events import OpenDay
from mallard.zones.days import UTC


@dataclass(frozen=True, slots=True)
class Plan:
    """Which days a report takes from rollups, and the files that it reads besides.

    The `arrivals` change the figures of one of these days, of which no hot row is read besides;
    `reads_hot` tells whether others are. Of the day `kept` all events are read from where they are
    kept, not from files.

    Of rows of visitors, those of who `came_since` to an open day are not taken: all of their events
    there are read. Of the day that is `cut`, a rollup's `but_not`, rows that begin at `$until` or
    later are not taken; of who was there at that time, all events are read from these files.
    `are_apart` tells whether nobody is on two of the days.

    Where days are not those of UTC, files have parts of several: then no row is read of the spans
    of time that it `skips`, those of the days. None where all rows of the files are read. `first`
    is the first day of the period.
    """

    alias: str
    site: int
    days: tuple[date, ...]
    files: Sequence[ColdFile]
    arrivals: Arrivals | None = None
    kept: OpenDay | None = None
    reads_hot: bool = True
    came_since: OpenDay | None = None
    cut: Sequence[ColdFile] = ()
    are_apart: bool = True
    skips: Spans | None = None
    first: date = date.min
    zone: str = UTC

    @property
    def reads(self) -> list[ColdFile]:
        """Every file that is read, wholly or in part."""
        return [*self.files, *self.cut]

    @property
    def _reads_events(self) -> bool:
        """Whether there may be any beside the days; to plan for none takes longer than all else."""
        return bool(self.reads or self.reads_hot or self.kept or self.came_since)

    @property
    def hot(self) -> str:
        """The SELECT of the hot rows that a report reads."""
        if not self.reads_hot:
            return NO_HOT
        if self.arrivals is None:
            return HOT
        return f"{HOT} and not {self.arrivals.open_day.is_of_day}"

    def relations(
        self,
        rollup: Rollup | None,
        changes: Rows = (),
        hot_file: Path | None = None,
        besides: Plan | None = None,
    ) -> tuple[str, dict[str, Any]]:
        """What a report selects from, and what that binds beside the scope.

        The `changes` are those that the arrivals make; a Parquet file may have the `hot` rows. What
        is read `besides` is `all_stored`.
        """
        relations = {"stored": self._stored(hot_file) + self._of_cut_day(rollup)}
        if besides is not None:
            relations["all_stored"] = besides._stored(None)
        if rollup is None:
            return _with(relations), {}
        bound: dict[str, Any] = {"are_apart": self.are_apart} if rollup.of_visitors else {}
        if not self.days:
            rolled = rollup.of_visitors_stored if rollup.of_visitors else rollup.nothing
            return _with(relations | {"rolled": rolled}), bound
        bound["site"] = self.site
        bound |= {"first_rolled": self.days[0], "last_rolled": self.days[-1]}
        if self._has_gaps:
            bound["rolled"] = list(self.days)
        rolled = self._rolled(rollup)
        if rollup.of_visitors and (self._reads_events or rollup.but_not):
            rolled += f" union all by name {rollup.of_visitors_stored}"
        if self.arrivals and changes:
            select, values = added(rollup, self.arrivals.open_day.day, changes)
            rolled += f" union all {select}"
            bound |= values
        return _with(relations | {"rolled": rolled}), bound

    def _stored(self, hot_file: Path | None) -> str:
        more = f" union all {self.kept.every_event}" if self.kept else ""
        if self.came_since:
            more = f" union all {self.came_since.every_event_of(self._comers)}"
        if hot_file:
            paths = [hot_file, *(file.path for file in self.files)]
            return f"{rows_of(paths)} where {self._wanted or in_scope(self.files)}{more}"
        return hot_and(self.files, self.hot, self._wanted) + more

    @property
    def keeps_hot_apart(self) -> bool:
        """Whether hot rows are read that rows of files, were they the same, would not be."""
        return bool(self.skips and self.came_since)

    @property
    def _wanted(self) -> str | None:
        """The condition that rows of files are wanted; None where all are that are in scope."""
        return None if self.skips is None else is_beside(self.skips)

    def _rolled(self, rollup: Rollup) -> str:
        """The rows of the days."""
        only = "and list_contains($rolled, day)" if self._has_gaps else ""
        if self.came_since:
            only += f" and not (day = date '{self.came_since.day}' and visitor in ({self._comers}))"
        if self.cut:
            only += f"""
                and not (day = date '{rollup.but_not}'
                    and (started_at >= $until or visitor in ({self._there(rollup)})))"""
        once_in = rollup.once_in
        if self.skips is not None:
            # The period begins with a day, at whatever moment that is.
            once_in = once_in.replace(PERIOD, f"date '{self.first}'")
        return f"""
        select day, {rollup.select_list} from {self.alias}.{rollup.name}
        where site = $site and day between $first_rolled and $last_rolled
            {only} and (since is null or since >= {once_in})
        """

    def _of_cut_day(self, rollup: Rollup | None) -> str:
        if rollup is None or not self.cut:
            return ""
        rows = rows_of([file.path for file in self.cut])
        theirs = f"hash(visitor_id) in ({self._there(rollup)})"
        are_of_day = in_scope(self.cut)
        if self.skips is not None and rollup.but_not:
            are_of_day = f"{IN_SCOPE} and {self._is_of(rollup.but_not)}"
        return f" union all {rows} where {are_of_day} and {theirs}"

    def _there(self, rollup: Rollup) -> str:
        """The SELECT of the hashed ids of who was there before and after `$until`."""
        return f"""
        select visitor from {self.alias}.{rollup.name}
        where site = $site and day = date '{rollup.but_not}'
            and started_at < $until and ended_at >= $until
        """

    @property
    def _comers(self) -> str:
        """The SELECT of the hashed ids of who came since; it binds the scope."""
        if not self.came_since:
            return ""
        hot = HOT_VISITORS.format(is_of_day=self.came_since.is_of_day)
        return f"{self.came_since.later_visitors} union {hot}"

    def _is_of(self, day: date) -> str:
        return is_within(spans_of([day], self.zone) or ())

    @property
    def _has_gaps(self) -> bool:
        return (self.days[-1] - self.days[0]).days >= len(self.days)


def _with(relations: Mapping[str, str]) -> str:
    """The beginning of a statement that selects from these relations."""
    return "with " + ",\n".join(
        f"{name} as not materialized ({sql})" for name, sql in relations.items()
    )
