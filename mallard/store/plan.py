"""What a report reads: days from rollups, files besides, and what changes these days' figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from mallard.store.partitions import ColdFile
from mallard.store.recent import AS_STORED, OpenDay, earlier_events_of
from mallard.store.rollup import Rollup
from mallard.store.statements import HOT, IN_SCOPE, hot_and, in_scope, rows_of

HOT_VISITORS = (
    f"select hash(visitor_id) as visitor from events where {IN_SCOPE} and timestamp::date = {{day}}"
)
MATERIALIZED = ("returning_visitors", "returned")
FROM_RETURNED = f"select {AS_STORED} from returned"


@dataclass(frozen=True, slots=True)
class Plan:
    """Which days a report takes from rollups, and the files that it reads besides.

    What came since to the `open_day`, the latest of these days, is added to its figures. Visitors
    of this day who were seen on others of these days, whose files are `earlier`, count once.

    Of the day `kept` all events are read from where they are kept, not from files.
    """

    alias: str
    site: int
    days: tuple[date, ...]
    files: Sequence[ColdFile]
    open_day: OpenDay | None = None
    earlier: Mapping[date, Sequence[ColdFile]] = field(default_factory=dict)
    kept: OpenDay | None = None

    @property
    def reads(self) -> list[ColdFile]:
        """Every file that is read."""
        return [*self.files, *(file for files in self.earlier.values() for file in files)]

    @property
    def fresh(self) -> str:
        """A SELECT of what a report reads that is in none of the files."""
        if self.open_day is None:
            return HOT
        return f"{_with(self._returned)} {HOT} union all {FROM_RETURNED}"

    def relations(
        self, rollup: Rollup | None, fresh_file: Path | None = None
    ) -> tuple[str, dict[str, Any]]:
        """What a report selects from, and what that binds beside the scope.

        A Parquet file may have the rows of `fresh`.
        """
        relations = {"stored": self._stored(fresh_file)}
        if rollup is None:
            return _with(relations), {}
        if not self.days:
            return _with(relations | {"rolled": rollup.nothing}), {}
        bound: dict[str, Any] = {"site": self.site}
        bound |= {"first_rolled": self.days[0], "last_rolled": self.days[-1]}
        if self._has_gaps:
            bound["rolled"] = list(self.days)
        relations["rolled"] = self._rolled(rollup)
        if self.open_day:
            bound |= rollup.params
        return _with(self._returned | relations), bound

    def _stored(self, fresh_file: Path | None) -> str:
        if fresh_file:
            return f"{rows_of([fresh_file, *self._paths])} where {in_scope(self.files)}"
        more = f" union all {FROM_RETURNED}" if self.open_day else ""
        more += f" union all {self.kept.every_event}" if self.kept else ""
        return hot_and(self.files) + more

    def _rolled(self, rollup: Rollup) -> str:
        """Rows of the days, and what is to be taken from them, as it is in `stored`."""
        only = "and list_contains($rolled, day)" if self._has_gaps else ""
        rows = f"""
        select day, {rollup.select_list} from {self.alias}.{rollup.name}
        where site = $site and day between $first_rolled and $last_rolled
            {only} and (since is null or since >= {rollup.once_in})
        """
        if self.open_day is None:
            return rows
        kinds = ["is_settled and not is_earlier", *(["is_earlier"] if self.earlier else [])]
        taken_away = [
            f"select date '{self.open_day.day}', {rollup.taken_away}"
            f" from ({rollup.of(f'from returned where {kind}')})"
            for kind in kinds
        ]
        return " union all ".join([rows, *taken_away])

    @property
    def _has_gaps(self) -> bool:
        return (self.days[-1] - self.days[0]).days >= len(self.days)

    @property
    def _paths(self) -> list[Path]:
        return [file.path for file in self.files]

    @property
    def _returned(self) -> dict[str, str]:
        """The events of the visitors of the open day who came since, or have returned."""
        if self.open_day is None:
            return {}
        day = f"date '{self.open_day.day}'"
        visitors = f"{self.open_day.later_visitors} union {HOT_VISITORS.format(day=day)}"
        these = "select visitor from returning_visitors"
        returned = self.open_day.events_of(these)
        if self.earlier:
            visitors += f" union {self.open_day.returned_from(self.earlier)}"
            rows = rows_of([file.path for files in self.earlier.values() for file in files])
            returned += f" union all {earlier_events_of(these, rows)}"
        return {"returning_visitors": visitors, "returned": returned}


def _with(relations: Mapping[str, str]) -> str:
    """The beginning of a statement that selects from these relations."""
    return "with " + ",\n".join(
        f"{name} as {'' if name in MATERIALIZED else 'not '}materialized ({sql})"
        for name, sql in relations.items()
    )
