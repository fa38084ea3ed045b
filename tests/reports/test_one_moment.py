"""What one visitor does at one moment, as in data that was kept by the second, is told apart."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import asdict, astuple, replace
from datetime import timedelta

import pytest

from mallard.model import Event, Period
from mallard.reports.breakdown import DIMENSIONS, breakdown
from mallard.reports.by_dimensions import by_dimensions
from mallard.reports.columns import told_of
from mallard.reports.combinations import ByDimensions
from mallard.reports.filters import Filter, parse_filter
from mallard.reports.flow import flow
from mallard.reports.flow_tree import flow_tree
from mallard.reports.journeys import journeys
from mallard.reports.query import ReportQuery
from mallard.reports.timeseries import timeseries
from mallard.reports.totals import totals
from mallard.store.store import Store
from mallard.store.upkeep.days import Upkeep
from tests.builders import NOON, TODAY, an_event, open_store, store_events
from tests.reports import oracle
from tests.reports.reading import Events

VISITORS = 60
PATHS = ("/", "/a", "/b")
DAY = ReportQuery("example.com", Period(TODAY - timedelta(days=1), TODAY), limit=1000)
NAMES = ("countries", "regions", "events", "pages")
PROPS = (None, None, '{"plan":"pro"}', '{"plan":["pro","free"]}', '{"plan":"free"}', '{"n":1}')
FILTERS = (
    "browser!=Safari",
    "page==/a",
    "event==signup",
    "prop:plan==pro",
    "prop:plan!=pro",
    "prop:plan==(unknown)",
    "prop:plan==free&page==/a",
    "prop:plan!=free&page!=/a",
    "prop:plan==pro&prop:plan!=free",
    "prop:plan~=PR&event==signup",
    "prop:plan!=free&event!=signup",
)
"""Of legs that meet, each with its values, and of the events that are looked up for them."""


def of_visitor(rng: random.Random, number: int) -> list[Event]:
    """Some events at a few moments, half an hour apart or close by, each from somewhere."""
    at, events = NOON - timedelta(days=1), []
    for _ in range(rng.randrange(2, 6)):
        for _ in range(rng.randrange(1, 4)):
            name, country = rng.choice(["pageview", "signup"]), rng.choice(["DE", "FR", None])
            events.append(
                an_event(
                    at,
                    rng.choice(PATHS),
                    visitor_id=f"v{number}",
                    event_name=name,
                    country_code=country,
                    props=rng.choice(PROPS),
                )
            )
        at += timedelta(seconds=rng.choice([1, 1799, 1800, 1801]))
    rng.shuffle(events)
    return events


@pytest.fixture(scope="module")
def events() -> list[Event]:
    rng = random.Random(31)
    found = [event for number in range(VISITORS) for event in of_visitor(rng, number)]
    rng.shuffle(found)
    return found


@pytest.fixture(scope="module")
def store(events: list[Event], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The day is worked out."""
    store = open_store(tmp_path_factory.mktemp("one") / "data")
    store_events(store, "b1", events)
    store.roll()
    Upkeep(store, lambda: TODAY).build_all()
    yield store
    store.close()


def test_it_is_counted_by_its_own_values_in_the_same_sessions(
    store: Store, events: list[Event]
) -> None:
    for text in FILTERS:
        filters = tuple(map(parse_filter, text.split("&")))
        query = replace(DAY, filters=filters)
        view = oracle.View(events, query.site_id, query.period, filters)
        assert asdict(totals(store, query)) == pytest.approx(oracle.totals(view)), text
        hours = replace(query, interval="hour")
        for one in (query, hours):
            found = [astuple(bucket) for bucket in timeseries(store, one)]
            assert found == oracle.timeseries(view, one.period, one.interval), text
        for name in NAMES:
            found = [astuple(row) for row in breakdown(store, query, name)]
            assert found == oracle.breakdown(view, DIMENSIONS[name]), (text, name)


@pytest.mark.parametrize("dimension", ["entry_page", "exit_page"])
def test_one_of_its_pages_is_the_first_or_last_wherever_that_is_asked_for(
    store: Store, dimension: str
) -> None:
    """Of the events, of the days that were worked out, and of the sessions that filters keep."""
    name = f"{dimension}s"
    rows = breakdown(store, DAY, name)
    all_of_them = replace(DAY, filters=(parse_filter("page!=/nowhere"),))
    for reader in (store, Events(store)):
        assert breakdown(reader, DAY, name) == breakdown(reader, all_of_them, name) == rows
        by_sessions = ByDimensions((dimension,), ("visitors", "sessions"))
        asked = by_dimensions(reader, DAY, by_sessions).rows
        told = told_of(reader, DAY, name)
        for row in rows:
            alone = totals(reader, replace(DAY, filters=(Filter(dimension, "==", (row.value,)),)))
            assert alone.unique_visitors == row.visitors, (reader, row)
            assert alone.sessions == dict(asked)[(row.value,)][1], (reader, row)
            assert alone.bounce_rate == told[row.key]["bounce_rate"], (reader, row)


def test_ways_that_begin_with_it_are_the_same_of_events_and_of_kept_sessions(store: Store) -> None:
    events = Events(store)
    assert journeys(store, DAY, 5) == journeys(events, DAY, 5)
    assert flow(store, DAY, "/") == flow(events, DAY, "/")
    for way in ("forward", "backward"):
        assert flow_tree(store, DAY, "/", way, 3) == flow_tree(events, DAY, "/", way, 3)
