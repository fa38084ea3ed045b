"""Filtered figures of sessions that were kept, compared with the same in plain Python.

Most days have been worked out. The last ones go on: visitors have come back to them since, in files
and in the hot table; and to one that is over, too.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import asdict, astuple, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from mallard.model import Event, Period
from mallard.reports.breakdown import DIMENSIONS, breakdown
from mallard.reports.conversions import conversions
from mallard.reports.looked_up import MANY
from mallard.reports.query import ReportQuery
from mallard.reports.session_series import session_series
from mallard.reports.timeseries import timeseries
from mallard.reports.totals import totals
from mallard.store import heavy
from mallard.store.store import Store
from mallard.store.upkeep.days import Upkeep
from tests.builders import an_event, open_store, store_events
from tests.fuzz.size import so_many
from tests.reports import goal_oracle, histories, oracle
from tests.reports.reading import days_rolled
from tests.reports.test_goals_match_the_oracle import GOALS, figures_of, key_of

pytestmark = pytest.mark.fuzz

SITES = 10
QUESTIONS = so_many(10, 1000)
LAST_DAY = histories.FIRST_DAY + timedelta(days=histories.DAYS - 1)


def a_site(rng: random.Random, site_id: str) -> list[Event]:
    """Every other site's visitors change nothing on their way, as nearly all people do."""
    events = histories.site(rng, site_id)
    if rng.random() < 0.5:
        return events
    first: dict[str, Event] = {}
    for event in events:
        seen = first.setdefault(event.visitor_id, event)
        event.hostname, event.device_type = seen.hostname, seen.device_type
        event.country_code, event.utm_campaign = seen.country_code, seen.utm_campaign
        event.referrer_source, event.utm_medium = seen.referrer_source, seen.utm_medium
        event.region, event.city = seen.region, seen.city
    return events


@pytest.fixture(scope="module")
def sites() -> dict[str, list[Event]]:
    rng = random.Random(20)
    return {name: a_site(rng, name) for name in (f"site{n}.example" for n in range(SITES))}


