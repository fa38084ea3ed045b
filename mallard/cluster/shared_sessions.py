"""Sessions of all nodes: who signs in or out at one does so at the others.

Each node has them in memory, and is told of no token, only of digests. Without PostgreSQL one signs
in and out at a node alone, and the others hear of it afterwards.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping
from functools import partial
from threading import Lock

import msgspec

from mallard.auth.sessions import Session, Sessions
from mallard.cluster.catalog import Catalog
from mallard.cluster.sealing import DocumentSealing

NEWEST = "select edition::text from mallard_cluster.signed_in"
NOTE = "update mallard_cluster.signed_in set edition = %s"
ADD = """
insert into mallard_cluster.sessions (digest, kind, sealed, began_at, ends_at)
values (%s, %s, %s, now() - make_interval(secs => %s), now() + make_interval(secs => %s))
on conflict do nothing
"""
END = "delete from mallard_cluster.sessions where digest = any(%s) or ends_at < now()"
OPEN = """
select digest, kind, sealed, extract(epoch from now() - began_at)::float8,
    extract(epoch from ends_at - now())::float8
from mallard_cluster.sessions where ends_at > now() order by began_at, digest
"""


class Whose(msgspec.Struct, frozen=True):
    """What of a session is sealed."""

    id: str
    owner: str
    about: str


class SharedSessions:
    """Sees to it that the sessions of this node are those of all."""

    def __init__(
        self, secret: str, kinds: Mapping[str, Sessions], hear: Callable[[], None]
    ) -> None:
        """`hear` has `look` called at once, unless there is trouble."""
        self._sealing = DocumentSealing(secret)
        self._kinds = kinds
        self._hear = hear
        self._lock = Lock()
        self._added: dict[str, tuple[str, Session]] = {}
        self._ended: set[str] = set()
        self._seen: str | None = None
        for kind, sessions in kinds.items():
            sessions.told, sessions.hear = partial(self._note, kind), hear

    def look(self, catalog: Catalog) -> None:
        """Tells what happened here, and learns what did elsewhere. Raises MallardError."""
        self._tell(catalog)
        newest = catalog.rows(NEWEST)[0][0]
        if newest != self._seen:
            self._learn(catalog)
            self._seen = newest

    def _note(self, kind: str, began: Mapping[str, Session], ended: Collection[str]) -> None:
        with self._lock:
            self._added |= {name: (kind, session) for name, session in began.items()}
            self._ended.update(ended)
        # So that the next request finds it, whichever node that comes to.
        self._hear()

    def _tell(self, catalog: Catalog) -> None:
        with self._lock:
            added, ended = dict(self._added), set(self._ended)
        if not added and not ended:
            return
        with catalog.transaction():
            for name, (kind, session) in added.items():
                if name not in ended:
                    whose = msgspec.json.encode(Whose(session.id, session.owner, session.about))
                    times = self._kinds[kind].left(session)
                    catalog.do(ADD, (name, kind, self._sealing.seal(name, whose), *times))
            catalog.do(END, (list(ended),))
            catalog.do(NOTE, (str(uuid.uuid4()),))
        with self._lock:
            self._added = {name: one for name, one in self._added.items() if name not in added}
            self._ended -= ended

    def _learn(self, catalog: Catalog) -> None:
        found: dict[str, dict[str, Session]] = {kind: {} for kind in self._kinds}
        rows = catalog.rows(OPEN)
        with self._lock:
            for name, kind, sealed, ago, left in rows:
                if kind in found and name not in self._ended:
                    whose = msgspec.json.decode(self._sealing.open(name, sealed), type=Whose)
                    session = self._kinds[kind].began(whose.id, whose.owner, whose.about, ago, left)
                    found[kind][name] = session
            for name, (kind, session) in self._added.items():
                if name not in self._ended:
                    found[kind][name] = session
            for kind, sessions in self._kinds.items():
                sessions.take_in(found[kind])
