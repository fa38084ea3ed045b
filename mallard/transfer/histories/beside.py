"""Tables that lie beside a table of events: looked up by key, on the disk and not in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from mallard.store.parquet.columns import quoted_path
from mallard.texts.said import within
from mallard.transfer.histories.heads import Head
from mallard.transfer.room import insist_on_room_for
from mallard.transfer.sorting import FRUGAL
from mallard.transfer.sources import Unreadable

MEMORY = "48MB"
PIECE_BYTES = 4 << 20

READ = """
create table {name} as
select {columns}
from read_csv(
    {path}, all_varchar = true, header = true, delim = ',', quote = '"', escape = '"',
    max_line_size = 1048576, buffer_size = 4194304
)
"""
FOUND = """
select {columns}
from {name}
where {key} in (select unnest(from_json($keys, '["VARCHAR"]')))
"""


class Beside:
    """A DuckDB of its own in a directory, that holds some columns of CSV files."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        config = {**FRUGAL, "memory_limit": MEMORY, "temp_directory": str(directory)}
        self._duckdb = duckdb.connect(directory / "beside.duckdb", config=config)
        self._columns: dict[str, tuple[str, ...]] = {}

    def take(self, name: str, head: Head, columns: tuple[str, ...]) -> None:
        """Takes a file in as the table `name`. Raises Unreadable."""
        path = head.path
        with head.text() as text:
            insist_on_room_for(self._directory, iter(partial(text.read, PIECE_BYTES), b""))
        listed = ", ".join(map(_quoted_name, columns))
        try:
            self._duckdb.execute(READ.format(name=name, columns=listed, path=quoted_path(path)))
        except duckdb.Error as error:
            raise Unreadable(within(path, str(error).splitlines()[0])) from None
        self._columns[name] = columns

    def __contains__(self, name: str) -> bool:
        return name in self._columns

    def found(self, name: str, keys: Iterable[str]) -> Iterable[Mapping[str, Any]]:
        """The rows whose first column is among the keys, in no order."""
        columns = self._columns[name]
        listed = ", ".join(map(_quoted_name, columns))
        sql = FOUND.format(columns=listed, name=name, key=_quoted_name(columns[0]))
        # As one text: of a list, DuckDB looks at each entry for what it might be, which takes long.
        bound = {"keys": msgspec.json.encode(list(keys)).decode()}
        rows = self._duckdb.execute(sql, bound).fetchall()
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def close(self) -> None:
        """Gives everything back."""
        self._duckdb.close()


def _quoted_name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'
