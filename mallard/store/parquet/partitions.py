"""The Parquet tree: which files hold a site's days, and how files come, move and go.

    events/site_id=S/date=YYYY-MM-DD/NNNN.parquet

A number is never given out twice within a partition, so that an older copy of the tree can be laid
over this one without destroying a newer file.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from mallard.folders import entries
from mallard.model import Period

MAX_DIRECTORY_SITE_ID = 240
TEMPORARY = ".tmp"
QUICKLY_MERGED_BYTES = 4 << 20
"""Some hundred thousand events."""
_DAY = re.compile(r"date=(\d{4}-\d{2}-\d{2})")
_NUMBER = re.compile(r"(\d+)\.parquet(\.tmp)?")


class Partition(NamedTuple):
    """One site's UTC day."""

    site_id: str
    day: date

    @property
    def period(self) -> Period:
        """The one day."""
        return Period(self.day, self.day + timedelta(days=1))


@dataclass(eq=False, slots=True)
class ColdFile:
    """A Parquet file; `batches` names what it holds once its footer has been read.

    It `is_whole` if all of it is of the site and day in whose directory it lies; None as long as
    nobody has looked. It `has_types` if its columns are of the documented types; likewise.
    """

    path: Path
    batches: frozenset[str] | None = None
    is_whole: bool | None = None
    has_types: bool | None = None
    size: int = field(init=False)
    mark: str = field(init=False)
    """Tells its content from that of any other file that its day ever had."""

    def __post_init__(self) -> None:
        found = self.path.stat()
        self.size = found.st_size
        self.mark = f"{self.path.name} {found.st_size} {found.st_mtime_ns}"


def directory_name(site_id: str) -> str:
    """The directory of a site; ids too long for a file name are cut and marked by their hash."""
    if len(site_id) <= MAX_DIRECTORY_SITE_ID:
        return f"site_id={site_id}"
    digest = hashlib.sha256(site_id.encode()).hexdigest()[:16]
    return f"site_id={site_id[:200]}~{digest}"


class Partitions:
    """What the tree holds, kept in memory; the caller orders its changes among threads."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._sites: dict[str, dict[date, tuple[ColdFile, ...]]] = {}
        self.version = 0
        self._spent: dict[Path, int] = {}

    def directory(self, partition: Partition) -> Path:
        """The directory of a partition, which need not exist."""
        return self.root / directory_name(partition.site_id) / f"date={partition.day}"

    def sites(self) -> list[str]:
        """The sites that have files."""
        return [site_id for site_id, days in self._sites.items() if days]

    def has_files(self, site_id: str) -> bool:
        """Whether the site has files; safe at any moment, as it looks at one entry only."""
        return bool(self._sites.get(site_id))

    def days(self, site_id: str) -> list[date]:
        """The days on which the site has files."""
        return list(self._sites.get(site_id, {}))

    def partitions(self) -> Iterator[Partition]:
        """Every partition that has files."""
        for site_id, days in self._sites.items():
            yield from (Partition(site_id, day) for day in days)

    def partitions_of(self, file: ColdFile) -> list[Partition]:
        """The partition that has the file, if any still has."""
        return [partition for partition in self.partitions() if file in self.files(partition)]

    def files(self, partition: Partition) -> tuple[ColdFile, ...]:
        """The files of one partition."""
        return self._sites.get(partition.site_id, {}).get(partition.day, ())

    def files_in(self, site_id: str, period: Period) -> list[ColdFile]:
        """The files of a site's days in a period."""
        days = self._sites.get(site_id, {})
        return [f for day in sorted(days) if period.start <= day < period.end for f in days[day]]

    def set_files(self, partition: Partition, files: tuple[ColdFile, ...]) -> None:
        """Makes `files` all that the partition holds."""
        self.version += 1
        days = self._sites.setdefault(partition.site_id, {})
        if files:
            days[partition.day] = files
        else:
            days.pop(partition.day, None)

    def next_path(self, partition: Partition) -> Path:
        """The path of the partition's next file, in a directory that exists."""
        directory = self.directory(partition)
        directory.mkdir(parents=True, exist_ok=True)
        numbers = [int(m[1]) for name in os.listdir(directory) if (m := _NUMBER.fullmatch(name))]
        known = [int(m[1]) for f in self.files(partition) if (m := _NUMBER.fullmatch(f.path.name))]
        highest = max(numbers + known, default=0)
        return directory / f"{max(highest, self._spent.get(directory, 0)) + 1:04}.parquet"

    def spend_numbers(self, paths: Iterable[Path]) -> None:
        """Gives no new file the name of one of these, which need not exist any more."""
        for path in paths:
            if match := _NUMBER.fullmatch(path.name):
                self._spent[path.parent] = max(self._spent.get(path.parent, 0), int(match[1]))

    def forget_numbers(self) -> None:
        """Lets the names that were spent be given out again."""
        self._spent.clear()

    def count(self) -> tuple[int, int]:
        """How many files there are, and their bytes."""
        sizes = [f.size for days in self._sites.values() for files in days.values() for f in files]
        return len(sizes), sum(sizes)


