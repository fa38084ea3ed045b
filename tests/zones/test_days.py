"""Local days: one span of time each, whatever is done to the clocks."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from mallard.zones.days import (
    check_zone,
    clock_at,
    day_begins,
    day_of,
    hours_of,
    is_skipped,
    moment_of,
    names,
    spells,
)
from tests.fuzz.size import so_many

A_DAY = timedelta(days=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        ("UTC", "2026-03-08", "2026-03-08 00:00"),
        ("America/New_York", "2026-03-08", "2026-03-08 05:00"),
        ("America/New_York", "2026-03-09", "2026-03-09 04:00"),
        ("Asia/Kolkata", "2026-03-08", "2026-03-07 18:30"),
        ("Asia/Kathmandu", "2026-03-08", "2026-03-07 18:15"),
        ("Australia/Lord_Howe", "2026-04-05", "2026-04-04 13:00"),
        ("Australia/Lord_Howe", "2026-04-06", "2026-04-05 13:30"),
        ("Pacific/Apia", "2011-12-29", "2011-12-29 10:00"),
        ("Pacific/Apia", "2011-12-30", "2011-12-30 10:00"),
        ("Pacific/Apia", "2011-12-31", "2011-12-30 10:00"),
        ("Asia/Beirut", "2026-03-29", "2026-03-28 22:00"),
        ("America/Havana", "2026-11-01", "2026-11-01 04:00"),
        ("America/St_Johns", "2006-10-29", "2006-10-29 02:30"),
        ("America/Toronto", "1919-03-31", "1919-03-31 04:30"),
        ("Asia/Kolkata", "1850-01-01", "1849-12-31 18:06:32"),
    ],
)
def test_a_day_begins_when_clocks_first_show_its_date(zone: str, day: str, begins: str) -> None:
    assert day_begins(date.fromisoformat(day), zone) == at(begins)


@pytest.mark.parametrize(
    ("zone", "day", "count", "twice"),
    [
        ("UTC", "2026-03-08", 24, []),
        ("America/New_York", "2026-03-08", 23, []),
        ("America/New_York", "2026-11-01", 25, ["01:00-04:00", "01:00-05:00"]),
        ("Australia/Lord_Howe", "2026-10-04", 24, []),
        ("Australia/Lord_Howe", "2026-04-05", 25, ["01:00+11:00", "01:00+10:30"]),
        ("Asia/Kathmandu", "2026-03-08", 24, []),
        ("Pacific/Apia", "2011-12-30", 0, []),
        ("America/Sao_Paulo", "2018-02-17", 25, ["23:00-02:00", "23:00-03:00"]),
        ("America/Havana", "2026-11-01", 25, ["00:00-04:00", "00:00-05:00"]),
    ],
)
def test_an_hour_that_comes_twice_has_its_distance_from_utc(
    zone: str, day: str, count: int, twice: list[str]
) -> None:
    found = hours_of(date.fromisoformat(day), zone)
    assert len(found) == count
    labels = [hour.label for hour in found]
    assert [label[11:] for label in labels if len(label) > len("YYYY-MM-DD HH:MM")] == twice
    assert len(set(labels)) == count
    assert all(label.startswith(day) for label in labels)
    assert is_skipped(date.fromisoformat(day), zone) == (count == 0)


def test_clocks_that_are_put_back_across_midnight_show_no_day_twice() -> None:
    """In St. John's one minute after midnight, to 23:01 of the day before."""
    zone = "America/St_Johns"
    assert clock_at(at("2006-10-29 02:30:30"), zone) == at("2006-10-29 00:00:30")
    assert clock_at(at("2006-10-29 03:00:00"), zone) == at("2006-10-29 00:30:00")
    assert clock_at(at("2006-10-29 03:30:00"), zone) == at("2006-10-29 00:00:00")


def test_days_and_hours_of_every_zone_follow_each_other_without_a_gap() -> None:
    rng = random.Random(5)
    for _ in range(so_many(300, 20_000)):
        zone = rng.choice(names())
        day = date(1840, 1, 1) + A_DAY * rng.randrange(365 * 250)
        begins, ends = day_begins(day, zone), day_begins(day + A_DAY, zone)
        assert begins <= ends
        hours = [hour.begins for hour in hours_of(day, zone)]
        assert hours[:1] == ([begins] if begins < ends else [])
        assert all(a < b <= a + timedelta(hours=1) for a, b in pairwise([*hours, ends]))


def test_every_moment_is_of_the_day_that_clocks_show() -> None:
    """By the rules of the zones themselves, but for clocks put back across midnight."""
    rng = random.Random(6)
    differ = 0
    for _ in range(so_many(1_000, 50_000)):
        zone = rng.choice(names())
        moment = at("1850-01-01") + timedelta(seconds=rng.randrange(86_400 * 365 * 200))
        day = day_of(moment, zone)
        assert day_begins(day, zone) <= moment < day_begins(day + A_DAY, zone)
        assert clock_at(moment, zone).date() == day
        differ += moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date() != day
    assert differ <= 1


@pytest.mark.parametrize("day", ["0001-01-01", "1800-01-01", "2300-01-01", "9999-12-30"])
def test_the_ends_of_the_calendar_are_days_like_others(day: str) -> None:
    for zone in ("UTC", "Asia/Kolkata", "America/New_York"):
        begins = day_begins(date.fromisoformat(day), zone)
        assert day_of(begins, zone) == date.fromisoformat(day)
        assert hours_of(date.fromisoformat(day), zone)[0].begins == begins


def test_a_clock_time_is_a_moment() -> None:
    zone = "America/New_York"
    assert moment_of(at("2026-03-07 12:00"), zone) == at("2026-03-07 17:00")
    assert moment_of(at("2026-03-08 02:30"), zone) == at("2026-03-08 07:30")
    assert moment_of(at("2026-11-01 01:30"), zone) == at("2026-11-01 05:30")


def test_a_year_of_new_york_has_three_spells() -> None:
    found = spells("America/New_York", at("2026-01-01"), at("2027-01-01"))
    assert [(spell.begins, spell.offset // timedelta(hours=1)) for spell in found] == [
        (at("2026-01-01"), -5),
        (at("2026-03-08 07:00"), -4),
        (at("2026-11-01 06:00"), -5),
    ]


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "localtime", "../etc", "europe/berlin", "+1"])
def test_what_is_no_zone_is_refused_with_an_example(name: str) -> None:
    with pytest.raises(ValueError, match="such as Europe/Berlin"):
        check_zone(name)


def test_zones_go_by_the_names_of_the_iana_database() -> None:
    for name in ("UTC", "Europe/Berlin", "Asia/Kolkata", "America/Argentina/Buenos_Aires"):
        check_zone(name)
    assert len(names()) > 400
