"""What commands ask of a data directory, and how the process that holds it does it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import IO, Protocol

import duckdb

from mallard.ingest.flusher import Flusher
from mallard.model import NOT_BY_ONE_OF_SEVERAL, MallardError
from mallard.store import imports
from mallard.store.engine.allocator import give_back_now
from mallard.store.engine.scratch import Scratch
from mallard.store.imports import Batch, Progress
from mallard.store.store import Store
from mallard.store.upkeep.days import Upkeep
from mallard.store.upkeep.rewriting import Rewritten
from mallard.texts.said import said, within
from mallard.transfer.backup import backup
from mallard.transfer.exporting import Exporter, Wanted
from mallard.transfer.exporting_days import stream_days
from mallard.transfer.pieces import Pieces

MOST_HOT_ROWS = 60_000
"""With more of them DuckDB compresses some into its own file, just before they go to Parquet."""


class Instance(Protocol):
    """A data directory, held by this process or by a server that is asked; raises MallardError."""

    def export(self, wanted: Wanted) -> Pieces:
        """A site's events, in pieces."""

    def export_days(self, wanted: Wanted) -> Pieces:
        """A site's imported figures of days, in pieces."""

    def backup(self, with_salt: bool = False) -> Pieces:
        """Everything, as a tar archive in pieces; the running period's salt only if asked for."""

    def compact(self) -> int:
        """Makes one file of each day that is over; how many days had more."""

    def rewrite_paths(self, site_id: str, is_trial: bool) -> Rewritten:
        """Applies a site's path rules to what is stored, or tells what that would change."""

    def work_out_figures(self) -> Iterator[int]:
        """Has the figures of all days worked out; how many days are left, in the end 0."""

    def frugally(self) -> AbstractContextManager[None]:
        """Within it a process that does nothing but import takes less memory and time."""

    def import_progress(self, sha256: str) -> Progress:
        """How far a file has come."""

    def import_batch(self, batch: Batch, lines: IO[bytes]) -> None:
        """Stores a batch, given as lines of the journal's form, whole or not at all."""

    def import_complete(self, sha256: str) -> None:
        """Notes that a file has no further rows, and has all of them in Parquet."""

    def import_again(self, sha256: str) -> None:
        """Forgets how far a file has come."""

    def has_imported_days(self, site_id: str, known_by: str) -> bool:
        """Whether a site has some of the figures of days that are known by this."""

    def import_days(self, site_id: str, known_by: str, file: IO[bytes]) -> None:
        """Takes in a site's figures of days, as a Parquet file, whole or not at all."""


class History(Protocol):
    """What changes what is stored of a site afterwards; raises MallardError."""

    def rewrite_paths(self, site_id: str, is_trial: bool) -> Rewritten:
        """Applies a site's path rules to what is stored, or tells what that would change."""

    def settle(self) -> None:
        """Moves what is stored by the name of an alias to the site that it stands for."""


class LocalInstance:
    """The data directory of this very process."""

    def __init__(
        self,
        data_dir: Path,
        store: Store,
        flusher: Flusher,
        scratch: Scratch,
        forget: Callable[[str], None],
        clock: Callable[[], datetime],
        upkeep: Upkeep,
        running_salts: Callable[[], list[Path]],
        history: History,
        is_alone: bool = True,
    ) -> None:
        """Unless it `is_alone`, other servers share the events, and nothing is imported."""
        self._is_alone = is_alone
        self._data_dir = data_dir
        self._store = store
        self._flusher = flusher
        self._scratch = scratch
        self._forget = forget
        self._clock = clock
        self._upkeep = upkeep
        self._running_salts = running_salts
        self._history = history
        self._exporter = Exporter(store, flusher.flush, scratch)

    def export(self, wanted: Wanted) -> Pieces:
        """A site's events, those accepted a moment ago too."""
        return self._exporter.stream(wanted)

    def export_days(self, wanted: Wanted) -> Pieces:
        """A site's imported figures of days."""
        return stream_days(self._store, self._scratch, wanted)

    def backup(self, with_salt: bool = False) -> Pieces:
        """Everything accepted before the first piece is asked for."""
        salts = self._running_salts() if with_salt else ()
        return backup(self._data_dir, self._store, self._flusher.roll, self._scratch, salts)

    def compact(self) -> int:
        """Makes one file of each day that is over, events accepted a moment ago included."""
        self._roll()
        try:
            return self._upkeep.compact_all()
        except (duckdb.Error, OSError) as error:
            raise MallardError(within(said("a day cannot be compacted"), error)) from error

    def rewrite_paths(self, site_id: str, is_trial: bool) -> Rewritten:
        """Applies a site's path rules, to events accepted a moment ago, too."""
        return self._history.rewrite_paths(site_id, is_trial)

    def work_out_figures(self) -> Iterator[int]:
        """Works out the figures of all days, or waits until upkeep has."""
        return self._upkeep.finish()

    def frugally(self) -> AbstractContextManager[None]:
        """For commands, where nobody else asks the store."""
        return self._store.database.frugally()

    def import_progress(self, sha256: str) -> Progress:
        """How far a file has come."""
        return imports.progress(self._store, sha256)

    def import_batch(self, batch: Batch, lines: IO[bytes]) -> None:
        """Stores a batch; the hot table is rolled before it could grow too large."""
        self._insist_on_being_alone()
        give_back_now()  # what reading has freed, or what is taken here comes on top of it
        try:
            if self._store.hot_rows() + batch.rows > MOST_HOT_ROWS:
                self._roll()
                self._store.database.write_back()
            with self._scratch.file() as path:
                with path.open("wb") as file:
                    shutil.copyfileobj(lines, file)
                sites = imports.add(self._store, batch, path, self._clock())
        except (duckdb.Error, OSError) as error:
            raise MallardError(within(said("the rows cannot be stored"), error)) from error
        finally:
            give_back_now()
        for site_id in sites:
            self._forget(site_id)

    def import_complete(self, sha256: str) -> None:
        """Brings what was imported into Parquet, then notes that the file is done."""
        self._roll()
        self._history.settle()
        imports.complete(self._store, sha256, self._clock())

    def import_again(self, sha256: str) -> None:
        """Forgets how far a file has come."""
        imports.forget(self._store, sha256)

    def has_imported_days(self, site_id: str, known_by: str) -> bool:
        """Whether a site has some of the figures of days that are known by this."""
        return self._store.imported.knows(site_id, known_by)

    def import_days(self, site_id: str, known_by: str, file: IO[bytes]) -> None:
        """Takes in a site's figures of days, which count instead of earlier ones of these days."""
        self._insist_on_being_alone()
        try:
            with self._scratch.file() as draft:
                with draft.open("wb") as target:
                    shutil.copyfileobj(file, target)
                self._store.imported.add(site_id, known_by, draft)
        except (duckdb.Error, OSError) as error:
            raise MallardError(within(said("the figures cannot be stored"), error)) from error
        self._history.settle()
        self._forget(site_id)

    def _insist_on_being_alone(self) -> None:
        if not self._is_alone:
            raise MallardError(NOT_BY_ONE_OF_SEVERAL)

    def _roll(self) -> None:
        if not self._flusher.roll():
            raise MallardError(said("events cannot be written to Parquet; is the disk full?"))
