"""Streams of bytes: files and archives pass through in pieces, never as a whole."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

CHUNK_BYTES = 1 << 16

Pieces = Generator[bytes, None, None]
"""Closing it early lets go of everything that it holds."""


class Begun:
    """Pieces whose first one has been asked for: what fails before it, fails at once."""

    def __init__(self, pieces: Pieces) -> None:
        self._first = next(pieces, b"")
        self._rest = pieces

    def __iter__(self) -> Iterator[bytes]:
        yield self._first
        yield from self._rest

    def close(self) -> None:
        """Ends the stream where it is."""
        self._rest.close()


def pieces_of(path: Path) -> Pieces:
    """What a file holds."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
