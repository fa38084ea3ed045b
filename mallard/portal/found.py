"""What an upstream has found, on its way to the client."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol


class Body(Protocol):
    """The content in pieces, which must be closed."""

    def __iter__(self) -> Iterator[bytes]: ...

    def close(self) -> None:
        """Lets go of where the content comes from."""


@dataclass(frozen=True, slots=True)
class Span:
    """A part of an open file, which stands at the part's beginning."""

    file: BinaryIO
    length: int

    def __iter__(self) -> Iterator[bytes]:
        left = self.length
        while left and (piece := self.file.read(min(left, PIECE_BYTES))):
            left -= len(piece)
            yield piece

    def close(self) -> None:
        """Closes the file."""
        self.file.close()


@dataclass(frozen=True, slots=True)
class Nothing:
    """No content."""

    def __iter__(self) -> Iterator[bytes]:
        return iter(())

    def close(self) -> None:
        """There is nothing to let go of."""


PIECE_BYTES = 1 << 18


@dataclass(frozen=True, slots=True)
class Found:
    """An answer: its status, the headers that tell of its content, and the content."""

    status: int
    headers: dict[str, str]
    body: Body
