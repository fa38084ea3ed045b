"""The cold tier: which files reports may read, and when replaced ones may go."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from time import monotonic

import structlog

from mallard.durable import Insist, anywhere
from mallard.model import Period, Unavailable
from mallard.store.parquet.partitions import (
    ColdFile,
    Partition,
    Partitions,
    is_of,
    remove_if_empty,
)

log = structlog.get_logger("mallard.store.cold")


class ColdTier:
    """The published Parquet files of a data directory.

    `publish` is held while a snapshot is taken and while hot rows turn into a cold file, so that a
    reader sees a row in exactly one of the two.
    """

    def __init__(self, data_dir: Path, insist: Insist = anywhere) -> None:
        """`insist` raises OSError when the data directory is not the one it was."""
        self._insist = insist
        self.partitions = Partitions(data_dir / "events")
        self.partitions.root.mkdir(exist_ok=True)
        self.quarantine_dir = data_dir / "quarantine"
        self.replaced_dir = data_dir / "replaced"
        self.publish = threading.Lock()
        self._held: Counter[Path] = Counter()
        self._replaced: list[ColdFile] = []
        self._removed: list[ColdFile] = []
        self._kept: set[Path] = set()
        """Removed files that are not deleted, since somebody else moves them."""
        self._moved: list[tuple[Path, float]] = []
        self.missing = 0
        """How many files of the tree somebody else has taken away since the start."""

    def insist(self, files: Iterable[ColdFile] = ()) -> None:
        """Raises Unavailable unless the tree, and the directories of these files, can be read."""
        try:
            self._insist()
            os.listdir(self.partitions.root)
            for file in files:
                with suppress(FileNotFoundError):
                    file.path.stat()
        except OSError as error:
            reason = error.strerror or str(error)
            raise Unavailable(f"stored events cannot be read now: {reason}") from error

    def hold(self, site_id: str, period: Period) -> list[ColdFile]:
        """The files of a site's days, none of which goes before `release`; under `publish`."""
        files = self.partitions.files_in(site_id, period)
        self.hold_files(files)
        return files

    def hold_files(self, files: Iterable[ColdFile]) -> None:
        """Keeps published files from going before `release`; under `publish`."""
        self._held.update(file.path for file in files)

    def hold_all(self) -> list[ColdFile]:
        """Every file, none of which goes before `release`; under `publish`."""
        partitions = self.partitions.partitions()
        files = [file for partition in partitions for file in self.partitions.files(partition)]
        self.hold_files(files)
        return files

    def release(self, files: Iterable[ColdFile]) -> None:
        """Lets go of files that `hold` gave."""
        with self.publish:
            self._held.subtract(file.path for file in files)
            self._held += Counter()

    def replace(self, partition: Partition, old: Iterable[ColdFile], new: ColdFile | None) -> None:
        """Makes `new` take the place of `old` for reports to come; under `publish`.

        The old files leave the tree at the next `sweep` that finds no report reading them.
        """
        gone = list(old)
        rest = tuple(f for f in self.partitions.files(partition) if f not in gone)
        self.partitions.set_files(partition, rest if new is None else (*rest, new))
        self._replaced += gone

    def remove(self, site_id: str, period: Period, keeps_files: bool = False) -> None:
        """Takes a site's days away from reports to come; under `publish`.

        Their files are deleted at the next `sweep` that finds no report reading them, or left then
        to whoever moves them.
        """
        days = [day for day in self.partitions.days(site_id) if day in period]
        for partition in (Partition(site_id, day) for day in days):
            self._removed += self.partitions.files(partition)
            self.partitions.set_files(partition, ())
        replaced = [file for file in self._replaced if is_of(file.path, site_id, period)]
        self._replaced = [file for file in self._replaced if file not in replaced]
        self._removed += replaced
        if keeps_files:
            self._kept |= {f.path for f in self._removed if is_of(f.path, site_id, period)}

    def awaiting_removal(self) -> set[Path]:
        """The files that go as soon as no report reads them."""
        return {file.path for file in self._removed}

    def sweep(self) -> None:
        """Deletes removed files, and moves replaced ones out of the tree, that no report reads.

        Replaced files stay beside the tree for a while: whoever copies the data directory right now
        may have found the old files listed, and not the new one.
        """
        with self.publish:
            for file in self._take_released(self._replaced):
                if file.path.exists():
                    self._moved.append((self._move(file.path, self.replaced_dir), monotonic()))
            for file in self._take_released(self._removed):
                if file.path in self._kept:
                    self._kept.discard(file.path)
                    continue
                file.path.unlink(missing_ok=True)
                remove_if_empty(file.path.parent)

    def discard_replaced(self, linger_secs: float = 0) -> None:
        """Deletes files that left the tree at least `linger_secs` ago."""
        deadline = monotonic() - linger_secs
        for path, moved_at in self._moved:
            if moved_at <= deadline:
                path.unlink(missing_ok=True)
        self._moved = [entry for entry in self._moved if entry[1] > deadline]

    def quarantine(self, file: ColdFile, reason: str) -> None:
        """Moves a file out of the tree, to the same place below the quarantine.

        Nothing happens to one that another has taken the place of meanwhile.
        """
        with self.publish:
            partitions = self.partitions.partitions_of(file)
            if not partitions and not file.path.exists():
                return
            for partition in partitions:
                rest = tuple(f for f in self.partitions.files(partition) if f is not file)
                self.partitions.set_files(partition, rest)
            if file.path.exists():
                self._move(file.path, self.quarantine_dir, keeps_others=True)
            else:
                self.missing += 1
        log.error("Quarantined an unreadable Parquet file", file=str(file.path), reason=reason)

    def quarantined(self) -> int:
        """How many files are in the quarantine."""
        return sum(len(names) for _, _, names in os.walk(self.quarantine_dir, onerror=_raise))

    def _take_released(self, files: list[ColdFile]) -> list[ColdFile]:
        """Takes those files that no report reads out of a list."""
        released = [file for file in files if not self._held[file.path]]
        files[:] = [file for file in files if self._held[file.path]]
        return released

    def _move(self, path: Path, to: Path, keeps_others: bool = False) -> Path:
        """Moves a file of the tree to the same place below another directory.

        One of that name that is there already goes, or is kept, and this one has another.
        """
        self._insist()
        target = to / path.relative_to(self.partitions.root)
        number = 0
        while keeps_others and target.exists():
            number += 1
            target = target.with_name(f"{path.stem}.{number}{path.suffix}")
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)
        remove_if_empty(path.parent)
        return target


def _raise(error: OSError) -> None:
    """What cannot be read is not nothing; a directory that is not there is."""
    if not isinstance(error, FileNotFoundError):
        raise error
