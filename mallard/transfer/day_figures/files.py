"""The tables that an export is made of: members of a zip archive, or files of their own."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from io import FileIO
from pathlib import Path, PurePosixPath
from typing import IO

from mallard.texts.said import said
from mallard.transfer.histories.heads import head_of, unpacked
from mallard.transfer.sources import Unreadable

MOST_UNPACKED_BYTES = 8 << 30
MOST_MEMBERS = 1000
MOST_READ_BYTES = 1 << 20
"""So much of an archive is read at a time, the list of what is in it included.

That list is read as a whole, and says itself how long it is: of a thousand files some 100 KB.
"""


class _Archive(FileIO):
    """A zip archive of which nobody reads more at a time."""

    def read(self, size: int | None = -1, /) -> bytes:
        """The next bytes. Raises BadZipFile where that would be more than MOST_READ_BYTES."""
        if size is None or size < 0:
            size = max(0, os.fstat(self.fileno()).st_size - self.tell())
        if size > MOST_READ_BYTES:
            raise zipfile.BadZipFile("what has to be read of it at once is too long")
        return super().read(size) or b""


@dataclass(frozen=True, slots=True)
class Table:
    """A text by its name; opening it gives its bytes."""

    name: str
    opened: Callable[[], AbstractContextManager[IO[bytes]]]
    path: Path


def table_in(path: Path) -> Table:
    """A file that is a table, packed by gzip or not."""
    return Table(path.name.removesuffix(".gz"), partial(_file, path), path)


def tables_in(archive: Path) -> list[Table]:
    """The files in a zip archive, whatever folder they are in. Raises Unreadable."""
    try:
        with _Archive(archive) as file, zipfile.ZipFile(file) as found:
            members = [member for member in found.infolist() if not member.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise Unreadable(
            said(
                "%(where)s: it is no zip archive that can be read: %(why)s",
                where=archive,
                why=error,
            )
        ) from error
    if sum(member.file_size for member in members) > MOST_UNPACKED_BYTES:
        raise Unreadable(
            said(
                "%(where)s: what is in it is larger than %(most)s bytes",
                where=archive,
                most=f"{MOST_UNPACKED_BYTES:,}",
            )
        )
    if len(members) > MOST_MEMBERS:
        raise Unreadable(
            said(
                "%(where)s: it holds more than %(most)s files",
                where=archive,
                most=f"{MOST_MEMBERS:,}",
            )
        )
    return [
        Table(PurePosixPath(member.filename).name, partial(_member, archive, member), archive)
        for member in members
    ]


@contextmanager
def _member(archive: Path, member: zipfile.ZipInfo) -> Iterator[IO[bytes]]:
    try:
        with (
            _Archive(archive) as file,
            zipfile.ZipFile(file) as opened,
            opened.open(member) as text,
        ):
            yield text
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise Unreadable(
            said(
                "%(where)s: %(name)s in it cannot be read: %(why)s",
                where=archive,
                name=member.filename,
                why=error,
            )
        ) from error


@contextmanager
def _file(path: Path) -> Iterator[IO[bytes]]:
    with path.open("rb") as file:
        yield unpacked(file, head_of(path).is_packed)


def named(tables: Sequence[Table], name: str) -> Table | None:
    """The table of a name, if there is one."""
    return next((table for table in tables if table.name == name), None)
