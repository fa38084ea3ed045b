"""Takes what the other nodes have added to the lake into the node's own store, each batch once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import date, datetime, timedelta

import duckdb
import structlog

from mallard.cluster.catalog import MOST_FILES, Catalog, Published
from mallard.cluster.erasing import Erasing
from mallard.cluster.storage import Storage
from mallard.ingest.flusher import MAX_HOT_ROWS
from mallard.model import SESSION_GAP, Unavailable
from mallard.store.engine.database import Connection
from mallard.store.parquet.gone import Gone
from mallard.store.store import Store
from mallard.store.taking import Latest, latest_of, take

log = structlog.get_logger("mallard.cluster.following")

LOOKBACK = timedelta(hours=1)
"""After PostgreSQL was away, what was added for so long is looked at again."""
MOST_REMEMBERED = 50_000

MAKE = "create table if not exists cluster_taken (file varchar not null, snapshot bigint not null)"
TAKEN = "select file from cluster_taken order by snapshot"
NOTE = "insert into cluster_taken values ($file, $snapshot)"
FOLLOWED = "select coalesce(max(snapshot), 0) from cluster_taken"
PRUNE = """
delete from cluster_taken
where snapshot > $newest
or snapshot < (select least($before, max(snapshot)) from cluster_taken where snapshot <= $newest)
"""
"""What is far back is not asked for again; what is ahead of the record was forgotten there."""


def outdated(kept_from: date | None) -> list[Gone]:
    """What is older than what is kept, of all sites."""
    return [Gone(None, date.min, kept_from)] if kept_from else []


class NotTaken(Unavailable):
    """A file of another node cannot be read now; it is tried again."""


class Follower:
    """Follows the list of files.

    What was taken lately is noted in the database that takes the events, in the same transaction:
    if that is lost, all is looked at again. What is looked at twice is not stored twice.
    """

    def __init__(
        self,
        store: Store,
        storage: Storage,
        erasing: Erasing,
        roll: Callable[[], object],
        clock: Callable[[], datetime],
    ) -> None:
        """`roll` moves the hot table on, when it has become large."""
        self._store = store
        self._storage = storage
        self._erasing = erasing
        self._roll = roll
        self._clock = clock
        self.learn: Callable[[list[Latest]], None] = lambda _: None
        """Told who was at another node lately, so that sessions go on here as they began there."""
        self._taken: OrderedDict[str, None] = OrderedDict()
        self._rows_since_roll = 0
        self._at: int | None = None
        self.kept_from: Callable[[], date | None] = lambda: None
        """The first day of those that are kept here; what is older is not taken in again."""
        store.database.on_open(self._prepare)

    @property
    def followed(self) -> int:
        """The snapshot up to which all is here, as it is noted."""
        with self._store.database.reader() as connection:
            row = connection.execute(FOLLOWED).fetchone()
        return int(row[0]) if row else 0

    def doubt(self, catalog: Catalog) -> None:
        """Goes back a while, since PostgreSQL may have forgotten something. Raises CatalogGone."""
        newest, before = catalog.newest(), catalog.before(LOOKBACK)
        with self._store.database.writer() as writer:
            writer.execute(PRUNE, {"newest": newest, "before": before})
        self._at = min(self.followed, before)

    def follow(self, catalog: Catalog) -> int:
        """Takes all that is new, in its order; how many files that were.

        Raises CatalogGone; NotTaken at a file that cannot be read, which nothing is taken beyond:
        how far the node has come is one number.
        """
        if self._at is None:
            self.doubt(catalog)
        taken = 0
        while news := catalog.news(self._at or 0):
            # Whoever has handed over a file knows of no erasure that is not in the record by now.
            self._erasing.catch_up(catalog, self.take_again)
            for one in news:
                if one.file not in self._taken:
                    self._take(one)
                    taken += 1
                self._at = one.snapshot
            if len(news) < MOST_FILES:
                break
        return taken

    def take_again(self, catalog: Catalog, since: datetime) -> None:
        """Takes what is not stored of the files that were announced since then. Raises NotTaken.

        How far the node has come is another matter, and not noted by this.
        """
        for one in catalog.announced_since(since):
            self._store_it(one, lambda _: None)

    def know(self, file: str) -> None:
        """A file of this node's own batches, which its store has."""
        self._remember(file)

    def _take(self, one: Published) -> None:
        def note(connection: Connection) -> None:
            connection.execute(NOTE, {"file": one.file, "snapshot": one.snapshot})

        rows = self._store_it(one, note)
        self._remember(one.file)
        self._rows_since_roll += rows
        if self._rows_since_roll >= MAX_HOT_ROWS:
            self._roll()
            self._rows_since_roll = 0

    def _store_it(self, one: Published, note: Callable[[Connection], None]) -> int:
        try:
            with self._storage.here(one.file) as file, self._erasing.lock:
                gone = [*self._erasing.gone(one.erased), *outdated(self.kept_from())]
                now = self._clock()
                self.learn(latest_of(self._store, file, gone, now - SESSION_GAP, now + SESSION_GAP))
                return take(self._store, file, gone, note)
        except (duckdb.Error, OSError) as error:
            log.error("A file of another node cannot be taken in", file=one.file, error=str(error))
            raise NotTaken(f"{one.file} of the shared storage cannot be taken in") from error

    def _remember(self, file: str) -> None:
        self._taken[file] = None
        if len(self._taken) > MOST_REMEMBERED:
            self._taken.popitem(last=False)

    def _prepare(self, connection: Connection) -> None:
        """A database that is opened anew may have lost what it held: then it knows of no file."""
        connection.execute(MAKE)
        self._taken = OrderedDict.fromkeys(file for (file,) in connection.execute(TAKEN).fetchall())
        self._at = None
