"""What retention deletes is in the trash for a while; a wrong clock, a kill and an erasure."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from mallard.app import Mallard
from mallard.store.deletion.days import finish
from mallard.store.deletion.trash import DIRECTORY, KEPT, empty
from tests.conftest import NOON, Clock, client_of, post_event, stored_events
from tests.killing import killed_before_each_step
from tests.waiting import PATIENCE_SECS

pytestmark = pytest.mark.thorough

KEPT_DAYS = 30
TODAY = NOON.date()
MIDNIGHT = NOON + timedelta(hours=12)


def send(mallard: Mallard, site: str = "a") -> None:
    body = {"d": site, "n": "pageview", "u": f"https://{site}/"}
    assert post_event(client_of(mallard), body).status_code == 202


def history(start: Callable[..., Mallard], clock: Clock, ages: tuple[int, ...]) -> None:
    """A run in which each of two sites had an event so many days ago."""
    mallard = start()
    for age in sorted(ages, reverse=True):
        clock.now = NOON - timedelta(days=age)
        send(mallard)
        send(mallard, "b")
    clock.now = NOON
    assert mallard.stop(PATIENCE_SECS)


def stored(mallard: Mallard) -> Counter[tuple[str, int]]:
    """How many events there are of each site and age."""
    events = stored_events(mallard)
    return Counter((e["site_id"], (TODAY - e["timestamp"].date()).days) for e in events)


def thrown(data_dir: Path) -> list[str]:
    files = (data_dir / DIRECTORY).rglob("*.parquet")
    return sorted(str(path.relative_to(data_dir / DIRECTORY)) for path in files)


def each(*ages: int) -> Counter[tuple[str, int]]:
    return Counter((site, age) for age in ages for site in ("a", "b"))


def test_outdated_days_are_in_the_trash_first(start, clock, data_dir: Path) -> None:
    history(start, clock, (32, 31, 1, 0))
    mallard = start(retention_days=KEPT_DAYS)
    assert stored(mallard) == each(1, 0)
    assert thrown(data_dir) == [
        f"{TODAY}/events/site_id={site}/date={TODAY - timedelta(days=age)}/0001.parquet"
        for site in ("a", "b")
        for age in (32, 31)
    ]


def test_it_is_emptied_on_the_second_day_after(start, clock, data_dir: Path) -> None:
    history(start, clock, (31, 1, 0))
    mallard = start(retention_days=KEPT_DAYS)
    for days in range(1, KEPT.days + 1):
        assert len(thrown(data_dir)) == 2
        clock.now = NOON + timedelta(days=days)
        send(mallard)
        assert mallard.flusher.flush()
        mallard.retention.run_if_due(clock())
    assert not any(f"{TODAY}/" in path for path in thrown(data_dir))
    assert not (data_dir / DIRECTORY / str(TODAY)).exists()


@pytest.mark.parametrize("jump", [timedelta(days=100), timedelta(days=40), timedelta(hours=50)])
@pytest.mark.parametrize("restarts", [False, True])
def test_a_clock_that_jumps_ahead_deletes_nothing(start, clock, jump, restarts) -> None:
    history(start, clock, (29, 15, 1, 0))
    mallard = start(retention_days=KEPT_DAYS)
    clock.now = NOON + jump
    if restarts:
        mallard.stop(PATIENCE_SECS)
        mallard = start(retention_days=KEPT_DAYS)
    send(mallard)
    assert mallard.flusher.flush()
    mallard.retention.run_if_due(clock())
    clock.now = NOON + timedelta(minutes=1)
    mallard.retention.run_if_due(clock())
    assert stored(mallard) - each(29, 15, 1, 0) == Counter({("a", -jump.days): 1})
    assert each(29, 15, 1, 0) <= stored(mallard)


def test_what_a_wrong_day_has_thrown_away_comes_back_by_a_copy(
    start, clock, data_dir: Path
) -> None:
    """The clock was ahead for so long that even its own events agreed."""
    history(start, clock, (29, 15, 1, 0))
    mallard = start(retention_days=KEPT_DAYS)
    for hours in (24 * 99, 24 * 100):
        clock.now = NOON + timedelta(hours=hours)
        send(mallard)
        assert mallard.flusher.flush()
        mallard.retention.run_if_due(clock())
    assert not each(29, 15, 1, 0) & stored(mallard)
    mallard.stop(PATIENCE_SECS)
    clock.now = NOON + timedelta(minutes=1)
    for place in (data_dir / DIRECTORY).iterdir():
        shutil.copytree(place, data_dir, dirs_exist_ok=True)
    assert each(29, 15, 1, 0) <= stored(start(retention_days=KEPT_DAYS))


def test_an_erasure_reaches_what_is_in_the_trash(start, clock, data_dir: Path) -> None:
    history(start, clock, (32, 31, 1, 0))
    mallard = start(retention_days=KEPT_DAYS)
    mallard.erasure.erase("a", TODAY - timedelta(days=31), TODAY)
    assert thrown(data_dir) == [
        f"{TODAY}/events/site_id=a/date={TODAY - timedelta(days=32)}/0001.parquet",
        f"{TODAY}/events/site_id=b/date={TODAY - timedelta(days=32)}/0001.parquet",
        f"{TODAY}/events/site_id=b/date={TODAY - timedelta(days=31)}/0001.parquet",
    ]
    assert stored(mallard) == Counter({("b", 1): 1, ("b", 0): 1})


def test_an_erasure_reaches_what_is_still_on_its_way_into_the_trash(
    start, clock, data_dir: Path
) -> None:
    """A report that runs holds the files while retention, and then an erasure, take them away."""
    history(start, clock, (31, 1, 0))
    mallard = start()
    with mallard.store.cold.publish:
        held = mallard.store.cold.hold_all()
    mallard.retention._days = KEPT_DAYS
    mallard.retention.run(TODAY)
    assert thrown(data_dir) == []
    mallard.erasure.erase("a", date(2020, 1, 1), TODAY)
    mallard.store.cold.release(held)
    finish(mallard.store)
    assert [path for path in thrown(data_dir) if "site_id=a" in path] == []
    assert len(thrown(data_dir)) == 1
    assert not list((data_dir / "events").glob("site_id=a/*"))


def test_a_backup_does_not_take_the_trash_along(start, clock) -> None:
    history(start, clock, (31, 1, 0))
    mallard = start(retention_days=KEPT_DAYS)
    assert b"trash" not in b"".join(mallard.transfer.backup())


@pytest.mark.parametrize(("ages", "is_said"), [((31, 32, 33), False), ((31, 32, 33, 34), True)])
def test_the_page_and_the_log_say_when_it_is_more_than_usual(
    start, clock, capsys: pytest.CaptureFixture[str], ages: tuple[int, ...], is_said: bool
) -> None:
    history(start, clock, (*ages, 1, 0))
    mallard = start(retention_days=KEPT_DAYS)
    assert ("More days than usual are outdated" in capsys.readouterr().out) is is_said
    page = client_of(mallard).get("/").text
    assert ("outdated days of 2" in page) is is_said
    assert (f"deleted for good on {TODAY + KEPT}" in page) is is_said
    mallard.stop(PATIENCE_SECS)
    again = start(retention_days=KEPT_DAYS, admin_password="correct horse")
    client = client_of(again)
    assert "outdated days" not in client.get("/login").text + client.get("/nowhere").text
    client.set_cookie("mm_session", again.access.sessions.open())
    assert ("outdated days of 2" in client.get("/").text) is is_said


def test_killed_while_it_is_emptied_the_rest_goes_later(tmp_path: Path) -> None:
    def fill() -> None:
        for name in ("one", "two"):
            old = tmp_path / DIRECTORY / "2026-03-01" / "events" / f"site_id={name}"
            old.mkdir(parents=True, exist_ok=True)
            (old / "0001.parquet").write_bytes(b"x")

    fill()
    for _ in killed_before_each_step(lambda: empty(tmp_path, TODAY)):
        empty(tmp_path, TODAY)
        assert list((tmp_path / DIRECTORY).iterdir()) == []
        fill()
