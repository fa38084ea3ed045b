"""What a Parquet file's footer and pages tell: the batches it holds, and whether it can be read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import duckdb

from mallard import batch_names
from mallard.store.columns import (
    CAST_LIST,
    SELECT_LIST,
    TYPES,
    from_parquet,
    quoted,
    quoted_path,
)
from mallard.store.database import Connection
from mallard.store.partitions import ColdFile

BATCHES_KEY = "mallard_batches"

FILE_ERRORS = (
    duckdb.IOException,
    duckdb.InvalidInputException,
    duckdb.SerializationException,
    duckdb.BinderException,
    duckdb.ConversionException,
    duckdb.InternalException,
)
"""What DuckDB raises for a file that is gone, damaged, or lacks a documented column."""


def batches_option(batches: Iterable[str]) -> str:
    """The COPY option that writes the names of the batches into a file's footer."""
    return f"kv_metadata {{{BATCHES_KEY}: {quoted(batch_names.spell(batches))}}}"


def read_batches(connection: Connection, file: ColdFile) -> frozenset[str]:
    """The names of the batches in a file, read once; an operator's own file is its own batch.

    Raises duckdb.Error when the file cannot be read.
    """
    if file.batches is None:
        rows = connection.execute(
            f"select decode(value) from parquet_kv_metadata({quoted_path(file.path)})"
            " where decode(key) = $key",
            {"key": BATCHES_KEY},
        ).fetchall()
        line = rows[0][0] if rows else f"file-{_digest(file.path)}"
        file.batches = batch_names.read(line)
    return file.batches


def is_readable(connection: Connection, file: Path) -> bool:
    """Whether every documented column of the file can be read to its end."""
    rows = f"select {CAST_LIST} from {from_parquet([file])}"
    hashes = f"select bit_xor(hash({SELECT_LIST})) from ({rows})"
    try:
        connection.execute(hashes).fetchall()
    except FILE_ERRORS as error:
        if "Too many open files" in str(error):
            raise
        return False
    return True


def has_documented_types(connection: Connection, file: Path) -> bool:
    """Whether the file's columns are of the documented types; another's file may have others."""
    rows = connection.execute(f"describe select {SELECT_LIST} from {from_parquet([file])}")
    return all(kind == TYPES.get(name, "VARCHAR") for name, kind, *_ in rows.fetchall())


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:32]
