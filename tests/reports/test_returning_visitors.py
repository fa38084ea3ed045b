"""Days are added up although their visitors return, and the sums are what the events say."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from mallard.model import Event, Period, microseconds
from mallard.reports.breakdown import breakdown
from mallard.reports.parameters import INTERVALS
from mallard.reports.query import ReportQuery
from mallard.reports.session_series import session_series
from mallard.reports.timeseries import timeseries
from mallard.reports.totals import totals
from mallard.store.deletion.days import delete_days, finish
from mallard.store.parquet.partitions import Partition
from mallard.store.rollups import returning_visitors
from mallard.store.rollups.working_out import LEAST_ROWS_ALLOWED
from mallard.store.store import Store
from mallard.store.upkeep import building
from mallard.store.upkeep.correcting import uncorrected
from mallard.store.upkeep.days import Upkeep
from tests.builders import TODAY, an_event, open_store, store_events
from tests.fuzz.size import so_many
from tests.reports.reading import Events, days_rolled
from tests.reports.visits import a_price, assert_no_report_depends_on_rollups

pytestmark = pytest.mark.fuzz

SITE = "example.com"
ONE_DAY = timedelta(days=1)
DAYS = [TODAY - n * ONE_DAY for n in range(8)][::-1]
END = TODAY + ONE_DAY
TICKS = count(1)
GAPS = (1, 60, 1799, 1800, 1801, 3600)


def at(day: date, minutes: float = 0) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minutes)


def a_visit(rng: random.Random, day: date, visitor: str) -> list[Event]:
    """A few events, many of them around midnight, all before the end of the last day."""
    moment = at(day, rng.choice([rng.randrange(1440), 0, 5, 1410, 1439]))
    # As the clock of a server never stands still, no two events have one time.
    moment += timedelta(microseconds=next(TICKS))
    events = []
    for _ in range(rng.randrange(1, 6)):
        fields = {
            "visitor_id": visitor,
            "event_name": rng.choice(["pageview", "pageview", "signup"]),
            "referrer_source": rng.choice([None, "Google", "Bing"]),
            "browser": rng.choice(["Firefox", "Chrome"]),
        }
        path = rng.choice(["/", "/a", "/b", "/c"])
        events.append(an_event(moment, path, **fields, **a_price(rng)))
        moment += timedelta(seconds=rng.choice(GAPS))
    return [event for event in events if event.timestamp < microseconds(at(END))]


def visits(rng: random.Random, days: list[date], share: float = 0.5) -> list[Event]:
    """What a dozen visitors do on these days; each is there on about a share of them."""
    return [
        event
        for number in range(12)
        for day in days
        if rng.random() < share
        for event in a_visit(rng, day, f"v{number}")
    ]


def assert_everything_is_exact(
    store: Store, rng: random.Random, times: int = so_many(6, 24)
) -> None:
    assert_no_report_depends_on_rollups(store, [some_days(rng) for _ in range(times)])


def some_days(rng: random.Random) -> ReportQuery:
    start = rng.choice(DAYS) - rng.choice([0, 0, 1]) * ONE_DAY
    end = min(END, start + timedelta(days=rng.randrange(1, 10)))
    return ReportQuery(SITE, Period(start, end), rng.choice(INTERVALS), 1000)


@pytest.fixture
def store(data_dir: Path) -> Iterator[Store]:
    store = open_store(data_dir)
    yield store
    store.close()


def build(store: Store, today: date = END) -> None:
    """Everything that upkeep does at the end of the last day, or on another."""
    Upkeep(store, lambda: today).build_all()


@pytest.mark.parametrize("seed", range(so_many(1, 10)))
def test_days_that_are_over(store: Store, seed: int) -> None:
    rng = random.Random(seed)
    store_events(store, "b1", visits(rng, DAYS, share=rng.choice([0.2, 0.5, 1.0])))
    store.roll()
    build(store)
    assert uncorrected(store) == []
    assert days_rolled(store, SITE, DAYS[0], END) == len(DAYS)
    assert days_rolled(store, SITE, DAYS[2], DAYS[6], timeseries, "week") == 4
    assert days_rolled(store, SITE, DAYS[2], END, session_series) == len(DAYS) - 2
    assert_everything_is_exact(store, rng)


@pytest.mark.parametrize("seed", range(so_many(1, 10)))
def test_a_day_that_goes_on(store: Store, seed: int) -> None:
    rng = random.Random(100 + seed)
    store_events(store, "b1", visits(rng, DAYS[:-1]))
    store.roll()
    for number in range(4):
        store_events(store, f"today {number}", visits(rng, [TODAY], share=0.3))
        if rng.random() < 0.7:
            store.roll()
        if number == 0 or rng.random() < 0.5:
            build(store, TODAY)
        assert_everything_is_exact(store, rng, times=so_many(3, 8))
    store.roll()
    build(store, TODAY)
    assert days_rolled(store, SITE, DAYS[0], END) == len(DAYS)
    store_events(store, "hot", visits(rng, [TODAY], share=0.3))
    assert days_rolled(store, SITE, DAYS[0], END) == len(DAYS)
    assert_everything_is_exact(store, rng)
    store.roll()
    build(store)
    assert_everything_is_exact(store, rng)


@pytest.mark.parametrize("seed", range(so_many(1, 10)))
def test_days_that_change_or_go(store: Store, data_dir: Path, seed: int) -> None:
    rng = random.Random(200 + seed)
    store_events(store, "b1", visits(rng, DAYS))
    store.roll()
    build(store)
    store_events(store, "late", visits(rng, [DAYS[3]], share=0.2))
    store.roll()
    assert_everything_is_exact(store, rng, times=so_many(3, 8))
    build(store)
    assert days_rolled(store, SITE, DAYS[0], END) == len(DAYS)
    assert_everything_is_exact(store, rng, times=so_many(3, 8))
    days = Period(DAYS[1], DAYS[1] + rng.choice([1, 2, 4]) * ONE_DAY)
    delete_days(store, SITE, days, reaches_copies=rng.random() < 0.5)
    assert_everything_is_exact(store, rng, times=so_many(3, 8))
    finish(store)
    assert_everything_is_exact(store, rng, times=so_many(3, 8))
    build(store)
    assert_everything_is_exact(store, rng, times=so_many(3, 8))
    store.close()
    again = open_store(data_dir)
    assert (again.without_rollups(), uncorrected(again)) == ([], [])
    assert days_rolled(again, SITE, DAYS[0], END) > 0
    assert_everything_is_exact(again, rng, times=so_many(3, 8))
    again.close()


def test_a_session_of_several_days_is_one(store: Store) -> None:
    steps = range(0, 3 * 1440, 29)
    events = [an_event(at(DAYS[1], 1000 + n), f"/{n % 5}", visitor_id="tireless") for n in steps]
    store_events(store, "b1", events + visits(random.Random(1), DAYS))
    store.roll()
    build(store)
    assert days_rolled(store, SITE, DAYS[1], DAYS[3]) == 2
    assert days_rolled(store, SITE, DAYS[1], DAYS[4]) == 0, "two days do not tell what it is"
    assert days_rolled(store, SITE, DAYS[0], END, lambda r, q: breakdown(r, q, "pages")) == 8
    assert_everything_is_exact(store, random.Random(2))


def test_many_visitors_are_worked_out_some_at_a_time(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(returning_visitors, "VISITORS_AT_A_TIME", 3)
    rng = random.Random(3)
    store_events(store, "b1", visits(rng, DAYS))
    store.roll()
    build(store)
    assert days_rolled(store, SITE, DAYS[0], END) == len(DAYS)
    assert_everything_is_exact(store, rng)


def test_who_returns_after_a_long_time_is_found_in_the_events(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(returning_visitors, "LOOKS_BACK", 2 * ONE_DAY)
    rng = random.Random(4)
    store_events(store, "b1", visits(rng, DAYS))
    store.roll()
    build(store)
    assert days_rolled(store, SITE, DAYS[3], DAYS[6]) == 3
    assert days_rolled(store, SITE, DAYS[2], DAYS[6]) == 0
    assert_everything_is_exact(store, rng)


def test_too_many_corrections_are_left_out(store: Store) -> None:
    """A visitor of ten thousand pages, who reads them all again."""
    pages = LEAST_ROWS_ALLOWED + 1
    days = (DAYS[0], DAYS[1])
    for day in days:
        events = [an_event(at(day), f"/{n}", browser=f"b{n % 7}") for n in range(pages)]
        store_events(store, f"b{day}", events)
    store.roll()
    build(store)
    query = ReportQuery(SITE, Period(DAYS[0], DAYS[2]), limit=3)
    assert days_rolled(store, SITE, DAYS[0], DAYS[2]) == 2
    assert breakdown(store, query, "pages") == breakdown(Events(store), query, "pages")
    assert breakdown(store, query, "browsers") == breakdown(Events(store), query, "browsers")
    assert totals(store, query).unique_visitors == 1


def test_events_that_come_while_a_day_is_corrected_make_that_void(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(5)
    store_events(store, "b1", visits(rng, DAYS))
    store.roll()
    correct = returning_visitors.correct

    def building_another(*args: Any) -> frozenset[str]:
        left_out = correct(*args)
        monkeypatch.setattr(returning_visitors, "correct", correct)
        store_events(store, "late", [an_event(at(DAYS[0], 5), visitor_id="v1")])
        store.roll()
        build(store)
        return left_out

    monkeypatch.setattr(returning_visitors, "correct", building_another)
    build(store)
    assert_everything_is_exact(store, rng, times=so_many(3, 8))
    build(store)
    assert uncorrected(store) == []
    assert_everything_is_exact(store, rng, times=so_many(3, 8))


def test_a_day_waits_for_those_before_it(store: Store) -> None:
    for number, day in enumerate(DAYS[:3]):
        store_events(store, f"b{number}", [an_event(at(day), visitor_id="anna")])
    store.roll()
    with store.database.side_writer() as connection:
        for day in DAYS[1:3]:
            building.build(store, connection, Partition(SITE, day))
    assert uncorrected(store) == []
    build(store)
    known = store.rollups.known(SITE).days
    corrections = known[DAYS[2]].corrections
    assert corrections is not None and set(corrections.editions) == set(DAYS[:2])


def test_the_calendar_begins_somewhere() -> None:
    assert returning_visitors.first_day_before(date(1, 2, 1)) == date.min
    assert returning_visitors.first_day_before(TODAY) == TODAY - returning_visitors.LOOKS_BACK
