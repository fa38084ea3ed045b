"""The views for a DuckDB shell: the documents' tables, column by column."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mallard.app import Mallard
from mallard.portal.recording import Name, Visitor
from tests.conftest import NOON, Clock, abandon
from tests.waiting import PATIENCE_SECS

# As the documents have them; the types are DuckDB's for theirs.
DOCUMENTED = {
    "downloads": {
        "id": "INTEGER",
        "project": "VARCHAR",
        "version": "VARCHAR",
        "asset": "VARCHAR",
        "timestamp": "TIMESTAMP",
        "ip_hash": "VARCHAR",
        "user_agent": "VARCHAR",
    },
    "clones": {
        "id": "INTEGER",
        "project": "VARCHAR",
        "timestamp": "TIMESTAMP",
        "ip_hash": "VARCHAR",
        "user_agent": "VARCHAR",
    },
    "tool_usage": {
        "id": "INTEGER",
        "tool": "VARCHAR",
        "event": "VARCHAR",
        "timestamp": "TIMESTAMP",
        "ip_hash": "VARCHAR",
        "user_agent": "VARCHAR",
    },
    "catalog_interactions": {
        "id": "INTEGER",
        "event": "VARCHAR",
        "detail": "VARCHAR",
        "result_count": "INTEGER",
        "timestamp": "TIMESTAMP",
        "ip_hash": "VARCHAR",
    },
}
WHO = Visitor("203.0.113.7", "git/2.39.2")


def record(mallard: Mallard, name: Name, **props: Any) -> None:
    assert mallard.recorder is not None
    mallard.recorder.record(name, props, WHO, "/")


def rows(data_dir: Path, sql: str) -> list[tuple[Any, ...]]:
    """What a shell shows of the database of a stopped server."""
    with duckdb.connect(str(data_dir / "mallard.duckdb"), read_only=True) as shell:
        return shell.execute(sql).fetchall()


@pytest.mark.parametrize(("view", "columns"), DOCUMENTED.items())
def test_a_view_has_the_documented_columns_in_their_order(
    mallard: Mallard, data_dir: Path, view: str, columns: dict[str, str]
):
    mallard.stop(PATIENCE_SECS)
    described = rows(data_dir, f"describe {view}")
    assert {name: kind for name, kind, *_ in described} == columns
    assert [name for name, *_ in described] == list(columns)
    assert rows(data_dir, f"from {view}") == []


def test_the_views_hold_what_was_recorded(mallard: Mallard, data_dir: Path, clock: Clock):
    record(mallard, Name.DOWNLOAD, project="pets", version="v1", asset="pets.zip")
    clock.move(seconds=1)
    record(mallard, Name.CLONE, project="pets")
    record(mallard, Name.TOOL_UPLOAD, tool="pets")
    record(mallard, Name.TOOL_DOWNLOAD, tool="pets")
    record(mallard, Name.SEARCH, detail="o'duck", result_count=3)
    record(mallard, Name.CATEGORY_VIEW, detail="birds")
    record(mallard, Name.DIFF_VIEW, detail="v1..v2")
    mallard.stop(PATIENCE_SECS)
    (download,) = rows(data_dir, "from downloads")
    assert download[:5] == (1, "pets", "v1", "pets.zip", NOON.replace(tzinfo=None))
    assert len(download[5]) == 64
    assert download[6] == "git/2.39.2"
    assert rows(data_dir, "select id, project, user_agent from clones") == [
        (1, "pets", "git/2.39.2")
    ]
    assert rows(data_dir, "select id, tool, event from tool_usage order by id") == [
        (1, "pets", "upload"),
        (2, "pets", "download"),
    ]
    catalog = "select id, event, detail, result_count from catalog_interactions order by id"
    assert rows(data_dir, catalog) == [
        (1, "search", "o'duck", 3),
        (2, "category_view", "birds", None),
        (3, "diff_view", "v1..v2", None),
    ]


def ids(data_dir: Path) -> dict[str, int]:
    return dict(rows(data_dir, "select asset, id from downloads"))


def test_ids_never_change(start: Callable[..., Mallard], data_dir: Path, clock: Clock):
    first = start()
    for number in range(5):
        record(first, Name.DOWNLOAD, asset=str(number))
        clock.move(days=1)
    first.stop(PATIENCE_SECS)
    expected = {str(number): number + 1 for number in range(5)}
    assert ids(data_dir) == expected
    second = start()
    second.upkeep.compact_all()
    second.stop(PATIENCE_SECS)
    assert ids(data_dir) == expected
    third = start()
    third.erasure.erase("portal", date(2026, 3, 19), date(2026, 3, 20))
    record(third, Name.DOWNLOAD, asset="5")
    third.stop(PATIENCE_SECS)
    assert ids(data_dir) == {"0": 1, "3": 4, "4": 5, "5": 6}
    killed = start()
    record(killed, Name.DOWNLOAD, asset="6")
    abandon(killed)
    start().stop(PATIENCE_SECS)
    assert ids(data_dir) == {"0": 1, "3": 4, "4": 5, "5": 6, "6": 7}


@pytest.mark.parametrize("round_timestamps", [False, True])
def test_ids_count_by_time_and_then_arrival(
    start: Callable[..., Mallard], data_dir: Path, round_timestamps: bool
):
    mallard = start(round_timestamps=round_timestamps)
    for number in range(20):
        record(mallard, Name.DOWNLOAD, asset=str(number))
    mallard.stop(PATIENCE_SECS)
    found = rows(data_dir, "select id from downloads order by timestamp")
    assert [number for (number,) in found] == list(range(1, 21))


def test_what_came_without_a_number_comes_behind(mallard: Mallard, data_dir: Path):
    from tests.builders import an_event, store_events

    record(mallard, Name.DOWNLOAD, asset="ours")
    elsewhere = [
        an_event(NOON - timedelta(days=n), site_id="portal", event_name="download", props=props)
        for n, props in ((1, '{"asset": "late"}'), (2, '{"asset": "early", "id": "x"}'), (3, None))
    ]
    store_events(mallard.store, "imported", elsewhere)
    mallard.stop(PATIENCE_SECS)
    assert ids(data_dir) == {"ours": 1, None: 2, "early": 3, "late": 4}


def test_another_site_has_no_part_in_them(start: Callable[..., Mallard], data_dir: Path):
    from mallard.config import Portal
    from tests.builders import an_event, store_events

    mallard = start(portal=Portal(site_id="software"))
    store_events(mallard.store, "b", [an_event(event_name="download"), an_event(site_id="portal")])
    record(mallard, Name.DOWNLOAD, asset="ours")
    mallard.stop(PATIENCE_SECS)
    assert ids(data_dir) == {"ours": 1}
