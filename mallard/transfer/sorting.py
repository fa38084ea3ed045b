"""Sorts events by their time with little memory, in a DuckDB of its own that goes afterwards.

One thread works on a slice of a day at a time. The database of the server, which answers reports,
is not troubled, and its memory does not stay as large as an export once needed it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb

from mallard.model import Period
from mallard.store.parquet.columns import CAST_LIST, from_parquet, quoted
from mallard.store.parquet.statements import IN_SCOPE, scope
from mallard.transfer.formats import COPY_OPTIONS, Format, expressions

SLICE_ROWS = 40_000
FRUGAL: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1,
    "memory_limit": "256MB",  # several times what a slice needs; what needs more goes to the disk
    "allocator_flush_threshold": "4MB",
    "allocator_bulk_deallocation_flush_threshold": "4MB",
    "enable_external_file_cache": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}

BEGINNINGS = """
select min(timestamp)
from (
    select timestamp, row_number() over (order by timestamp) // $rows as slice
    from ({rows})
    where {scope}
)
group by slice
order by 1
"""

SORTED = """
select {expressions}
from (
    select *
    from ({rows})
    where {scope}
    order by timestamp, visitor_id, event_name, pathname
)
"""


class Sorter:
    """Reads the Parquet files of a day and writes its events in order, in parts of any format."""

    def __init__(self, temp_dir: Path) -> None:
        self._duckdb = duckdb.connect(config={**FRUGAL, "temp_directory": str(temp_dir)})
        self._duckdb.execute("set timezone = 'UTC'")

    def write(
        self, files: Sequence[Path], site_id: str, day: Period, form: Format, directory: Path
    ) -> list[Path]:
        """Writes a site's events of a day to new files; these in order."""
        rows = f"select {CAST_LIST} from {from_parquet(files)}"
        whole = scope(site_id, day)
        parts: list[Path] = []
        for slice_scope in self._slices(rows, whole):
            parts.append(directory / f"{day.start}-{len(parts):06}.{form}")
            events = SORTED.format(expressions=expressions(form), rows=rows, scope=IN_SCOPE)
            self._copy(events, slice_scope, form, parts[-1])
        return parts

    def join(self, parts: Sequence[Path], whole: Path) -> None:
        """Writes Parquet files one after the other into a single one."""
        self._copy(f"select * from {from_parquet(parts)}", {}, Format.PARQUET, whole)

    def close(self) -> None:
        """Gives back the memory."""
        self._duckdb.close()

    def _slices(self, rows: str, whole: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The scopes of parts with about SLICE_ROWS events each; one at least."""
        sql = BEGINNINGS.format(rows=rows, scope=IN_SCOPE)
        found = self._duckdb.execute(sql, {"rows": SLICE_ROWS, **whole}).fetchall()
        inner: list[datetime] = [beginning for (beginning,) in found[1:]]
        edges = [whole["start"], *inner, whole["end"]]
        for start, end in pairwise(edges):
            yield whole | {"start": start, "end": end}

    def _copy(self, rows: str, bound: dict[str, Any], form: Format, target: Path) -> None:
        statement = f"copy ({rows}) to {quoted(target)} ({COPY_OPTIONS[form]})"
        self._duckdb.execute(statement, bound)


@contextmanager
def sorter(temp_dir: Path) -> Iterator[Sorter]:
    """A Sorter that gives back its memory at the end."""
    one = Sorter(temp_dir)
    try:
        yield one
    finally:
        one.close()
