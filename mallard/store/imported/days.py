"""Which imported days there are, and which files reports may read; files come, and go when free."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import structlog

from mallard.durable import make_durable, sync
from mallard.folders import entries
from mallard.model import MallardError, Period
from mallard.store.engine.database import Database
from mallard.store.imported.layout import (
    COLUMNS,
    DIRECTORY,
    FROM,
    ImportedFile,
    name_of,
    named,
)
from mallard.store.parquet.columns import quoted_path
from mallard.store.parquet.partitions import directory_name, remove_if_empty

log = structlog.get_logger("mallard.store.imported")

DAYS = f"select distinct day from {FROM}"
SITES = f"select distinct site_id from {FROM}"
TYPES = f"select column_name, lower(column_type) from (describe from {FROM})"

Shares = tuple[tuple[Path, tuple[date, ...]], ...]
"""Files, each with those of its days that count."""


class ImportedDays:
    """The imported days of a data directory; what names there are is looked up at the start.

    What a site's files hold is looked at when somebody first asks for it, and remembered.
    """

    def __init__(self, data_dir: Path, database: Database) -> None:
        self.root = data_dir / DIRECTORY
        self.database = database
        self._lock = threading.RLock()
        self._files = {path.name: _named_files(path) for path in entries(self.root)}
        self._known: dict[str, tuple[ImportedFile, ...]] = {}
        self._gone: dict[Path, list[Period]] = {}
        """Days that count no more, of files that are still read."""
        self._held: Counter[Path] = Counter()

    def directory(self, site_id: str) -> Path:
        """Where a site's files lie, if it has any."""
        return self.root / directory_name(site_id)

    def has(self, site_id: str) -> bool:
        """Whether there are files of a site; costs next to nothing."""
        return bool(self._files) and bool(self._files.get(directory_name(site_id)))

    def sites(self) -> list[str]:
        """The sites that have files, sorted."""
        with self._lock:
            found = [self._site_of(files[0]) for files in self._files.values() if files]
        return sorted(site for site in found if site is not None)

    def files(self, site_id: str) -> tuple[ImportedFile, ...]:
        """The files of a site, each with its days; none of those that cannot be read."""
        if not self.has(site_id):
            return ()
        with self._lock:
            if site_id not in self._known:
                found = map(self._looked_at, self._files[directory_name(site_id)])
                self._known[site_id] = tuple(file for file in found if file is not None)
            return self._known[site_id]

    def days(self, site_id: str, period: Period) -> list[date]:
        """The days of a period that are imported, ascending."""
        return sorted({day for file in self.files(site_id) for day in file.days if day in period})

    def knows(self, site_id: str, known_by: str) -> bool:
        """Whether something is there of what is known by this."""
        return any(file.known_by == known_by[:16] for file in self.files(site_id))

    @contextmanager
    def held(self, site_id: str, period: Period) -> Iterator[Shares]:
        """What counts in a period; its files stay meanwhile."""
        if not self.has(site_id):
            yield ()
            return
        with self._lock:
            shares = counting(self.files(site_id), period)
            paths = [path for path, _ in shares]
            self._held.update(paths)
        try:
            yield shares
        finally:
            self._release(paths)

    @contextmanager
    def held_all(self) -> Iterator[list[Path]]:
        """Every file; none of them goes meanwhile."""
        with self._lock:
            paths = [file.path for files in self._files.values() for file in files]
            self._held.update(paths)
        try:
            yield paths
        finally:
            self._release(paths)

    def add(self, site_id: str, known_by: str, draft: Path) -> list[date]:
        """Takes in a finished file, whose days count from now on instead of earlier ones; these.

        Raises MallardError where it has not a site's figures of days, OSError, duckdb.Error.
        """
        self._check(site_id, draft)
        with self._lock:
            before = self.files(site_id)
            number = max((file.number for file in before), default=0) + 1
            name = name_of(number, known_by, known_by[16:])
            self.put(site_id, draft, name)
            added = next(f.days for f in self.files(site_id) if f.path.name == name)
            for file in before:
                if file.days <= added and not self.is_held(file.path):
                    self.remove(site_id, file.path)
        return sorted(added)

    def put(self, site_id: str, draft: Path, name: str) -> None:
        """Gives a finished file its place among a site's. Raises OSError."""
        directory = self.directory(site_id)
        self.root.mkdir(mode=0o700, exist_ok=True)
        directory.mkdir(mode=0o700, exist_ok=True)
        for made in (self.root.parent, self.root):
            sync(made)
        with self._lock:
            draft.chmod(0o600)
            make_durable(draft, directory / name)
            self.look_again(site_id)

    def remove(self, site_id: str, path: Path) -> None:
        """Deletes a file, which may be gone already. Raises OSError."""
        with self._lock:
            path.unlink(missing_ok=True)
            remove_if_empty(path.parent)
            self._gone.pop(path, None)
            self.look_again(site_id)

    def take_away(self, site_id: str, period: Period) -> None:
        """Leaves days out of all that is asked for from now on; their files are still there."""
        with self._lock:
            for file in self.files(site_id):
                if any(day in period for day in file.days):
                    self._gone.setdefault(file.path, []).append(period)
            self._known.pop(site_id, None)

    def is_held(self, path: Path) -> bool:
        """Whether somebody reads a file."""
        with self._lock:
            return self._held[path] > 0

    def days_in(self, path: Path) -> frozenset[date]:
        """The days that a file holds. Raises duckdb.Error."""
        return frozenset(day for (day,) in self._rows(DAYS, path))

    def _release(self, paths: list[Path]) -> None:
        with self._lock:
            self._held.subtract(paths)
            self._held += Counter()

    def look_again(self, site_id: str) -> None:
        """Finds out anew what a site has."""
        directory = self.directory(site_id)
        self._files[directory.name] = _named_files(directory)
        self._known.pop(site_id, None)

    def _looked_at(self, file: ImportedFile) -> ImportedFile | None:
        try:
            days = self.days_in(file.path)
        except duckdb.Error as error:
            log.error("Imported figures cannot be read", file=str(file.path), reason=str(error))
            return None
        gone = self._gone.get(file.path, ())
        return replace(file, days=frozenset(d for d in days if not any(d in p for p in gone)))

    def _site_of(self, file: ImportedFile) -> str | None:
        """The site that a file says it is of, which a directory's name may have cut short."""
        name = file.path.parent.name
        if "~" not in name:
            return name.removeprefix("site_id=")
        try:
            return next((str(site) for (site,) in self._rows(SITES, file.path)), None)
        except duckdb.Error:
            return None

    def _check(self, site_id: str, draft: Path) -> None:
        try:
            types = dict(self._rows(TYPES, draft))
            sites = [site for (site,) in self._rows(SITES, draft)]
        except duckdb.Error as error:
            raise MallardError(f"the figures cannot be read: {error}") from error
        if types != COLUMNS or sites != [site_id]:
            raise MallardError(f"that is not a file of figures of days of {site_id}")

    def _rows(self, sql: str, path: Path) -> list[tuple[Any, ...]]:
        with self.database.reader() as connection:
            found: list[tuple[Any, ...]] = connection.execute(
                sql.format(file=quoted_path(path))
            ).fetchall()
        return found


def counting(files: tuple[ImportedFile, ...], period: Period) -> Shares:
    """Of which file each day of a period counts: each day once, of the latest import."""
    ranked = sorted(files, key=lambda file: file.rank)
    latest = {day: file.path for file in ranked for day in file.days if day in period}
    paths = dict.fromkeys(latest.values())
    return tuple((p, tuple(sorted(d for d, of in latest.items() if of == p))) for p in paths)


def _named_files(directory: Path) -> list[ImportedFile]:
    """What lies in a site's directory, by number."""
    return [file for path in entries(directory, ".parquet") if (file := named(path)) is not None]
