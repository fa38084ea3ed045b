"""Reads CSV so that each row keeps its line number and NULL stays apart from the empty text."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Callable, Iterator
from typing import IO

from mallard.texts.said import said
from mallard.transfer.formats import QUOTED_STARTS
from mallard.transfer.rows import BadRow

LONGEST_LINE = 1 << 20
LONGEST_RECORD = 1 << 20

Line = tuple[int, bytes | BadRow]
"""A line's number, from 1 on, and its bytes with the line end."""

_FIELD = re.compile(r'(?:^|,)("(?:[^"]|"")*"|[^,"]*)')
_GUARDED = re.compile(f"'[{re.escape(QUOTED_STARTS)}]")


def lines(file: IO[bytes]) -> Iterator[Line]:
    """The lines of a file; of one without an end no more than LONGEST_LINE is ever in memory."""
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            while (rest := file.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                pass
            yield (
                number,
                BadRow(said("the line is longer than %(most)s bytes", most=LONGEST_LINE)),
            )
        else:
            yield number, line


def records(file: IO[bytes]) -> Iterator[tuple[int, list[str | None] | BadRow]]:
    """The rows, each with the number of its first line; lines without anything are left out."""
    for number, record in _whole(lines(file)):
        if isinstance(record, BadRow):
            yield number, record
        elif record.strip(b"\r\n"):
            try:
                yield number, _fields(record)
            except BadRow as problem:
                yield number, problem


def plain_records(file: IO[bytes]) -> Iterator[tuple[int, list[str] | BadRow]]:
    """As `records`, of files in which nothing is the empty text, and quotes guard no formulas."""
    for number, record in _whole(lines(file)):
        if isinstance(record, BadRow):
            yield number, record
        elif record.strip(b"\r\n"):
            try:
                text = _text(record)
                yield number, _split_plainly(text) if '"' in text else text.split(",")
            except BadRow as problem:
                yield number, problem


def unguarded(text: str | None) -> str | None:
    """The text before a quote was put in front of it, to keep spreadsheets from computing it."""
    return text[1:] if text and text[0] == "'" and _GUARDED.match(text) else text


def _whole(source: Iterator[Line]) -> Iterator[Line]:
    """Joins lines until every quote is closed.

    A line with a quote that never is, or not for very long, is bad; reading goes on behind it.
    """
    waiting: deque[Line] = deque()

    def next_line() -> Line | None:
        return waiting.popleft() if waiting else next(source, None)

    while (line := next_line()) is not None:
        number, content = line
        if isinstance(content, BadRow) or not content.count(b'"') % 2:
            yield line
            continue
        record, taken = _until_closed(content, next_line)
        if record is None:
            waiting.extendleft(reversed(taken))
        yield number, BadRow(said("a quote is never closed")) if record is None else record


def _until_closed(
    first: bytes, next_line: Callable[[], Line | None]
) -> tuple[bytes | None, list[Line]]:
    """The record that begins on a line, or None, and the further lines that were read for it."""
    parts, taken, size = [first], list[Line](), len(first)
    is_open = first.count(b'"') % 2
    while is_open and size <= LONGEST_RECORD and (line := next_line()) is not None:
        taken.append(line)
        if isinstance(line[1], BadRow):
            break
        parts.append(line[1])
        size += len(line[1])
        is_open ^= line[1].count(b'"') % 2
    return None if is_open else b"".join(parts), taken


def _fields(record: bytes) -> list[str | None]:
    """The fields of a record; None for one without anything, not even quotes. Raises BadRow.

    Quotes that keep spreadsheets from computing are gone; numbers and times have none.
    """
    text = _text(record)
    fields = [field or None for field in text.split(",")] if '"' not in text else _split(text)
    return [unguarded(field) for field in fields] if "'" in text else fields


def _text(record: bytes) -> str:
    try:
        return record.removesuffix(b"\n").removesuffix(b"\r").decode()
    except UnicodeDecodeError:
        raise BadRow(said("the line is not UTF-8 text")) from None


def _split_plainly(text: str) -> list[str]:
    try:
        return next(csv.reader([text], strict=True))
    except (csv.Error, StopIteration):
        raise BadRow(said("a quote stands where none may be")) from None


def _split(text: str) -> list[str | None]:
    fields = _FIELD.findall(text)
    if sum(map(len, fields)) + len(fields) - 1 != len(text):
        raise BadRow(said("a quote stands where none may be"))
    return [_unquoted(field) for field in fields]


def _unquoted(field: str) -> str | None:
    return field[1:-1].replace('""', '"') if field.startswith('"') else field or None
