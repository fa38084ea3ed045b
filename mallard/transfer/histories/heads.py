"""The beginning of a file, by which it is recognised."""

from __future__ import annotations

import csv
import gzip
import hashlib
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import msgspec

from mallard.texts.said import within, words_of
from mallard.transfer.sources import Unreadable

LONGEST_HEAD = 1 << 16
LINES_LOOKED_AT = 20
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Head:
    """A file's first lines, as far as they fit into LONGEST_HEAD, and what they are made of."""

    path: Path
    is_packed: bool
    lines: tuple[str, ...]

    @property
    def line(self) -> str:
        """The first line, "" of an empty file."""
        return self.lines[0].removeprefix("\ufeff") if self.lines else ""

    @property
    def beginning(self) -> str:
        """Everything that has been read of it."""
        return "\n".join(self.lines)

    @property
    def some_lines(self) -> tuple[str, ...]:
        """The first lines, among which one of every kind is to be expected."""
        return self.lines[:LINES_LOOKED_AT]

    @property
    def fields(self) -> frozenset[str]:
        """The names of a CSV file's columns."""
        try:
            return frozenset(next(csv.reader([self.line])))
        except (csv.Error, StopIteration):
            return frozenset()

    @property
    def keys(self) -> frozenset[str]:
        """The keys of the JSON object that the first line is."""
        return keys_of(self.line)

    @contextmanager
    def text(self) -> Iterator[IO[bytes]]:
        """What the file holds, unpacked."""
        with self.path.open("rb") as file:
            yield unpacked(file, self.is_packed)


def keys_of(line: str) -> frozenset[str]:
    """The keys of the JSON object that a line is; none of one that is none."""
    try:
        return frozenset(msgspec.json.decode(line, type=dict[str, Any]))
    except (msgspec.MsgspecError, RecursionError):
        return frozenset()


def head_of(path: Path) -> Head:
    """The beginning of a file. Raises Unreadable."""
    try:
        with path.open("rb") as file:
            is_packed = file.read(2) == _GZIP
            file.seek(0)
            text = unpacked(file, is_packed).read(LONGEST_HEAD).decode("utf-8", "replace")
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or words_of(error)
        raise Unreadable(within(path, reason)) from error
    return Head(path, is_packed, tuple(text.splitlines()))


def unpacked(file: IO[bytes], is_packed: bool) -> IO[bytes]:
    """What is in a file, packed by gzip or not."""
    return cast(IO[bytes], gzip.GzipFile(fileobj=file)) if is_packed else file


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file as it lies there. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
