"""Files of other products as sources of an import: their rows, each turned into an event."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any

import msgspec

from mallard.model import Event
from mallard.texts.said import said, within
from mallard.transfer.csv_records import lines, plain_records
from mallard.transfer.histories.sessions import Sessions
from mallard.transfer.rows import BadRow, LeftOut, in_columns
from mallard.transfer.sources import Row, Unreadable

Fields = Mapping[str, str]
Read = Callable[[int, Any], Event]
"""Makes an event of what stands at a number; raises BadRow and LeftOut."""


class History(ABC):
    """A file of rows that are read as events; `text` is what `file` holds once unpacked."""

    unit = "line"

    def __init__(self, file: IO[bytes], text: IO[bytes], length: int, read: Read) -> None:
        self._file = file
        self._text = text
        self._read = read
        self.length = length
        self.unknown: set[str] = set()

    def position(self) -> int:
        """How many bytes of the file have been read."""
        return self._file.tell()

    def rows(self) -> Iterator[Row]:
        """The events in their sessions, and why others are none. Raises Unreadable."""
        sessions = Sessions()
        for number, found in self._found(self._text):
            if isinstance(found, BadRow):
                yield number, found
                continue
            try:
                yield number, sessions.place(self._read(number, found))
            except (BadRow, LeftOut) as reason:
                yield number, reason

    @abstractmethod
    def _found(self, text: IO[bytes]) -> Iterator[tuple[int, Any]]:
        """What stands in the file, each with its number; a BadRow for what cannot be read."""


class CsvHistory(History):
    """CSV with a header; each row is read as its fields by their names, the empty ones too."""

    def _found(self, text: IO[bytes]) -> Iterator[tuple[int, Any]]:
        return self.cells(text)

    @staticmethod
    def cells(text: IO[bytes]) -> Iterator[tuple[int, Any]]:
        """The rows below the header. Raises Unreadable."""
        rows = plain_records(text)
        columns = header(next(rows, (0, BadRow(said("the file is empty"))))[1])
        for number, fields in rows:
            yield number, fields if isinstance(fields, BadRow) else in_columns(columns, fields)


class JsonLinesHistory(History):
    """A JSON object a line."""

    def _found(self, text: IO[bytes]) -> Iterator[tuple[int, Any]]:
        decoder = msgspec.json.Decoder(dict[str, Any])
        for number, line in lines(text):
            if isinstance(line, BadRow):
                yield number, line
            elif line.strip():
                try:
                    yield number, decoder.decode(line)
                except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                    yield (
                        number,
                        BadRow(within(said("the line is not a JSON object"), error)),
                    )


class LinesHistory(History):
    """A text whose every line is one row; lines with nothing in them are none."""

    def _found(self, text: IO[bytes]) -> Iterator[tuple[int, Any]]:
        for number, line in lines(text):
            if isinstance(line, BadRow):
                yield number, line
            elif line.strip():
                yield number, line.decode("utf-8", "replace").rstrip("\r\n")


def header(fields: list[str] | BadRow) -> list[str]:
    """The names of columns, as a file's first line has them. Raises Unreadable."""
    if isinstance(fields, BadRow):
        raise Unreadable(within(said("the header cannot be read"), fields))
    return [fields[0].removeprefix("\ufeff"), *fields[1:]]
