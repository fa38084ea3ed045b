"""The data directory: made, and locked for as long as this process lives."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from mallard.model import MallardError


class DirectoryLocked(MallardError):
    """Another Mallard works on the data directory."""


class DataDirectory:
    """A data directory that belongs to this process.

    The kernel holds the lock and lets go of it when the process ends, however that happens.
    """

    def __init__(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path = path
        self.is_closed = False
        self._lock = os.open(path / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise DirectoryLocked(f"{path} is in use by another Mallard") from None

    def close(self) -> None:
        """Unlocks the directory."""
        os.close(self._lock)
        self.is_closed = True
