"""Histories that come as uploads: gathered in pieces, read on trial, then imported, one at a time.

What lies in the scratch of the data directory goes with the next start; what nobody has asked
after for an hour goes then.
"""

from __future__ import annotations

import enum
import re
import secrets
from collections.abc import Callable, Collection
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path
from shutil import disk_usage
from threading import Lock, Thread

import duckdb
import structlog

from mallard.model import MallardError
from mallard.priorities import yield_to_others
from mallard.store.engine.scratch import Scratch
from mallard.texts.said import Grouped, changed, said, words_of

log = structlog.get_logger("mallard.transfer.uploads")

MOST_BYTES = 4 << 30
LEAST_FREE_BYTES = 1 << 30
MOST_FILES = 50
IDLE_SECS = 3600
PATIENCE_SECS = 120
"""So long nobody else can begin while pieces come."""
MOST_COMPLAINTS = 20
MOST_OF_A_NAME = 120

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


class UploadRefused(MallardError):
    """What cannot be taken, or not now; the text says why."""


class State(enum.StrEnum):
    """How far an upload has come."""

    RECEIVING = "receiving"
    READING = "reading"
    READ = "read"
    IMPORTING = "importing"
    DONE = "done"
    FAILED = "failed"


RUNNING = (State.READING, State.IMPORTING)
STATES = {
    State.RECEIVING: said("receiving"),
    State.READING: said("reading"),
    State.READ: said("read"),
    State.IMPORTING: said("importing"),
    State.DONE: said("done"),
    State.FAILED: said("failed"),
}
"""What they are called."""


@dataclass(slots=True)
class Upload:
    """Files of one history, and what is known of it."""

    id: str
    site_id: str
    directory: Path
    touched: float
    state: State = State.RECEIVING
    names: dict[str, str] = field(default_factory=dict)
    """What each file is called here, by the name that it came under."""
    sizes: dict[str, int] = field(default_factory=dict)
    """How much of each is there, by what it is called here."""
    lines: list[str] = field(default_factory=list)
    """What a trial, or the import, has to say."""
    complaints: list[str] = field(default_factory=list)
    done: float = 0.0
    """The share of the import that is done."""
    holds: ExitStack = field(default_factory=ExitStack)

    @property
    def paths(self) -> list[Path]:
        """Its files."""
        return [self.directory / name for name in self.sizes]

    @property
    def is_running(self) -> bool:
        """Whether something is done with it right now."""
        return self.state in RUNNING

    def insist_on_room(self) -> None:
        """Raises UploadRefused where the disk is nearly full: what is packed may become large."""
        if disk_usage(self.directory).free < LEAST_FREE_BYTES:
            raise UploadRefused(said("the disk has not enough room for the rest of it"))

    def complain(self, line: str) -> None:
        """Notes what is wrong with a row, unless there is much of it."""
        if len(self.complaints) < MOST_COMPLAINTS:
            self.complaints.append(line)


Act = Callable[[Upload], None]


