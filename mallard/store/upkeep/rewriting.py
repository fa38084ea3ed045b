"""Rewriting: the paths, or the hosts, of a day that is stored become what rules make of them.

A day's files become one, which names the batches of all of them and one more. So of whatever a kill
leaves of the old ones the new one holds more, and a start keeps that.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import duckdb

from mallard.store.engine.database import Connection
from mallard.store.parquet import footers
from mallard.store.parquet.columns import COLUMNS
from mallard.store.parquet.partitions import ColdFile, Partition
from mallard.store.parquet.statements import rows_of
from mallard.store.upkeep.swapping import Content, swap
from mallard.store.upkeep.tended import Tended

MOST_EXAMPLES = 20

VALUES = "select {column}, count(*) from ({rows}) group by {column}"
NEW_VALUES = """
create or replace temp table new_values as
select unnest($old) as old_value, unnest($new) as new_value
"""
REWRITTEN = """
select {columns}
from ({rows}) left join new_values on {column} = old_value
"""

PATH = "pathname"

Ruled = Callable[[str], str]
"""What becomes of a path that is stored; of what has become of it, nothing more."""


@dataclass(frozen=True, slots=True)
class Change:
    """A path, what becomes of it, and how many events have it."""

    old: str
    new: str
    events: int


@dataclass(frozen=True, slots=True)
class Rewritten:
    """How many events of how many paths and days are concerned; the commonest of these paths."""

    days: int
    paths: int
    events: int
    examples: list[Change]


class Changes:
    """What becomes of the paths of several days."""

    def __init__(self) -> None:
        self._days = 0
        self._events: Counter[tuple[str, str]] = Counter()

    def add(self, of_a_day: Sequence[Change]) -> None:
        """Adds those of one more day."""
        self._days += bool(of_a_day)
        for change in of_a_day:
            self._events[change.old, change.new] += change.events

    def summed_up(self) -> Rewritten:
        """All of them."""
        commonest = sorted(self._events.items(), key=lambda pair: (-pair[1], pair[0]))
        examples = [Change(*paths, events) for paths, events in commonest[:MOST_EXAMPLES]]
        return Rewritten(self._days, len(self._events), self._events.total(), examples)


def rewrite(
    store: Tended,
    connection: Connection,
    partition: Partition,
    ruled: Ruled,
    is_trial: bool,
    column: str = PATH,
) -> list[Change]:
    """Rewrites the paths of a day, or another column, or only tells what would become of them.

    Reports see all of the day as it was, or all of it as it is. Raises duckdb.Error or OSError, and
    then nothing has changed.
    """
    while True:
        with store.cold.publish:
            files = store.cold.hold(partition.site_id, partition.period)
        try:
            changes = _changes(connection, files, ruled, column)
            if is_trial or not changes:
                return changes
            if _swapped(store, connection, partition, files, changes, column):
                return changes
        except duckdb.Error as error:
            if not footers.may_be_of_a_file(error) or not store.put_right(files, str(error)):
                raise
        finally:
            store.cold.release(files)
            store.cold.sweep()


def _changes(
    connection: Connection, files: Sequence[ColdFile], ruled: Ruled, column: str
) -> list[Change]:
    if not files:
        return []
    footers.assure_types(connection, files)
    rows = connection.execute(VALUES.format(rows=_rows(files), column=column)).fetchall()
    changes = (Change(value, ruled(value), events) for value, events in rows if value is not None)
    return [change for change in changes if change.old != change.new]


def _swapped(
    store: Tended,
    connection: Connection,
    partition: Partition,
    files: Sequence[ColdFile],
    changes: Sequence[Change],
    column: str,
) -> bool:
    named = (footers.read_batches(connection, file) for file in files)
    batches = frozenset((f"rewritten-{secrets.token_hex(8)}",)).union(*named)
    bound = {"old": [change.old for change in changes], "new": [change.new for change in changes]}
    connection.execute(NEW_VALUES, bound)
    changed = {column: f"coalesce(new_value, {column}) as {column}"}
    columns = ", ".join(changed.get(name, name) for name in COLUMNS)
    rows = REWRITTEN.format(columns=columns, rows=_rows(files), column=column)
    content = Content(rows, batches)
    return swap(store, connection, partition, files, content)


def _rows(files: Sequence[ColdFile]) -> str:
    return rows_of([file.path for file in files])
