"""Where an address is, by a MaxMind database that the operator may replace at any time."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import maxminddb
import structlog

from mallard.durable import Insist, anywhere

log = structlog.get_logger("mallard.ingest.locations")

COPY_NAME = ".locations.mmdb"


@dataclass(frozen=True, slots=True)
class Location:
    """A place, as exact as the settings allow; the country is its ISO 3166 code."""

    country_code: str | None = None
    region: str | None = None
    city: str | None = None


NOWHERE = Location()


class _Version(NamedTuple):
    """Tells one state of the database file from another."""

    modified_ns: int
    changed_ns: int
    size: int
    inode: int


class Locations:
    """Answers from the newest readable state of the database file."""

    def __init__(
        self,
        path: Path | None,
        precision: str,
        private_copy_dir: Path,
        insist: Insist = anywhere,
    ) -> None:
        self._path = path
        self._precision = precision
        self._insist = insist
        self._copy = private_copy_dir / COPY_NAME
        self._version: _Version | None = None
        self._complaint = ""
        self._locate: Callable[[str], Location] | None = None
        self.refresh()

    @property
    def loaded(self) -> bool:
        """Whether there is a database to answer from."""
        return self._locate is not None

    def lookup(self, address: str) -> Location:
        """Where the address is; all None when that is not known or not wanted."""
        locate = self._locate
        if locate is None or self._precision == "none":
            return NOWHERE
        return locate(address)

    def refresh(self) -> None:
        """Follow the file: call it every few seconds, from one thread. Raises OSError."""
        if self._path is None:
            return
        version = _version(self._path)
        if version is None:
            self._version, self._locate = None, None
            self._complain("absent", "the location database is missing: countries stay unknown")
        elif version != self._version:
            self._insist()
            self._reopen(self._path, version)

    def _reopen(self, path: Path, version: _Version) -> None:
        try:
            reader = self._open_copy(path)
        except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
            if _version(path) == version:
                self._version = version
                self._complain("broken", "the location database is not readable", reason=str(error))
            return
        if _version(path) != version:
            return  # it changed while it was copied: the next refresh takes it
        self._version, self._complaint = version, ""
        # Never closed by hand: a thread may be looking something up. The last one frees it.
        self._locate = lru_cache(maxsize=4096)(_Locator(reader, self._precision))
        log.info("location database opened", path=str(path), built=reader.metadata().build_epoch)

    def _open_copy(self, path: Path) -> maxminddb.Reader:
        # The mapped file must be one that nobody can truncate: reading beyond the end of a mapped
        # file kills the process. Hence a copy of our own, without a name once it is open.
        self._copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._copy.unlink(missing_ok=True)
        try:
            descriptor = os.open(self._copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with path.open("rb") as source, open(descriptor, "wb") as copy:
                shutil.copyfileobj(source, copy, 1 << 20)
            return maxminddb.open_database(self._copy, maxminddb.MODE_AUTO)
        finally:
            self._copy.unlink(missing_ok=True)

    def _complain(self, complaint: str, message: str, **facts: str) -> None:
        if complaint != self._complaint:
            self._complaint = complaint
            log.warning(message, path=str(self._path), **facts)


class _Locator:
    """Turns an address into a location with one open database."""

    def __init__(self, reader: maxminddb.Reader, precision: str) -> None:
        self._reader = reader
        self._precision = precision

    def __call__(self, address: str) -> Location:
        try:
            record = self._reader.get(address)
        except (ValueError, TypeError, maxminddb.InvalidDatabaseError):
            return NOWHERE  # no address, one of the wrong family, or a damaged record
        country = _text(record, "country", "iso_code") or _text(
            record, "registered_country", "iso_code"
        )
        if self._precision == "country":
            return Location(country)
        region = _text(record, "subdivisions", 0, "names", "en")
        city = _text(record, "city", "names", "en") if self._precision == "city" else None
        return Location(country, region, city)


def _text(record: object, *keys: str | int) -> str | None:
    found = record
    for key in keys:
        if isinstance(found, dict):
            found = found.get(key)
        elif isinstance(found, list) and isinstance(key, int) and key < len(found):
            found = found[key]
        else:
            return None
    return found if isinstance(found, str) and found else None


def _version(path: Path) -> _Version | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return _Version(status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)
