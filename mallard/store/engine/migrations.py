"""Brings a database file to the current schema, after setting a copy of it aside."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path

import duckdb
import structlog

from mallard.model import MallardError
from mallard.store.engine.copies import migration_copies

log = structlog.get_logger("mallard.store.migrations")

MIGRATIONS: tuple[str, ...] = tuple(
    files(__package__).joinpath(name).read_text(encoding="utf-8")
    for name in ("schema.sql", "imports.sql")
)
"""The scripts that lead from version n to n + 1; version 0 is an empty file."""

COPY_KEPT_DAYS = 7


class NewerSchema(MallardError):
    """The data was written by a later Mallard."""


def migrate(
    connection: duckdb.DuckDBPyConnection,
    database: Path,
    copies: Path,
    today: date,
    migrations: Sequence[str] = MIGRATIONS,
) -> None:
    """Applies the missing migrations, each in a transaction of its own.

    A database that holds data is first copied into `copies`. Raises NewerSchema.
    """
    version = schema_version(connection)
    if version > len(migrations):
        raise NewerSchema(
            f"{database} has schema {version}, made by a newer Mallard;"
            f" this one knows {len(migrations)}. Nothing was changed."
        )
    if 0 < version < len(migrations):
        _set_copy_aside(connection, database, copies, version, today)
    for number, script in enumerate(migrations[version:], start=version + 1):
        connection.execute(f"begin; {script}")
        connection.execute("delete from schema_version")
        connection.execute("insert into schema_version values (?)", [number])
        connection.execute("commit")
        log.info("Migrated the database", schema=number)


def schema_version(connection: duckdb.DuckDBPyConnection) -> int:
    """The schema version of an open database, 0 when it is empty."""
    sql = "select 1 from duckdb_tables() where table_name = 'schema_version'"
    if not connection.execute(sql).fetchone():
        return 0
    row = connection.execute("select version from schema_version").fetchone()
    return int(row[0]) if row else 0


def _set_copy_aside(
    connection: duckdb.DuckDBPyConnection, database: Path, copies: Path, version: int, today: date
) -> None:
    """The copy's name tells the oldest day it holds, so that retention can judge it unopened."""
    connection.execute("checkpoint")
    row = connection.execute("select min(timestamp)::date from events").fetchone()
    oldest = (row and row[0]) or today
    copies.mkdir(exist_ok=True)
    copy = copies / f"schema-{version}.holds-{oldest}.made-{today}.duckdb"
    shutil.copyfile(database, copy)
    log.info("Copied the database before a migration", file=copy.name)


def expire_copies(copies: Path, today: date, keep_from: date | None) -> None:
    """Deletes copies older than a week, and those holding a day before `keep_from`."""
    for copy, oldest, made in migration_copies(copies):
        outdated = made + timedelta(days=COPY_KEPT_DAYS) <= today
        if outdated or (keep_from is not None and oldest < keep_from):
            copy.unlink()
            log.info("Deleted a copy made before a migration", file=copy.name)
