"""Days beyond what the operator keeps are gone from everywhere, and do not come back."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from mallard import app
from mallard.store.deletion.intents import Intents
from tests.conftest import NOON, abandon, client_of, post_event, stored_events
from tests.waiting import PATIENCE_SECS

pytestmark = pytest.mark.thorough

KEPT_DAYS = 30
OLD = NOON - timedelta(days=KEPT_DAYS + 1)
OLDEST_KEPT = NOON - timedelta(days=KEPT_DAYS)
MIDNIGHT = NOON + timedelta(hours=12)
YESTERDAY = NOON - timedelta(days=1)
"""Events of that day are what the present day is believed for."""


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    return settings | {"cache_ttl_secs": 3600}


@pytest.fixture
def history(start, clock) -> Callable[[], None]:
    """An earlier run's events: one too old, one of the oldest day that is kept, one of today."""

    def make() -> None:
        mallard = start()
        for at, site in ((OLD, "a"), (OLD, "b"), (OLDEST_KEPT, "a"), (YESTERDAY, "a"), (NOON, "a")):
            clock.now = at
            send(mallard, site)
        assert mallard.stop(PATIENCE_SECS)

    return make


def send(mallard: app.Mallard, site: str = "a") -> None:
    body = {"d": site, "n": "pageview", "u": f"https://{site}/"}
    assert post_event(client_of(mallard), body).status_code == 202


def days(mallard: app.Mallard) -> list[tuple[str, date]]:
    return [(event["site_id"], event["timestamp"].date()) for event in stored_events(mallard)]


@contextmanager
def no_room_for_records() -> Iterator[None]:
    """What goes is first put on record, which fails where the disk is full."""

    def fail(*_: object) -> Path:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Intents, "write", fail)
        yield


KEPT = [("a", OLDEST_KEPT.date()), ("a", YESTERDAY.date()), ("a", NOON.date())]


def test_without_a_limit_everything_stays(start, history) -> None:
    history()
    assert len(days(start(retention_days=0))) == 5


def test_a_start_deletes_days_before_today_minus_n(start, history, data_dir: Path) -> None:
    history()
    assert days(start(retention_days=KEPT_DAYS)) == KEPT
    left = sorted(path.parent.name for path in (data_dir / "events").rglob("*.parquet"))
    assert left == [f"date={day}" for _, day in KEPT]
    assert not (data_dir / "events" / "site_id=b" / f"date={OLD.date()}").exists()


def test_midnight_deletes_what_has_become_too_old(start, history, clock) -> None:
    history()
    mallard = start(retention_days=KEPT_DAYS)
    clock.now = MIDNIGHT - timedelta(microseconds=1)
    mallard.retention.run_if_due(clock())
    assert days(mallard) == KEPT
    clock.now = MIDNIGHT
    mallard.retention.run_if_due(clock())
    assert days(mallard) == KEPT[1:]


def test_reports_that_were_kept_are_forgotten(start, history, clock) -> None:
    history()
    mallard = start(retention_days=KEPT_DAYS)
    client: Any = client_of(mallard)
    address = "/api/stats/main?site_id=a&start_date=2026-02-01&end_date=2026-04-01"
    assert client.get(address).json["total_pageviews"] == 3
    clock.now = MIDNIGHT
    mallard.retention.run_if_due(clock())
    assert client.get(address).json["total_pageviews"] == 2


def while_journalled(mallard: app.Mallard) -> None:
    assert mallard.journal.pending


def while_hot(mallard: app.Mallard) -> None:
    assert mallard.flusher.flush()


def while_its_segment_lingers(mallard: app.Mallard) -> None:
    assert mallard.flusher.roll()
    assert mallard.journal.size


@pytest.mark.parametrize("state", [while_journalled, while_hot, while_its_segment_lingers])
@pytest.mark.parametrize("is_killed", [False, True])
def test_what_was_deleted_does_not_come_back(
    start, clock, state: Callable[[app.Mallard], None], is_killed: bool
) -> None:
    clock.now = OLD
    mallard = start(retention_days=KEPT_DAYS)
    send(mallard)
    state(mallard)
    clock.now = YESTERDAY
    send(mallard)
    clock.now = NOON
    mallard.retention.run_if_due(clock())
    send(mallard)
    if is_killed:
        abandon(mallard)
    else:
        mallard.stop(PATIENCE_SECS)
    assert days(start(retention_days=0)) == KEPT[1:]


