"""The SQL that the store's modules share, and the values it binds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from mallard.model import Period
from mallard.store.parquet.columns import CAST_LIST, SELECT_LIST, from_journal, from_parquet, quoted
from mallard.store.parquet.footers import batches_option
from mallard.store.parquet.partitions import ColdFile, Partition

IN_SCOPE = "site_id = $site_id and timestamp >= $start and timestamp < $end"
NAMES_SCOPE = "$site_id is not null and $start < $end"
"""Always true: a statement has to name every value that it binds."""

ALL_HOT = f"select {SELECT_LIST} from events"

HOT = f"{ALL_HOT} where {IN_SCOPE}"

NO_HOT = f"{ALL_HOT} where false and {NAMES_SCOPE}"

DELETE_HOT = f"delete from events where {IN_SCOPE}"


def insert_segment(segment: Path) -> str:
    """The statement that takes a segment into the hot table; it binds `batch`."""
    values = SELECT_LIST.replace("timestamp", "make_timestamp(timestamp)")
    return (
        f"insert into events (batch, {SELECT_LIST})"
        f" select $batch, {values} from {from_journal(segment)}"
    )


QUICKLY = "compression zstd"
TIGHTLY = "compression zstd, compression_level 19, write_bloom_filter false"
"""Takes a tenth less space, and ten times as long. Filters save reading large files alone."""


def copy_to(target: Path, rows: str, batches: Iterable[str], packed: str = QUICKLY) -> str:
    """The statement that writes the rows of a SELECT to a Parquet file, which names the batches.

    Sorted by visitor, the long ids stand together and compress to almost nothing. The file is
    `packed` QUICKLY or TIGHTLY.
    """
    return (
        f"copy (select {CAST_LIST} from ({rows}) order by visitor_id, timestamp)"
        f" to {quoted(target)} (format parquet, {packed}, {batches_option(batches)})"
    )


def rows_of(paths: Sequence[Path]) -> str:
    """The SELECT of all rows of some Parquet files."""
    return f"select {SELECT_LIST} from {from_parquet(paths)}"


def counting(paths: Sequence[Path]) -> str:
    """The SELECT that counts the rows in scope of some Parquet files."""
    return f"select count(*) from {from_parquet(paths)} where {IN_SCOPE}"


def in_scope(files: Iterable[ColdFile]) -> str:
    """The condition that rows of files are in scope; those of whole days need no look."""
    return NAMES_SCOPE if all(file.is_whole for file in files) else IN_SCOPE


def hot_and(files: Sequence[ColdFile], hot: str = HOT, condition: str | None = None) -> str:
    """The SELECT of the rows in scope, hot or in some Parquet files of its days.

    Of the files, rows are selected that meet the condition, if there is one.
    """
    if not files:
        return hot
    condition = condition or in_scope(files)
    return f"{hot} union all {rows_of([file.path for file in files])} where {condition}"


def scope(site_id: str, period: Period) -> dict[str, Any]:
    """The values that IN_SCOPE binds for a site's days."""
    return {"site_id": site_id, "start": period.begins_at, "end": period.ends_at}


def day_scope(partition: Partition) -> dict[str, Any]:
    """The values that IN_SCOPE binds for a partition."""
    return scope(partition.site_id, partition.period)
