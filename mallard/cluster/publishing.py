"""Hands a node's batches to the others: each is in the lake once, and in the journal until then."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path

import structlog

from mallard.cluster.catalog import Catalog
from mallard.cluster.lake_process import LakeProcess, NotAdded
from mallard.cluster.orders import Order
from mallard.cluster.storage import Storage
from mallard.ingest.journal import LINGER_SECS, Journal

log = structlog.get_logger("mallard.cluster.publishing")

MOST_SEGMENTS = 500
MOST_BYTES = 64 << 20
"""A file is made of no more than this of the journal, or of one segment."""


class Publisher:
    """Adds segments of the journal to the lake, and says when one is needed no more.

    What was noted may be forgotten by a PostgreSQL that is set back a little, so a segment stays
    for a while after it, and `doubt` has all that are left looked up again. `added` is told the
    name of each file; `erased` tells up to which number erasures are done in the journal.
    """

    def __init__(
        self,
        node: str,
        storage: Storage,
        journal: Journal,
        lake: LakeProcess,
        added: Callable[[str], None],
        erased: Callable[[], int],
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._node = node
        self._storage = storage
        self._journal = journal
        self._lake = lake
        self._added = added
        self._erased = erased
        self._timer = timer
        self._noted: dict[str, float] = {}
        """The batches that are in the lake, with the time at which that was seen."""
        self._most = MOST_SEGMENTS
        """Of so many segments the next file is made; fewer after one that could not be added."""

    def is_wanted(self, batch: str) -> bool:
        """Whether the segment of a batch may be needed still."""
        seen = self._noted.get(batch)
        return seen is None or self._timer() - seen < LINGER_SECS

    def waiting(self) -> int:
        """How many stored segments are not known to be in the lake."""
        return len(self._due())

    def doubt(self) -> None:
        """Takes nothing for noted any more."""
        self._noted = {}

    def publish(self, catalog: Catalog) -> None:
        """Adds what is stored and not noted yet, in files of bounded size.

        Raises NotAdded, CatalogGone; what was not added stays where it is.
        """
        while due := self._due():
            there = catalog.noted([batch for batch, _ in due])
            self._note([*there, *(batch for batch, path in due if not path.stat().st_size)])
            due = [(batch, path) for batch, path in due if batch not in self._noted]
            if chosen := _as_many_as_fit(due[: self._most]):
                self._add(catalog, chosen)
        self._forget()

    def _due(self) -> list[tuple[str, Path]]:
        return [
            (batch, path)
            for batch, path in self._journal.stored_segments()
            if batch not in self._noted
        ]

    def _add(self, catalog: Catalog, chosen: list[tuple[str, Path]]) -> None:
        file = f"{self._node}-{uuid.uuid4().hex}.parquet"
        batches = [batch for batch, _ in chosen]
        catalog.announce(file, self._node, batches, self._erased())
        try:
            events = self._lake.add(Order(file, tuple(str(path) for _, path in chosen)))
        except NotAdded:
            # Whatever it is that was too much, it becomes less, down to one segment.
            self._most = max(1, len(chosen) // 2)
            self._look_what_became_of(catalog, file, batches)
            raise
        self._most = min(2 * self._most, MOST_SEGMENTS)
        if not events:
            # All that they held was erased meanwhile.
            catalog.withdraw(file)
            catalog.note_empty(batches)
        self._note(batches)
        self._added(file)

    def _look_what_became_of(self, catalog: Catalog, file: str, batches: list[str]) -> None:
        """Deletes the file where another one has brought its batches; in doubt it stays.

        A commit that is under way may yet take effect, and a file that is in the lake must stay.
        """
        there = catalog.noted(batches)
        self._note(there)
        if there and file not in there.values():
            # One of its batches is another's, so that the lake refuses it for ever.
            catalog.withdraw(file)
            self._storage.delete(file)

    def _note(self, batches: Iterable[str]) -> None:
        now = self._timer()
        self._noted |= dict.fromkeys(batches, now)

    def _forget(self) -> None:
        """Of segments that are gone nothing has to be known."""
        left = {batch for batch, _ in self._journal.stored_segments()}
        self._noted = {batch: seen for batch, seen in self._noted.items() if batch in left}


def _as_many_as_fit(due: list[tuple[str, Path]]) -> list[tuple[str, Path]]:
    """The first ones, which are not too much for one file."""
    chosen: list[tuple[str, Path]] = []
    size = 0
    for batch, path in due:
        size += path.stat().st_size
        if chosen and size > MOST_BYTES:
            break
        chosen.append((batch, path))
    return chosen
