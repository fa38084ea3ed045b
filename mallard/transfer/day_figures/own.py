"""Figures of days as `mallard export --days` writes them: CSV, JSON lines or Parquet."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from mallard.store.imported.layout import COLUMNS, FROM
from mallard.store.parquet.columns import quoted_path
from mallard.texts.said import said
from mallard.transfer.csv_records import unguarded
from mallard.transfer.day_figures.rows import MOST, DayRow, Figures, Found
from mallard.transfer.formats import Format, format_of
from mallard.transfer.histories.told import Told
from mallard.transfer.rows import BadRow
from mallard.transfer.sorting import FRUGAL
from mallard.transfer.sources import Unreadable

_TYPES = ", ".join(f"{name}: '{kind}'" for name, kind in COLUMNS.items())
READERS = {
    Format.CSV: "read_csv({file}, header = true, nullstr = '', all_varchar = true)",
    Format.JSONL: f"read_json({{file}}, format = 'newline_delimited', columns = {{{{{_TYPES}}}}})",
    Format.PARQUET: FROM,
}
ROWS = "select {columns} from {file}"
FETCHED = 2000


def parquet_columns(path: Path) -> list[str]:
    """The names of a Parquet file's columns; none of one that cannot be read."""
    sql = f"select name from parquet_schema({quoted_path(path)}) where num_children is null"
    try:
        with duckdb.connect(config=FRUGAL) as database:
            return [str(name) for (name,) in database.execute(sql).fetchall()]
    except duckdb.Error:
        return []


class OwnDays:
    """Reads a file of our own; what `source` it had is lost where it comes in again."""

    def __init__(self, told: Told, path: Path) -> None:
        self._told = told
        self._path = path

    def rows(self) -> Found:
        """All rows. Raises Unreadable."""
        form = format_of(self._path.name) or Format.CSV
        columns = ", ".join(f"{name}::{kind}" for name, kind in COLUMNS.items())
        reader = READERS[form].format(file=quoted_path(self._path))
        number = 0
        try:
            with duckdb.connect(config=FRUGAL) as database:
                found = database.execute(ROWS.format(columns=columns, file=reader))
                while rows := found.fetchmany(FETCHED):
                    for row in rows:
                        number += 1
                        yield number, self._row(form, *row)
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            raise Unreadable(
                said("%(where)s: it cannot be read: %(why)s", where=self._path, why=reason)
            ) from error

    def _row(
        self,
        form: Format,
        site_id: str | None,
        day: date | None,
        _: str | None,
        dimension: str | None,
        value: str | None,
        country_code: str | None,
        visitors: int | None,
        *others: int | None,
    ) -> DayRow | BadRow:
        if not site_id or day is None or not dimension or visitors is None:
            return BadRow(said("site_id, day, dimension and visitors must be there"))
        if any(n is not None and not 0 <= n < MOST for n in (visitors, *others)):
            return BadRow(said("a figure is no count"))
        text = unguarded(value) if form is Format.CSV else value
        own = self._told.site_id or self._told.decisions.site_behind(site_id)
        return DayRow(own, day, dimension, text, Figures(visitors, *others), country_code)
