"""Schema changes: a copy is made first, nothing newer is touched, and copies do not stay."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from mallard.store.engine.migrations import (
    MIGRATIONS,
    NewerSchema,
    expire_copies,
    migrate,
    schema_version,
)
from tests.builders import NOON, TODAY, an_event, open_store, store_events

ADD_A_COLUMN = "alter table events add column mood varchar default 'calm';"
NOW = len(MIGRATIONS)
NEXT = (*MIGRATIONS, ADD_A_COLUMN)


@pytest.fixture
def database(data_dir: Path) -> Path:
    """A database of the current schema, with an event of today and one of three days before."""
    store = open_store(data_dir)
    store_events(store, "b1", [an_event(), an_event(NOON - timedelta(days=3), "/old")])
    store.close()
    return data_dir / "mallard.duckdb"


@pytest.fixture
def copies(data_dir: Path) -> Path:
    return data_dir / "migration-copies"


def upgrade(database: Path, migrations: tuple[str, ...] = NEXT) -> None:
    with duckdb.connect(str(database)) as connection:
        migrate(connection, database, database.parent / "migration-copies", TODAY, migrations)


def version_of(database: Path) -> int:
    with duckdb.connect(str(database)) as connection:
        return schema_version(connection)


def rows_of(database: Path) -> list[tuple[object, ...]]:
    with duckdb.connect(str(database)) as connection:
        return connection.execute("select pathname from events order by timestamp").fetchall()


def test_an_empty_file_gets_the_current_schema_and_no_copy(tmp_path: Path) -> None:
    database = tmp_path / "new.duckdb"
    upgrade(database, MIGRATIONS)
    assert version_of(database) == NOW
    assert not (tmp_path / "migration-copies").exists()


def test_a_current_database_is_left_alone(database: Path, copies: Path) -> None:
    upgrade(database, MIGRATIONS)
    assert (version_of(database), copies.exists()) == (NOW, False)


def test_a_migration_keeps_the_events_and_a_copy_of_before(database: Path, copies: Path) -> None:
    upgrade(database)
    assert (version_of(database), rows_of(database)) == (NOW + 1, [("/old",), ("/",)])
    (copy,) = copies.iterdir()
    assert (version_of(copy), rows_of(copy)) == (NOW, [("/old",), ("/",)])


def test_the_copy_is_named_after_the_oldest_day_it_holds(database: Path, copies: Path) -> None:
    upgrade(database)
    (copy,) = copies.iterdir()
    assert copy.name == f"schema-{NOW}.holds-2026-03-15.made-2026-03-18.duckdb"


def test_a_copy_without_events_is_named_after_today(data_dir: Path, copies: Path) -> None:
    open_store(data_dir).close()
    upgrade(data_dir / "mallard.duckdb")
    (copy,) = copies.iterdir()
    assert copy.name == f"schema-{NOW}.holds-2026-03-18.made-2026-03-18.duckdb"


def test_several_migrations_run_in_order_after_one_copy(database: Path, copies: Path) -> None:
    upgrade(database, (*NEXT, "alter table events rename column mood to weather;"))
    assert (version_of(database), len(list(copies.iterdir()))) == (NOW + 2, 1)
    with duckdb.connect(str(database)) as connection:
        weather = connection.execute("select distinct weather from events").fetchall()
    assert weather == [("calm",)]


def test_a_migration_that_fails_changes_nothing(database: Path) -> None:
    broken = (*MIGRATIONS, ADD_A_COLUMN + "select * from nowhere;")
    with pytest.raises(duckdb.Error):
        upgrade(database, broken)
    assert version_of(database) == NOW
    upgrade(database)
    assert (version_of(database), rows_of(database)) == (NOW + 1, [("/old",), ("/",)])


def test_a_newer_schema_is_refused_and_left_alone(database: Path, copies: Path) -> None:
    upgrade(database)
    before = database.read_bytes()
    with pytest.raises(NewerSchema, match=f"schema {NOW + 1}") as caught:
        upgrade(database, MIGRATIONS)
    assert "Nothing was changed" in str(caught.value)
    assert database.read_bytes() == before
    assert len(list(copies.iterdir())) == 1


@pytest.mark.parametrize(
    ("holds", "made", "keep_from", "is_kept"),
    [
        ("2026-03-01", "2026-03-18", None, True),
        ("2026-03-01", "2026-03-12", None, True),
        ("2026-03-01", "2026-03-11", None, False),
        ("2026-03-01", "2026-03-18", "2026-03-02", False),
        ("2026-03-02", "2026-03-18", "2026-03-02", True),
    ],
)
def test_copies_go_after_a_week_or_when_they_hold_too_old_a_day(
    tmp_path: Path, holds: str, made: str, keep_from: str | None, is_kept: bool
) -> None:
    copy = tmp_path / f"schema-1.holds-{holds}.made-{made}.duckdb"
    copy.touch()
    expire_copies(tmp_path, TODAY, date.fromisoformat(keep_from) if keep_from else None)
    assert copy.exists() is is_kept


def test_files_of_the_operator_beside_the_copies_stay(tmp_path: Path) -> None:
    mine = tmp_path / "before-the-upgrade.duckdb"
    mine.touch()
    expire_copies(tmp_path, TODAY, TODAY)
    expire_copies(tmp_path / "nowhere", TODAY, TODAY)
    assert mine.exists()
