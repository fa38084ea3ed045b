"""Where outdated days go first, for a day or two: a clock that was wrong must not cost them.

    trash/2026-03-18/events/site_id=S/date=2026-01-01/0001.parquet

A bin has the name of the day on which it was filled, and holds the files as the data directory
does: laid over it again, they count as before.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import structlog

from mallard.store.parquet.partitions import remove_if_empty, walk

log = structlog.get_logger("mallard.store.trash")

DIRECTORY = "trash"
KEPT = timedelta(days=2)
"""A bin goes on the second day after it was filled: it was there for a whole day at least."""


@dataclass(frozen=True, slots=True)
class Held:
    """What is in the trash: days of sites, the first and the last of them, and until when."""

    days: int
    sites: int
    first: date
    last: date
    until: date


def bin_of(day: date) -> str:
    """Where what is thrown away on a day goes, relative to the data directory."""
    return f"{DIRECTORY}/{day.isoformat()}"


def throw(data_dir: Path, file: str, into: str) -> None:
    """Moves a file or directory into a bin; one that is gone is fine."""
    target = data_dir / into / file
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        os.rename(data_dir / file, target)
    except FileNotFoundError:
        remove_if_empty(target.parent)


def roots(data_dir: Path) -> list[Path]:
    """Every tree of files that is in the trash."""
    return [tree for _, place in _bins(data_dir) for tree in sorted(place.iterdir())]


def empty(data_dir: Path, today: date) -> None:
    """Deletes the bins whose time is over. Raises OSError."""
    for filled, place in _bins(data_dir):
        if filled + KEPT <= today:
            shutil.rmtree(place)
            log.info("Emptied the trash", filled=str(filled))


def held(data_dir: Path) -> Held | None:
    """What is in the trash; None for nothing."""
    days: set[date] = set()
    sites: set[str] = set()
    until = date.min
    for filled, place in _bins(data_dir):
        for site_dir, day, files in walk(place / "events"):
            if files:
                days.add(day)
                sites.add(site_dir.name)
                until = max(until, filled + KEPT)
    return Held(len(days), len(sites), min(days), max(days), until) if days else None


def _bins(data_dir: Path) -> Iterator[tuple[date, Path]]:
    directory = data_dir / DIRECTORY
    for name in sorted(os.listdir(directory)) if directory.exists() else ():
        try:
            yield date.fromisoformat(name), directory / name
        except ValueError:
            continue  # of somebody else's making
