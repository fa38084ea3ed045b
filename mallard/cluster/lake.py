"""A process of its own in which DuckLake runs: it writes files and adds them to the lake.

`python -m mallard.cluster.lake` reads one order a line, and answers each with a line. DuckDB's
extensions may end a process that has lost PostgreSQL; this one has nothing to lose, and ends by
itself at whatever fails, so that each order that is not answered well finds a fresh one.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from importlib.resources import files
from pathlib import Path

import duckdb
import msgspec
import psycopg

from mallard.cluster.adopted_rows import rows_of_parts, wanted_counts
from mallard.cluster.catalog import CONNECT_SECS, LAKE
from mallard.cluster.orders import (
    Adopting,
    Answer,
    AnyOrder,
    Beginning,
    Expiring,
    Order,
    Replacing,
)
from mallard.cluster.places import storage_of
from mallard.store.engine.scratch import Scratch
from mallard.store.parquet.columns import (
    CAST_LIST,
    COLUMNS,
    SELECT_LIST,
    TYPES,
    from_journal,
    from_parquet,
    quoted,
)
from mallard.store.parquet.gone import passing_over

LOCK = 0x6D616C6C617264
"""The advisory lock under which files are added, one after the other, which takes half the time."""
LOCK_SECS = 10
HELD_SECS = 30
"""A holder that says nothing for so long has lost the lock."""
IDLE_SECS = 60
"""A transaction whose process says nothing for so long is ended: its machine may be gone for good,
and what it has locked keeps all nodes waiting."""
MEMORY = "512MB"
_QUERY = re.compile(r'\bquery ".*"', re.DOTALL)


class Lake:
    """The lake, opened; whatever fails raises duckdb.Error, psycopg.Error or OSError."""

    def __init__(self, beginning: Beginning) -> None:
        self._catalog = beginning.catalog
        self._storage = storage_of(beginning.storage, Scratch(Path(beginning.scratch)), os.environ)
        # What a process has left that ended in the midst of something, and that may be events.
        shutil.rmtree(beginning.scratch, ignore_errors=True)
        self._connection = duckdb.connect(
            config={
                "memory_limit": MEMORY,
                "temp_directory": beginning.scratch,
                "threads": 1,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
        )
        self._connection.execute("set timezone = 'UTC'")
        for name in ("postgres_scanner", "ducklake", *self._storage.extensions):
            self._connection.execute(f"load {quoted(_extension(name))}")
        for statement in self._storage.to_duckdb:
            self._connection.execute(statement)
        address = quoted(f"ducklake:postgres:{self._catalog}")
        options = f"metadata_schema {quoted(LAKE)}, data_inlining_row_limit 0"
        place = quoted(self._storage.place)
        self._connection.execute(f"attach {address} as lake (data_path {place}, {options})")

    def make(self) -> None:
        """Makes the table of events, where there is none."""
        columns = ", ".join(f"{name} {TYPES.get(name, 'VARCHAR')}" for name in COLUMNS)
        self._connection.execute(
            f"create table if not exists lake.events (batch VARCHAR, {columns})"
        )

    def add(self, order: Order) -> Answer:
        """Writes a file first, and then adds it, whole or not at all; none without events."""
        events = self._write(_rows(order), order.file)
        if events:
            self._commit(self._adding(order.file))
        return Answer(events=events)

    def replace(self, order: Replacing) -> Answer:
        """Puts what is not gone of a file in its place, unless that is all of it."""
        old = from_parquet([self._place(order.file)])
        kept = passing_over(old, order.gone)
        before, left = self._count(old), self._count(kept)
        if left == before:
            return Answer(events=left)
        # All of a file is deleted, which changes the list alone.
        batches = self._connection.execute(f"select distinct batch from {old}").fetchall()
        takes_out = (
            f"delete from lake.events where filename = {quoted(self._place(order.file))}"
            f" and batch in ({', '.join(quoted(batch) for (batch,) in batches)})"
        )
        adds = []
        if left:
            self._write(f"select * from {kept} order by site_id, visitor_id, timestamp", order.by)
            adds = [self._adding(order.by)]
        self._commit(takes_out, *adds)
        return Answer(events=left, gone=before - left)

    def adopt(self, order: Adopting) -> Answer:
        """Writes what files of a tree have, and adds it if each day has as many events as there."""
        events = self._write(rows_of_parts(order.parts), order.file)
        written = from_parquet([self._place(order.file)])
        days = f"select site_id, timestamp::date, count(*) from {written} group by all"
        counted = {(site, day): n for site, day, n in self._connection.execute(days).fetchall()}
        if counted != wanted_counts(order.parts):
            raise OSError("a day that was copied has another number of events than its files")
        self._commit(self._adding(order.file))
        return Answer(events=events)

    def expire(self, order: Expiring) -> Answer:
        """Forgets what the lake was long ago, and deletes the files that nothing else needed."""
        since = f"older_than => now() - interval {int(order.older_secs)} second"
        self._count(f"ducklake_expire_snapshots('lake', {since})")
        self._count("ducklake_cleanup_old_files('lake', cleanup_all => true)")
        return Answer()

    def _count(self, rows: str) -> int:
        # A transaction ends when all has been fetched.
        ((count,),) = self._connection.execute(f"select count(*) from {rows}").fetchall()
        return int(count)

    def _write(self, rows: str, file: str) -> int:
        """Writes rows to a file that is there whole or not at all, or not where there are none.

        Before anybody is told of it, it is read to its end.
        """

        def copy(target: str) -> int:
            statement = f"copy ({rows}) to {quoted(target)} (format parquet)"
            ((events,),) = self._connection.execute(statement).fetchall()
            return int(events)

        events = self._storage.write(file, copy)
        if events and events != (there := self._read(file)):
            raise OSError(f"{events} events were written, and {there} can be read")
        return events

    def _read(self, file: str) -> int:
        """How many events a file has, every one of which was read."""
        rows = from_parquet([self._place(file)])
        counts = f"select count(*), bit_xor(hash(batch, {SELECT_LIST})) from {rows}"
        ((events, _),) = self._connection.execute(counts).fetchall()
        return int(events)

    def _place(self, file: str) -> str:
        return f"{self._storage.place}{file}"

    def _adding(self, file: str) -> str:
        return f"call ducklake_add_data_files('lake', 'events', {quoted(self._place(file))})"

    def _commit(self, *statements: str) -> None:
        with psycopg.connect(self._catalog, autocommit=True, connect_timeout=CONNECT_SECS) as turn:
            _take(turn)
            try:
                for statement in ("begin", *statements, "commit"):
                    self._connection.execute(statement)
            except BaseException:
                _roll_back(self._connection)
                raise


def _take(turn: psycopg.Connection) -> None:
    """Waits for the lock a while. It is for speed alone: the lake itself refuses what collides."""
    turn.execute(f"set lock_timeout = '{LOCK_SECS}s'".encode())
    turn.execute(f"set idle_session_timeout = '{HELD_SECS}s'".encode())
    try:
        turn.execute("select pg_advisory_lock(%s)", (LOCK,))
    except psycopg.errors.LockNotAvailable:
        return


def _roll_back(connection: duckdb.DuckDBPyConnection) -> None:
    """Before anything is closed: DuckDB ends the process where a transaction is open still."""
    try:
        connection.execute("rollback")
    except duckdb.Error:
        return


def _rows(order: Order) -> str:
    """The rows of all segments in one order."""
    values = SELECT_LIST.replace("timestamp", "make_timestamp(timestamp) as timestamp")
    segments = from_journal(*map(Path, order.segments))
    rows = f"select parse_filename(filename, true) as batch, {values} from {segments}"
    return f"select batch, {CAST_LIST} from ({rows}) order by site_id, visitor_id, timestamp"


def _extension(name: str) -> Path:
    """The file of an extension that a package of this very version of DuckDB has brought."""
    place = files(f"duckdb_extension_{name}")
    return Path(str(place)) / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"


def main() -> None:
    """Reads orders until there are no more, or one has failed."""
    try:
        _run()
    finally:
        # Nothing is closed, though nobody may listen any more: that is where it may wait, or crash.
        os._exit(0)


def _run() -> None:
    theirs = os.environ.get("PGOPTIONS", "")
    os.environ["PGOPTIONS"] = f"-c idle_in_transaction_session_timeout={IDLE_SECS}s {theirs}"
    lines = sys.stdin.buffer
    beginning = msgspec.json.decode(lines.readline(), type=Beginning)
    try:
        lake = Lake(beginning)
        lake.make()
        _answer(Answer())
        for line in lines:
            _answer(_do(lake, msgspec.json.decode(line, type=AnyOrder)))
    except Exception as error:
        _answer(Answer(f"{type(error).__name__}: {told(error, beginning.catalog)}"))


def told(error: Exception, catalog: str) -> str:
    """What an error says, for the log.

    Not where DuckDB could not connect to, with the password, and not the statements that it quotes:
    these hold the least and the greatest values of what is added, paths and visitors among them,
    and one the keys of the storage.
    """
    text = str(error).replace(catalog, "cluster.catalog").partition("\nLINE ")[0]
    return _QUERY.sub("a query", text)


def _do(lake: Lake, order: AnyOrder) -> Answer:
    match order:
        case Order():
            return lake.add(order)
        case Replacing():
            return lake.replace(order)
        case Expiring():
            return lake.expire(order)
        case Adopting():
            return lake.adopt(order)


def _answer(answer: Answer) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
