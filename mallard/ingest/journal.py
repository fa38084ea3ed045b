"""The journal: the durable queue between an event's 202 and the store.

An event is on the journal's open segment, by one write(2), before it is answered. A segment is
sealed when it is to be stored, and goes some time after its events have reached Parquet: until
then a copy of the data directory, made file by file under load, still finds each event somewhere.
"""

from __future__ import annotations

import math
import os
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path

from mallard.batch_names import numbered
from mallard.durable import Insist, anywhere, sync
from mallard.folders import DAMAGED_LINES, QUARANTINE, entries
from mallard.ingest.mending import MENDED, SUFFIX, is_sound, mend, spelled_together

JOURNAL = "journal"
"""Where in a data directory it is."""
LINGER_SECS = 600
"""How long a segment stays after its events have reached Parquet."""

MAX_SEALED = 50

_WRITER_POLL_SECS = 0.0002


class NotJournalled(OSError):
    """Events could not be written; nothing of them will ever be read."""


class Segment:
    """One file of the journal; its name is the name of the batch that it becomes.

    Writers take no lock. `entered` and `left` count them in and out, so that whoever seals can wait
    for those that found the segment open: appending to a deque and taking its length are atomic.
    """

    def __init__(self, path: Path, quarantine: Path) -> None:
        self.path = path
        self._quarantine = quarantine
        self.batch = path.name.removesuffix(SUFFIX)
        self.entered: deque[None] = deque()
        self.left: deque[None] = deque()
        self.accepted: deque[None] = deque()
        self.is_torn = False
        self._synced = 0
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._is_closed = False
        self._closing = threading.Lock()

    def write(self, lines: bytes, count: int) -> None:
        """Appends so many lines, all or none, or raises NotJournalled."""
        try:
            written = os.write(self._file, lines)
        except OSError as error:
            raise NotJournalled(error.errno, error.strerror) from error
        if written != len(lines):
            self.is_torn = True
            raise NotJournalled(f"only {written} of {len(lines)} bytes could be written")
        self.accepted.extend([None] * count)

    def finish(self) -> None:
        """Returns when all writers have left and only whole, accepted events are in the file."""
        self._await_writers()
        if self.is_torn or not is_sound(self.path.read_bytes()):
            mend(self.path, self._quarantine)
            self.is_torn = False

    def sync(self) -> None:
        """Waits until everything accepted so far is on the disk."""
        accepted = len(self.accepted)
        with self._closing:
            if accepted > self._synced and not self._is_closed:
                os.fsync(self._file)
                self._synced = accepted

    def close(self) -> None:
        """Closes the file, which stays."""
        self._await_writers()
        with self._closing:
            os.close(self._file)
            self._is_closed = True

    def _await_writers(self) -> None:
        while len(self.left) < len(self.entered):
            time.sleep(_WRITER_POLL_SECS)


