"""The figures of all sites at once are those that each site's own report tells."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from mallard.model import Event, Period
from mallard.reports.query import ReportQuery
from mallard.reports.totals import totals
from mallard.store import many_sites
from mallard.store.many_sites import NOTHING
from mallard.store.store import Store
from mallard.store.upkeep.days import Upkeep
from mallard.zones.days import UTC
from tests.builders import NOON, TODAY, an_event, open_store, store_events
from tests.reports.visits import END, FIRST, SITES, visits

pytestmark = pytest.mark.thorough

DAYS = [FIRST + timedelta(days=n) for n in range(10)]
NEW = "new.example"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path / "data")
    yield store
    store.close()


def assert_told(store: Store, periods: Sequence[Period], apart: Collection[str] = ()) -> None:
    """Compares with the reports of each site."""
    for period in periods:
        found = store.figures_of_sites(period)
        assert found is not None
        assert set(found.apart) == set(apart)
        for site in {*store.sites(), *SITES} - set(apart):
            alone = totals(store, ReportQuery(site, period))
            expected = (alone.unique_visitors, alone.total_pageviews)
            assert found.told.get(site, NOTHING) == expected, (site, period)


@pytest.mark.thorough
def test_sites_of_each_zone_are_told_by_their_own_days(tmp_path: Path) -> None:
    rng = random.Random(6)
    zones = {SITES[0]: "Asia/Kolkata", SITES[1]: "America/New_York"}
    store = open_store(tmp_path / "data", lambda site_id: zones.get(site_id, UTC))
    upkeep = Upkeep(store, lambda: END)

    def assert_each_told() -> None:
        for period in [*periods(rng), Period(FIRST, END)]:
            for zone in {*zones.values(), UTC}:
                found = store.figures_of_sites(replace(period, zone=zone))
                assert found is not None
                there = [site for site in (*SITES, NEW) if zones.get(site, UTC) == zone]
                assert set(found.told) <= set(there)
                for site in set(there) - set(found.apart):
                    alone = totals(store, ReportQuery(site, replace(period, zone=zone)))
                    expected = (alone.unique_visitors, alone.total_pageviews)
                    assert found.told.get(site, NOTHING) == expected, (site, period, zone)

    store_events(store, "b1", visits(rng, SITES, DAYS, 4))
    store.roll()
    assert_each_told()
    upkeep.build_all()
    assert_each_told()
    store_events(store, "b2", visits(rng, (*SITES, NEW), DAYS[3:5]))
    assert_each_told()
    store.roll()
    assert_each_told()
    zones[SITES[0]], zones[SITES[2]] = UTC, "Asia/Kolkata"
    assert_each_told()
    store.close()


def periods(rng: random.Random) -> list[Period]:
    starts = [FIRST - timedelta(days=1), *rng.sample(DAYS, 4), END]
    return [Period(start, min(END, start + timedelta(days=rng.randrange(11)))) for start in starts]


@pytest.mark.thorough
def test_they_are_those_of_each_site_through_all_that_happens(store: Store) -> None:
    rng = random.Random(5)
    upkeep = Upkeep(store, lambda: END)
    asked = [*periods(rng), Period(FIRST, END)]
    store_events(store, "b1", visits(rng, SITES, DAYS, 6))
    assert_told(store, asked)
    store.roll()
    assert_told(store, asked)
    upkeep.build_all()
    assert_told(store, asked)
    store_events(store, "b2", visits(rng, (*SITES, NEW), DAYS[3:5]))
    assert_told(store, asked)
    store.roll()
    store_events(store, "b3", visits(rng, SITES, [TODAY], 2))
    assert_told(store, asked)
    upkeep.build_all()
    assert_told(store, asked)


def test_a_part_of_the_last_day_is_told_and_of_some_sites_alone(tmp_path: Path) -> None:
    rng = random.Random(8)
    zones = {SITES[0]: "Asia/Kolkata"}
    store = open_store(tmp_path / "data", lambda site_id: zones.get(site_id, UTC))
    store_events(store, "b1", visits(rng, SITES, DAYS[:3], 12))
    store.roll()
    Upkeep(store, lambda: END).build_all()
    store_events(store, "b2", visits(rng, SITES, DAYS[:3], 2))
    for zone in (UTC, "Asia/Kolkata"):
        there = {site for site in SITES if zones.get(site, UTC) == zone}
        for until, only in ((NOON - (TODAY - DAYS[2]), None), (NOON - (TODAY - DAYS[1]), there)):
            moment = until.replace(tzinfo=None)
            period = Period(FIRST, moment.date() + timedelta(days=1), zone)
            some = None if only is None else frozenset(sorted(only)[:1])
            found = store.figures_of_sites(period, moment, some)
            assert found is not None and not found.apart
            for site in some or there:
                alone = totals(store, ReportQuery(site, period, until=moment))
                expected = (alone.unique_visitors, alone.total_pageviews)
                assert found.told.get(site, NOTHING) == expected, (site, period)
    store.close()


def test_a_part_of_a_large_day_is_asked_for_by_itself(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many_sites, "MOST_OF_A_PART", 10)
    store_events(store, "b1", [an_event()])
    store.roll()
    Upkeep(store, lambda: END).build_all()
    noon = NOON.replace(tzinfo=None)
    found = store.figures_of_sites(Period(FIRST, END), noon)
    assert found is not None and set(found.apart) == {"example.com"}
    assert_told(store, [Period(FIRST, END)])


def test_the_first_day_of_each_site_is_known_hot_and_cold(store: Store) -> None:
    store_events(store, "b1", events_of(2, DAYS[3:5]))
    store.roll()
    store_events(store, "b2", events_of(3, DAYS[2:3]) + events_of(1, DAYS[8:]))
    assert store.first_days() == {f"{n:03}.example": DAYS[2] for n in range(3)}


def test_a_large_day_that_goes_on_is_asked_by_itself(store: Store) -> None:
    store_events(store, "b1", [an_event(), an_event(site_id="small.example")])
    store.roll()
    Upkeep(store, lambda: TODAY).build_all()
    today = [Period(TODAY, END)]
    assert_told(store, today)
    store_events(store, "b2", [an_event(NOON + timedelta(minutes=1))])
    assert_told(store, today)
    store.roll()
    assert_told(store, today, apart={"example.com"})
    Upkeep(store, lambda: TODAY).build_all()
    assert_told(store, today)


def test_a_day_that_is_deleted_is_in_none(store: Store) -> None:
    store_events(store, "b1", [an_event(), an_event(site_id="other.example")])
    store.roll()
    Upkeep(store, lambda: END).build_all()
    today = Period(TODAY, END)
    with store.cold.publish:
        store.cold.remove("example.com", today)
    assert_told(store, [today])
    found = store.figures_of_sites(today)
    assert found is not None and set(found.told) == {"other.example"}


def test_an_unreadable_file_costs_only_itself(store: Store) -> None:
    store_events(store, "b1", [an_event(), an_event(site_id="other.example")])
    store.roll()
    (file, *_) = store.cold.partitions.files_in("example.com", Period(TODAY, END))
    file.path.write_bytes(b"no Parquet")
    assert_told(store, [Period(TODAY, END)])
    assert store.cold.quarantined() == 1


def events_of(sites: int, days: Sequence[date]) -> list[Event]:
    return [
        an_event(NOON - (TODAY - day), site_id=f"{n:03}.example", visitor_id=f"v{n}")
        for n in range(sites)
        for day in days
    ]


def test_few_files_are_read_and_none_of_days_that_are_worked_out(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many_sites, "MOST_FILES", 9)
    store_events(store, "b1", events_of(5, DAYS[8:]))
    period = Period(FIRST, END)
    assert_told(store, [period])
    store.roll()
    assert store.figures_of_sites(period) is None, "ten files"
    assert_told(store, [Period(DAYS[9], END)])
    Upkeep(store, lambda: END).build_all()
    for file in store.cold.hold_all():
        file.path.write_bytes(b"this is not looked at")
    found = store.figures_of_sites(period)
    assert found is not None
    assert set(found.told.values()) == {(1, 2)}
