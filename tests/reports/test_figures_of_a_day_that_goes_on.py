"""The figures of a day that goes on follow its events, whoever comes back."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mallard.model import Event, Period
from mallard.reports.breakdown import DIMENSIONS, ON_CARDS, breakdown, breakdown_count
from mallard.reports.filters import parse_filters
from mallard.reports.query import ReportQuery
from mallard.reports.revenue import revenue
from mallard.reports.session_series import session_series
from mallard.reports.timeseries import timeseries
from mallard.reports.totals import totals
from mallard.store.deletion.days import delete_days, finish
from mallard.store.rolling import FILES_PER_PARTITION
from mallard.store.rollups import changes, recent_events, working_out
from mallard.store.rollups.day_rows import DayRows
from mallard.store.rollups.following import arrive
from mallard.store.rollups.working_out import LEAST_ROWS_ALLOWED
from mallard.store.store import Store
from mallard.store.upkeep.days import Upkeep
from tests.builders import NOON, TODAY, an_event, open_store, store_events
from tests.fuzz.size import IS_WHOLE
from tests.reports.reading import Events

pytestmark = pytest.mark.thorough

SITE = "example.com"
ONE_DAY = timedelta(days=1)
DAY = ReportQuery(SITE, Period(TODAY, TODAY + ONE_DAY), "hour", 1000)
WEEK = ReportQuery(SITE, Period(TODAY - 6 * ONE_DAY, TODAY + ONE_DAY), "day", 1000)


@pytest.fixture
def store(data_dir: Path) -> Iterator[Store]:
    """Yesterday and the morning, built; the day goes on."""
    store = open_store(data_dir)
    store_events(store, "yesterday", [an_event(NOON - ONE_DAY, visitor_id="of yesterday")])
    store_events(store, "morning", [an_event(visitor_id=v) for v in ("anna", "ben")])
    store.roll()
    build(store)
    yield store
    store.close()


def build(store: Store) -> None:
    Upkeep(store, lambda: TODAY).build_all()


def later(minutes: float, visitor_id: str, path: str = "/", **fields: str) -> Event:
    at = NOON + timedelta(minutes=minutes)
    return an_event(at, path, visitor_id=visitor_id, **fields)


PRICING_SEEN = parse_filters(["page~=/", "exit_page!=/none"])
"""Everybody has; and who is filtered by that is found in another way."""

TOLD = ("pages", "entry_pages", "exit_pages", "events", "cities")
"""Nothing else is known of these visits, and so all other dimensions say the same as cities."""


def assert_figures_are_those_of_the_events(
    store: Store, dimensions: Iterable[str] = TOLD, queries: Iterable[ReportQuery] = (DAY, WEEK)
) -> None:
    events = Events(store)
    filtered = [replace(query, interval="day", filters=PRICING_SEEN) for query in queries]
    for query in [*queries, *filtered]:
        assert totals(store, query) == totals(events, query)
        assert timeseries(store, query) == timeseries(events, query)
        assert session_series(store, query) == session_series(events, query)
        assert revenue(store, query) == revenue(events, query)
        for name in dimensions:
            assert breakdown(store, query, name) == breakdown(events, query, name), name
            assert breakdown_count(store, query, name) == breakdown_count(events, query, name)


def settled(store: Store) -> tuple[int | None, int]:
    built = store.rollups.known(SITE).days[TODAY]
    return built.settled, built.last


def test_who_comes_back_is_no_new_visitor_and_leaves_from_another_page(store: Store) -> None:
    store_events(store, "b1", [later(5, "anna", "/pricing"), later(6, "carla", "/pricing")])
    exits = breakdown(store, DAY, "exit_pages")
    assert [(row.value, row.visitors) for row in exits] == [("/pricing", 2), ("/", 1)]
    assert totals(store, DAY).unique_visitors == 3
    assert totals(store, WEEK).unique_visitors == 4
    assert_figures_are_those_of_the_events(store, DIMENSIONS)


def test_a_page_from_which_nobody_leaves_any_more_is_not_in_the_list(store: Store) -> None:
    store_events(store, "b1", [later(5, "anna", "/a"), later(5, "ben", "/a")])
    assert [row.value for row in breakdown(store, DAY, "exit_pages")] == ["/a"]
    assert breakdown_count(store, DAY, "exit_pages") == 1
    store.roll()
    build(store)
    assert [row.value for row in breakdown(store, DAY, "exit_pages")] == ["/a"]


def test_what_reaches_parquet_is_added_to_the_figures_when_it_is_settled(store: Store) -> None:
    store_events(store, "b1", [later(5, "anna", "/pricing")])
    store.roll()
    store_events(store, "b2", [later(50, "anna", "/docs")])
    assert settled(store) == (0, 1)
    assert_figures_are_those_of_the_events(store)
    build(store)
    assert settled(store) == (1, 1)
    assert store.without_rollups() == []
    assert_figures_are_those_of_the_events(store)


@pytest.mark.parametrize("near", [1, 3])
def test_who_comes_back_is_found_however_long_ago_that_was(
    store: Store, monkeypatch: pytest.MonkeyPatch, near: int
) -> None:
    monkeypatch.setattr(recent_events, "NEAR", near)
    monkeypatch.setattr(recent_events, "LARGE_BYTES", 0)
    rng = random.Random(near)
    visitors = ["anna", "ben", "of yesterday", *(f"visitor {n}" for n in range(9))]
    for part in range(1, 13):
        came = rng.sample(visitors[: 2 + part], 2)
        events = [later(10 * part + n, v, rng.choice("/abc")) for n, v in enumerate(came)]
        store_events(store, f"b{part}", events)
        if part % 4:
            store.roll()
        if part % 3 == 0:
            build(store)
        assert_figures_are_those_of_the_events(
            store, ["pages", "exit_pages"], [(DAY, WEEK)[part % 2]]
        )


def test_only_for_who_was_there_long_ago_all_of_the_day_is_looked_through() -> None:
    day = recent_events.OpenDay("rollups", 1, TODAY, settled=500, last=502, is_large=True)
    near = day.of_visitors_since(502 - recent_events.NEAR)
    assert "rowid" not in near.events_of("select 1")
    assert "rowid" not in day.of_visitors_since(None).events_of("select 1")
    assert "rowid" in day.of_visitors_since(501 - recent_events.NEAR).events_of("select 1")


def test_a_visitor_of_another_day_is_counted_once(store: Store) -> None:
    store_events(store, "b1", [later(5, "of yesterday")])
    assert totals(store, WEEK).unique_visitors == 3
    store.roll()
    assert totals(store, WEEK).unique_visitors == 3
    build(store)
    assert totals(store, WEEK).unique_visitors == 3
    assert_figures_are_those_of_the_events(store)


def test_who_is_new_on_two_days_at_once_is_counted_once(store: Store) -> None:
    late = an_event(NOON - ONE_DAY, "/late", visitor_id="carla")
    store_events(store, "b1", [late, later(5, "carla"), later(5, "dora")])
    assert totals(store, WEEK).unique_visitors == 5
    assert_figures_are_those_of_the_events(store)
    store.roll()
    assert totals(store, WEEK).unique_visitors == 5
    assert_figures_are_those_of_the_events(store)


def test_what_has_come_is_worked_out_once_for_all_who_ask(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = []
    find = changes.find

    def count(*args: Any) -> Any:
        looked.append(args)
        return find(*args)

    monkeypatch.setattr(changes, "find", count)
    for number in (1, 2):
        store_events(store, f"b{number}", [later(number, "anna", "/a")])
        for name in 2 * ON_CARDS:
            breakdown(store, DAY, name)
        totals(store, DAY)
        timeseries(store, replace(DAY, interval="day"))
        assert len(looked) == number


def test_nothing_is_remembered_of_what_was_erased(store: Store) -> None:
    store_events(store, "b1", [later(5, "anna", "/secret")])
    assert [row.value for row in breakdown(store, DAY, "pages")] == ["/", "/secret"]
    assert store.rollups.changes.remembered > 0
    delete_days(store, SITE, DAY.period, reaches_copies=True)
    finish(store)
    assert store.rollups.changes.remembered == 0
    assert breakdown(store, DAY, "pages") == []


def test_a_day_that_is_over_keeps_no_recent_events(store: Store) -> None:
    assert [partition.day for partition in store.rollups.with_recent()] == [TODAY]
    Upkeep(store, lambda: TODAY + ONE_DAY).build_all()
    assert store.rollups.with_recent() == []
    assert_figures_are_those_of_the_events(store)


def test_too_many_values_leave_a_rollup_out_when_they_come(store: Store) -> None:
    many = [later(5, "anna", f"/{n}") for n in range(LEAST_ROWS_ALLOWED + 1)]
    store_events(store, "b1", many)
    store.roll()
    build(store)
    assert store.rollups.known(SITE).days[TODAY].left_out == {"of_pages"}
    assert breakdown_count(store, DAY, "pages") == len(many) + 1
    store_events(store, "b2", [later(6, "ben", "/new")])
    assert breakdown_count(store, DAY, "pages") == len(many) + 2


def test_a_rollup_that_was_left_out_is_worked_out_if_it_fits_when_the_day_is_over(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working_out, "LEAST_ROWS_ALLOWED", 2)
    store_events(store, "b1", [later(5, "anna", f"/{n}") for n in range(3)])
    store.roll()
    build(store)
    assert "of_pages" in store.rollups.known(SITE).days[TODAY].left_out
    store_events(store, "b2", [later(6, "anna", "/1") for _ in range(100)])
    store.roll()
    build(store)
    assert "of_pages" in store.rollups.known(SITE).days[TODAY].left_out
    Upkeep(store, lambda: TODAY + ONE_DAY).build_all()
    assert "of_pages" not in store.rollups.known(SITE).days[TODAY].left_out
    assert store.rollups.with_recent() == []
    assert_figures_are_those_of_the_events(store, ["pages"])


def test_a_roll_that_fails_is_not_kept_twice(store: Store) -> None:
    store_events(store, "b1", [later(5, "anna")])
    today = store.cold.partitions.partitions()
    (partition,) = [p for p in today if p.day == TODAY]
    assert list(arrive(store.rollups, partition, store.cold.partitions).values()) == [1]
    store.roll()
    assert settled(store) == (0, 1)
    assert_figures_are_those_of_the_events(store)


def test_what_comes_while_figures_are_settled_is_not_forgotten_by_a_restart(
    store: Store, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_events(store, "b1", [later(5, "anna")])
    store.roll()
    settle = DayRows.settle

    def roll_first(*args: Any) -> frozenset[str]:
        monkeypatch.undo()
        store_events(store, "b2", [later(6, "dora")])
        store.roll()
        return settle(*args)

    monkeypatch.setattr(DayRows, "settle", roll_first)
    build(store)
    assert settled(store) == (1, 2)
    assert_figures_are_those_of_the_events(store)
    store.close()
    again = open_store(data_dir)
    assert_figures_are_those_of_the_events(again)
    build(again)
    assert_figures_are_those_of_the_events(again)
    assert totals(again, DAY).unique_visitors == 3
    again.close()


@pytest.mark.fuzz
def test_figures_follow_through_merges_and_restarts(data_dir: Path) -> None:
    rng = random.Random(3)
    store = open_store(data_dir)
    for number in range(3 * FILES_PER_PARTITION):
        visits = [
            later(rng.randrange(-600, 600), f"v{rng.randrange(9)}", rng.choice(["/", "/a"]))
            for _ in range(rng.randrange(1, 6))
        ]
        store_events(store, f"b{number}", visits)
        if rng.random() < 0.8:
            store.roll()
        if rng.random() < 0.4:
            build(store)
        if rng.random() < 0.1:
            store.close()
            store = open_store(data_dir)
        if IS_WHOLE:
            assert_figures_are_those_of_the_events(store)
        else:
            name, query = TOLD[number % len(TOLD)], (DAY, WEEK)[number % 2]
            assert_figures_are_those_of_the_events(store, [name], [query])
    store.close()
