"""A node at work: in turns it hands over what it has collected and takes in what the others have.

Collecting does not know of it, and waits for nothing here.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol

import structlog

from mallard.cluster import shared_files
from mallard.cluster.catalog import Catalog, CatalogGone
from mallard.cluster.cleaning import Cleaner
from mallard.cluster.erasing import EraseHere, Erasing
from mallard.cluster.following import Follower
from mallard.cluster.joining import Applicant, NotAdmitted, admit, insist_on_storage
from mallard.cluster.lake_process import LakeProcess
from mallard.cluster.membership import membership
from mallard.cluster.publishing import Publisher
from mallard.cluster.shared_register import SharedRegister
from mallard.cluster.shared_salts import SharedSalts
from mallard.ingest.arrivals import Arrivals
from mallard.ingest.flusher import Flusher
from mallard.ingest.journal import Journal
from mallard.ingest.salts import Salts
from mallard.metrics.health import InCluster
from mallard.model import MallardError, Period
from mallard.store.deletion.days import Deleted
from mallard.store.store import Store

log = structlog.get_logger("mallard.cluster")

STOP_SECS = 10
"""How long a turn under way may keep a stop waiting."""


class Limit(Protocol):
    """Of what so many servers have an equal part each."""

    servers: int


class Node:
    """One server of several. Its troubles are told; they stop nothing but its own turns."""

    def __init__(
        self,
        applicant: Applicant,
        store: Store,
        journal: Journal,
        flusher: Flusher,
        register: SharedRegister,
    ) -> None:
        self.register = register
        """What is decided on any node."""
        self._applicant = applicant
        self._store = store
        self._flusher = flusher
        self._catalog: Catalog | None = None
        address = applicant.cluster.catalog or ""
        self._lake = LakeProcess(applicant.beginning)
        self._erasing = Erasing(address, applicant.settings.data_dir, applicant.clock)
        self._follower = Follower(
            store, applicant.storage, self._erasing, flusher.roll, applicant.clock
        )
        self._publisher = Publisher(
            applicant.node,
            applicant.storage,
            journal,
            self._lake,
            self._follower.know,
            self._erasing.done,
        )
        self._cleaner = Cleaner(
            applicant.node,
            applicant.storage,
            self._lake,
            self._erasing,
            timedelta(seconds=applicant.cluster.publish_interval_secs),
            applicant.settings.retention_days,
        )
        journal.is_wanted = self._publisher.is_wanted
        self._limits: Sequence[Limit] = ()
        self.servers = 1
        """How many nodes are up, as far as this one has heard."""
        self.salts: SharedSalts | None = None
        """What shares the salts of visitor ids, where they are random."""
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._trouble: str | None = None
        self._whole_at: datetime | None = None

    def join(self) -> None:
        """Becomes a node, or goes on as one while PostgreSQL is away. Raises MallardError.

        What was erased while it was away is erased here before anybody can ask for it.
        """
        data_dir = self._applicant.settings.data_dir
        known = membership(data_dir)
        try:
            catalog = Catalog(self._applicant.cluster.catalog or "")
            try:
                self._ask_in(catalog)
                self.register.join(catalog)
                troubles = self._tried(self._catch_up, catalog)
                if self.salts is not None:
                    troubles += self._tried(self.salts.wait, catalog)
                self._trouble = "; ".join(troubles) or None
            finally:
                catalog.close()
        except CatalogGone as error:
            if known is None:
                raise NotAdmitted(f"cluster.catalog: {error}; a first start needs it") from error
            self._trouble = str(error)
            log.warning("Collecting without the cluster for now", error=str(error.__cause__))

    def erases_by(self, erase_here: EraseHere) -> None:
        """What erases in this node's own directory what any node has erased."""
        self._erasing.erase_here = erase_here

    def keeps_from(self, kept_from: Callable[[], date | None]) -> None:
        """What tells the first day of those that this node keeps."""
        self._follower.kept_from = kept_from
        self._cleaner.kept_from = kept_from

    def tells(self, arrivals: Arrivals) -> None:
        """What is to know who was at other nodes lately."""
        self._follower.learn = arrivals.learn

    def divides(self, limits: Sequence[Limit]) -> None:
        """What of each is a part of a limit that all nodes have together."""
        self._limits = limits

    def shares(self, salts: Salts, forget_ids: Callable[[], object]) -> None:
        """Shares the salts of visitor ids, where they are random; `forget_ids` as SharedSalts."""
        if self._applicant.settings.visitor_salts == "random":
            self.salts = SharedSalts(self._applicant, salts, forget_ids)

    def erase(self, sites: Sequence[str], period: Period) -> list[Deleted]:
        """Erases days of sites on all nodes; what went here. Raises Unavailable.

        A node that is away does it when it is back, before it takes or hands over anything.
        """
        return self._erasing.erase(sites, period, self._follower.take_again)

    def start(self) -> None:
        """Begins to take turns."""
        self._thread = threading.Thread(target=self._run, name="cluster", daemon=True)
        self._thread.start()
        self.register.start()
        if self.salts is not None:
            self.salts.start()

    def stop(self) -> None:
        """Ends the turns; one under way is given a moment."""
        self._stop.set()
        self.register.stop()
        if self.salts is not None:
            self.salts.stop()
        if self._thread is not None:
            self._thread.join(STOP_SECS)

    def finish(self) -> None:
        """Hands over what came last, if that can be done at once; else it is after a start."""
        if self._thread is not None and self._thread.is_alive():
            self._lake.kill()
            return
        if self._catalog is not None:
            try:
                self._publisher.publish(self._catalog)
                self._tell(self._catalog)
            except (MallardError, OSError) as error:
                log.warning("What came last is handed over after the next start", error=str(error))
            self._catalog.close()
        self._lake.close()

    def take_turn(self) -> None:
        """Hands over what is there and takes in what is new. What is wrong is noted as trouble."""
        try:
            self._flusher.flush()
            catalog = self._connected()
            troubles = self._tried(self._catch_up, catalog)
            troubles += self._tried(self._publisher.publish, catalog)
            troubles += self._tried(self._follower.follow, catalog)
            troubles += self._tried(self._cleaner.clean, catalog)
            # Nothing of these may have to read or write there.
            troubles = troubles or self._tried(self._look_at_storage, catalog)
            self._tell(catalog)
        except (MallardError, OSError) as error:
            self._disconnect()
            troubles = [str(error)]
        if not troubles:
            self._whole_at = self._applicant.clock()
        self._note("; ".join(dict.fromkeys(troubles)) or None)

    def state(self) -> InCluster:
        """What /health/detailed says of it."""
        salts = self.salts.trouble() if self.salts else None
        troubles = [self._trouble, self.register.trouble(), salts]
        return InCluster(
            node=self._applicant.node,
            trouble="; ".join(dict.fromkeys(filter(None, troubles))) or None,
            whole_at=self._whole_at.isoformat(timespec="seconds") if self._whole_at else None,
            batches_waiting=self._publisher.waiting(),
            erasures_waiting=self._erasing.waiting(),
        )

    def _ask_in(self, catalog: Catalog) -> None:
        """Becomes or stays a node, also after a start that was cut short. Raises NotAdmitted."""
        admit(self._applicant, catalog, bool(self._store.sites()))

    def _connected(self) -> Catalog:
        """The record; after each new connection nothing that it said before is believed."""
        if self._catalog is None:
            catalog = Catalog(self._applicant.cluster.catalog or "")
            try:
                self._ask_in(catalog)
                self._publisher.doubt()
                self._follower.doubt(catalog)
            except BaseException:
                catalog.close()
                raise
            self._catalog = catalog
        return self._catalog

    def _tried(self, step: Callable[[Catalog], object], catalog: Catalog) -> list[str]:
        """Takes a step; what is wrong with it, unless it is the record that is gone."""
        try:
            step(catalog)
        except CatalogGone:
            raise
        except (MallardError, OSError) as error:
            return [str(error)]
        return []

    def _catch_up(self, catalog: Catalog) -> None:
        self._erasing.catch_up(catalog, self._follower.take_again)

    def _look_at_storage(self, _: Catalog) -> None:
        if known := membership(self._applicant.settings.data_dir):
            insist_on_storage(self._applicant, known.cluster)

    def _tell(self, catalog: Catalog) -> None:
        catalog.report(
            self._applicant.node,
            self._follower.followed,
            self._publisher.waiting(),
            self._erasing.done(),
            self._applicant.settings.retention_days,
        )
        self.servers = max(1, shared_files.live(catalog, self._cleaner.seen))
        for limit in self._limits:
            limit.servers = self.servers

    def _disconnect(self) -> None:
        catalog, self._catalog = self._catalog, None
        if catalog is not None:
            catalog.close()

    def _note(self, trouble: str | None) -> None:
        if trouble != self._trouble:
            if trouble is None:
                log.info("The cluster is whole again")
            else:
                log.error("The cluster is not whole for this node", reason=trouble)
        self._trouble = trouble

    def _run(self) -> None:
        interval_secs = self._applicant.cluster.publish_interval_secs
        due = time.monotonic()
        while not self._stop.wait(max(0.0, due - time.monotonic())):
            due = time.monotonic() + interval_secs
            try:
                self.take_turn()
            except Exception as error:
                self._disconnect()
                self._note("the server's log says why")
                log.error("A turn ended early", error=repr(error))
