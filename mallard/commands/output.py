"""Files that a command writes: complete under their name, or not there at all."""

from __future__ import annotations

import gzip
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from mallard.durable import sync
from mallard.model import MallardError

STANDARD_OUTPUT = "-"
PACKED = (".gz", ".tgz")


def write_out(target: str, pieces: Iterable[bytes], force: bool = False) -> int:
    """Writes the pieces to a file, packed if its name says so, or to standard output (`-`).

    How many bytes they were. Raises MallardError when the file is there already, OSError.
    """
    size = 0
    with _opened(target, force) as file:
        for piece in pieces:
            file.write(piece)
            size += len(piece)
    return size


@contextmanager
def _opened(target: str, force: bool) -> Iterator[IO[bytes]]:
    if target == STANDARD_OUTPUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(target)
    if path.exists() and not path.is_file():
        raise MallardError(f"{path} is no file; name one, or - for standard output")
    if path.exists() and not force:
        raise MallardError(f"{path} is there already; --force overwrites it")
    with _replaced(path) as file:
        if path.name.endswith(PACKED):
            with gzip.GzipFile("", "wb", 6, file) as packed:
                yield cast(IO[bytes], packed)
        else:
            yield file


@contextmanager
def _replaced(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes the path's place once it is complete and on the disk."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with open(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync(path.parent)
