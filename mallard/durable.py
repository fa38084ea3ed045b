"""Files that a loss of power leaves whole, old or new; and how one is destroyed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

Insist = Callable[[], None]
"""Asked before anything is written; raises OSError where the directory is not the one it was."""


def anywhere() -> None:
    """Insists on nothing, for whoever holds no directory."""


def replace_file(path: Path, content: bytes, draft: Path) -> None:
    """Gives the file this content by way of a draft. Raises OSError, and then it is as it was."""
    try:
        write_new(draft, content)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    sync(path.parent)


def write_new(path: Path, content: bytes) -> None:
    """A new file, on the disk, that its owner alone can read. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def destroy(path: Path) -> None:
    """Overwrites a file, then deletes it, both on the disk; one that is gone is fine."""
    try:
        descriptor = os.open(path, os.O_WRONLY)
    except FileNotFoundError:
        return
    try:
        os.pwrite(descriptor, bytes(os.fstat(descriptor).st_size), 0)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    path.unlink(missing_ok=True)
    sync(path.parent)


def make_durable(temporary: Path, final: Path) -> None:
    """Gives a finished file its name so that it survives a loss of power. Raises OSError."""
    sync(temporary)
    temporary.replace(final)
    sync(final.parent)


def sync(path: Path) -> None:
    """Waits until a file, or the names in a directory, are on the disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
