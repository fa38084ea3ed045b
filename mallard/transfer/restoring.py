"""Puts a backup in the place of a data directory: unpacked and checked beside it, then swapped."""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import tempfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

import msgspec

from mallard.model import MallardError
from mallard.store.engine.directory import DataDirectory
from mallard.store.engine.migrations import MIGRATIONS
from mallard.store.parquet.partitions import sync
from mallard.transfer.backup import CONTENTS, LEFT_OUT, Contents
from mallard.transfer.pieces import CHUNK_BYTES

IGNORED = LEFT_OUT | {"lost+found"}
"""What a data directory may hold and still count as empty."""

DAMAGED = (tarfile.TarError, zlib.error, EOFError)


class BadArchive(MallardError):
    """An archive that is no backup, is not whole, or has members it must not have."""


def restore(archive: IO[bytes], data_dir: Path, force: bool = False) -> int:
    """Makes the data directory what the archive holds; how many files that is.

    Raises MallardError, and then the directory is as it was, or tells where its content is.
    """
    data_dir = data_dir.resolve()
    was_absent = not data_dir.exists()
    directory = DataDirectory(data_dir)
    is_done = False
    try:
        existing = [path for path in data_dir.iterdir() if path.name not in IGNORED]
        if existing and not force:
            raise MallardError(f"{data_dir} is not empty; --force puts the backup in its place")
        workplace = _workplace(data_dir)
        count = _unpack_and_swap(archive, data_dir, existing, workplace)
        is_done = True
    finally:
        if was_absent and not is_done:
            shutil.rmtree(data_dir, ignore_errors=True)
        directory.close()
    return count


def _workplace(data_dir: Path) -> Path:
    """A directory on the same file system: beside the data directory, if that can be, or in it."""
    parent = data_dir.parent
    is_beside = os.access(parent, os.W_OK) and parent.stat().st_dev == data_dir.stat().st_dev
    base = parent if is_beside else data_dir
    return Path(tempfile.mkdtemp(prefix=f".{data_dir.name}.restore-", dir=base))


def _unpack_and_swap(
    archive: IO[bytes], data_dir: Path, existing: list[Path], workplace: Path
) -> int:
    new, old = workplace / "new", workplace / "old"
    try:
        count = _unpack(archive, new)
    except BaseException:
        shutil.rmtree(workplace)
        raise
    old.mkdir()
    try:
        for path in existing:
            path.rename(old / path.name)
        for path in list(new.iterdir()):
            path.rename(data_dir / path.name)
    except OSError as error:
        raise MallardError(
            f"cannot put the backup in place: {error}; what {data_dir} held is kept in {old}"
        ) from error
    sync(data_dir)
    shutil.rmtree(workplace, ignore_errors=True)
    return count


def _unpack(archive: IO[bytes], target: Path) -> int:
    """Unpacks and checks everything, and has it on the disk. Raises BadArchive."""
    target.mkdir()
    sums: dict[str, str] = {}
    try:
        with tarfile.open(fileobj=archive, mode="r|*") as tar:
            for member in tar:
                sums[member.name] = _extract(tar, member, target)
    except DAMAGED as error:
        raise BadArchive(f"the archive is damaged or cut short: {error}") from None
    _check(target / CONTENTS, sums)
    os.sync()
    return len(sums)


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> str:
    """Writes a member below `target`, readable by its owner alone; its SHA-256.

    Only plain files with a plain path are taken; the archive decides nothing else.
    """
    path = PurePosixPath(member.name)
    is_odd = path.is_absolute() or ".." in path.parts or "\0" in member.name
    content = tar.extractfile(member) if member.isreg() and not is_odd else None
    if content is None:
        raise BadArchive(f"the archive holds {member.name!r}, which no backup of ours does")
    digest = hashlib.sha256()
    with open(_new_file(target / path), "wb") as file:
        while chunk := content.read(CHUNK_BYTES):
            digest.update(chunk)
            file.write(chunk)
    return digest.hexdigest()


def _new_file(path: Path) -> int:
    """The descriptor of a file that was not there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except (FileExistsError, IsADirectoryError, NotADirectoryError):
        raise BadArchive(f"the archive holds {path.name!r} twice") from None


def _check(contents: Path, sums: dict[str, str]) -> None:
    """Compares what was unpacked with the list that came with it, which then goes."""
    if sums.pop(CONTENTS, None) is None:
        raise BadArchive("the archive is cut short, or no backup of Mallard: its list is missing")
    try:
        listed = msgspec.json.decode(contents.read_bytes(), type=Contents)
    except msgspec.MsgspecError as error:
        raise BadArchive(f"the list in the archive cannot be read: {error}") from None
    contents.unlink()
    if listed.schema > len(MIGRATIONS):
        raise BadArchive(f"the backup was made by Mallard {listed.mallard}; update this one first")
    names = sorted(listed.files.keys() | sums.keys())
    if wrong := [name for name in names if listed.files.get(name) != sums.get(name)]:
        raise BadArchive(f"the archive is damaged: {wrong[0]} is not what was backed up")
