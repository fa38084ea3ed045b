"""What is to be deleted, on disk before anything is: a deletion that was begun is finished.

An intent names exactly what goes. What was accepted after it was written is not in it, and stays,
however often the process is killed before the intent is done.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec

from mallard.durable import make_durable, sync
from mallard.folders import entries
from mallard.model import Period

DIRECTORY = "erasures"
SUFFIX = ".json"
DRAFT = ".new"
REMNANTS = "remnants"
"""A file that says: the database file still has deleted rows in parts it does not use."""


class Intent(msgspec.Struct, forbid_unknown_fields=True):
    """A site's days from `start`, inclusive, to `end`, exclusive, and where their events are."""

    site_id: str
    start: date
    end: date
    batches: list[str]
    """Batches that have such events in the hot table."""
    files: list[str]
    """Files to delete, relative to the data directory."""
    segments: list[str]
    """Journal files that may hold such events among others, relative to the data directory."""
    reaches_copies: bool
    """Whether older copies of the database that may hold such events go too."""

    imported: list[str] = []
    """Files of imported figures to take the days out of, relative likewise."""
    before_us: int | None = None
    """Of the segments only what bears an earlier time than this goes, in microseconds."""
    trash: str | None = None
    """The bin into which the files go for a while, relative likewise; else they are deleted."""

    @property
    def period(self) -> Period:
        """The days."""
        return Period(self.start, self.end)


class Intents:
    """The intents of a data directory that are not done yet."""

    def __init__(self, data_dir: Path) -> None:
        self._directory = data_dir / DIRECTORY
        self._remnants = self._directory / REMNANTS

    @property
    def has_remnants(self) -> bool:
        """Whether the database file is still to be cleaned."""
        return self._remnants.exists()

    def pending(self) -> Iterator[tuple[Path, Intent]]:
        """The intents that are not done, each with its file. Raises OSError."""
        for path in entries(self._directory, SUFFIX):
            yield path, msgspec.json.decode(path.read_bytes(), type=Intent)

    def discard_drafts(self) -> None:
        """Deletes what was being written when a run was killed: nothing had been deleted yet."""
        for draft in entries(self._directory, DRAFT):
            draft.unlink()

    def write(self, intent: Intent) -> Path:
        """Puts an intent on the disk, where a loss of power cannot take it. Raises OSError."""
        self._directory.mkdir(mode=0o700, exist_ok=True)
        sync(self._directory.parent)
        self._remnants.touch(0o600)
        path = self._directory / f"{secrets.token_hex(8)}{SUFFIX}"
        draft = path.with_suffix(DRAFT)
        try:
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
                file.write(msgspec.json.encode(intent))
            make_durable(draft, path)
        finally:
            draft.unlink(missing_ok=True)
        return path

    def done(self, path: Path) -> None:
        """Notes that nothing of an intent is left to do."""
        path.unlink(missing_ok=True)

    def cleaned(self) -> None:
        """Notes that the database file has nothing left of deleted rows."""
        self._remnants.unlink(missing_ok=True)
