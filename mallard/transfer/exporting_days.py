"""Streams out the figures of days that a site has imported, those that count, as one file."""

from __future__ import annotations

from typing import Any

from mallard.store.engine.scratch import Scratch
from mallard.store.imported.layout import COLUMNS, FROM, SORTED
from mallard.store.parquet.columns import literally, quoted
from mallard.store.store import Store
from mallard.transfer.exporting import Wanted
from mallard.transfer.formats import COPY_OPTIONS, EXCEL_MARK, Format, guarded
from mallard.transfer.pieces import Pieces, pieces_of

SHARE = f"""
select * from {FROM.format(file="$file_number")} where day in (select unnest($days_number))
"""
NOTHING = f"""
select {", ".join(f"null::{kind} as {name}" for name, kind in COLUMNS.items())} where false
"""
TEXTS = ("value", "source", "dimension")
HEADER = ",".join(COLUMNS).encode() + b"\n"


def stream_days(store: Store, scratch: Scratch, wanted: Wanted) -> Pieces:
    """The figures, in pieces, in the order of their dimensions and days."""
    with store.imported.held(wanted.site_id, wanted.period) as shares, scratch.file() as file:
        bound: dict[str, Any] = {}
        parts = [NOTHING]
        for number, (path, days) in enumerate(shares):
            parts.append(SHARE.replace("_number", f"_{number}"))
            bound |= {f"file_{number}": literally(path), f"days_{number}": list(days)}
        listed = ", ".join(_expression(wanted.form, name) for name in COLUMNS)
        rows = f"select {listed} from ({' union all '.join(parts)}) {SORTED}"
        with store.database.reader() as connection:
            options = COPY_OPTIONS[wanted.form]
            connection.execute(f"copy ({rows}) to {quoted(file)} ({options})", bound)
        if wanted.form is Format.CSV:
            yield (EXCEL_MARK if wanted.is_for_excel else b"") + HEADER
        yield from pieces_of(file)


def _expression(form: Format, column: str) -> str:
    is_text = form is Format.CSV and column in TEXTS
    return f"{guarded(column)} as {column}" if is_text else column
