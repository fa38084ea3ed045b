"""A backup: one tar archive with everything that was accepted before it began, each event once.

Its last member lists the others with their SHA-256: an archive that has it is whole.
"""

from __future__ import annotations

import hashlib
import tarfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

import msgspec

from mallard import __version__
from mallard.model import MallardError
from mallard.register.files import copied_documents
from mallard.store.copying import copied
from mallard.store.engine.migrations import MIGRATIONS
from mallard.store.engine.scratch import Scratch
from mallard.store.store import Store
from mallard.transfer.pieces import CHUNK_BYTES, Pieces

CONTENTS = "mallard-backup.json"
LEFT_OUT = frozenset(
    (".lock", "control.sock", "retention.json", "notices.json", "cluster.json", CONTENTS)
)
"""Files beside the database that belong to a process or to a backup, not to the data."""


PASSING = (".wal", ".new", ".tmp")
"""Suffixes of files that belong to a change under way."""


class Contents(msgspec.Struct):
    """The last member of a backup: who made it, for which schema, and the files' SHA-256."""

    mallard: str
    schema: int
    files: dict[str, str]


def backup(
    data_dir: Path,
    store: Store,
    roll: Callable[[], bool],
    scratch: Scratch,
    salts: Sequence[Path] = (),
) -> Pieces:
    """The archive, in pieces, with these salts if they are wanted.

    Raises MallardError before the first piece, OSError later.
    """
    if not roll():
        raise MallardError("accepted events cannot be written to Parquet now; is the disk full?")
    with (
        scratch.directory() as documents,
        scratch.file() as database,
        copied(store, database) as cold,
        store.imported.held_all() as imported,
    ):
        files = {store.database.path.name: database}
        files |= {path.name: path for path in _beside(store.database.path)}
        files |= copied_documents(data_dir, documents)
        files |= {str(file.path.relative_to(data_dir)): file.path for file in cold}
        files |= {str(path.relative_to(data_dir)): path for path in (*imported, *salts)}
        sums: dict[str, str] = {}
        for name, path in files.items():
            yield from _member(name, path, sums)
        listed = msgspec.json.encode(Contents(__version__, len(MIGRATIONS), sums))
        yield _header(CONTENTS, len(listed), int(time.time()))
        yield _padded(listed)
        yield tarfile.NUL * (2 * tarfile.BLOCKSIZE)


def _beside(database: Path) -> list[Path]:
    """The regular files beside the database: the secret, keys, whatever a part of us keeps."""
    return sorted(
        path
        for path in database.parent.iterdir()
        if path.is_file()
        and path != database
        and path.suffix not in PASSING
        and path.name not in LEFT_OUT
    )


def _member(name: str, path: Path, sums: dict[str, str]) -> Pieces:
    with path.open("rb") as file:
        file.seek(0, 2)
        size = file.tell()
        file.seek(0)
        yield _header(name, size, int(path.stat().st_mtime))
        digest = hashlib.sha256()
        for chunk in _exactly(file, size):
            digest.update(chunk)
            yield chunk
    yield _padding(size)
    sums[name] = digest.hexdigest()


def _exactly(file: IO[bytes], size: int) -> Pieces:
    """As many bytes as the header has promised. Raises OSError when the file has become shorter."""
    while size:
        chunk = file.read(min(size, CHUNK_BYTES))
        if not chunk:
            raise OSError(f"{file.name} was cut short while it was copied")
        size -= len(chunk)
        yield chunk


def _header(name: str, size: int, changed_at: int) -> bytes:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o600, changed_at
    return member.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def _padded(content: bytes) -> bytes:
    return content + _padding(len(content))


def _padding(size: int) -> bytes:
    return tarfile.NUL * (-size % tarfile.BLOCKSIZE)