def walk(root: Path) -> Iterator[tuple[Path, date, list[Path]]]:
    """The tree on disk: a site's directory, a day, and the Parquet files there, by name."""
    for site_dir in _directories(root):
        if site_dir.name.startswith("site_id="):
            for day_dir in _directories(site_dir):
                if day := _day(day_dir.name):
                    files = entries(day_dir, ".parquet")
                    yield site_dir, day, [file for file in files if not file.name.startswith(".")]


def files_on_disk(root: Path, site_id: str, period: Period) -> list[Path]:
    """The Parquet files of a site's days below a root of this layout, by name."""
    days = _directories(root / directory_name(site_id))
    paths = [path for day_dir in days for path in entries(day_dir, ".parquet")]
    return [path for path in paths if is_of(path, site_id, period)]


def is_of(path: Path, site_id: str, period: Period) -> bool:
    """Whether a file lies where files of a site's days do."""
    day = _day(path.parent.name)
    return path.parent.parent.name == directory_name(site_id) and day is not None and day in period


def remove_if_empty(directory: Path) -> None:
    """Removes a directory that holds nothing."""
    if directory.is_dir() and not any(directory.iterdir()):
        directory.rmdir()


def day_of(path: Path) -> date:
    """The day whose directory a published file is in."""
    return date.fromisoformat(path.parent.name.removeprefix("date="))


def _day(name: str) -> date | None:
    match = _DAY.fullmatch(name)
    try:
        return date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None


def remove_temporary_files(root: Path) -> None:
    """Deletes what a killed process left half-written."""
    for site_dir in _directories(root):
        for day_dir in _directories(site_dir):
            for leftover in entries(day_dir, TEMPORARY):
                leftover.unlink()


def _directories(directory: Path) -> list[Path]:
    return [path for path in entries(directory) if path.is_dir()]


def files_to_merge(files: tuple[ColdFile, ...], keep: int) -> tuple[ColdFile, ...]:
    """The files to write anew together with the next one, so that at most `keep` remain.

    The smallest ones, as long as each is less than twice what is merged already: a file is
    rewritten about as often as the partition doubles.
    """
    if len(files) < keep:
        return ()
    by_size = sorted(files, key=lambda file: file.size)
    merged, total = by_size[:2], by_size[0].size + by_size[1].size
    for file in by_size[2:]:
        if file.size > 2 * total:
            break
        merged.append(file)
        total += file.size
    return tuple(merged)


def is_quickly_merged(files: Iterable[ColdFile]) -> bool:
    """Whether writing these files anew delays nobody who waits for it."""
    return sum(file.size for file in files) <= QUICKLY_MERGED_BYTES
