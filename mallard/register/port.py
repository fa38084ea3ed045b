"""What keeps documents, whatever it keeps them in: nobody overwrites what he has not seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from mallard.model import MallardError


@dataclass(frozen=True, slots=True)
class Document:
    """The document of a site as it is kept."""

    content: bytes
    version: str
    """Another one for any other content."""
    place: str
    """Where a person finds it."""


class Changed(MallardError):
    """The document is not the one that was to be replaced: somebody else was quicker."""


class Register(Protocol):
    """Documents by the ids of sites. Anything here raises OSError where they cannot be reached."""

    def all(self) -> list[Document]:
        """Every document there is, in a fixed order."""

    def read(self, site_id: str) -> Document | None:
        """The document of a site as it is at this moment."""

    def replace(self, site_id: str, content: bytes, version: str | None) -> Document:
        """Puts this in the place of that version, None for no document, whole or not at all.

        Raises Changed.
        """

    def delete(self, site_id: str, version: str) -> None:
        """Deletes the document if it is of that version. Raises Changed."""
