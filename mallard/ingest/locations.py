"""Where an address is: by a database that may be replaced at any time, or a built-in table."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Literal, NamedTuple

import maxminddb
import structlog

from mallard.durable import Insist, anywhere
from mallard.ingest.builtin_countries import builtin_country
from mallard.ingest.place_records import NOWHERE, Location, place
from mallard.texts.said import said

log = structlog.get_logger("mallard.ingest.locations")

Locate = Callable[[str, str | None], Location]
"""Where an address is; beside it goes the country that a header tells, if one does."""
Source = Literal["database", "builtin", "none"]
"""What tells countries, where no header does."""
COPY_NAME = ".locations.mmdb"


SAMPLE = 1000
"""So many records of a database are looked at for a country."""


class _Version(NamedTuple):
    """Tells one state of the database file from another."""

    modified_ns: int
    changed_ns: int
    size: int
    inode: int


class Locations:
    """Answers from the newest readable state of the database file.

    What that cannot tell is the country that a CDN's header told, or else that of the built-in
    table, if it is wanted.
    """

    def __init__(
        self,
        path: Path | None,
        precision: str,
        private_copy_dir: Path,
        insist: Insist = anywhere,
        has_builtin: bool = False,
    ) -> None:
        self._path = path
        self._builtin = builtin_country if has_builtin else None
        self._precision = precision
        self._insist = insist
        self._copy = private_copy_dir / COPY_NAME
        self._version: _Version | None = None
        self._complaint = ""
        self._locate: Callable[[str], Location] | None = None
        self.trouble: str | None = None
        """Why a database that is there answers nothing."""
        self.refresh()

    @property
    def loaded(self) -> bool:
        """Whether there is a database to answer from."""
        return self._locate is not None

    @property
    def source(self) -> Source:
        """What answers now."""
        if self._precision == "none":
            return "none"
        if self.loaded:
            return "database"
        return "builtin" if self._builtin else "none"

    def lookup(self, address: str, told: str | None = None) -> Location:
        """Where the address is, `told` the country in a trusted header; None is not known."""
        if self._precision == "none":
            return NOWHERE
        locate = self._locate
        found = locate(address) if locate else NOWHERE
        if found is not NOWHERE and found.country_code:
            return found
        if told:
            return Location(told)
        return found if locate or self._builtin is None else self._builtin(address)

    def refresh(self) -> None:
        """Follow the file: call it every few seconds, from one thread. Raises OSError."""
        if self._path is None:
            return
        version = _version(self._path)
        if version is None:
            self._version, self._locate, self.trouble = None, None, None
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
        self.trouble = _trouble(path, reader)
        if self.trouble:
            self._locate = None
            self._complain("wrong", self.trouble)
            return
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
        self._has_districts = reader.metadata().database_type.startswith("DBIP")

    def __call__(self, address: str) -> Location:
        try:
            record = self._reader.get(address)
        except (ValueError, TypeError, maxminddb.InvalidDatabaseError):
            return NOWHERE  # no address, one of the wrong family, or a damaged record
        return place(record, self._precision, self._has_districts)


def _trouble(path: Path, reader: maxminddb.Reader) -> str | None:
    """What is wrong with a database none of whose first records has a country."""
    try:
        records = [record for _, record in islice(reader, SAMPLE)]
    except (ValueError, maxminddb.InvalidDatabaseError):
        return None  # damaged in parts: what can be read is used
    if not records or any(place(record, "city") != NOWHERE for record in records):
        return None
    kind = reader.metadata().database_type
    return said(
        "the location database %(name)s (%(kind)s) holds no countries: geoip_db_path needs a"
        " database of cities or countries",
        name=path.name,
        kind=kind,
    )


def _version(path: Path) -> _Version | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return _Version(status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)
