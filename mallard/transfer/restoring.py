"""Puts a backup in the place of a data directory: unpacked and checked, then exchanged."""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

import msgspec

from mallard.model import MallardError
from mallard.store.engine.directory import DataDirectory
from mallard.store.engine.exchange import PLACE, exchange, place_of
from mallard.store.engine.migrations import MIGRATIONS
from mallard.transfer.backup import CONTENTS, LEFT_OUT, Contents
from mallard.transfer.pieces import CHUNK_BYTES

IGNORED = LEFT_OUT | {"lost+found", PLACE}
"""What a data directory may hold and still count as empty."""

PLAIN = (tarfile.REGTYPE, tarfile.AREGTYPE)
"""The kinds of members that a backup has. A sparse one unpacks to as much as it likes."""

DAMAGED = (tarfile.TarError, zlib.error, EOFError)


class BadArchive(MallardError):
    """An archive that is no backup, is not whole, or has members it must not have."""


def restore(archive: IO[bytes], data_dir: Path, force: bool = False) -> int:
    """Makes the data directory what the archive holds; how many files that is.

    Raises MallardError, and then the directory is as it was. Whenever it is killed, whoever opens
    the directory next finds it as it was, or as it is to be.
    """
    data_dir = data_dir.resolve()
    was_absent = not data_dir.exists()
    directory = DataDirectory(data_dir)
    is_done = False
    try:
        existing = [path.name for path in data_dir.iterdir() if path.name not in IGNORED]
        if existing and not force:
            raise MallardError(f"{data_dir} is not empty; --force puts the backup in its place")
        count = _unpack_beside(archive, place_of(data_dir))
        exchange(data_dir, existing)
        is_done = True
    finally:
        if was_absent and not is_done:
            shutil.rmtree(data_dir, ignore_errors=True)
        directory.close()
    return count


def _unpack_beside(archive: IO[bytes], place: Path) -> int:
    place.mkdir(mode=0o700)
    try:
        return _unpack(archive, place / "new")
    except BaseException:
        shutil.rmtree(place)
        raise


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
    is_ours = path.parts[:1] and (path.parts[0] not in IGNORED or member.name == CONTENTS)
    is_plain = member.type in PLAIN and not member.issparse()
    content = tar.extractfile(member) if is_plain and is_ours and not is_odd else None
    if content is None:
        raise BadArchive(f"the archive holds {member.name!r}, which no backup of ours does")
    room = shutil.disk_usage(target).free
    if member.size > room:
        sizes = f"{member.size:,} bytes; there is room for {room:,}"
        raise BadArchive(f"{member.name!r} of the archive takes {sizes}")
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
