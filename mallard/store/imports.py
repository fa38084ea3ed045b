"""Takes imported batches: rows and how far the file has come are committed as one.

A file is known by its SHA-256, a batch by the file and its first row. Its rows are left out where
the hot table or a Parquet file already holds the batch: what was imported before, and is still
there, never counts twice, even when the record of it was lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mallard.model import MallardError
from mallard.store.engine.database import Connection
from mallard.store.parquet.partitions import Partition
from mallard.store.parquet.statements import insert_segment
from mallard.store.recovery import is_cold
from mallard.store.store import Store

HOT_DAYS = "select distinct site_id, timestamp::date from events where batch = $batch"

OF_OTHER_DAYS = f"(site_id, make_timestamp(timestamp)::date) not in ({HOT_DAYS})"

TAKE_BACK = """
delete from events
where batch = $batch and site_id = $site_id and timestamp::date = $day
"""

RECORD = """
insert into imports values ($sha256, $rows_done, $rows_bad, false, $now)
on conflict do update set
    rows_done = excluded.rows_done,
    rows_bad = imports.rows_bad + excluded.rows_bad,
    changed_at = excluded.changed_at
"""


class OutOfStep(MallardError):
    """A batch that does not follow on what is recorded of its file."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How many rows of a file are dealt with, how many of these were bad, and whether it is all."""

    rows_done: int = 0
    rows_bad: int = 0
    is_complete: bool = False


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of a file: its SHA-256, the number of the first, how many, and how many were bad."""

    sha256: str
    first: int
    rows: int
    bad: int

    @property
    def name(self) -> str:
        """The batch's name in the hot table and in Parquet footers."""
        return f"import-{self.sha256[:16]}-{self.first}"


def progress(store: Store, sha256: str) -> Progress:
    """How far a file has come, by an earlier run or this one."""
    with store.database.reader() as connection:
        return _progress(connection, sha256)


def add(store: Store, batch: Batch, lines: Path, now: datetime) -> set[str]:
    """Stores a batch, given as lines of the journal's form; the sites that it concerns.

    Raises OutOfStep when another run has stored it, duckdb.Error when it cannot be stored.
    """
    with store.database.writer() as writer:
        if _progress(writer, batch.sha256).rows_done != batch.first:
            raise OutOfStep("this file is being imported by another command")
        writer.execute("begin")
        sites = _insert(store, writer, batch, lines) if lines.stat().st_size else set()
        writer.execute(
            RECORD,
            {
                "sha256": batch.sha256,
                "rows_done": batch.first + batch.rows,
                "rows_bad": batch.bad,
                "now": now.replace(tzinfo=None),
            },
        )
        writer.execute("commit")
    return sites


def complete(store: Store, sha256: str, now: datetime) -> None:
    """Records that a file has no further rows."""
    sql = """
        insert into imports values ($sha256, 0, 0, true, $now)
        on conflict do update set is_complete = true, changed_at = excluded.changed_at
    """
    with store.database.writer() as writer:
        writer.execute(sql, {"sha256": sha256, "now": now.replace(tzinfo=None)})


def forget(store: Store, sha256: str) -> None:
    """Lets a file be imported from its beginning; rows that are still there stay counted once."""
    with store.database.writer() as writer:
        writer.execute("delete from imports where sha256 = $sha256", {"sha256": sha256})


def _progress(connection: Connection, sha256: str) -> Progress:
    sql = "select rows_done, rows_bad, is_complete from imports where sha256 = $sha256"
    row = connection.execute(sql, {"sha256": sha256}).fetchone()
    return Progress(*row) if row else Progress()


def _insert(store: Store, writer: Connection, batch: Batch, lines: Path) -> set[str]:
    """Takes in the rows of days whose share of the batch is nowhere yet; the sites of all rows."""
    name = {"batch": batch.name}
    hot = set(writer.execute(HOT_DAYS, name).fetchall())
    condition = f" where {OF_OTHER_DAYS}" if hot else ""
    writer.execute(insert_segment(lines) + condition, name)
    days = writer.execute(HOT_DAYS, name).fetchall()
    for site_id, day in days:
        is_new = (site_id, day) not in hot
        if is_new and is_cold(store, Partition(site_id, day), batch.name):
            writer.execute(TAKE_BACK, {**name, "site_id": site_id, "day": day})
    return {site_id for site_id, _ in days}
