"""The register that all nodes have together: the record decides, and each node keeps a copy.

The copy is the register of a server alone, as files in the node's directory. Whoever asks is
answered from there, so nothing waits for PostgreSQL, and what was decided is known without it. What
somebody decides goes to the record first; the others look there every second.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager

import structlog

from mallard.cluster.catalog import Catalog, CatalogGone
from mallard.cluster.documents import Documents, documents_of
from mallard.cluster.joining import Applicant, NotAdmitted, check_documents
from mallard.cluster.membership import change, membership
from mallard.model import MallardError
from mallard.register.files import BESIDE, Files, version_of
from mallard.register.port import ENTRANCE, Behind, Changed, Document, Unreachable, subject
from mallard.texts.said import said

log = structlog.get_logger("mallard.cluster.register")

LOOK_SECS = 1.0
PATIENCE_SECS = 10.0
"""So long a decision waits for another one, or for a look."""


class SharedRegister:
    """Documents that are those of all nodes. `copy` is this node's, and belongs to this alone."""

    def __init__(self, applicant: Applicant, copy: Files) -> None:
        """Raises BadDocument, OSError."""
        self.heard: Callable[[str], None] = lambda _: None
        """Told of each document that was changed elsewhere, by its key."""
        self.looked: Callable[[Catalog], None] = lambda _: None
        """What is done beside that at each look; it may decide something."""
        self.applicant = applicant
        self._address = applicant.cluster.catalog or ""
        self._data_dir = applicant.settings.data_dir
        self._documents = Documents(applicant.secret)
        self._copy = copy
        self._versions = {key: version_of(one) for key, one in documents_of(copy).items()}
        self._editions: dict[str, str] = {}
        """Those of the record that are in the copy; none are known to be after a start."""
        self._seen: str | None = None
        self._untold: set[str] = set()
        """What is in the copy, and was not told of yet."""
        self._lock = threading.Lock()
        """Holds whoever changes the copy, and what is known of it."""
        self._looking = threading.Lock()
        """Holds whoever looks, by the one connection that there is for it."""
        self._catalog: Catalog | None = None
        self._trouble: str | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cluster register", daemon=True)

    def all(self) -> list[Document]:
        """Every document of a site, as this node knows it. Raises OSError."""
        return self._copy.all()

    def read(self, key: str) -> Document | None:
        """The document of a key, as this node knows it. Raises OSError."""
        return self._copy.read(key)

    def replace(self, key: str, content: bytes, version: str | None) -> Document:
        """Puts this in the place of that version on all nodes. Raises Changed, Behind, Unreachable.

        A document of a site is put only by who has heard of those of all others.
        """
        if self._is_by_itself():
            return self._copy.replace(key, content, version)
        self._decide(key, content, version)
        return self._copy.read(key) or Document(content, version_of(content), subject(key))

    def delete(self, key: str, version: str) -> None:
        """Deletes the document of that version on all nodes. Raises Changed, Unreachable."""
        if self._is_by_itself():
            self._copy.delete(key, version)
        else:
            self._decide(key, None, version)

    def join(self, catalog: Catalog) -> None:
        """Takes in what was decided. Raises NotAdmitted, MallardError, OSError.

        Where nothing ever was, it is what this node brings; else that has to be the same.
        """
        with self._alone():
            self._take_in_news(catalog)
        self._tell()

    def start(self) -> None:
        """Begins to look."""
        self._thread.start()

    def stop(self) -> None:
        """Ends that. Nothing is lost by a look that is cut short."""
        self._stop.set()
        if not self._thread.is_alive():
            self._disconnect()

    def trouble(self) -> str | None:
        """Why this node may not know what the others have decided; None while it does."""
        return self._trouble

    def hear(self) -> None:
        """Looks at once, unless there is trouble: somebody is about to decide by what is known."""
        is_well = self._trouble is None and not self._stop.is_set()
        if is_well and self._looking.acquire(timeout=LOOK_SECS):
            try:
                self._look()
            finally:
                self._looking.release()

    def look(self) -> None:
        """Takes in what others have decided; what is wrong with it is told as trouble."""
        with self._looking:
            self._look()

    def _look(self) -> None:
        was_connected = self._catalog is not None
        try:
            if self._catalog is None:
                self._catalog = Catalog(self._address)
            # First that, then the news: who signs in knows of a password that was changed before.
            self.looked(self._catalog)
            if self._documents.newest(self._catalog) != self._seen or self._untold:
                self.join(self._catalog)
            self._trouble = None
        except (MallardError, OSError) as error:
            self._disconnect()
            if was_connected and isinstance(error, CatalogGone):
                self._look()  # it may be that connection alone
            else:
                self._trouble = str(error)

    def _is_by_itself(self) -> bool:
        """Whether this directory is no node's yet, and decides by itself."""
        return membership(self._data_dir) is None

    def _decide(self, key: str, content: bytes | None, version: str | None) -> None:
        is_asked = False
        try:
            with self._alone(), closing(Catalog(self._address)) as catalog:
                edition = None
                while edition is None:
                    self._take_in_news(catalog)
                    self._check(key, content, version)
                    is_asked = True
                    edition = self._documents.decide(catalog, self._seen, {key: content})
                self._keep(key, content, edition)
                self._seen = edition
        except (Changed, Unreachable):
            raise
        except (MallardError, OSError) as error:
            log.error("Something could not be decided for all nodes", of=key, error=str(error))
            why = error if isinstance(error, MallardError) else said("the disk cannot be written")
            if is_asked:
                raise Unreachable(
                    said("it may be changed or not, so look again: %(why)s", why=why)
                ) from error
            raise Unreachable(said("nothing was changed: %(why)s", why=why)) from error

    def _check(self, key: str, content: bytes | None, version: str | None) -> None:
        """That whoever decides has seen what is decided so far."""
        if content is not None and key not in BESIDE and (unseen := self._untold - BESIDE.keys()):
            self._untold -= unseen
            raise Behind(unseen)
        if self._versions.get(key) != version:
            raise Changed(f"the document of {subject(key)} has changed meanwhile; read it again")

    def _take_in_news(self, catalog: Catalog) -> None:
        """The copy becomes what is decided, and whoever is to hear of it is still to be told."""
        self._bring(catalog)
        newest = self._documents.newest(catalog)
        if newest == self._seen:
            return
        editions = self._documents.editions(catalog)
        wanted = [key for key, one in editions.items() if self._editions.get(key) != one]
        found = self._documents.read(catalog, wanted)
        for key, (edition, content) in found.items():
            if self._versions.get(key) != version_of(content):
                self._untold.add(key)
            self._keep(key, content, edition)
        # Where PostgreSQL has forgotten that there is a password, not everybody is let in.
        for key in self._versions.keys() - editions.keys() - {ENTRANCE}:
            self._untold.add(key)
            self._keep(key, None, "")
        # What came in between has another edition, and is seen at the next look.
        self._seen = newest

    def _bring(self, catalog: Catalog) -> None:
        """What this directory has decided by itself becomes that of all, or nobody is let in."""
        known, agreed = membership(self._data_dir), catalog.agreed()
        if known is None or agreed is None or known.cluster != agreed.cluster:
            raise NotAdmitted("cluster.catalog: this is not the cluster of this node's directory")
        if known.shares_decisions:
            return
        own = documents_of(self._copy)
        check_documents(catalog, self._documents, own)
        if own and self._documents.newest(catalog) is None:
            changes: Mapping[str, bytes | None] = dict(own)
            if self._documents.decide(catalog, None, changes) is None:
                check_documents(catalog, self._documents, own)
            log.info("What was decided here counts for all nodes", documents=len(own))
        change(self._data_dir, shares_decisions=True)

    def _keep(self, key: str, content: bytes | None, edition: str) -> None:
        """Has this in the copy, whatever is there."""
        there = self._copy.read(key)
        if content is None:
            if there is not None:
                self._copy.delete(key, there.version)
            self._versions.pop(key, None)
            self._editions.pop(key, None)
            return
        version = version_of(content)
        if there is None or there.version != version:
            self._copy.replace(key, content, there.version if there else None)
        self._versions[key], self._editions[key] = version, edition

    def _tell(self) -> None:
        """Tells of what was changed elsewhere. Raises BadDocument, OSError."""
        for key in sorted(self._untold):
            self.heard(key)
            self._untold.discard(key)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._lock.acquire(timeout=PATIENCE_SECS):
            raise Unreachable(said("another decision takes too long; try again"))
        try:
            yield
        finally:
            self._lock.release()

    def _disconnect(self) -> None:
        catalog, self._catalog = self._catalog, None
        if catalog is not None:
            catalog.close()

    def _run(self) -> None:
        while not self._stop.wait(LOOK_SECS):
            try:
                self.look()
            except Exception as error:
                self._disconnect()
                self._trouble = "what others decide is not heard of; the server's log says why"
                log.error("A look at what is decided ended early", error=repr(error))
        with self._looking:
            self._disconnect()
