"""What a Parquet file's footer and pages tell: the batches it holds, and whether it can be read."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from pathlib import Path

import duckdb

from mallard import batch_names
from mallard.store.engine.database import Connection
from mallard.store.parquet.columns import (
    CAST_LIST,
    COLUMNS,
    SELECT_LIST,
    TYPES,
    from_parquet,
    literally,
    quoted,
    quoted_path,
)
from mallard.store.parquet.partitions import ColdFile, day_of

BATCHES_KEY = "mallard_batches"

FILE_ERRORS = (
    duckdb.IOException,
    duckdb.InvalidInputException,
    duckdb.SerializationException,
    duckdb.BinderException,
    duckdb.ConversionException,
    duckdb.InternalException,
)
"""What DuckDB raises for a file that is gone, damaged, or lacks a documented column.

Where the library that reads Parquet's own structures fails, it is an Error of no kind at all.
"""


def may_be_of_a_file(error: duckdb.Error) -> bool:
    """Whether a file that cannot be read may be what failed."""
    return isinstance(error, FILE_ERRORS) or type(error) is duckdb.Error


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


BOUNDS = """
select
    file_name,
    min(stats_min_value) filter (is_site),
    max(stats_max_value) filter (is_site),
    min(first_at) filter (not is_site)::date,
    max(last_at) filter (not is_site)::date,
    bool_and(coalesce(stats_null_count = 0, false))
        and bool_and(is_site or (type = 'INT64' and first_at is not null and last_at is not null))
from (
    select
        *,
        path_in_schema = 'site_id' as is_site,
        try_cast(stats_min_value as timestamp) as first_at,
        try_cast(stats_max_value as timestamp) as last_at
    from parquet_metadata($paths)
    where path_in_schema in ('site_id', 'timestamp')
)
group by file_name
"""
"""Between which values a file's rows are; only numbers are in the order of the moments."""


class OddTypes(duckdb.InvalidInputException):
    """A file of another's making has columns of other types than the documented ones.

    Of several files DuckDB takes the first one's types for all of them: beside one with integers
    amounts of money would lose their cents.
    """


def assure_types(connection: Connection, files: Collection[ColdFile]) -> None:
    """Raises OddTypes unless files may be read together; other duckdb.Error if one is unreadable.

    Each is looked at once.
    """
    find_types(connection, [file for file in files if file.has_types is None])
    if not all(file.has_types for file in files):
        raise OddTypes("the columns of a file are not of the documented types")


def find_types(connection: Connection, files: Iterable[ColdFile]) -> None:
    """Finds out which files' documented columns are of the documented types.

    Raises duckdb.Error when one cannot be read.
    """
    unknown = {str(file.path): file for file in files}
    if not unknown:
        return
    paths = [literally(file.path) for file in unknown.values()]
    sql = "select file_name, name, duckdb_type from parquet_schema($paths)"
    rows = connection.execute(sql, {"paths": paths}).fetchall()
    odd = {
        file
        for file, column, kind in rows
        if column in COLUMNS and kind != TYPES.get(column, "VARCHAR")
    }
    for name, file in unknown.items():
        file.has_types = name not in odd


def find_whole(connection: Connection, site_id: str, files: Iterable[ColdFile]) -> None:
    """Finds out which of a site's files hold nothing that is not of their day, once for each.

    Raises duckdb.Error when one cannot be read.
    """
    unknown = {str(file.path): file for file in files if file.is_whole is None}
    if not unknown:
        return
    paths = [literally(file.path) for file in unknown.values()]
    rows = connection.execute(BOUNDS, {"paths": paths}).fetchall()
    bounds = {name: rest for name, *rest in rows}
    for name, file in unknown.items():
        day = day_of(file.path)
        file.is_whole = bounds.get(name) == [site_id, site_id, day, day, True]


def is_readable(connection: Connection, file: Path) -> bool:
    """Whether every documented column of the file can be read to its end."""
    rows = f"select {CAST_LIST} from {from_parquet([file])}"
    hashes = f"select bit_xor(hash({SELECT_LIST})) from ({rows})"
    try:
        connection.execute(hashes).fetchall()
    except duckdb.Error as error:
        if not may_be_of_a_file(error) or "Too many open files" in str(error):
            raise
        return False
    return True


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:32]
