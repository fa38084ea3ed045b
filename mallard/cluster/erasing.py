"""Does in a node's own directory what any node has erased, however late, and each erasure once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

import duckdb
import structlog

from mallard.cluster.catalog import Catalog, CatalogGone
from mallard.cluster.erasures import Erasure, done_up_to, new_erasures, note, noted
from mallard.cluster.membership import change, membership
from mallard.model import MallardError, Period, Unavailable
from mallard.store.deletion.days import Deleted
from mallard.store.parquet.gone import Gone

log = structlog.get_logger("mallard.cluster.erasing")

EraseHere = Callable[[str, Period, datetime], Deleted]
TakeAgain = Callable[[Catalog, datetime], None]


class NotHereYet(Unavailable):
    """An erasure that all nodes know of cannot be done on this one now; it is tried again."""


class Erasing:
    """What the record says is to be erased, and what of it is done here.

    `lock` keeps what is being erased and what is being taken in apart. An erasure takes away all
    that is here of its days, and then brings back what was accepted later: of the journal and of
    files that came since. Only then it is noted as done.
    """

    def __init__(self, address: str, data_dir: Path, clock: Callable[[], datetime]) -> None:
        self._address = address
        self._data_dir = data_dir
        self._clock = clock
        self.lock = threading.RLock()
        self.erase_here: EraseHere = _nothing
        """Erases a site's days in this directory, but for what bears a time from a moment on and
        is in the journal."""
        self._noted: dict[int, Erasure] = {}

    def gone(self, erased: int) -> list[Gone]:
        """What is gone of a file in which the erasures up to a number are done."""
        return [one.gone for number, one in self._noted.items() if number > erased]

    def gone_between(self, erased: int, done: int) -> list[Gone]:
        """What is gone of it where they are to be done up to another number."""
        return [one.gone for number, one in self._noted.items() if erased < number <= done]

    def done(self) -> int:
        """The number up to which all erasures are done here."""
        with self.lock:
            return done_up_to(self._noted, self._done_here())

    def waiting(self) -> int:
        """How many of the erasures that are known are not done here."""
        return len(self._due())

    def erase(self, sites: Sequence[str], period: Period, take_again: TakeAgain) -> list[Deleted]:
        """Notes an erasure for all nodes, and does it here; what went of each site.

        Raises Unavailable.
        """
        with closing(self._reached()) as catalog, self.lock:
            now = max(catalog.now(), self._clock())
            wanted = new_erasures(sites, period, now)
            try:
                note(catalog, wanted)
                deleted = self.catch_up(catalog, take_again)
            except CatalogGone as error:
                raise Unavailable(f"{error}; erase again, it may not be noted") from error
        return [deleted[one.id] for one in wanted]

    def catch_up(self, catalog: Catalog, take_again: TakeAgain) -> dict[str, Deleted]:
        """Does what is not done here yet; to each one's id what went. Raises as `erase`."""
        with self.lock:
            self._look(catalog)
            due = self._due()
            if not due:
                return {}
            try:
                deleted = {
                    one.id: self.erase_here(one.site_id, one.period, one.accepted_before)
                    for one in due
                }
                take_again(catalog, min(one.noted_at for one in due))
                self._note_as_done(due)
            except CatalogGone:
                raise
            except (duckdb.Error, OSError, Unavailable) as error:
                log.error("What was erased for all nodes is not erased here", error=str(error))
                raise NotHereYet(
                    "an erasure is noted for all nodes, and this one does it as soon as it can;"
                    " the log says why it could not yet"
                ) from error
            return deleted

    def _reached(self) -> Catalog:
        try:
            return Catalog(self._address)
        except CatalogGone as error:
            raise Unavailable(f"nothing was erased; {error}") from error

    def _look(self, catalog: Catalog) -> None:
        """Learns what is noted; where PostgreSQL has forgotten what was done here, it is told."""
        self._noted = noted(catalog)
        known = {one.id for one in self._noted.values()}
        if forgotten := [one for one in self._done_here() if one.id not in known]:
            note(catalog, forgotten)
            self._noted = noted(catalog)

    def _due(self) -> list[Erasure]:
        here = {one.id for one in self._done_here()}
        return [one for one in self._noted.values() if one.id not in here]

    def _done_here(self) -> tuple[Erasure, ...]:
        known = membership(self._data_dir)
        return known.erased if known else ()

    def _note_as_done(self, due: Sequence[Erasure]) -> None:
        change(self._data_dir, erased=(*self._done_here(), *due))
        log.info("Erased what was erased for all nodes", erasures=len(due))


def _nothing(_: str, __: Period, ___: datetime) -> Deleted:
    raise MallardError("this node cannot erase anything")
