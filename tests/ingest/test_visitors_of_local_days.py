"""Visitor ids change at the midnight of the site's time zone, and salts last until it is over."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mallard.app import Mallard
from mallard.ingest.pipeline import RawEvent
from mallard.ingest.salts import AHEAD, SURE_AFTER_SECS, Rotation, Salts, period_of
from mallard.register.site import Site
from mallard.zones.days import day_begins, day_of
from tests.conftest import CHROME, NOON, Clock, stored_events
from tests.ingest.test_salts import Seconds, names

NEW_YORK, KOLKATA, KIRITIMATI = "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati"
TODAY = NOON.date()
ONE_DAY = timedelta(days=1)


def send(mallard: Mallard, site: str = "example.com") -> None:
    body = f'{{"d":"{site}","n":"pageview","u":"https://example.com/"}}'.encode()
    assert mallard.intake.take_all([RawEvent(body, CHROME, "203.0.113.9")]) == [None]


def ids(mallard: Mallard) -> list[str]:
    return [event["visitor_id"] for event in stored_events(mallard)]


def moved(mallard: Mallard, zone: str, site: str = "example.com") -> None:
    mallard.sites.replace(site, Site(timezone=zone), None)


def last_moment(day: date, zone: str) -> datetime:
    """A minute before a day is over."""
    return day_begins(day + ONE_DAY, zone).replace(tzinfo=NOON.tzinfo) - timedelta(minutes=1)


@pytest.mark.parametrize("zone", ["UTC", NEW_YORK, KOLKATA, KIRITIMATI, "Asia/Kathmandu"])
@pytest.mark.parametrize("rotation", ["daily", "weekly", "monthly"])
def test_a_visitor_is_one_of_the_local_day(
    start: Callable[..., Mallard], clock: Clock, zone: str, rotation: Rotation
) -> None:
    mallard = start(visitor_id_rotation=rotation)
    moved(mallard, zone)
    last = period_of(TODAY, rotation).end - ONE_DAY
    for at in (day_begins(last, zone), day_begins(last, zone) + 20 * timedelta(hours=1)):
        clock.now = at.replace(tzinfo=NOON.tzinfo)
        send(mallard)
    clock.now = last_moment(last, zone)
    send(mallard)
    clock.move(minutes=2)
    send(mallard)
    *same, other = ids(mallard)
    assert len(set(same)) == 1
    assert other not in same


def test_sites_of_two_zones_change_each_at_its_own_midnight(
    start: Callable[..., Mallard], clock: Clock
) -> None:
    mallard = start()
    moved(mallard, NEW_YORK, "ny.example")
    moved(mallard, KIRITIMATI, "far.example")
    sent: list[tuple[str, date]] = []
    clock.now = last_moment(TODAY, "UTC") - timedelta(hours=12)
    for _ in range(30):
        for site, zone in (("ny.example", NEW_YORK), ("far.example", KIRITIMATI), ("x", "UTC")):
            send(mallard, site)
            sent.append((site, day_of(clock.now.replace(tzinfo=None), zone)))
        clock.move(hours=1)
    by_day: dict[Any, set[str]] = {}
    for key, visitor in zip(sent, ids(mallard), strict=True):
        by_day.setdefault(key, set()).add(visitor)
    assert all(len(found) == 1 for found in by_day.values())
    assert len(set.union(*by_day.values())) == len(by_day)


def open_salts(directory: Path, clock: Clock, seconds: Seconds, zones: Iterable[str]) -> Salts:
    return Salts(directory, "daily", 0, clock, seconds, zones=lambda: zones)


@pytest.mark.parametrize(
    ("zones", "slowest"),
    [((), "UTC"), ((KOLKATA, KIRITIMATI), "UTC"), ((NEW_YORK, KOLKATA), NEW_YORK)],
)
def test_a_salt_is_destroyed_when_its_day_is_over_everywhere(
    tmp_path: Path, clock: Clock, zones: tuple[str, ...], slowest: str
) -> None:
    seconds = Seconds()
    salts = open_salts(tmp_path / "salts", clock, seconds, zones)
    salt = salts.of(TODAY)

    def looked_at() -> list[str]:
        for _ in range(2):
            salts.look()
            seconds.passed += SURE_AFTER_SECS
        return names(tmp_path / "salts")

    clock.now = last_moment(TODAY, slowest)
    assert f"{TODAY}.daily" in looked_at()
    assert salts.lasts(TODAY)
    assert salts.of(TODAY) == salt
    clock.move(minutes=1)
    assert f"{TODAY}.daily" not in looked_at()
    assert not salts.lasts(TODAY)


@pytest.mark.parametrize("zone", [NEW_YORK, KOLKATA, KIRITIMATI])
def test_the_next_salt_is_made_before_the_local_midnight(
    tmp_path: Path, clock: Clock, zone: str
) -> None:
    salts = open_salts(tmp_path / "salts", clock, Seconds(), (zone,))
    clock.now = last_moment(TODAY, zone) + timedelta(minutes=1) - AHEAD
    salts.of(TODAY)
    salts.look()
    assert f"{TODAY + ONE_DAY}.daily" in names(tmp_path / "salts")


def test_all_running_salts_are_known(tmp_path: Path, clock: Clock) -> None:
    salts = open_salts(tmp_path / "salts", clock, Seconds(), (KIRITIMATI,))
    assert salts.running() == []
    for day in (TODAY, TODAY + ONE_DAY, TODAY + 2 * ONE_DAY):
        salts.of(day)
    assert [path.name for path in salts.running()] == [
        f"{TODAY}.daily",
        f"{TODAY + ONE_DAY}.daily",
    ]