@pytest.fixture(scope="module")
def store(sites, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    rng = random.Random(21)
    events = [event for of_site in sites.values() for event in of_site]
    late = [e for e in events if oracle.moment(e).date() >= LAST_DAY or rng.random() < 0.02]
    batches = [[e for e in events if e not in late], *([] for _ in range(5))]
    for event in late:
        rng.choice(batches).append(event)
    store = open_store(tmp_path_factory.mktemp("kept"))
    upkeep = Upkeep(store, lambda: LAST_DAY)
    for number, batch in enumerate(batches):
        store_events(store, f"b{number}", batch)
        if number < 4:
            store.roll()
        if number in (0, 2):
            upkeep.build_all()
    yield store
    store.close()


def questions(sites, seed: int) -> Iterator[tuple[ReportQuery, oracle.View]]:
    rng = random.Random(seed)
    asked = 0
    while asked < QUESTIONS:
        query = histories.question(rng, rng.choice(list(sites)))
        if query.filters:
            asked += 1
            yield (
                query,
                oracle.View(sites[query.site_id], query.site_id, query.period, query.filters),
            )


def test_totals(store: Store, sites) -> None:
    for query, view in questions(sites, seed=1):
        assert asdict(totals(store, query)) == pytest.approx(oracle.totals(view)), query


def test_figures_over_time(store: Store, sites) -> None:
    for query, view in questions(sites, seed=2):
        found = [astuple(bucket) for bucket in timeseries(store, query)]
        expected = oracle.timeseries(view, query.period, query.interval)
        assert found == expected[: len(found)], query
        rows = [asdict(row) for row in session_series(store, query)]
        wanted = oracle.session_series(view, query.period, query.interval)[: len(rows)]
        assert rows == [pytest.approx(row) for row in wanted], query


def test_breakdowns_beside_a_goal(store: Store, sites) -> None:
    rng = random.Random(9)
    some = 0
    for query, view in questions(sites, seed=9):
        if rng.random() < 0.3:
            query = replace(query, filters=())
            view = oracle.View(sites[query.site_id], query.site_id, query.period, ())
        query = replace(query, limit=1000)
        goal = rng.choice(GOALS)
        for name in rng.sample(list(DIMENSIONS), 2):
            rows = conversions(store, query, name, goal)
            expected = goal_oracle.conversions(view, DIMENSIONS[name], goal)
            found = {key_of(row): figures_of(row) for row in rows}
            assert found == expected, (query, goal, name)
            some += any(row.conversions for row in rows)
    assert some


@pytest.mark.parametrize("text", histories.ON_PEOPLE)
def test_filters_of_visitors(store: Store, sites, text: str) -> None:
    rng = random.Random(text)
    for query, _ in questions(sites, seed=rng.randrange(1000)):
        filters = (histories.parsed(text), *query.filters[: rng.choice((0, 1, 2))])
        query = replace(query, filters=filters, limit=1000)
        view = oracle.View(sites[query.site_id], query.site_id, query.period, filters)
        assert asdict(totals(store, query)) == pytest.approx(oracle.totals(view)), query
        name = rng.choice(list(DIMENSIONS))
        rows = [astuple(row) for row in breakdown(store, query, name)]
        assert rows == oracle.breakdown(view, DIMENSIONS[name]), (name, query)


def test_breakdowns(store: Store, sites) -> None:
    dimensions = random.Random(3)
    for query, view in questions(sites, seed=3):
        query = replace(query, limit=1000)
        for name in dimensions.sample(list(DIMENSIONS), 4):
            expected = oracle.breakdown(view, DIMENSIONS[name])
            assert [astuple(row) for row in breakdown(store, query, name)] == expected, (
                name,
                query,
            )


PROPERTIES = [text for text in histories.FILTERS if text.startswith("prop:")]


def test_events_with_properties_are_looked_up_beside_the_sessions_of_days_that_are_over(
    store: Store, sites
) -> None:
    last = histories.FIRST_DAY + timedelta(days=histories.DAYS)
    filters = (histories.parsed("prop:plan==pro"),)
    rolled = [
        days_rolled(
            store,
            site_id,
            histories.FIRST_DAY,
            last,
            lambda reader, query: totals(reader, replace(query, filters=filters)),
        )
        for site_id in sites
    ]
    assert max(rolled) >= (LAST_DAY - histories.FIRST_DAY).days - 1


def test_properties_of_somebody_who_does_very_much(tmp_path: Path) -> None:
    rng = random.Random(24)
    events = histories.tireless_visitor(rng, "busy.example", events=3 * MANY)
    events += [e for n in range(20) for e in histories.visitor(rng, "busy.example", f"v{n}")]
    store = open_store(tmp_path / "data")
    store_events(store, "b1", events)
    store.roll()
    Upkeep(store, lambda: LAST_DAY).build_all()
    period = Period(histories.FIRST_DAY, LAST_DAY + timedelta(days=1))
    for text in PROPERTIES:
        filters = (histories.parsed(text),)
        query = ReportQuery("busy.example", period, "hour", 1000, filters)
        view = oracle.View(events, query.site_id, period, filters)
        assert asdict(totals(store, query)) == pytest.approx(oracle.totals(view)), text
        found = [astuple(bucket) for bucket in timeseries(store, query)]
        assert found == oracle.timeseries(view, period, "hour"), text
        for name in ("pages", "events", "countries"):
            rows = [astuple(row) for row in breakdown(store, query, name)]
            assert rows == oracle.breakdown(view, DIMENSIONS[name]), (text, name)
    store.close()


def test_where_the_events_are_asked_instead_they_have_their_properties(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(tmp_path / "data")
    noon = datetime.combine(LAST_DAY, time(12), UTC)
    store_events(store, "b1", [an_event(noon, props='{"plan":"pro"}')])
    store.roll()
    Upkeep(store, lambda: LAST_DAY).build_all()
    monkeypatch.setattr(heavy, "LIGHT_BYTES", -1)
    period = Period(LAST_DAY, LAST_DAY + timedelta(days=1))
    query = ReportQuery("example.com", period, filters=(histories.parsed("prop:plan==pro"),))
    assert totals(store, query).unique_visitors == 1
    store.close()
