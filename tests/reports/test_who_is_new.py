"""Who is new is known without a look at days on which nobody of these was."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from mallard.model import Period
from mallard.reports.filters import parse_filter
from mallard.reports.query import ReportQuery
from mallard.reports.totals import totals
from mallard.store.parquet.partitions import Partition
from mallard.store.store import Store
from mallard.store.upkeep.days import Upkeep
from mallard.zones.days import UTC
from tests.builders import NOON, TODAY, an_event, open_store, store_events
from tests.fuzz.size import so_many
from tests.reports.reading import Events
from tests.reports.visits import END, FIRST, SITES, visits

pytestmark = pytest.mark.fuzz

SITE = "example.com"
ONE_DAY = timedelta(days=1)
DAYS = [FIRST + n * ONE_DAY for n in range(4, 10)]
FILTERS = ("visitor_type==new", "visitor_type==returning")


def asked(site: str, period: Period) -> list[ReportQuery]:
    return [
        ReportQuery(site, period, filters=(parse_filter(text),), until=until)
        for text in FILTERS
        for until in (None, period.ends_at - timedelta(hours=9))
    ]


def assert_told(store: Store, rng: random.Random, zone: str) -> None:
    for _ in range(so_many(2, 12)):
        start = rng.choice(DAYS)
        period = Period(start, min(END, start + rng.randrange(1, 5) * ONE_DAY), zone)
        for query in asked(rng.choice(SITES), period):
            assert totals(store, query) == totals(Events(store), query), query


@pytest.mark.thorough
@pytest.mark.parametrize("zone", [UTC, "Asia/Kolkata"])
@pytest.mark.parametrize("seed", range(so_many(1, 6)))
def test_it_is_as_all_of_history_tells_through_all_that_happens(
    tmp_path: Path, seed: int, zone: str
) -> None:
    rng = random.Random(seed)
    store = open_store(tmp_path, lambda _: zone)
    upkeep = Upkeep(store, lambda: TODAY)
    store_events(store, "b1", visits(rng, SITES, DAYS, 4))
    assert_told(store, rng, zone)
    store.roll()
    upkeep.build_all()
    assert_told(store, rng, zone)
    store_events(store, "b2", visits(rng, SITES, [DAYS[1], DAYS[4], TODAY]))
    assert_told(store, rng, zone)
    store.roll()
    assert_told(store, rng, zone)
    assert_told(store, rng, "America/New_York")
    upkeep.build_all()
    assert_told(store, rng, zone)
    store.close()


def of_days(store: Store, visitors: Sequence[str], days: Sequence[date]) -> None:
    events = [
        an_event(NOON - (TODAY - day), visitor_id=visitor)
        for visitor, day in zip(visitors, days, strict=True)
    ]
    store_events(store, f"b{days[0]}", events)


def visitors_who(store: Store, text: str, *days: date) -> int:
    period = Period(days[0], days[-1] + ONE_DAY)
    return totals(store, ReportQuery(SITE, period, filters=(parse_filter(text),))).unique_visitors


def test_no_file_is_opened_of_days_on_which_nobody_was_who_came_since(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    of_days(store, ["a", "b", "c", "d", "b"], DAYS[:5])
    store.roll()
    Upkeep(store, lambda: TODAY).build_all()
    for day in (DAYS[0], DAYS[2]):
        (file,) = store.cold.partitions.files(Partition(SITE, day))
        file.path.write_bytes(b"this is not looked at")
    of_days(store, ["d", "e"], [TODAY, TODAY])
    told = [visitors_who(store, text, *days) for text in FILTERS for days in ([DAYS[4]], [TODAY])]
    assert told == [0, 1, 1, 1]
    assert store.cold.quarantined() == 0
    store.close()


def test_a_file_among_those_of_another_day_is_looked_into(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    of_days(store, ["a", "b", "c", "a"], [DAYS[0], DAYS[1], DAYS[3], DAYS[4]])
    store.roll()
    mine, other = (
        store.cold.partitions.files(Partition(SITE, day))[0].path for day in (DAYS[4], DAYS[1])
    )
    mine.replace(other.with_name("0009.parquet"))
    store.close()
    again = open_store(tmp_path)
    Upkeep(again, lambda: TODAY).build_all()
    period = Period(DAYS[3], END)
    query = ReportQuery(SITE, period, filters=(parse_filter("visitor_type==returning"),))
    assert totals(again, query) == totals(Events(again), query)
    again.close()
