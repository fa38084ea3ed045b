"""Writes Parquet files: beside the others first, under their own name when they are durable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mallard.durable import make_durable
from mallard.store.engine.database import Connection
from mallard.store.parquet.partitions import (
    TEMPORARY,
    ColdFile,
    Partition,
    Partitions,
)
from mallard.store.parquet.statements import copy_to


def write_file(
    writer: Connection,
    tree: Partitions,
    partition: Partition,
    rows: str,
    batches: frozenset[str],
    params: Mapping[str, Any] | None = None,
) -> ColdFile:
    """A new, durable file of the partition with the rows of a SELECT; not yet published."""
    path = tree.next_path(partition)
    temporary = path.with_name(path.name + TEMPORARY)
    try:
        writer.execute(copy_to(temporary, rows, batches), params or {})
        make_durable(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return ColdFile(path, batches)
