"""The formats in which raw events leave and come back, one event a row, in our columns.

CSV tells NULL (nothing) from the empty text (`""`), and starts no text with what a spreadsheet
takes for a formula: such a text, and one that starts with a single quote, gets a quote in front.
"""

from __future__ import annotations

import enum
from pathlib import PurePath

from mallard.reports.export import FORMULA_STARTS
from mallard.store.parquet.columns import COLUMNS, TYPES

QUOTED_STARTS = f"{FORMULA_STARTS}'"
"""With what a text starts that gets a single quote in front in CSV."""

GZIP_SUFFIX = ".gz"

ROW_GROUP_ROWS = 20_480
"""A sixth of what DuckDB writes at a time otherwise: it has as many rows in memory."""


class Format(enum.StrEnum):
    """A format of raw events; its name is also the suffix of its files."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


MIMETYPES = {
    Format.CSV: "text/csv",
    Format.JSONL: "application/x-ndjson",
    Format.PARQUET: "application/vnd.apache.parquet",
}

COPY_OPTIONS = {
    Format.CSV: "format csv, header false, nullstr ''",
    Format.JSONL: "format json",
    Format.PARQUET: f"format parquet, compression zstd, row_group_size {ROW_GROUP_ROWS}",
}

EXCEL_MARK = b"\xef\xbb\xbf"
"""What stands before CSV by which Excel knows that it is UTF-8; an import passes over it."""

HEADERS = {Format.CSV: ",".join(COLUMNS).encode() + b"\n", Format.JSONL: b""}


def format_of(file_name: str) -> Format | None:
    """The format that a file's name tells, `.gz` behind it or not."""
    suffix = PurePath(file_name.lower().removesuffix(GZIP_SUFFIX)).suffix.removeprefix(".")
    return Format(suffix) if suffix in list(Format) else None


def expressions(form: Format) -> str:
    """The select list that gives our columns as a format writes them."""
    return ", ".join(_expression(form, column) for column in COLUMNS)


def _expression(form: Format, column: str) -> str:
    if form is Format.PARQUET:
        return column
    if column == "timestamp":
        return f"strftime({column}, '%Y-%m-%dT%H:%M:%S.%fZ') as {column}"
    if form is Format.JSONL or column in TYPES:
        return column
    return f"{guarded(column)} as {column}"


def guarded(column: str) -> str:
    """The SQL of a text in which no spreadsheet sees a formula."""
    starts = ", ".join(str(ord(start)) for start in QUOTED_STARTS)
    return f"case when ascii({column}) in ({starts}) then '''' || {column} else {column} end"
