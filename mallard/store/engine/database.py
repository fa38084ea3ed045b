"""Opens the DuckDB file: one writer, and a cursor from a pool for each reader."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from datetime import date
from pathlib import Path

import duckdb
import structlog

from mallard.durable import Insist, anywhere
from mallard.fair_lock import FairLock
from mallard.model import MallardError
from mallard.priorities import yield_to_others
from mallard.store.engine import allocator, memory
from mallard.store.engine.copies import free_suffix
from mallard.store.engine.migrations import migrate

log = structlog.get_logger("mallard.store.database")

Connection = duckdb.DuckDBPyConnection

_BROKEN = ("not a valid DuckDB", "Corrupt", "checksum", "Could not read enough", "Serialization")
FATAL = (duckdb.FatalException, duckdb.ConnectionException)
"""After these the database has to be opened anew."""
FETCHED_BY_PLACE = 1000
"""So many rows of a table that a statement has found are fetched without reading the others."""


class DatabaseInUse(MallardError):
    """Another program holds the database file."""


class _Readers:
    """The idle cursors of one opening of the file; they go with it, they are never mixed."""

    def __init__(self, root: Connection) -> None:
        self._root = root
        self._idle: deque[Connection] = deque()

    def take(self) -> Connection:
        try:
            return self._idle.pop()
        except IndexError:
            return self._root.cursor()

    def give_back(self, cursor: Connection) -> None:
        self._idle.append(cursor)

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()


class Database:
    """The DuckDB file of a data directory.

    `times_set_aside` counts how often the file could not be read: it was moved to the quarantine
    and a new one begun. What it held and Parquet does not is to be replayed from the journal.
    """

    def __init__(
        self,
        data_dir: Path,
        today: date,
        threads: int = 0,
        memory_limit: str = "",
        insist: Insist = anywhere,
    ) -> None:
        """`insist` raises DirectoryGone when the directory is not the one it was."""
        self.insist = insist
        self.path = data_dir / "mallard.duckdb"
        self._data_dir = data_dir
        self._today = today
        self._settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory_limit or memory.default_limit(memory.available_bytes()),
            **allocator.BACKGROUND_THREADS,
            "temp_directory": str(data_dir / "tmp"),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "dynamic_or_filter_threshold": FETCHED_BY_PLACE,
            # What is read of Parquet files the system keeps, and gives up for others.
            "enable_external_file_cache": False,
        }
        if threads:
            self._settings["threads"] = threads
        allocator.give_back_soon()
        _keep_pandas_out()
        self._writer_lock = FairLock()
        self._writing = 0
        self._written = 0
        self._openers: list[Callable[[Connection], None]] = []
        self.times_set_aside = 0
        self.has_behavioral = False
        self._open()

    @contextmanager
    def writer(self, within_secs: float | None = None) -> Iterator[Connection]:
        """The one connection that writes, held by one thread at a time, in turns.

        Raises Unavailable when it cannot be had within so many seconds, DirectoryGone.
        """
        with self._writer_lock.held(within_secs):
            self.insist()
            self._writing += 1
            try:
                yield self._writer
            except duckdb.Error as error:
                with suppress(duckdb.Error):
                    self._writer.execute("rollback")
                if isinstance(error, FATAL):
                    self._reopen()
                raise
            finally:
                self._written += 1
                self._writing -= 1

    @property
    def state(self) -> int | None:
        """A number that no other state of what the writer writes has; None while it does."""
        # In this order: who has ended meanwhile has counted before.
        return None if self._writing else self._written

    @contextmanager
    def reader(self) -> Iterator[Connection]:
        """A connection for one reader, in a transaction of its own that is never committed."""
        readers = self._readers
        cursor = readers.take()
        try:
            cursor.execute("begin")
            yield cursor
        finally:
            try:
                cursor.execute("rollback")
            except duckdb.Error:
                # Without memory even that may fail; its next user would be in the old transaction.
                cursor.close()
            else:
                readers.give_back(cursor)

    @contextmanager
    def side_writer(self) -> Iterator[Connection]:
        """A connection that writes to attached files only; what is not committed is undone."""
        with closing(self._root.cursor()) as connection:
            try:
                yield connection
            finally:
                with suppress(duckdb.Error):
                    connection.execute("rollback")

    @contextmanager
    def frugally(self) -> Iterator[None]:
        """Works with little, while nobody asks but the one thread that calls.

        Whoever asks DuckDB takes a core of his own as long as another thread works on it for him,
        so here he works alone. Its memory goes back to the system at once.
        """
        with self.writer() as writer:
            ((threads,),) = writer.execute("select current_setting('threads')").fetchall()
            writer.execute("set threads = 1")
        allocator.give_back_soon(0)
        try:
            yield
        finally:
            allocator.give_back_soon()
            with self.writer() as writer:
                writer.execute(f"set threads = {threads}")

    def write_back(self) -> None:
        """Empties the log of what was written, which is large where much has come and gone."""
        with self.writer() as writer:
            writer.execute("checkpoint")

    def on_open(self, opener: Callable[[Connection], None]) -> None:
        """Has a function prepare the database now, and whenever it is opened again."""
        self._openers.append(opener)
        opener(self._root)

    def close(self) -> None:
        """Writes the database back and lets go of the file."""
        with self._writer_lock.held():
            self._readers.close()
            self._writer.close()
            self._root.close()

    def _open(self) -> None:
        try:
            self._connect()
        except duckdb.Error as error:
            if "Could not set lock" in str(error):
                raise DatabaseInUse(f"{self.path} is in use by another program") from error
            if not any(mark in str(error) for mark in _BROKEN):
                raise
            self._set_aside(error)
            self._connect()

    def _connect(self) -> None:
        self._root = self._connect_politely()
        try:
            self._root.execute("set timezone = 'UTC'")
            migrate(self._root, self.path, self._data_dir / "migration-copies", self._today)
            self.has_behavioral = _load_behavioral(self._root)
            for opener in self._openers:
                opener(self._root)
        except BaseException:
            self._root.close()
            raise
        self._writer = self._root.cursor()
        self._readers = _Readers(self._root)

    def _connect_politely(self) -> Connection:
        """DuckDB's own threads inherit the priority of the one that opens the file."""

        def connect() -> Connection:
            yield_to_others()
            connection = duckdb.connect(str(self.path), config=self._settings)
            if "threads" not in self._settings:
                memory.fit_threads(connection)
            return connection

        with ThreadPoolExecutor(1) as opener:
            return opener.submit(connect).result()

    def _set_aside(self, error: duckdb.Error) -> None:
        self.times_set_aside += 1
        quarantine = self._data_dir / "quarantine"
        quarantine.mkdir(exist_ok=True)
        files = (self.path, self.path.with_name(self.path.name + ".wal"))
        suffix = free_suffix([quarantine / f"{file.name}.{self._today}" for file in files])
        for file in files:
            if file.exists():
                file.rename(quarantine / f"{file.name}.{self._today}{suffix}")
        log.error("The database could not be read and was set aside", error=str(error))

    def _reopen(self) -> None:
        """DuckDB refuses everything after a fatal error; a new instance reads the file afresh."""
        log.error("Opening the database again after a fatal error")
        self._readers.close()
        self._writer.close()
        self._root.close()
        self._open()


def _keep_pandas_out() -> None:
    """Has DuckDB find no pandas in this process, and not look for it either.

    It does so at every value that is bound, a tenth of a millisecond each where there is none, and
    takes 80 MB where there is one. Values of ours are plain.
    """
    if "pandas" not in sys.modules:
        sys.modules["pandas"] = None  # type: ignore[assignment]  # what the import system calls it


def _load_behavioral(connection: Connection) -> bool:
    """Whether the optional extension is installed here; it is never downloaded."""
    sql = "select 1 from duckdb_extensions() where extension_name = 'behavioral' and installed"
    if not connection.execute(sql).fetchone():
        return False
    try:
        connection.execute("load behavioral")
    except duckdb.Error as error:
        log.warning("The behavioral extension could not be loaded", error=str(error))
        return False
    return True
