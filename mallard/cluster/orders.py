"""What the lake's process is asked for, and what it answers."""

from __future__ import annotations

from datetime import date

import msgspec

from mallard.store.parquet.gone import Gone


class Beginning(msgspec.Struct, frozen=True):
    """The first line: where all of it is.

    What does not fit into memory is in the `scratch` directory, which is this process's alone.
    """

    catalog: str
    storage: str
    scratch: str


class Order(msgspec.Struct, frozen=True, tag="add"):
    """Segments, each named after its batch, to be written to one file, which the lake then gets."""

    file: str
    segments: tuple[str, ...]


class Replacing(msgspec.Struct, frozen=True, tag="replace"):
    """A file to be taken out of the lake, and another one to be added that has what is not gone."""

    file: str
    by: str
    gone: tuple[Gone, ...]


class Expiring(msgspec.Struct, frozen=True, tag="expire"):
    """That nobody looks back further than so many seconds, so that what is gone can be deleted."""

    older_secs: int


class Part(msgspec.Struct, frozen=True):
    """A file of a data directory's tree: whose it is, as which batch, and of how many events."""

    path: str
    site_id: str
    day: date
    batch: str
    events: int


class Adopting(msgspec.Struct, frozen=True, tag="adopt"):
    """Files of a tree, to be copied to one file, which the lake then gets."""

    file: str
    parts: tuple[Part, ...]


AnyOrder = Order | Replacing | Expiring | Adopting


class Answer(msgspec.Struct, frozen=True):
    """What became of it: how many events a file has, and how many went; an error if it failed."""

    error: str | None = None
    events: int = 0
    gone: int = 0