class Journal:
    """The segments of a data directory: the open one, sealed ones, and stored ones."""

    def __init__(self, directory: Path, insist: Insist = anywhere) -> None:
        """`insist` raises OSError when the directory is not where it was; no file is made then."""
        directory.mkdir(exist_ok=True)
        self._directory = directory
        self._quarantine = directory.parent / QUARANTINE / DAMAGED_LINES
        self._insist = insist
        self._lock = threading.Lock()
        self._run = f"{time.time_ns():x}-{secrets.token_hex(4)}"
        self._numbers = count(1)
        self._open: Segment | None = None
        self._sealed: list[Segment] = []
        self._stored: list[tuple[Path, float]] = []
        self._has_new_file = False
        self.is_wanted: Callable[[str], bool] = _by_nobody
        """Tells by its name whether a stored segment is needed elsewhere still; it stays then."""

    @property
    def pending(self) -> int:
        """How many accepted events are not in the store."""
        segments = [*self._sealed, self._open]
        return sum(len(segment.accepted) for segment in segments if segment)

    @property
    def size(self) -> int:
        """The bytes of all segments, those already stored included."""
        return sum(path.stat().st_size for path in entries(self._directory, SUFFIX))

    def left_behind(self) -> list[tuple[str, Path]]:
        """Batch name and path of an earlier run's segments, mended, oldest first."""
        for leftover in entries(self._directory, MENDED):
            leftover.unlink()
        paths = entries(self._directory, SUFFIX)
        for path in paths:
            mend(path, self._quarantine)
        return [(path.name.removesuffix(SUFFIX), path) for path in paths]

    def append(self, line: bytes) -> int:
        """Writes an event's line; how many the open segment holds then. Raises NotJournalled."""
        return self._append(line, 1)

    def append_all(self, records: Sequence[bytes]) -> int:
        """As `append` for the JSON of several events, with one write(2): all of them, or none."""
        return self._append(spelled_together(records), len(records))

    def _append(self, lines: bytes, count: int) -> int:
        while True:
            segment = self._open or self._open_segment()
            segment.entered.append(None)
            try:
                if self._open is segment:
                    segment.write(lines, count)
                    return len(segment.accepted)
            finally:
                segment.left.append(None)

    def seal(self) -> list[Segment]:
        """Closes the open segment to writers; all segments that wait to be stored, oldest first.

        While storing fails they do not become more and more: each keeps a file open.
        """
        with self._lock:
            if self._open and self._open.entered and len(self._sealed) < MAX_SEALED:
                self._sealed.append(self._open)
                self._open = None
        return list(self._sealed)

    def stored(self, segment: Segment) -> None:
        """Notes that the store holds a sealed segment."""
        with self._lock:
            self._sealed.remove(segment)
            segment.close()
        self.keep_for_now(segment.path)

    def set_aside(self, path: Path) -> None:
        """Moves a segment to the damaged lines, as nothing of it can be stored. Raises OSError."""
        self._quarantine.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.replace(self._quarantine / path.name)

    def keep_for_now(self, path: Path) -> None:
        """Leaves a stored segment to `discard_stored`."""
        self._stored.append((path, time.monotonic()))

    def stored_segments(self) -> list[tuple[str, Path]]:
        """Batch name and path of the segments that are stored and not discarded yet."""
        return [(path.name.removesuffix(SUFFIX), path) for path, _ in self._stored]

    def discard_stored(
        self, linger_secs: float = LINGER_SECS, stored_before: float = math.inf
    ) -> None:
        """Deletes segments stored at least `linger_secs` ago.

        Only for those whose events are no longer in the hot table: they were `stored_before` it was
        moved, on the monotonic clock.
        """
        deadline = min(time.monotonic() - linger_secs, stored_before)
        staying = []
        for path, stored_at in self._stored:
            if stored_at > deadline or self.is_wanted(path.name.removesuffix(SUFFIX)):
                staying.append((path, stored_at))
            else:
                path.unlink(missing_ok=True)
        self._stored = staying

    def sync(self) -> None:
        """Puts every accepted event on the disk, so that a loss of power cannot take it."""
        with self._lock:
            segments = [*self._sealed, *([self._open] if self._open else [])]
            has_new_file, self._has_new_file = self._has_new_file, False
        for segment in segments:
            segment.sync()
        if has_new_file:
            sync(self._directory)

    def close(self) -> None:
        """Lets go of the open segment; an empty one is deleted."""
        with self._lock:
            segment, self._open = self._open, None
        if segment:
            segment.close()
            if not segment.accepted:
                segment.path.unlink()

    def _open_segment(self) -> Segment:
        with self._lock:
            if self._open is None:
                batch = numbered(self._run, next(self._numbers))
                try:
                    self._insist()
                    self._open = Segment(self._directory / f"{batch}{SUFFIX}", self._quarantine)
                    self._has_new_file = True
                except OSError as error:
                    raise NotJournalled(error.errno, error.strerror or str(error)) from error
            return self._open


def _by_nobody(_: str) -> bool:
    return False