@pytest.mark.parametrize("state", [while_journalled, while_hot, while_its_segment_lingers])
def test_a_start_deletes_what_a_kill_left_behind(
    start, clock, data_dir: Path, state: Callable[[app.Mallard], None]
) -> None:
    clock.now = OLD
    mallard = start()
    send(mallard)
    clock.now = YESTERDAY
    send(mallard, "witness")
    state(mallard)
    abandon(mallard)
    clock.now = NOON
    mallard = start(retention_days=KEPT_DAYS)
    assert days(mallard) == [("witness", YESTERDAY.date())]
    assert b'"a"' not in b"".join(p.read_bytes() for p in (data_dir / "journal").iterdir())
    abandon(mallard)
    assert days(start()) == [("witness", YESTERDAY.date())]


def test_the_quarantine_and_copies_are_no_hiding_places(start, history, data_dir: Path) -> None:
    history()
    quarantine, copies = data_dir / "quarantine", data_dir / "migration-copies"
    for day in (OLD.date(), OLDEST_KEPT.date()):
        shutil.copytree(
            data_dir / "events" / "site_id=a" / f"date={day}",
            quarantine / "site_id=a" / f"date={day}",
        )
    copies.mkdir()
    today = NOON.date()
    for name in (
        quarantine / f"mallard.duckdb.{today}",
        quarantine / f"mallard.duckdb.wal.{today - timedelta(days=7)}",
        quarantine / "mallard.duckdb.note",
        copies / f"schema-1.holds-{OLD.date()}.made-{today}.duckdb",
        copies / f"schema-1.holds-{today}.made-{today}.duckdb",
        copies / f"schema-1.holds-{today}.made-{today - timedelta(days=7)}.duckdb",
    ):
        name.touch()
    start(retention_days=KEPT_DAYS)
    left = {str(path.relative_to(data_dir)) for path in quarantine.rglob("*.parquet")}
    assert left == {f"quarantine/site_id=a/date={OLDEST_KEPT.date()}/0001.parquet"}
    assert {path.name for path in quarantine.glob("mallard*")} == {
        f"mallard.duckdb.{today}",
        "mallard.duckdb.note",
    }
    assert [path.name for path in copies.iterdir()] == [
        f"schema-1.holds-{today}.made-{today}.duckdb"
    ]


def test_copies_go_after_a_week_also_when_all_events_are_kept(start, clock, data_dir: Path) -> None:
    copies = data_dir / "migration-copies"
    copies.mkdir(parents=True)
    (copies / "schema-1.holds-2026-03-10.made-2026-03-10.duckdb").touch()
    start(retention_days=0).stop(PATIENCE_SECS)
    assert len(list(copies.iterdir())) == 1, "that a week has passed only the clock says"
    clock.move(days=1)
    start(retention_days=0)
    assert list(copies.iterdir()) == []


def test_it_runs_once_a_day_and_again_after_a_failure(start, history, clock) -> None:
    history()
    mallard = start(retention_days=KEPT_DAYS)
    clock.now = MIDNIGHT
    send(mallard, "c")
    with no_room_for_records(), pytest.raises(OSError, match="No space"):
        mallard.retention.run_if_due(clock())
    assert len(days(mallard)) == 4
    mallard.retention.run_if_due(clock())
    assert days(mallard) == [*KEPT[1:], ("c", MIDNIGHT.date())]


def test_a_start_that_cannot_delete_is_a_start_all_the_same(start, clock) -> None:
    """What goes is first put on record, which needs a little room. It is tried every minute."""
    clock.now = OLD
    mallard = start()
    send(mallard)
    clock.now = YESTERDAY
    send(mallard)
    while_hot(mallard)
    abandon(mallard)
    clock.now = NOON
    with no_room_for_records():
        mallard = start(retention_days=KEPT_DAYS)
        assert len(days(mallard)) == 2
    mallard.retention.run_if_due(clock())
    assert days(mallard) == [("a", YESTERDAY.date())]