class Uploads:
    """The one upload that there may be."""

    def __init__(
        self, scratch: Scratch, timer: Callable[[], float], try_out: Act, bring_in: Act
    ) -> None:
        self._scratch = scratch
        self._timer = timer
        self._acts = {State.READING: (try_out, State.READ), State.IMPORTING: (bring_in, State.DONE)}
        self._current: Upload | None = None
        self._lock = Lock()

    def of(self, site_id: str) -> Upload | None:
        """The upload for a site, if there is one."""
        found = self._current
        return found if found is not None and found.site_id == site_id else None

    def begin(self, site_id: str) -> Upload:
        """A new one, instead of one that waits for nothing. Raises UploadRefused, OSError."""
        with self._lock:
            if self._current is not None and self._is_busy(self._current):
                raise UploadRefused(said("another history is on its way; wait until that is done"))
            self._drop()
            holds = ExitStack()
            directory = holds.enter_context(self._scratch.directory())
            self._current = Upload(
                secrets.token_hex(8), site_id, directory, self._timer(), holds=holds
            )
            return self._current

    def take(self, site_id: str, upload_id: str, name: str, offset: int, piece: bytes) -> int:
        """Adds a piece to a file; how large that is now. Raises UploadRefused, OSError.

        A piece that was there already is passed over, so that one can be sent again; what is
        another one is of another file of the same name, and refused.
        """
        with self._lock:
            upload = self._found(site_id, upload_id, (State.RECEIVING,))
            came_as = name.rpartition("/")[2]
            name = upload.names.get(came_as) or _free(came_as, upload.sizes)
            size = upload.sizes.get(name, 0)
            if offset > size:
                raise UploadRefused(
                    said(
                        "%(name)s: a piece is missing behind %(size)s bytes",
                        name=name,
                        size=Grouped(size),
                    )
                )
            if not _is_there(upload.directory / name, offset, piece[: size - offset]):
                raise UploadRefused(said("%(name)s: there are two files of this name", name=name))
            piece = piece[size - offset :]
            self._insist_on_room(upload, name, len(piece))
            with (upload.directory / name).open("ab") as file:
                file.write(piece)
            upload.names[came_as], upload.sizes[name] = name, size + len(piece)
            upload.touched = self._timer()
            return upload.sizes[name]

    def read(self, site_id: str, upload_id: str) -> None:
        """Begins to find out what would come in. Raises UploadRefused."""
        self._start(site_id, upload_id, State.READING, (State.RECEIVING, State.FAILED))

    def start(self, site_id: str, upload_id: str) -> None:
        """Begins to import. Raises UploadRefused."""
        self._start(site_id, upload_id, State.IMPORTING, (State.READ,))

    def discard(self, site_id: str, upload_id: str) -> None:
        """Deletes what was uploaded. Raises UploadRefused."""
        with self._lock:
            self._found(site_id, upload_id, tuple(s for s in State if s not in RUNNING))
            self._drop()

    def sweep(self) -> None:
        """Deletes what nobody has asked after for long."""
        with self._lock:
            found = self._current
            is_idle = found is not None and self._timer() - found.touched > IDLE_SECS
            if found is not None and is_idle and not found.is_running:
                self._drop()

    def _start(self, site_id: str, upload_id: str, state: State, before: tuple[State, ...]) -> None:
        with self._lock:
            upload = self._found(site_id, upload_id, before)
            if not upload.sizes:
                raise UploadRefused(said("choose a file first"))
            upload.state, upload.touched = state, self._timer()
            upload.lines, upload.complaints, upload.done = [], [], 0.0
        Thread(target=self._run, args=(upload,), name="history", daemon=True).start()

    def _run(self, upload: Upload) -> None:
        yield_to_others()
        act, state = self._acts[upload.state]
        try:
            act(upload)
        except (MallardError, OSError, duckdb.Error) as error:
            upload.lines.append(_without_path(error, upload.directory))
            state = State.FAILED
        except Exception:
            log.exception("A history that was uploaded could not be imported")
            upload.lines.append(said("it failed; the log says why"))
            state = State.FAILED
        with self._lock:
            upload.touched = self._timer()
            upload.state = state
            if state is State.DONE:
                upload.holds.close()

    def _found(self, site_id: str, upload_id: str, states: tuple[State, ...]) -> Upload:
        upload = self.of(site_id)
        if upload is None or upload.id != upload_id:
            raise UploadRefused(said("that upload is gone; choose the file again"))
        if upload.state not in states:
            raise UploadRefused(said("it is %(state)s already", state=STATES[upload.state]))
        return upload

    def _is_busy(self, upload: Upload) -> bool:
        is_coming = upload.state is State.RECEIVING and bool(upload.sizes)
        return upload.is_running or (is_coming and self._timer() - upload.touched < PATIENCE_SECS)

    def _insist_on_room(self, upload: Upload, name: str, more: int) -> None:
        if name not in upload.sizes and len(upload.sizes) >= MOST_FILES:
            raise UploadRefused(
                said(
                    "more than %(most)s files; pack them into a zip archive",
                    most=MOST_FILES,
                )
            )
        if sum(upload.sizes.values()) + more > MOST_BYTES:
            raise UploadRefused(
                said("more than %(most)s GB; use mallard import for these", most=MOST_BYTES >> 30)
            )
        if self._scratch.free_bytes() < LEAST_FREE_BYTES + more:
            raise UploadRefused(said("the disk has not enough room for it"))

    def _drop(self) -> None:
        if self._current is not None:
            self._current.holds.close()
            self._current = None


def _free(came_as: str, taken: Collection[str]) -> str:
    """A name for a file that can stand in any directory, and is no other file's of the upload."""
    safe = _UNSAFE.sub("_", came_as)[-MOST_OF_A_NAME:].lstrip(".") or "file"
    others = {name.casefold() for name in taken}
    names = chain((safe,), (f"{number}-{safe}" for number in count(2)))
    return next(name for name in names if name.casefold() not in others)


def _without_path(error: Exception, directory: Path) -> str:
    """What an error says, with the names of files alone, and no more than a line of each text."""
    return changed(
        words_of(error), lambda text: text.partition("\n")[0].replace(f"{directory}/", "")
    )


def _is_there(path: Path, offset: int, piece: bytes) -> bool:
    """Whether a file holds a piece."""
    if not piece:
        return True
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(len(piece)) == piece
