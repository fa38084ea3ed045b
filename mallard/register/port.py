"""What keeps documents, whatever it keeps them in: nobody overwrites what he has not seen."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from mallard.model import MallardError, Unavailable

INSTANCE = ""
"""The key of the document of the instance itself; no site has such an id."""
PEOPLE = "/people"
"""The key of that of people; nor has any site this one."""
KEYS = "/keys"
"""The key of that of API keys."""
ENTRANCE = "/password"
"""The key of that of the dashboard's one password."""


_SUBJECTS = {
    INSTANCE: "the instance",
    PEOPLE: "people",
    KEYS: "API keys",
    ENTRANCE: "the password",
}


def subject(key: str) -> str:
    """What the document of a key is of, in words."""
    return _SUBJECTS.get(key, key)


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it is kept."""

    content: bytes
    version: str
    """Another one for any other content."""
    place: str
    """Where a person finds it."""


class Changed(MallardError):
    """The document is not the one that was to be replaced: somebody else was quicker."""

    keys: Collection[str] = ()
    """Of which documents, where it is not that one alone."""


class Behind(Changed):
    """Documents of other sites have changed, against which this one is to be checked anew."""

    def __init__(self, keys: Collection[str]) -> None:
        super().__init__("something else has changed meanwhile; try again")
        self.keys = keys


class Unreachable(Unavailable, OSError):
    """Nothing can be decided now; what was decided is known."""


class Register(Protocol):
    """Documents by the ids of sites, and those under the keys above, which are of no site.

    Anything here raises OSError where they cannot be reached.
    """

    def all(self) -> list[Document]:
        """Every document of a site there is, in a fixed order."""

    def read(self, key: str) -> Document | None:
        """The document of a key as it is at this moment."""

    def replace(self, key: str, content: bytes, version: str | None) -> Document:
        """Puts this in the place of that version, None for no document, whole or not at all.

        Raises Changed; where several processes replace documents of sites, Behind, too.
        """

    def delete(self, key: str, version: str) -> None:
        """Deletes the document if it is of that version. Raises Changed."""
