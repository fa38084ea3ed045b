"""What a rollup is: a day's figures that are worked out once and added up ever after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Rollup:
    """A table with rows for each site and day; `columns` are its other columns and their types.

    `sql` gives the rows of one day: a statement that continues a list of common table expressions,
    over `stored`, the day's events. `of_single_days` says that a report adds up no rows of several
    days, so that it does not matter who returns on another day.
    """

    name: str
    columns: Mapping[str, str]
    sql: str
    params: Mapping[str, Any] = field(default_factory=dict)
    of_single_days: bool = False

    @property
    def select_list(self) -> str:
        """The names of the columns."""
        return ", ".join(self.columns)

    @property
    def figures(self) -> list[str]:
        """The columns that are added up; the others tell what is counted."""
        return [name for name, kind in self.columns.items() if kind == "bigint"]

    @property
    def taken_away(self) -> str:
        """The columns, of rows that are to be subtracted."""
        return ", ".join(f"-{n} as {n}" if n in self.figures else n for n in self.columns)

    def of(self, events: str) -> str:
        """The SELECT of the rows of some events, given by a SELECT of theirs."""
        stored = f"with stored as not materialized ({events})"
        return f"select {self.select_list} from ({stored},\n{self.sql})"

    @property
    def nothing(self) -> str:
        """A SELECT of no rows, with the day and the columns."""
        columns = ", ".join(f"null::{kind} as {name}" for name, kind in self.columns.items())
        return f"select null::date as day, {columns} where false"


@dataclass(frozen=True, slots=True)
class Built:
    """The figures of a day: the files they are of, and the rollups that it has no rows in.

    `shared` are other days on which visitors of this one were seen. Where recent events are kept,
    the figures hold them up to the part `settled`, and the files up to the part `last`.
    """

    files: frozenset[str]
    left_out: frozenset[str] = frozenset()
    shared: frozenset[date] = frozenset()
    settled: int | None = None
    last: int = 0

    @property
    def is_unsettled(self) -> bool:
        """Whether the figures lack events of the files."""
        return self.settled is not None and self.settled < self.last
