"""The cold tier: which files reports may read, and when replaced ones may go."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import structlog

from mallard.model import Period
from mallard.store.partitions import ColdFile, Partition, Partitions

log = structlog.get_logger("mallard.store.cold")


class ColdTier:
    """The published Parquet files of a data directory.

    `publish` is held while a snapshot is taken and while hot rows turn into a cold file, so that a
    reader sees a row in exactly one of the two.
    """

    def __init__(self, data_dir: Path) -> None:
        self.partitions = Partitions(data_dir / "events")
        self.partitions.root.mkdir(exist_ok=True)
        self.quarantine_dir = data_dir / "quarantine"
        self.publish = threading.Lock()
        self._held: Counter[Path] = Counter()
        self._replaced: dict[Partition, list[tuple[ColdFile, float]]] = {}

    def hold(self, site_id: str, period: Period) -> list[ColdFile]:
        """The files of a site's days, none of which goes before `release`; under `publish`."""
        files = self.partitions.files_in(site_id, period)
        self._held.update(file.path for file in files)
        return files

    def release(self, files: Iterable[ColdFile]) -> None:
        """Lets go of files that `hold` gave."""
        with self.publish:
            self._held.subtract(file.path for file in files)
            self._held += Counter()

    def replace(self, partition: Partition, old: Iterable[ColdFile], new: ColdFile | None) -> None:
        """Makes `new` take the place of `old` for reports to come; under `publish`.

        The old files stay on disk until a later `sweep`: a report, or a copy made of the
        directory right now, may still need them.
        """
        gone = list(old)
        rest = tuple(f for f in self.partitions.files(partition) if f not in gone)
        self.partitions.set_files(partition, rest if new is None else (*rest, new))
        if gone:
            now = time.monotonic()
            self._replaced.setdefault(partition, []).extend((file, now) for file in gone)

    def sweep(self, partitions: Iterable[Partition] | None = None, min_age_secs: float = 0) -> None:
        """Removes files replaced so long ago, of some or all partitions, that no report reads."""
        deadline = time.monotonic() - min_age_secs
        with self.publish:
            for partition in list(self._replaced if partitions is None else partitions):
                kept = []
                for file, replaced_at in self._replaced.pop(partition, []):
                    if self._held[file.path] or replaced_at > deadline:
                        kept.append((file, replaced_at))
                    else:
                        file.path.unlink(missing_ok=True)
                if kept:
                    self._replaced[partition] = kept
                self._remove_if_empty(self.partitions.directory(partition))

    def quarantine(self, file: ColdFile, reason: str) -> None:
        """Moves a file out of the tree, to the same place below the quarantine."""
        target = self.quarantine_dir / file.path.relative_to(self.partitions.root)
        with self.publish:
            for partition in list(self.partitions.partitions()):
                files = self.partitions.files(partition)
                if file in files:
                    rest = tuple(f for f in files if f is not file)
                    self.partitions.set_files(partition, rest)
            if file.path.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                file.path.replace(target)
        log.error("Quarantined an unreadable Parquet file", file=str(target), reason=reason)

    def quarantined(self) -> int:
        """How many files are in the quarantine."""
        return sum(1 for path in self.quarantine_dir.rglob("*") if path.is_file())

    @staticmethod
    def _remove_if_empty(directory: Path) -> None:
        if directory.is_dir() and not any(directory.iterdir()):
            directory.rmdir()
