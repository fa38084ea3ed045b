"""Where the volume of the data directory has vanished, nothing is written, whatever asks for it.

Its mount point is another directory then, empty or not: what is written there is lost afterwards.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mallard.app import Mallard
from mallard.model import MallardError
from mallard.wsgi import application
from tests.conftest import Clock, post_event
from tests.ingest.test_locations import MUNICH, write_database

PASSWORD = "correct horse battery"
PERIOD = "site_id=example.com&start_date=2026-03-01&end_date=2026-03-31"

Ask = Callable[[Client, Mallard], TestResponse]
Do = Callable[[Mallard], Any]


def contents(directory: Path) -> dict[Path, bytes | int]:
    """What is in there: each file's content, and when each directory has changed."""
    return {
        path: path.read_bytes() if path.is_file() else path.stat().st_mtime_ns
        for path in (directory, *directory.rglob("*"))
    }


def nothing(_volume: Path, ghost: Path) -> None:
    ghost.mkdir()


def a_copy(volume: Path, ghost: Path) -> None:
    shutil.copytree(volume, ghost, ignore=shutil.ignore_patterns("*.sock"))


@pytest.fixture
def settings(settings: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
    write_database(tmp_path / "cities.mmdb", {"198.51.100.0/24": MUNICH})
    return settings | {"geoip_db_path": tmp_path / "cities.mmdb"}


@pytest.fixture
def set_up(mallard: Mallard, client: Client) -> Client:
    """A browser that is signed in."""
    assert client.post("/api/auth/setup", json={"password": PASSWORD}).status_code == 200
    return client


@pytest.fixture(params=[nothing, a_copy])
def vanish(request: pytest.FixtureRequest, mallard: Mallard, tmp_path: Path) -> Callable[[], Path]:
    """Takes the volume away; what is in its place."""

    def take_away() -> Path:
        ghost, volume = mallard.directory.path, tmp_path / "the volume"
        ghost.rename(volume)
        request.param(volume, ghost)
        return ghost

    return take_away


def change_the_password(client: Client, _: Mallard) -> TestResponse:
    form = {"old": PASSWORD, "new": "another horse", "repeated": "another horse"}
    return client.post("/settings/password", data=form)


def make_a_key(client: Client, _: Mallard) -> TestResponse:
    return client.post("/api/keys", json={"name": "ci", "scope": "ReadOnly"})


def revoke_a_key(client: Client, mallard: Mallard) -> TestResponse:
    (key,) = mallard.access.keys.all()
    return client.delete(f"/api/keys/{key.key_hash}")


def erase(client: Client, _: Mallard) -> TestResponse:
    return client.delete(f"/api/gdpr/erase?{PERIOD}")


def export_parquet(client: Client, _: Mallard) -> TestResponse:
    return client.get(f"/api/export/events?{PERIOD}&format=parquet")


def send_an_event_of_tomorrow(client: Client, _: Mallard) -> TestResponse:
    return post_event(client, {"d": "example.com", "n": "pageview", "u": "https://example.com/"})


@pytest.mark.parametrize(
    "ask",
    [
        change_the_password,
        make_a_key,
        revoke_a_key,
        erase,
        export_parquet,
        send_an_event_of_tomorrow,
    ],
)
def test_who_asks_for_it_is_told(
    mallard: Mallard,
    set_up: Client,
    visit: Callable[..., None],
    clock: Clock,
    vanish: Callable[[], Path],
    ask: Ask,
) -> None:
    visit("/")
    assert mallard.flusher.roll()
    mallard.access.keys.create("old", "ReadOnly")
    clock.set(days=1)
    ghost = vanish()
    before = contents(ghost)
    refused = ask(set_up, mallard)
    assert (refused.status_code, "Retry-After" in refused.headers) == (503, True), refused.text
    assert "data directory" in refused.text
    assert contents(ghost) == before


def test_the_first_password_is_not_set(client: Client, vanish: Callable[[], Path]) -> None:
    ghost = vanish()
    before = contents(ghost)
    refused = client.post("/api/auth/setup", json={"password": PASSWORD})
    assert (refused.status_code, "data directory" in refused.text) == (503, True)
    assert contents(ghost) == before
    assert (client.get("/api/auth/status").json or {})["setup_required"]


def test_a_key_opens_though_its_use_cannot_be_noted(
    mallard: Mallard, set_up: Client, clock: Clock, vanish: Callable[[], Path]
) -> None:
    key = mallard.access.keys.create("ci", "ReadOnly").key
    ghost = vanish()
    before = contents(ghost)
    program = Client(application(mallard))
    answer = program.get("/api/auth/status", headers={"X-API-Key": key})
    assert (answer.json or {})["authenticated"]
    assert contents(ghost) == before


def keep_the_counts(mallard: Mallard) -> None:
    mallard.counts.save(mallard.clock().date())


def look_at_the_day(mallard: Mallard) -> None:
    mallard.retention.run_if_due(mallard.clock())


def copy_the_locations(mallard: Mallard) -> None:
    mallard.locations.refresh()


def destroy_salts(mallard: Mallard) -> None:
    (task,) = (task for task in mallard.housekeeping.tasks if task.name == "salts")
    task.run()


def take_a_backup(mallard: Mallard) -> None:
    list(mallard.transfer.backup())


@pytest.mark.parametrize(
    "do", [keep_the_counts, look_at_the_day, copy_the_locations, destroy_salts, take_a_backup]
)
def test_what_runs_beside_leaves_it_alone(
    mallard: Mallard,
    visit: Callable[..., None],
    clock: Clock,
    tmp_path: Path,
    vanish: Callable[[], Path],
    do: Do,
) -> None:
    visit("/")
    assert mallard.flusher.roll()
    clock.set(days=1)
    ghost = vanish()
    write_database(tmp_path / "cities.mmdb", {"203.0.113.0/24": MUNICH})
    before = contents(ghost)
    with suppress(MallardError):
        do(mallard)
    assert contents(ghost) == before
