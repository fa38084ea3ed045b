"""Keeps the document in a file, which is replaced whole: after a kill it is the old or the new."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from threading import Lock

import msgspec
import structlog

from mallard.durable import Insist, anywhere, replace_file
from mallard.notices.book import MOST_TROUBLES, MOST_WAITING, Book

FILE = "notices.json"
log = structlog.get_logger("mallard.notices")


class Notebook:
    """The document, in memory and on the disk. It is read when it is first asked for."""

    def __init__(self, data_dir: Path, insist: Insist = anywhere) -> None:
        self._path = data_dir / FILE
        self._drafts = data_dir / "tmp"
        self._insist = insist
        self._lock = Lock()
        self._book: Book | None = None

    @property
    def book(self) -> Book:
        """The document as it is now. Raises OSError."""
        with self._lock:
            return self._known()

    def reached_at(self, settled: str) -> str:
        """Where this Mallard is reached: as the settings say, else where an Admin last did."""
        return settled or self.book.address

    def change(self, changed: Callable[[Book], Book]) -> None:
        """Replaces the document by what is made of it, on the disk first. Raises OSError."""
        with self._lock:
            before = self._known()
            after = _bounded(changed(before))
            if after != before:
                self._insist()
                self._drafts.mkdir(mode=0o700, exist_ok=True)
                draft = self._drafts / f"mallard-notices.{secrets.token_hex(4)}"
                content = msgspec.json.format(msgspec.json.encode(after)) + b"\n"
                replace_file(self._path, content, draft)
                self._book = after

    def _known(self) -> Book:
        if self._book is None:
            self._book = self._read()
        return self._book

    def _read(self) -> Book:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Book)
        except FileNotFoundError:
            return Book()
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            # Better one report less than every one of the last weeks once more.
            log.error("What was sent cannot be read; it begins anew", file=FILE, error=str(error))
            return Book()


def _bounded(book: Book) -> Book:
    """The document without what is more than it may hold: the oldest goes."""
    if len(book.queue) > MOST_WAITING:
        log.error("Too many notices wait; the oldest go", waiting=len(book.queue))
    return msgspec.structs.replace(
        book, queue=book.queue[-MOST_WAITING:], troubles=book.troubles[-MOST_TROUBLES:]
    )
