"""What cannot be read is said aloud: it never counts as what is not there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.store.engine.directory import OURS
from tests.builders import an_event, store_both_days, store_events
from tests.conftest import post_event
from tests.waiting import PATIENCE_SECS

ANOTHER_USER = 12_345
# Root reads everything; without these capabilities it is a user like any other.
AS_ANYBODY = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
STATS = "/api/stats/main?site_id=example.com&period=30d"


def take_away(path: Path) -> None:
    """Makes a file or directory somebody else's."""
    path.chmod(0o700 if path.is_dir() else 0o600)
    if os.geteuid() == 0:
        os.chown(path, ANOTHER_USER, ANOTHER_USER)
    else:
        path.chmod(0)


def give_back(path: Path) -> None:
    os.chown(path, os.geteuid(), os.getegid())
    path.chmod(0o700)


def served(data_dir: Path) -> subprocess.CompletedProcess[str]:
    """A server that is started there, which ends by itself where it cannot use the directory."""
    command = [sys.executable, "-m", "mallard", "serve"]
    return subprocess.run(
        [*AS_ANYBODY, *command] if os.geteuid() == 0 else command,
        env=os.environ | {"MALLARD_DATA_DIR": str(data_dir), "MALLARD_PORT": "0"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def filled(start: Callable[..., Mallard], data_dir: Path) -> Path:
    """A data directory with events, in which each of our files and directories is there."""
    mallard = start()
    store_both_days(mallard.store)
    mallard.upkeep.build_all()
    mallard.access.keys.create("somebody", "ReadOnly")
    mallard.access.passwords.set_first("correct horse battery")
    mallard.stop(PATIENCE_SECS)
    for path in (data_dir / name for name in OURS):
        if not path.exists() and path.suffix == ".json":
            path.write_text("{}")
        elif not path.exists():
            path.touch() if "." in path.name else path.mkdir(mode=0o700)
    return data_dir


@pytest.mark.parametrize(
    "name",
    ["", ".lock", ".secret", "journal", "rollups", "mallard.duckdb", "events/site_id=example.com"],
)
def test_a_start_that_cannot_read_says_in_one_line_what_and_whose(filled: Path, name: str) -> None:
    take_away(filled / name)
    result = served(filled)
    if os.geteuid() == 0:
        give_back(filled / name)
    lines = [line for line in result.stderr.splitlines() if "Starting Mallard" not in line]
    assert (result.returncode, len(lines)) == (1, 1), result.stderr
    assert str(filled / name) in lines[0]
    assert f"by uid {os.geteuid()}" in lines[0]
    assert "belongs to" in lines[0]


def test_a_directory_that_becomes_unreadable_is_no_empty_one(
    mallard: Mallard, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_events(mallard.store, "b1", [an_event()])
    mallard.store.roll()
    events = mallard.store.cold.partitions.root
    away = events.with_name("away")
    events.rename(away)
    refused = client.get(STATS)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert "stored events cannot be read now" in (refused.json or {})["error"]
    health: Any = client.get("/health/detailed").json
    assert (health["status"], "No such file" in health["cannot_read"]) == ("degraded", True)
    away.rename(events)
    assert (client.get(STATS).json or {})["unique_visitors"] == 1
    health = client.get("/health/detailed").json
    assert (health["status"], health["cannot_read"]) == ("ok", None)


def test_a_file_that_somebody_took_away_needs_the_operator(
    mallard: Mallard, client: Client
) -> None:
    store_events(mallard.store, "b1", [an_event()])
    mallard.store.roll()
    (file,) = mallard.store.cold.partitions.root.rglob("*.parquet")
    file.unlink()
    assert client.get(STATS).status_code == 200
    health: Any = client.get("/health/detailed").json
    assert (health["status"], health["missing_files"]) == ("degraded", 1)


def test_nothing_is_written_where_a_volume_has_vanished(
    mallard: Mallard, client: Client, visit: Callable[..., None], tmp_path: Path
) -> None:
    """Its mount point is an empty directory then: what is written there is lost afterwards."""
    visit("/first")
    data_dir, volume = mallard.directory.path, tmp_path / "the volume"
    data_dir.rename(volume)
    data_dir.mkdir()
    assert not mallard.flusher.roll()
    refused = client.get(STATS)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert list(data_dir.iterdir()) == []
    data_dir.rmdir()
    volume.rename(data_dir)
    visit("/second")
    assert mallard.flusher.roll()
    assert (client.get(STATS).json or {})["total_pageviews"] == 2


def test_a_directory_in_the_place_of_the_locked_one_takes_no_events(
    mallard: Mallard, client: Client, tmp_path: Path
) -> None:
    data_dir, volume = mallard.directory.path, tmp_path / "the volume"
    data_dir.rename(volume)
    shutil.copytree(volume, data_dir, ignore=shutil.ignore_patterns("*.sock"))
    event = {"d": "example.com", "n": "pageview", "u": "https://example.com/"}
    response = post_event(client, event)
    assert response.status_code == 503
    assert "another directory" in (response.json or {})["error"]
    shutil.rmtree(data_dir)
    volume.rename(data_dir)
