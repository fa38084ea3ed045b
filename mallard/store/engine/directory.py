"""The data directory: made, and locked for as long as this process lives."""

from __future__ import annotations

import errno
import fcntl
import os
import pwd
from pathlib import Path

from mallard.model import MallardError, Unavailable
from mallard.store.engine.exchange import settle

LOCK = ".lock"
OURS = (
    LOCK,
    ".secret",
    "api_keys.json",
    "events",
    "instance.json",
    "journal",
    "mallard.duckdb",
    "mallard.duckdb.wal",
    "password",
    "quarantine",
    "replaced",
    "rollups",
    "salts",
    "share_uses.json",
    "sites",
    "tmp",
)
"""What has to be readable and writable; whatever else is there may be somebody else's."""


class DirectoryLocked(MallardError):
    """Another Mallard works on the data directory."""


class DirectoryGone(Unavailable, OSError):
    """What lies under the name of the data directory is not what this process has locked."""


class DataDirectory:
    """A data directory that belongs to this process.

    The kernel holds the lock and lets go of it when the process ends, however that happens. A
    restore that was cut short is finished first. Raises MallardError.
    """

    def __init__(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path = path
        self.is_closed = False
        self._lock = os.open(path / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise DirectoryLocked(f"{path} is in use by another Mallard") from None
        try:
            settle(path)
        except BaseException:
            os.close(self._lock)
            raise
        held = os.fstat(self._lock)
        self._identity = held.st_dev, held.st_ino

    def insist(self) -> None:
        """Raises DirectoryGone unless this directory still lies under its name.

        A volume may vanish while it is in use; what is written to its mount point then is lost.
        """
        try:
            found = os.stat(self.path / LOCK)
        except OSError as error:
            raise DirectoryGone(f"the data directory has gone: {error.strerror}") from error
        if (found.st_dev, found.st_ino) != self._identity:
            raise DirectoryGone("another directory is in the place of the data directory")

    def check(self) -> None:
        """Raises MallardError for the first of our files that this process may not use."""
        for path in (self.path, *(self.path / name for name in OURS)):
            needed = os.R_OK | os.W_OK | (os.X_OK if path.is_dir() else 0)
            if path.exists() and not os.access(path, needed, effective_ids=True):
                raise MallardError(_unusable(path))

    def close(self) -> None:
        """Unlocks the directory."""
        os.close(self._lock)
        self.is_closed = True


def why_unusable(data_dir: Path, error: OSError) -> str:
    """One line for the operator about what keeps a data directory from being used."""
    named = error.filename
    path = Path(os.fsdecode(named)) if isinstance(named, str | bytes) else data_dir
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return _unusable(path)
    return f"{path} cannot be used: {error.strerror or error}"


def _unusable(path: Path) -> str:
    there = path
    while not _is_seen(there) and there != there.parent:
        there = there.parent
    if os.statvfs(there).f_flag & os.ST_RDONLY:
        return f"{path} is on a read-only file system"
    owner = there.stat().st_uid
    return (
        f"{path} cannot be read and written by uid {os.geteuid()}: {there} belongs to"
        f" {_name_of(owner)} (uid {owner}, mode {there.stat().st_mode & 0o7777:o});"
        f" give it to uid {os.geteuid()}, or run as its owner"
    )


def _is_seen(path: Path) -> bool:
    try:
        path.stat()
    except OSError:
        return False
    return True


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return "nobody known here"
