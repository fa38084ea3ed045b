"""Older copies of the database: made before a migration, or set aside as unreadable."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path

from mallard.folders import DAMAGED_LINES, QUARANTINE, entries
from mallard.model import Period

MIGRATION_COPIES = "migration-copies"

_MIGRATION_COPY = re.compile(
    r"schema-\d+\.holds-(\d{4}-\d{2}-\d{2})\.made-(\d{4}-\d{2}-\d{2})\.duckdb"
)
_SET_ASIDE = re.compile(r"mallard\.duckdb(?:\.wal)?\.(\d{4}-\d{2}-\d{2})(?:\.\d+)?")
CLOCKS_DIFFER = timedelta(days=1)


def migration_copies(directory: Path) -> Iterator[tuple[Path, date, date]]:
    """Each copy, with the oldest day that it holds and the day on which it was made."""
    for path in entries(directory, ".duckdb"):
        if match := _MIGRATION_COPY.fullmatch(path.name):
            yield path, date.fromisoformat(match[1]), date.fromisoformat(match[2])


def set_aside(directory: Path) -> Iterator[tuple[Path, date]]:
    """Each file of a database, or lines of a journal, that could not be read, with that day."""
    for path in entries(directory):
        if match := _SET_ASIDE.fullmatch(path.name):
            yield path, date.fromisoformat(match[1])
    for path in entries(directory / DAMAGED_LINES):
        yield path, datetime.fromtimestamp(path.stat().st_mtime, UTC).date()


def copies_that_may_hold(data_dir: Path, period: Period) -> list[Path]:
    """The copies that may have events of these days; nobody opens them to find out."""
    copies = [
        path
        for path, oldest, made in migration_copies(data_dir / MIGRATION_COPIES)
        if oldest < period.end and period.start <= made + CLOCKS_DIFFER
    ]
    aside = set_aside(data_dir / QUARANTINE)
    return copies + [path for path, day in aside if period.start <= day + CLOCKS_DIFFER]


def free_suffix(paths: Sequence[Path]) -> str:
    """What to put behind these paths so that none of them is there; nothing, if none is."""
    for number in count():
        suffix = f".{number}" if number else ""
        if not any(path.with_name(path.name + suffix).exists() for path in paths):
            return suffix
    raise AssertionError("unreachable")
