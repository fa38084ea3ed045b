"""Room on the disk for what is unpacked: a small file can hold far more than the disk takes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from shutil import disk_usage

from mallard.texts.said import said
from mallard.transfer.sources import Unreadable

LEAST_FREE_BYTES = 256 << 20
"""So much stays free of a disk."""


def insist_on_room(directory: Path, more: int = 0) -> None:
    """Raises Unreadable where a disk has no room for so many bytes more."""
    if disk_usage(directory).free < LEAST_FREE_BYTES + more:
        raise Unreadable(said("the disk has not enough room to unpack it"))


def insist_on_room_for(directory: Path, pieces: Iterable[bytes]) -> None:
    """The same for pieces together; none is asked for after those that have no room."""
    size = 0
    for piece in pieces:
        size += len(piece)
        insist_on_room(directory, size)
