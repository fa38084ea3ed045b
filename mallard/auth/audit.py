"""Who did what, and when: a line for each change of access and settings, never an address.

Lines are appended, each on the disk before the next. What a kill has left of one is cut off at the
next start. Of two files the full one goes when the other is full, so they never hold more than
twice `MOST_BYTES`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from threading import Lock

import msgspec
import structlog

from mallard.durable import Insist, anywhere, sync

log = structlog.get_logger("mallard.auth")

MOST_BYTES = 1 << 20
LONGEST = 300
"""Signs of what is told of each part of a deed."""


class Deed(msgspec.Struct, frozen=True):
    """Somebody's doing."""

    at: datetime
    who: str
    what: str
    of: str
    """The site, person or key that it was about; empty where that goes without saying."""


class AuditList:
    """The deeds of an instance."""

    def __init__(
        self,
        path: Path,
        clock: Callable[[], datetime],
        insist: Insist = anywhere,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._path = path
        self._older = path.with_stem(f"{path.stem}.older")
        self._clock = clock
        self._insist = insist
        self._most_bytes = most_bytes
        self._lock = Lock()
        self._is_whole = False

    def add(self, who: str, what: str, of: str = "") -> None:
        """Notes a deed, durably. It is done already: a full disk is told of in the log alone."""
        at = self._clock().astimezone(UTC).replace(microsecond=0)
        line = msgspec.json.encode(Deed(at, who[:LONGEST], what[:LONGEST], of[:LONGEST])) + b"\n"
        with self._lock:
            try:
                self._insist()
                self._make_room(len(line))
                self._append(line)
            except OSError as error:
                log.error("A change cannot be noted", what=what, error=str(error))

    def latest(self, most: int) -> list[Deed]:
        """The latest deeds, the very last first. Raises OSError."""
        return list(islice(self._backwards(), most))

    def _backwards(self) -> Iterator[Deed]:
        for path in (self._path, self._older):
            try:
                *lines, _ = path.read_bytes().split(b"\n")
            except FileNotFoundError:
                continue
            yield from filter(None, map(_deed, reversed(lines)))

    def _make_room(self, more: int) -> None:
        size = self._mended()
        if size and size + more > self._most_bytes:
            os.replace(self._path, self._older)
            sync(self._path.parent)

    def _mended(self) -> int:
        """The size of the file, without what a kill has left of a line."""
        try:
            if not self._is_whole:
                content = self._path.read_bytes()
                if not content.endswith(b"\n"):
                    os.truncate(self._path, content.rfind(b"\n") + 1)
                self._is_whole = True
            return self._path.stat().st_size
        except FileNotFoundError:
            return 0

    def _append(self, line: bytes) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        # Until all of it is there, the next one must not stand behind a half.
        self._is_whole = False
        try:
            written = os.write(descriptor, line)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if written < len(line):
            raise OSError(f"{self._path.name} took {written} of {len(line)} bytes")
        self._is_whole = True


def _deed(line: bytes) -> Deed | None:
    try:
        return msgspec.json.decode(line, type=Deed)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
