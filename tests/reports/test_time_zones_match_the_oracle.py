"""Figures of local days, hours and weeks, compared with the same in plain Python."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import asdict, astuple, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from mallard.model import Event, Period, microseconds
from mallard.reports.breakdown import DIMENSIONS, breakdown
from mallard.reports.by_dimensions import by_dimensions
from mallard.reports.combinations import METRICS, ByDimensions
from mallard.reports.export import export
from mallard.reports.first_day import first_day
from mallard.reports.goal_series import goal_series
from mallard.reports.heatmap import put_together
from mallard.reports.parameters import INTERVALS
from mallard.reports.query import ALL_TIME, ReportQuery
from mallard.reports.retention import retention
from mallard.reports.session_series import session_series
from mallard.reports.timeseries import begun, timeseries
from mallard.reports.totals import totals
from mallard.store.store import Store
from tests.builders import open_store, store_events
from tests.fuzz.size import so_many
from tests.reports import (
    behaviour_oracle,
    dimensions_oracle,
    goal_oracle,
    histories,
    oracle,
    week_oracle,
)

pytestmark = pytest.mark.fuzz

DAYS = 5
QUESTIONS = so_many(22, 400)


@dataclass(frozen=True)
class Place:
    """A zone, and the first of some days there."""

    zone: str
    first: date

    @property
    def site_id(self) -> str:
        return f"{self.zone.rpartition('/')[2].lower()}.{self.first}.example"


PLACES = (
    Place("America/New_York", date(2026, 3, 6)),
    Place("America/New_York", date(2026, 10, 30)),
    Place("Australia/Lord_Howe", date(2026, 4, 3)),
    Place("Australia/Lord_Howe", date(2026, 10, 2)),
    Place("Asia/Kathmandu", date(2026, 3, 13)),
    Place("Asia/Kathmandu", date(1985, 12, 30)),
    Place("Asia/Kolkata", date(2026, 3, 13)),
    Place("Pacific/Apia", date(2011, 12, 28)),
    Place("America/Sao_Paulo", date(2018, 2, 15)),
    Place("Asia/Beirut", date(2026, 3, 27)),
    Place("Asia/Kolkata", date(1850, 1, 1)),
)
"""Both changes of a year, a day that was skipped, and clocks changed at midnight."""


def visitor(rng: random.Random, place: Place, visitor_id: str) -> list[Event]:
    """Events that begin anywhere, often near a quarter of an hour at which clocks may change."""
    start = datetime.combine(place.first, datetime.min.time(), UTC) - timedelta(days=1)
    at = microseconds(start + timedelta(minutes=15 * rng.randrange((DAYS + 2) * 96)))
    at += rng.choice((0, -1, rng.randrange(900 * histories.SECOND_US)))
    events = []
    for _ in range(rng.randint(1, 7)):
        events.append(histories.one(rng, place.site_id, visitor_id, at))
        at += rng.choice(histories.GAPS_US)
    return events


@pytest.fixture(scope="module")
def told() -> dict[Place, list[Event]]:
    rng = random.Random(23)
    return {
        place: [event for n in range(150) for event in visitor(rng, place, f"v{n}")]
        for place in PLACES
    }


@pytest.fixture(scope="module")
def store(told: dict[Place, list[Event]], tmp_path_factory: pytest.TempPathFactory):
    """Most of it in files, the rest hot."""
    events = [event for site in told.values() for event in site]
    random.Random(1).shuffle(events)
    store = open_store(tmp_path_factory.mktemp("zones"))
    store_events(store, "b1", events[::2])
    store.roll()
    store_events(store, "b2", events[1::2])
    yield store
    store.close()


def questions(
    told: dict[Place, list[Event]], seed: int
) -> Iterator[tuple[Place, ReportQuery, oracle.View]]:
    rng = random.Random(seed)
    for n in range(QUESTIONS):
        place = PLACES[n % len(PLACES)]
        start = place.first + timedelta(days=rng.randint(-1, DAYS))
        end = start + timedelta(days=rng.randint(0, DAYS))
        query = ReportQuery(
            place.site_id,
            Period(start, end, place.zone),
            interval=rng.choice(INTERVALS),
            limit=10,
            filters=histories.filters(rng),
        )
        yield place, query, oracle.View(told[place], place.site_id, query.period, query.filters)


def test_totals_are_those_of_local_days(store: Store, told) -> None:
    for _, query, view in questions(told, seed=1):
        assert asdict(totals(store, query)) == pytest.approx(oracle.totals(view)), query


def test_the_timeseries_is_by_local_hours_days_weeks_and_months(store: Store, told) -> None:
    for _, query, view in questions(told, seed=2):
        for interval in INTERVALS:
            expected = oracle.timeseries(view, query.period, interval)
            found = timeseries(store, replace(query, interval=interval))
            assert [astuple(bucket) for bucket in found] == expected, query


def test_the_heatmap_is_by_what_clocks_show(store: Store, told) -> None:
    rng = random.Random(9)
    for place, query, view in questions(told, seed=9):
        day = datetime.combine(place.first, datetime.min.time(), UTC)
        now = day + timedelta(hours=rng.randint(-30, 24 * DAYS + 30))
        hourly = replace(query, interval="hour")
        found = put_together(timeseries(store, hourly), begun(hourly, now))
        expected = week_oracle.heatmap(view, query.period, now)
        assert [astuple(heat) for heat in found] == expected, (query, now)


def test_sessions_begin_in_local_buckets(store: Store, told) -> None:
    for _, query, view in questions(told, seed=3):
        expected = oracle.session_series(view, query.period, query.interval)
        found = [asdict(row) for row in session_series(store, query)]
        assert found == [pytest.approx(row) for row in expected], query


def test_breakdowns_are_those_of_local_days(store: Store, told) -> None:
    dimensions = random.Random(3)
    for _, query, view in questions(told, seed=4):
        name = dimensions.choice(list(DIMENSIONS))
        expected = oracle.breakdown(view, DIMENSIONS[name])[: query.limit]
        assert [astuple(row) for row in breakdown(store, query, name)] == expected, (name, query)


def test_conversions_are_counted_in_local_buckets(store: Store, told) -> None:
    goal = histories.GOALS[1]
    some = 0
    for _, query, view in questions(told, seed=7):
        rows = [astuple(row) for row in goal_series(store, query, goal)]
        expected = goal_oracle.series(view, goal, query.period, query.interval)
        assert rows == [(*row[:2], pytest.approx(row[2])) for row in expected], query
        some += any(times for _, times, _ in rows)
    assert some


@pytest.mark.parametrize(
    "text", ["visitor_type==new", "visitor_type==returning", "did==goal:below"]
)
def test_who_is_new_goes_by_where_a_local_period_begins(store: Store, told, text: str) -> None:
    for place, query, _ in questions(told, seed=8):
        query = replace(query, filters=(histories.parsed(text),))
        view = oracle.View(told[place], place.site_id, query.period, query.filters)
        assert asdict(totals(store, query)) == pytest.approx(oracle.totals(view)), query


def test_figures_by_several_dimensions_are_by_local_hours_days_weeks_and_months(
    store: Store, told
) -> None:
    rng = random.Random(8)
    for _, query, view in questions(told, seed=8):
        dimensions = (rng.choice(INTERVALS), *rng.sample(("country", "page", "day"), 1))
        asked = ByDimensions(tuple(dict.fromkeys(dimensions)), tuple(METRICS), limit=100_000)
        for one in (asked, replace(asked, dimensions=dimensions[:1])):
            expected = dimensions_oracle.figures(view, one, query.period)
            found = by_dimensions(store, query, one).rows
            assert {key: dict(zip(METRICS, figures, strict=True)) for key, figures in found} == {
                key: pytest.approx(figures) for key, figures in expected.items()
            }, (query, one)


def test_the_daily_export_has_a_row_for_each_local_day(store: Store, told) -> None:
    for _, query, view in questions(told, seed=5):
        expected = oracle.timeseries(view, query.period, "day")
        rows = export(store, query)
        assert [(row.date, row.visitors, row.pageviews) for row in rows] == expected, query


def test_weeks_of_retention_begin_on_local_mondays(store: Store, told) -> None:
    rng = random.Random(6)
    for place in PLACES:
        period = Period(place.first, place.first + timedelta(days=rng.randint(1, 9)), place.zone)
        monday = behaviour_oracle.monday(period.end - timedelta(days=1))
        ever = Period(date(1800, 1, 1), monday + timedelta(weeks=1), place.zone)
        everything = oracle.View(told[place], place.site_id, ever, ())
        expected = behaviour_oracle.retention(everything, monday, 3, place.zone)
        rows = retention(store, ReportQuery(place.site_id, period), 3)
        assert [astuple(row) for row in rows] == expected, place


def test_the_first_day_is_a_local_one(store: Store, told) -> None:
    for place, events in told.items():
        period = replace(ALL_TIME, zone=place.zone)
        first = min(events, key=lambda event: event.timestamp)
        expected = oracle.clock(oracle.moment(first), period).date()
        assert first_day(store, ReportQuery(place.site_id, period)) == expected


def test_a_part_of_a_local_day_ends_at_its_moment(store: Store, told) -> None:
    for place, query, _ in questions(told, seed=7):
        if not query.period.days:
            continue
        last = replace(query.period, start=query.last_day)
        if last.begins_at == last.ends_at:
            continue
        until = last.begins_at + (last.ends_at - last.begins_at) / 3
        until = until.replace(minute=0, second=0, microsecond=0)
        events = [e for e in told[place] if oracle.moment(e) < until.replace(tzinfo=UTC)]
        part = oracle.View(events, query.site_id, query.period, query.filters)
        found = totals(store, replace(query, until=until))
        assert asdict(found) == pytest.approx(oracle.totals(part)), query
        hours = timeseries(store, replace(query, until=until, interval="hour"))
        expected = oracle.timeseries(part, query.period, "hour")
        assert [astuple(hour) for hour in hours] == expected[: len(hours)], query


def test_hours_that_come_twice_are_told_apart(tmp_path: Path) -> None:
    store = open_store(tmp_path / "data")
    at = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    rng = random.Random(1)
    events = [
        histories.one(rng, "x", f"v{n}", microseconds(at + timedelta(hours=n))) for n in (0, 1)
    ]
    store_events(store, "b1", events)
    day = Period(date(2026, 11, 1), date(2026, 11, 2), "America/New_York")
    found = timeseries(store, ReportQuery("x", day, "hour"))
    assert [(b.date, b.visitors) for b in found if b.visitors] == [
        ("2026-11-01 01:00-04:00", 1),
        ("2026-11-01 01:00-05:00", 1),
    ]
    assert len(found) == 25
    store.close()
