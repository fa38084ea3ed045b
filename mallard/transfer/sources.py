"""Files to import, opened by the end of their name: their rows, each with its place in the file."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol, cast

import msgspec

from mallard.model import Event, MallardError
from mallard.store.parquet.columns import COLUMNS
from mallard.texts.said import said, within, words_of
from mallard.transfer.csv_records import lines, records
from mallard.transfer.formats import GZIP_SUFFIX, Format, format_of
from mallard.transfer.rows import REQUIRED, BadRow, Cells, LeftOut, in_columns

KNOWN = frozenset(COLUMNS)
PARQUET_ROWS = 2_000
"""Rows that are taken from a Parquet file at a time."""

Row = tuple[int, Cells | Event | BadRow | LeftOut]
"""The number of a line or row, from 1 on, and what it says, or why it is no event."""


class Unreadable(MallardError):
    """A file that cannot be read at all, or not to its end."""


class Source(Protocol):
    """An open file of events."""

    unit: str
    """What its numbers count: lines or rows."""
    length: int
    """How long it is, in the unit of `position`."""
    unknown: set[str]
    """The columns met so far that are not ours."""

    def rows(self) -> Iterator[Row]:
        """Its rows. Raises Unreadable."""

    def position(self) -> int:
        """How far it has been read."""


@contextmanager
def opened(path: Path) -> Iterator[tuple[Source, str]]:
    """The source that a file is, and the file's SHA-256. Raises Unreadable."""
    form, is_packed = format_of(path.name), path.name.lower().endswith(GZIP_SUFFIX)
    if form is None or (form is Format.PARQUET and is_packed):
        raise Unreadable(
            said(
                "%(where)s: the name must end in .csv, .csv.gz, .jsonl, .jsonl.gz or .parquet",
                where=path,
            )
        )
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            length = file.tell()
            file.seek(0)
            if form is Format.PARQUET:
                yield ParquetSource(file), sha256
            else:
                text = cast(IO[bytes], gzip.GzipFile(fileobj=file)) if is_packed else file
                kind = CsvSource if form is Format.CSV else JsonlSource
                yield kind(file, text, length), sha256
    except (OSError, EOFError, zlib.error, Unreadable) as error:
        reason = getattr(error, "strerror", None) or words_of(error)
        raise Unreadable(within(path, reason)) from error


class _TextSource:
    """What CSV and JSON lines have in common; `text` is what `file` holds once unpacked."""

    unit = "line"

    def __init__(self, file: IO[bytes], text: IO[bytes], length: int) -> None:
        self._file = file
        self._text = text
        self.length = length
        self.unknown: set[str] = set()

    def position(self) -> int:
        """How many bytes of the file have been read."""
        return self._file.tell()


class CsvSource(_TextSource):
    """CSV with our column names in the first line, in any order."""

    def rows(self) -> Iterator[Row]:
        """The rows below the header. Raises Unreadable when that lacks a column."""
        found = records(self._text)
        columns = self._columns(next(found, (0, BadRow(said("the file is empty"))))[1])
        for number, fields in found:
            yield number, fields if isinstance(fields, BadRow) else in_columns(columns, fields)

    def _columns(self, header: list[str | None] | BadRow) -> list[str]:
        if isinstance(header, BadRow):
            raise Unreadable(within(said("the header cannot be read"), header))
        columns = [name or "" for name in header]
        columns[0] = columns[0].removeprefix("\ufeff")
        self.unknown.update(set(columns) - KNOWN)
        _require(columns, said("the first line must name the columns, and"))
        return columns


class JsonlSource(_TextSource):
    """One JSON object a line, with our column names as keys."""

    def rows(self) -> Iterator[Row]:
        """The rows; lines without anything are none."""
        decoder = msgspec.json.Decoder(dict[str, Any])
        for number, line in lines(self._text):
            if isinstance(line, BadRow):
                yield number, line
            elif line.strip():
                try:
                    cells = decoder.decode(line)
                except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                    yield (
                        number,
                        BadRow(within(said("the line is not a JSON object"), error)),
                    )
                else:
                    if not cells.keys() <= KNOWN:
                        self.unknown.update(cells.keys() - KNOWN)
                    yield number, cells


class ParquetSource:
    """A Parquet file with our column names."""

    unit = "row"

    def __init__(self, file: IO[bytes]) -> None:
        from pyarrow import ArrowException, parquet, set_memory_pool, system_memory_pool

        set_memory_pool(system_memory_pool())  # the others keep what is freed
        try:
            self._parquet = parquet.ParquetFile(file)
        except (ArrowException, UnicodeDecodeError) as error:
            raise Unreadable(within(said("it is no Parquet file"), error)) from None
        names = self._parquet.schema_arrow.names
        self.length = self._parquet.metadata.num_rows
        self.unknown = set(names) - KNOWN
        self._columns = [column for column in COLUMNS if column in names]
        self._position = 0
        _require(names, said("it"))

    def rows(self) -> Iterator[Row]:
        """The rows. Raises Unreadable where a page is damaged."""
        from pyarrow import ArrowException

        number = 0
        try:
            for batch in self._parquet.iter_batches(
                PARQUET_ROWS, columns=self._columns, use_threads=False
            ):
                values = [_values(batch.column(column)) for column in self._columns]
                for row in zip(*values, strict=True):
                    number += 1
                    self._position = number
                    yield number, dict(zip(self._columns, row, strict=True))
        except (ArrowException, UnicodeDecodeError) as error:
            raise Unreadable(
                said("it is damaged behind row %(number)s: %(why)s", number=number, why=error)
            ) from None

    def position(self) -> int:
        """How many rows have been read."""
        return self._position


def _values(column: Any) -> Sequence[object]:
    """A column's values; times as microseconds since 1970, a text that is none as bytes."""
    import pyarrow

    if pyarrow.types.is_timestamp(column.type):
        in_microseconds = column.cast(pyarrow.timestamp("us", column.type.tz), safe=False)
        found: list[object] = in_microseconds.cast(pyarrow.int64()).to_pylist()
        return found
    try:
        values: list[object] = column.to_pylist()
    except UnicodeDecodeError:
        values = column.cast(pyarrow.binary()).to_pylist()
        return [_text(value) for value in values]
    return values


def _text(value: object) -> object:
    try:
        return value.decode() if isinstance(value, bytes) else value
    except UnicodeDecodeError:
        return value


def _require(columns: Iterable[str], beginning: str) -> None:
    if missing := [column for column in REQUIRED if column not in columns]:
        raise Unreadable(
            said(
                "%(what)s must have the column %(name)s",
                what=beginning,
                name=missing[0],
            )
        )
