"""Days of time zones are worked out, too, and add up to what the events say."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC as GREENWICH
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from mallard.model import Event, Period
from mallard.reports.filters import parse_filter
from mallard.reports.first_day import first_day
from mallard.reports.query import ALL_TIME, ReportQuery
from mallard.reports.timeseries import timeseries
from mallard.reports.totals import totals
from mallard.store import heavy
from mallard.store.store import Store
from mallard.store.upkeep.days import Upkeep
from mallard.zones.days import UTC, day_begins, day_of
from tests.builders import TODAY, an_event, open_store, store_events
from tests.fuzz.size import so_many
from tests.reports.reading import Events, days_rolled
from tests.reports.visits import (
    FILTERS,
    SITES,
    assert_no_report_depends_on_rollups,
    visits,
)

pytestmark = pytest.mark.fuzz

SITE = "example.com"
KOLKATA, NEW_YORK = "Asia/Kolkata", "America/New_York"
ONE_DAY = timedelta(days=1)
DAYS = 6
QUESTIONS = so_many(1, 60)


@dataclass(frozen=True)
class Place:
    """A zone, and the first of some days there."""

    zone: str
    first: date


PLACES = (
    Place(KOLKATA, date(2026, 3, 9)),
    Place(NEW_YORK, date(2025, 3, 6)),
    Place(NEW_YORK, date(2025, 10, 30)),
    Place("Australia/Lord_Howe", date(2025, 4, 3)),
    Place("Australia/Lord_Howe", date(2025, 10, 2)),
    Place("Asia/Kathmandu", date(2026, 3, 9)),
    Place("Pacific/Apia", date(2011, 12, 27)),
    Place("Asia/Beirut", date(2025, 3, 27)),
)


def upkeep_of(store: Store, now: datetime) -> Upkeep:
    return Upkeep(store, now.date, lambda zone: day_of(now, zone))


def queries(rng: random.Random, place: Place) -> Iterator[ReportQuery]:
    for _ in range(QUESTIONS):
        start = place.first + timedelta(days=rng.randrange(DAYS))
        end = start + timedelta(days=rng.randrange(1, DAYS + 1))
        yield ReportQuery(
            rng.choice(SITES),
            Period(start, end, place.zone),
            rng.choice(["hour", "day", "week", "month"]),
            1000,
            tuple(parse_filter(text) for text in rng.choice([(), (), (), *FILTERS])),
        )


def some_visits(rng: random.Random, place: Place, each: int) -> list[Event]:
    days = [place.first + timedelta(days=n - 1) for n in range(DAYS + 2)]
    return visits(rng, SITES, days, each)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: f"{place.zone} {place.first}")
def test_no_report_of_local_days_depends_on_rollups(tmp_path: Path, place: Place) -> None:
    """All days are built, two have changed since; then the last goes on, and some of it is hot."""
    rng = random.Random(place.zone)
    store = open_store(tmp_path / "data", lambda _: place.zone)
    events = some_visits(rng, place, 4)
    store_events(store, "b1", events[::2])
    store.roll()
    last = place.first + (DAYS - 1) * ONE_DAY
    now = day_begins(last, place.zone) + timedelta(hours=12)
    upkeep_of(store, now).build_all()
    rolled = days_rolled(store, "daily.example", place.first, last, zone=place.zone)
    assert rolled >= DAYS - 2
    assert_no_report_depends_on_rollups(store, queries(rng, place))
    store_events(store, "b2", events[1::4])
    store.roll()
    assert_no_report_depends_on_rollups(store, queries(rng, place))
    upkeep_of(store, now).compact_all()
    upkeep_of(store, now).build_all()
    assert_no_report_depends_on_rollups(store, queries(rng, place))
    store_events(store, "b3", events[3::4])
    assert_no_report_depends_on_rollups(store, queries(rng, place))
    store.close()


@pytest.fixture
def zones() -> dict[str, str]:
    return {SITE: KOLKATA}


@pytest.fixture
def store(tmp_path: Path, zones: dict[str, str]) -> Iterator[Store]:
    store = open_store(tmp_path / "data", lambda site_id: zones.get(site_id, UTC))
    yield store
    store.close()


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-{text}").replace(tzinfo=GREENWICH)


def seen(store: Store, day: date, zone: str = KOLKATA) -> int:
    query = ReportQuery(SITE, Period(day, day + ONE_DAY, zone))
    found = totals(store, query)
    assert found == totals(Events(store), query)
    return found.unique_visitors


def rolled(store: Store, first: date, end: date, zone: str = KOLKATA) -> int:
    return days_rolled(store, SITE, first, end, zone=zone)


def test_a_day_rests_on_the_files_of_two_days_of_utc(store: Store) -> None:
    moments = [at("16 12:00"), at("16 19:00"), at("17 12:00"), at("17 19:00")]
    visitors = [an_event(m, visitor_id=f"v{n}") for n, m in enumerate(moments)]
    store_events(store, "b1", visitors)
    store.roll()
    upkeep_of(store, at("20 00:00").replace(tzinfo=None)).build_all()
    assert store.without_rollups() == []
    day = date(2026, 3, 17)
    assert rolled(store, day, day + ONE_DAY) == 1
    assert [seen(store, day + n * ONE_DAY) for n in (-1, 0, 1)] == [1, 2, 1]
    store_events(store, "b2", [an_event(at("16 20:00"), visitor_id="late")])
    store.roll()
    assert rolled(store, day, day + ONE_DAY) == 0
    assert rolled(store, day + ONE_DAY, day + 2 * ONE_DAY) == 1
    assert seen(store, day) == 3


def test_the_first_day_is_none_that_only_shares_a_file_with_it(store: Store) -> None:
    store_events(store, "b1", [an_event(at("16 19:00"))])
    store.roll()
    query = ReportQuery(SITE, replace(ALL_TIME, zone=KOLKATA))
    assert first_day(store, query) == date(2026, 3, 17)
    upkeep_of(store, at("20 00:00").replace(tzinfo=None)).build_all()
    assert rolled(store, date(2026, 3, 16), date(2026, 3, 18)) == 2
    assert first_day(store, query) == date(2026, 3, 17)


def test_the_local_day_that_goes_on_follows_its_flushes(store: Store) -> None:
    """Those of both days of UTC that it has a part of."""
    day = date(2026, 3, 18)
    upkeep = upkeep_of(store, at("18 12:00").replace(tzinfo=None))
    store_events(store, "b1", [an_event(at("17 19:00")), an_event(at("17 12:00"))])
    store.roll()
    upkeep.build_all()
    for number, moment in enumerate([at("17 20:00"), at("18 01:00"), at("18 02:00")], 2):
        store_events(store, f"b{number}", [an_event(moment, visitor_id=f"v{number}")])
        assert rolled(store, day, day + ONE_DAY) == 1
        assert seen(store, day) == number
        store.roll()
        assert rolled(store, day, day + ONE_DAY) == 1
        assert seen(store, day) == number
    both = [an_event(at("17 21:00"), visitor_id="a"), an_event(at("18 03:00"), visitor_id="b")]
    store_events(store, "b9", both)
    store.roll()
    assert rolled(store, day, day + ONE_DAY) == 1
    assert seen(store, day) == 6
    upkeep.build_all()
    assert seen(store, day) == 6
    upkeep.compact_all()
    assert rolled(store, day, day + ONE_DAY) == 1


def test_a_site_that_goes_elsewhere_is_read_until_its_days_are_worked_out(
    store: Store, zones: dict[str, str]
) -> None:
    day = date(2026, 3, 17)
    upkeep = upkeep_of(store, at("20 00:00").replace(tzinfo=None))
    store_events(store, "b1", [an_event(at("16 19:00")), an_event(at("17 03:00"), visitor_id="w")])
    store.roll()
    upkeep.build_all()
    assert (seen(store, day), seen(store, day, NEW_YORK)) == (2, 0)
    zones[SITE] = NEW_YORK
    assert (seen(store, day), seen(store, day, NEW_YORK)) == (2, 0)
    assert rolled(store, day, day + ONE_DAY, NEW_YORK) == 0
    assert upkeep.pending() > 0
    upkeep.build_all()
    assert (upkeep.pending(), upkeep.due()) == (0, [])
    assert rolled(store, day - ONE_DAY, day, NEW_YORK) == 1
    assert seen(store, day - ONE_DAY, NEW_YORK) == 2
    assert rolled(store, day, day + ONE_DAY) == 0, "the days of Kolkata are of no use any more"
    zones[SITE] = UTC
    upkeep.build_all()
    assert rolled(store, day, day + ONE_DAY, UTC) == 1
    assert (upkeep.pending(), upkeep.due()) == (0, [])


def test_another_zone_than_the_site_s_is_read_from_the_events(store: Store) -> None:
    store_events(store, "b1", [an_event(at("17 03:00"))])
    store.roll()
    upkeep_of(store, at("20 00:00").replace(tzinfo=None)).build_all()
    day = date(2026, 3, 17)
    assert rolled(store, day, day + ONE_DAY) == 1
    for zone in (UTC, NEW_YORK, "Asia/Kathmandu"):
        assert rolled(store, day, day + ONE_DAY, zone) == 0
    assert seen(store, day, UTC) == 1
    assert seen(store, day, NEW_YORK) == 0


def test_figures_of_local_days_survive_a_restart(tmp_path: Path) -> None:
    store = open_store(tmp_path / "data", lambda _: KOLKATA)
    store_events(store, "b1", [an_event(at("17 03:00"))])
    store.roll()
    upkeep_of(store, at("20 00:00").replace(tzinfo=None)).build_all()
    store.close()
    store = open_store(tmp_path / "data", lambda _: KOLKATA)
    assert store.without_rollups() == []
    assert days_rolled(store, SITE, date(2026, 3, 17), TODAY, zone=KOLKATA) == 1
    store.close()


def test_days_erased_leave_nothing_in_the_figures_of_local_days(store: Store) -> None:
    for number, moment in enumerate([at("16 12:00"), at("16 19:00"), at("17 12:00")]):
        store_events(store, f"b{number}", [an_event(moment, visitor_id=f"v{number}")])
    store.roll()
    upkeep_of(store, at("20 00:00").replace(tzinfo=None)).build_all()
    day = date(2026, 3, 16)
    store.rollups.forget(SITE, Period(day, day + ONE_DAY), store.cold.publish)
    assert set(store.rollups.known(SITE).days).isdisjoint({day, day + ONE_DAY})
    with store.database.reader() as connection:
        sql = f"select count(*) from {store.rollups.alias}.visitors where day in ($a, $b)"
        found = connection.execute(sql, {"a": day, "b": day + ONE_DAY}).fetchall()
    assert found == [(0,)]


def test_heavy_reports_of_local_days_read_what_is_new_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = date(2026, 3, 18)
    store_events(store, "b1", [an_event(at("17 19:00")), an_event(at("17 12:00"))])
    store.roll()
    upkeep_of(store, at("18 12:00").replace(tzinfo=None)).build_all()
    store_events(store, "b2", [an_event(at("18 01:00"), visitor_id="w")])
    period = Period(day - 2 * ONE_DAY, day + ONE_DAY, KOLKATA)
    plain = ReportQuery(SITE, period)
    asked = [plain, replace(plain, filters=(parse_filter("page==/"),))]
    light = [totals(store, query) for query in asked]
    monkeypatch.setattr(heavy, "LIGHT_BYTES", 0)
    assert [totals(store, query) for query in asked] == light
    assert [totals(Events(store), query) for query in asked] == light


def test_hours_are_added_up_where_they_begin_at_half_past(store: Store) -> None:
    store_events(store, "b1", [an_event(at("17 03:20")), an_event(at("17 03:40"), visitor_id="w")])
    store.roll()
    upkeep_of(store, at("20 00:00").replace(tzinfo=None)).build_all()
    day = date(2026, 3, 17)
    query = ReportQuery(SITE, Period(day, day + ONE_DAY, KOLKATA), "hour")
    assert days_rolled(store, SITE, day, day + ONE_DAY, timeseries, "hour", zone=KOLKATA) == 1
    assert [(hour.date, hour.visitors) for hour in timeseries(store, query) if hour.visitors] == [
        ("2026-03-17 08:00", 1),
        ("2026-03-17 09:00", 1),
    ]


def test_a_part_of_the_last_local_day_is_read(tmp_path: Path) -> None:
    place = Place(KOLKATA, date(2026, 3, 9))
    rng = random.Random(4)
    store = open_store(tmp_path / "data", lambda _: KOLKATA)
    store_events(store, "b1", some_visits(rng, place, 4))
    store.roll()
    upkeep_of(store, datetime.combine(TODAY, time(12))).build_all()
    for query in queries(rng, place):
        last = replace(query.period, start=query.last_day)
        part = replace(query, until=last.begins_at + timedelta(minutes=rng.randrange(1440)))
        assert totals(store, part) == totals(Events(store), part), part
        assert timeseries(store, part) == timeseries(Events(store), part), part
    store.close()


def test_stray_events_are_read_wherever_they_lie(store: Store) -> None:
    """A file that holds events of another day than its own, as operators may copy them in."""
    store_events(store, "b1", [an_event(at("16 19:00")), an_event(at("18 12:00"), visitor_id="w")])
    store.roll()
    tree = store.cold.partitions
    (stray,) = tree.files_in(SITE, Period(date(2026, 3, 16), date(2026, 3, 17)))
    with store.database.side_writer() as connection:
        odd = f"select * replace (timestamp + interval 2 days as timestamp) from '{stray.path}'"
        connection.execute(f"copy ({odd}) to '{stray.path}' (format parquet)")
    stray.is_whole = None
    upkeep_of(store, at("25 00:00").replace(tzinfo=None)).build_all()
    for zone in (KOLKATA, UTC):
        query = ReportQuery(SITE, Period(date(2026, 3, 15), date(2026, 3, 22), zone))
        assert totals(store, query) == totals(Events(store), query)
