"""What an earlier Mallard has left behind, this one takes over whole; its backups, too."""

from __future__ import annotations

import io
import json
import lzma
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.store.engine.migrations import MIGRATIONS, schema_version
from mallard.transfer.restoring import BadArchive
from mallard.wsgi import application
from tests.conftest import Clock, stored_events
from tests.transfer.archives import packed, put_back
from tests.upgrades.history import KEPT, PAGES, PAGEVIEWS, PASSWORD, PERIOD, VISITORS, sent
from tests.upgrades.keep import send
from tests.waiting import PATIENCE_SECS

NOW = len(MIGRATIONS)
SCHEMAS = range(1, NOW + 1)
BACKED_UP = SCHEMAS[1:]
"""Backups are as old as the second schema."""


@pytest.fixture
def settings(data_dir: Path) -> dict[str, Any]:
    """The secret is that of the directory."""
    return {"data_dir": data_dir, "cache_ttl_secs": 0, "duckdb_threads": 1}


def lay_down(schema: int, data_dir: Path) -> None:
    """What the kill of that Mallard has left."""
    with tarfile.open(KEPT / f"schema-{schema}.tar.xz") as archive:
        archive.extractall(data_dir.parent, filter="data")


def said(schema: int) -> dict[str, str]:
    found: dict[str, str] = json.loads((KEPT / f"schema-{schema}.json").read_text("utf-8"))
    return found


def signed_in(mallard: Mallard, schema: int) -> Client:
    """Who knew the password of that time comes in, and so does the key."""
    client = Client(application(mallard))
    if "key" in said(schema):
        body = {"password": PASSWORD}
        assert client.post("/api/auth/login", json={"password": "another"}).status_code == 401
        assert client.post("/api/auth/login", json=body).status_code == 200
        by_key = Client(application(mallard))
        figures = f"/api/stats/main?{PERIOD}"
        assert by_key.get(figures).status_code == 401
        assert by_key.get(figures, headers={"X-API-Key": said(schema)["key"]}).status_code == 200
    return client


def told(client: Client) -> tuple[int, int, dict[str, int]]:
    """Pageviews, visitors and pages of the two days, and the purchase among them."""
    main: Any = client.get(f"/api/stats/main?{PERIOD}").json
    pages: Any = client.get(f"/api/stats/breakdown/pages?{PERIOD}").json
    revenue: Any = client.get(f"/api/stats/revenue?{PERIOD}").json
    assert [(row["currency"], float(row["amount"])) for row in revenue] == [("EUR", 49.9)]
    return (
        main["total_pageviews"],
        main["unique_visitors"],
        {row["value"]: row["pageviews"] for row in pages if row["pageviews"]},
    )


def assert_all_is_told(client: Client) -> None:
    assert told(client) == (PAGEVIEWS, VISITORS, PAGES)


def assert_it_goes_on(client: Client, clock: Clock) -> None:
    """What comes in is counted beside what was there."""
    send(client, clock, [sent(-0.5, 9, "/after")])
    views, visitors, pages = told(client)
    assert (views, visitors) == (PAGEVIEWS + 1, VISITORS + 1)
    assert pages == {**PAGES, "/after": 1}


def test_the_present_schema_is_kept() -> None:
    """Where this fails, a migration is new: `python -m tests.upgrades.keep`, once."""
    assert {path.name for path in KEPT.glob("*.tar.xz")} == {
        *(f"schema-{schema}.tar.xz" for schema in SCHEMAS),
        *(f"schema-{schema}.backup.tar.xz" for schema in BACKED_UP),
    }


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_directory_is_upgraded_whole(
    start: Callable[..., Mallard], data_dir: Path, clock: Clock, schema: int
) -> None:
    lay_down(schema, data_dir)
    mallard = start()
    client = signed_in(mallard, schema)
    assert_all_is_told(client)
    copies = sorted(path.name for path in (data_dir / "migration-copies").glob("*"))
    assert [name.split(".")[0] for name in copies] == ([f"schema-{schema}"] * (schema < NOW))
    assert_it_goes_on(client, clock)
    mallard.stop(PATIENCE_SECS)
    with duckdb.connect(str(data_dir / "mallard.duckdb"), read_only=True) as connection:
        assert schema_version(connection) == NOW
    again = start()
    assert len(stored_events(again)) == PAGEVIEWS + 2
    assert len(list((data_dir / "migration-copies").glob("*"))) == len(copies)


@pytest.mark.parametrize("schema", BACKED_UP)
def test_a_backup_is_restored_whole(
    start: Callable[..., Mallard], data_dir: Path, clock: Clock, schema: int
) -> None:
    put_back(lzma.decompress((KEPT / f"schema-{schema}.backup.tar.xz").read_bytes()), data_dir)
    client = signed_in(start(), schema)
    assert_all_is_told(client)
    assert_it_goes_on(client, clock)


@pytest.mark.parametrize("schema", SCHEMAS[:-1])
def test_a_backup_with_an_older_schema_is_upgraded_when_it_is_opened(
    start: Callable[..., Mallard], data_dir: Path, clock: Clock, schema: int
) -> None:
    with tarfile.open(KEPT / f"schema-{schema}.tar.xz") as archive:
        names = [member for member in archive if member.isfile()]
        files = {member.name.removeprefix("data/"): archive.extractfile(member) for member in names}
        content = {name: (file or io.BytesIO()).read() for name, file in files.items()}
    for name in [".lock", *(name for name in content if name.startswith("journal/"))]:
        del content[name]
    put_back(packed(content), data_dir)
    client = Client(application(start()))
    # What had only been accepted is in no such archive.
    assert told(client) == (PAGEVIEWS - 1, VISITORS - 1, {**PAGES, "/": PAGES["/"] - 1})
    assert len(list((data_dir / "migration-copies").iterdir())) == 1


def test_a_backup_of_a_newer_schema_is_refused_and_nothing_changes(data_dir: Path) -> None:
    archive = packed({"mallard.duckdb": b""})
    newer = archive.replace(b'"schema":%d' % NOW, b'"schema":%d' % (NOW + 1))
    assert newer != archive
    with pytest.raises(BadArchive, match="update this one first"):
        put_back(newer, data_dir)
    assert not data_dir.exists()
