"""What pages tell of themselves, in plain Python; and that all else goes by what happened.

Some days have been worked out, others have changed since, and the last ones are partly hot.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, astuple, replace
from typing import Any

import pytest

from mallard.model import ENGAGEMENT, SILENT, VITALS, Event
from mallard.reports.breakdown import DIMENSIONS, breakdown
from mallard.reports.columns import OF_DIMENSIONS, engagement_of, told_of
from mallard.reports.conversions import converted_totals
from mallard.reports.engagement import engagement
from mallard.reports.engagement_sums import Engagement
from mallard.reports.funnel import funnel
from mallard.reports.properties import properties
from mallard.reports.query import ReportQuery
from mallard.reports.sequences import sequences
from mallard.reports.session_series import session_series
from mallard.reports.timeseries import timeseries
from mallard.reports.totals import EngagedTotals, looked_at, totals
from mallard.store.store import Store
from tests.fuzz.size import so_many
from tests.reports import behaviour_oracle, column_oracle, histories, oracle
from tests.reports.reading import Events
from tests.reports.test_behaviour_matches_the_oracle import WINDOWS, steps
from tests.reports.test_columns_match_the_oracle import key_of as row_key
from tests.reports.test_figures_by_dimensions_match_the_oracle import (
    test_days_that_are_not_worked_out_yet_say_the_same,
    test_figures_of_events,
    test_figures_of_kept_sessions,
)
from tests.reports.test_goals_match_the_oracle import GOALS
from tests.reports.test_kept_behaviour_matches_the_oracle import (
    test_flows_of_all_and_of_those_whom_a_funnel_lost,
    test_retention,
)
from tests.reports.test_kept_sessions_match_the_oracle import SITES, a_site
from tests.reports.test_kept_sessions_match_the_oracle import store as kept_store

__all__ = [
    "kept_store",
    "test_days_that_are_not_worked_out_yet_say_the_same",
    "test_figures_of_events",
    "test_figures_of_kept_sessions",
    "test_flows_of_all_and_of_those_whom_a_funnel_lost",
    "test_retention",
]
pytestmark = pytest.mark.fuzz

QUESTIONS = so_many(14, 1500)
SECOND_US = 1_000_000


def told(rng: random.Random) -> tuple[str, str | None]:
    """The name and the properties of what a page tells of itself."""
    measures = {"e": rng.choice((0, 1, 4000, 9999, 10_000, 700_000)), "sd": rng.randrange(101)}
    some = {key: value for key, value in measures.items() if rng.random() < 0.8}
    if rng.random() < 0.2:
        return VITALS, json.dumps({"lcp": rng.randrange(4000), **some})
    return ENGAGEMENT, rng.choice((json.dumps(some), json.dumps(some), None, "no JSON", "[1]"))


def with_told(rng: random.Random, events: list[Event]) -> list[Event]:
    """Some events of each visitor become what a page tells; most are of the page before."""
    found = []
    for event in events:
        found.append(event)
        for _ in range(rng.choice((0, 0, 1, 1, 2))):
            name, props = told(rng)
            at = event.timestamp + rng.choice((1, 20 * SECOND_US, 1700 * SECOND_US))
            path = event.pathname if rng.random() < 0.8 else rng.choice(histories.PAGES)
            later = {"timestamp": at, "event_name": name, "props": props, "pathname": path}
            kind = {"revenue_amount": None, "revenue_currency": None}
            found.append(_changed(event, **later, **kind))
    apart = {(event.visitor_id, event.timestamp): event for event in found}
    return list(apart.values())


def _changed(event: Event, **fields: Any) -> Event:
    return Event(**{name: getattr(event, name) for name in event.__struct_fields__} | fields)


@pytest.fixture(scope="module")
def sites() -> dict[str, list[Event]]:
    rng = random.Random(40)
    names = (f"site{n}.example" for n in range(SITES))
    return {name: with_told(rng, a_site(rng, name)) for name in names}


@pytest.fixture(scope="module")
def store(kept_store: Store) -> Store:
    return kept_store


def questions(sites: Any, seed: int) -> Iterator[tuple[ReportQuery, oracle.View]]:
    rng = random.Random(seed)
    for _ in range(QUESTIONS):
        query = histories.question(rng, rng.choice(list(sites)))
        events = sites[query.site_id]
        yield query, oracle.View(events, query.site_id, query.period, query.filters)


Page = tuple[int, list[int]]


def pages_of(session: oracle.Session) -> dict[str, Page]:
    """Of each page that told of it in a session: milliseconds, and percents."""
    spent: dict[str, int] = defaultdict(int)
    depths: dict[str, list[int]] = defaultdict(list)
    for event in session:
        if event.event_name == ENGAGEMENT:
            page = oracle.printed(event, "pathname")
            try:
                measures = json.loads(event.props or "{}")
            except ValueError:
                measures = {}
            measures = measures if isinstance(measures, dict) else {}
            spent[page] += measures.get("e", 0)
            depths[page] += [measures["sd"]] if "sd" in measures else []
    return {page: (ms, depths[page]) for page, ms in spent.items()}


def sums_of(view: oracle.View) -> Engagement:
    pages = [pages_of(session) for session in view.sessions]
    spent = [sum(ms for ms, _ in each.values()) for each in pages]
    deepest = [max(d) for each in pages for _, d in each.values() if d]
    engaged = sum(ms >= 10_000 for ms in spent)
    return Engagement(sum(spent), engaged, sum(deepest), len(deepest))


def test_what_sessions_tell_is_added_up_by_session(store: Store, sites: Any) -> None:
    for query, view in questions(sites, seed=1):
        expected = sums_of(view)
        assert engagement(store, query) == expected, query
        assert engagement(Events(store), query) == expected, query


def test_sums_of_days_are_those_of_all_sessions(store: Store, sites: Any) -> None:
    for query, _ in questions(sites, seed=8):
        query = replace(query, filters=())
        view = oracle.View(sites[query.site_id], query.site_id, query.period, ())
        is_told = any(event.event_name == ENGAGEMENT for event in view.events)
        expected = sums_of(view) if is_told else None
        assert looked_at(store, query) == expected, query
        assert looked_at(Events(store), query) == expected, query


def test_pages_are_looked_at_as_the_oracle_says(store: Store, sites: Any) -> None:
    for query, view in questions(sites, seed=2):
        told: dict[str, list[Page]] = defaultdict(list)
        for session in view.sessions:
            for page, figures in pages_of(session).items():
                told[page].append(figures)
        expected = {
            page: {
                "avg_engaged_secs": sum(ms for ms, _ in each) / len(each) / 1000,
                "avg_scroll_depth": mean([max(depths) for _, depths in each if depths]),
            }
            for page, each in told.items()
        }
        found = engagement_of(store, query)
        assert set(found) == set(expected)
        for page, wanted in expected.items():
            assert found[page] == pytest.approx(wanted), (query, page)


def mean(numbers: list[int]) -> float:
    return sum(numbers) / len(numbers) if numbers else 0.0


def test_headline_figures(store: Store, sites: Any) -> None:
    rng = random.Random(3)
    for query, view in questions(sites, seed=3):
        found = totals(store, query)
        expected = oracle.totals(view)
        everything = oracle.View(sites[query.site_id], query.site_id, query.period, ())
        is_told = any(event.event_name == ENGAGEMENT for event in everything.events)
        assert isinstance(found, EngagedTotals) is is_told
        with_goal = asdict(converted_totals(store, query, rng.choice(GOALS)))
        assert asdict(found).items() <= with_goal.items(), query
        figures = asdict(found)
        assert {name: figures[name] for name in expected} == pytest.approx(expected), query
        if isinstance(found, EngagedTotals):
            sums, sessions = engagement(store, query), len(view.sessions)
            assert found.avg_engaged_secs == pytest.approx(
                sums.spent_ms / 1000 / sessions if sessions else 0
            )
            assert found.engagement_rate == (sums.engaged_sessions / sessions if sessions else 0)
            assert found.avg_scroll_depth == (sums.depth / sums.depths if sums.depths else 0)


def test_figures_over_time(store: Store, sites: Any) -> None:
    for query, view in questions(sites, seed=4):
        found = [astuple(bucket) for bucket in timeseries(store, query)]
        assert found == oracle.timeseries(view, query.period, query.interval)[: len(found)], query
        rows = [asdict(row) for row in session_series(store, query)]
        wanted = oracle.session_series(view, query.period, query.interval)[: len(rows)]
        assert rows == [pytest.approx(row) for row in wanted], query


def test_every_breakdown_goes_by_what_happened(store: Store, sites: Any) -> None:
    rng = random.Random(5)
    for query, view in questions(sites, seed=5):
        query = replace(query, limit=1000)
        for name in rng.sample(list(DIMENSIONS), 4):
            rows = [astuple(row) for row in breakdown(store, query, name)]
            assert rows == oracle.breakdown(view, DIMENSIONS[name]), (query, name)
            if not OF_DIMENSIONS[name]:
                continue
            columns = told_of(store, query, name)
            expected = column_oracle.told(view, name, DIMENSIONS[name])
            for row in breakdown(store, query, name):
                nothing = dict.fromkeys(OF_DIMENSIONS[name], 0)
                wanted = nothing | expected.get(row_key(row), {})
                found = nothing | dict(columns.get(row.key, {}))
                assert found == pytest.approx(wanted), (query, name)


def test_what_pages_tell_is_no_property_and_no_step(store: Store, sites: Any) -> None:
    rng = random.Random(6)
    for query, view in questions(sites, seed=6):
        rows = [(row.key, row.visitors, row.events) for row in properties(store, query)]
        assert rows == oracle.properties(view)[: query.limit], query
        taken, window = steps(rng, least=2), rng.choice(WINDOWS)
        found = [row.visitors for row in funnel(store, query, taken, window)]
        assert found == behaviour_oracle.funnel(view, taken, window), query
        figures = sequences(store, query, taken)
        both = (figures.converting_visitors, figures.total_visitors)
        assert both == behaviour_oracle.sequences(view, taken), query


def test_nobody_finds_it_by_its_name(store: Store, sites: Any) -> None:
    site = max(sites, key=lambda name: len(sites[name]))
    days = histories.question(random.Random(1), site).period
    days = replace(days, start=histories.FIRST_DAY, end=histories.FIRST_DAY.replace(day=28))
    for name in SILENT:
        one = histories.parsed(f"event=={name}")
        assert totals(store, ReportQuery(site, days, "day", 10, (one,))).unique_visitors == 0
