"""Takes out of the shared files what was erased: one node does it for all, and any other can go on.

A file that holds some of it is replaced by one that does not, in one commit; where nothing is left,
it only goes. What has gone from the lake is deleted from the storage when nobody is at it still.
Two nodes at once do no harm: the record refuses whoever replaces what is replaced already.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import date, timedelta

import structlog

from mallard.cluster import shared_files
from mallard.cluster.catalog import Catalog
from mallard.cluster.erasing import Erasing
from mallard.cluster.lake_process import LakeProcess
from mallard.cluster.orders import Expiring, Replacing
from mallard.cluster.shared_files import Holding
from mallard.cluster.storage import Storage
from mallard.store.deletion.trash import KEPT
from mallard.store.parquet.gone import Gone

log = structlog.get_logger("mallard.cluster.cleaning")

SEEN = timedelta(minutes=1)
"""Of the nodes that were seen in the last turns and so lately the first one sees to the files."""
STAYS = timedelta(minutes=20)
"""How long a file stays in the storage: twice as long as a PostgreSQL may forget what it noted, and
far longer than any transaction."""
MOST_LOOKED_AT = 500
MOST_REPLACED = 20
"""No more in a turn, so that it does not keep handing over and taking in waiting."""


class Cleaner:
    """Sees to the shared files."""

    def __init__(
        self,
        node: str,
        storage: Storage,
        lake: LakeProcess,
        erasing: Erasing,
        interval: timedelta,
        retention_days: int,
    ) -> None:
        """`interval` is the time from one turn to the next."""
        self.kept_from: Callable[[], date | None] = lambda: None
        """The first day of those that this node keeps."""
        self._retention_days = retention_days
        self._old_days_gone: date | None = None
        self._node = node
        self._storage = storage
        self._lake = lake
        self._erasing = erasing
        self.seen = SEEN + 3 * interval
        """Who was heard of within this is up."""
        self.stays = STAYS

    def clean(self, catalog: Catalog) -> None:
        """Does some of what is to be done. Raises NotAdded, CatalogGone, OSError."""
        if shared_files.is_first(catalog, self._node, self.seen):
            self._erase(catalog)
            self._let_go_of_old_days(catalog)
            self._delete_gone(catalog)
            self._delete_unused(catalog)

    def _erase(self, catalog: Catalog) -> None:
        """What is erased on this node is erased in the files, and noted for each."""
        number, replaced = self._erasing.done(), 0
        while found := shared_files.not_erased(catalog, number, MOST_LOOKED_AT):
            clean = []
            for file in found:
                gone = self._erasing.gone_between(file.erased, number)
                if not (gone := [one for one in gone if file.may_hold(one)]):
                    clean.append(file.file)
                    continue
                if replaced == MOST_REPLACED:
                    break
                replaced += 1
                if not self._replace(catalog, file, gone, number):
                    clean.append(file.file)
            shared_files.note_erased(catalog, clean, number)
            if replaced == MOST_REPLACED:
                return

    def _let_go_of_old_days(self, catalog: Catalog) -> None:
        """What no node keeps, nor has in its trash, goes, once a day.

        This node's clock has to say so, which it believes for its reasons, and PostgreSQL's.
        """
        kept_from, days = self.kept_from(), shared_files.kept_for_days(catalog)
        if kept_from is None or not days:
            return
        today = min(kept_from + timedelta(days=self._retention_days), catalog.now().date())
        horizon = today - timedelta(days=days) - KEPT
        if horizon == self._old_days_gone:
            return
        old = shared_files.older(catalog, horizon, MOST_REPLACED)
        for file in old:
            self._replace(catalog, file, [Gone(None, date.min, horizon)], file.erased)
        if len(old) < MOST_REPLACED:
            self._old_days_gone = horizon

    def _replace(self, catalog: Catalog, file: Holding, gone: Sequence[Gone], number: int) -> bool:
        """Whether some of a file was gone, so that it is in the lake no more."""
        by = f"{self._node}-{uuid.uuid4().hex}.parquet"
        catalog.announce(by, self._node, file.batches, number, replaces=file.file)
        answer = self._lake.do(Replacing(file.file, by, tuple(gone)))
        if not (answer.gone and answer.events):
            catalog.withdraw(by)
        if answer.gone:
            log.info("Took events out of a shared file", events=answer.gone, left=answer.events)
        return bool(answer.gone)

    def _delete_gone(self, catalog: Catalog) -> None:
        """Deletes what went from the lake long ago; what the lake knows of it goes first."""
        if files := shared_files.gone(catalog, self.stays):
            self._lake.do(Expiring(int(self.stays.total_seconds())))
            for file in files:
                self._storage.delete(file)
            shared_files.forget(catalog, files)
            log.info("Deleted shared files", files=len(files))

    def _delete_unused(self, catalog: Catalog) -> None:
        """Deletes what was announced and not added: it has been handed over again meanwhile."""
        for file in shared_files.withdraw_unused(catalog, self.stays):
            self._storage.delete(file)
