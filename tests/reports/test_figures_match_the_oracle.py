"""Every figure of random histories, compared with the same figure computed in plain Python."""

from __future__ import annotations

import random
from dataclasses import asdict, astuple, replace

import pytest

from mallard.model import Event
from mallard.reports.breakdown import DIMENSIONS, breakdown
from mallard.reports.filters import Filter
from mallard.reports.query import ReportQuery
from mallard.reports.revenue import revenue, revenue_of
from mallard.reports.session_series import session_series
from mallard.reports.timeseries import timeseries
from mallard.reports.totals import totals
from mallard.store.store import Store
from tests.fuzz.size import so_many
from tests.reports import histories, oracle

pytestmark = pytest.mark.fuzz

QUESTIONS = so_many(32, 1000)
SOME = so_many(15, 500)


def questions(history: dict[str, list[Event]], seed: int, times: int = QUESTIONS):
    rng = random.Random(seed)
    for _ in range(times):
        site_id = rng.choice(list(history))
        query = histories.question(rng, site_id)
        yield query, oracle.View(history[site_id], site_id, query.period, query.filters)


def test_the_totals_are_those_of_the_oracle(store: Store, history) -> None:
    for query, view in questions(history, seed=1):
        assert asdict(totals(store, query)) == pytest.approx(oracle.totals(view)), query


def test_the_timeseries_is_that_of_the_oracle(store: Store, history) -> None:
    for query, view in questions(history, seed=2):
        expected = oracle.timeseries(view, query.period, query.interval)
        assert [astuple(b) for b in timeseries(store, query)] == expected, query


def test_the_session_figures_over_time_are_those_of_the_oracle(store: Store, history) -> None:
    for query, view in questions(history, seed=4, times=SOME):
        expected = oracle.session_series(view, query.period, query.interval)
        found = [asdict(row) for row in session_series(store, query)]
        assert found == [pytest.approx(row) for row in expected], query


def test_a_period_of_one_bucket_has_the_session_figures_of_the_totals(
    store: Store, history
) -> None:
    for query, _ in questions(history, seed=5, times=SOME):
        buckets = session_series(store, replace(query, interval="month"))
        whole = asdict(totals(store, query)) | {"date": "2026-03"}
        assert len(buckets) == bool(query.period.days)
        assert all(asdict(bucket).items() <= whole.items() for bucket in buckets), query


def test_every_breakdown_is_that_of_the_oracle(store: Store, history) -> None:
    dimensions = random.Random(3)
    for query, view in questions(history, seed=3):
        name = dimensions.choice(list(DIMENSIONS))
        expected = oracle.breakdown(view, DIMENSIONS[name])[: query.limit]
        assert [astuple(row) for row in breakdown(store, query, name)] == expected, (name, query)


def test_revenue_is_that_of_the_oracle(store: Store, history) -> None:
    for query, view in questions(history, seed=8):
        expected = oracle.revenue(view)
        assert [astuple(row) for row in revenue(store, query)] == expected[: query.limit], query
        some = tuple(row[:2] for row in expected[::2])
        assert [astuple(row) for row in revenue_of(store, query, some)] == expected[::2], query


@pytest.mark.parametrize("name", ["entry_pages", "exit_pages"])
def test_entry_and_exit_pages_are_those_of_the_oracle(store: Store, history, name: str) -> None:
    for query, view in questions(history, seed=6, times=SOME):
        expected = oracle.breakdown(view, DIMENSIONS[name])[: query.limit]
        assert [astuple(row) for row in breakdown(store, query, name)] == expected, query


@pytest.mark.parametrize("name", ["entry_pages", "exit_pages"])
def test_a_row_of_edge_pages_is_what_a_filter_by_it_leaves(store: Store, history, name) -> None:
    for query, _ in questions(history, seed=7, times=SOME):
        if any(not condition.keeps_sessions for condition in query.filters):
            continue
        for row in breakdown(store, query, name):
            alone = Filter(DIMENSIONS[name], "==", (row.value,))
            found = totals(store, replace(query, filters=(*query.filters, alone)))
            assert astuple(row)[1:] == (found.unique_visitors, found.total_pageviews), query


def test_the_histories_are_thousands(history) -> None:
    visitors = {(event.site_id, event.visitor_id) for site in history.values() for event in site}
    assert len(visitors) > 2000


def test_the_questions_are_worth_asking(history) -> None:
    views = [view for _, view in questions(history, seed=1)]
    assert sum(bool(view.events) for view in views) > QUESTIONS / 4
    assert sum(not view.events for view in views) > QUESTIONS / 20


def test_a_site_without_events_has_zeros(store: Store) -> None:
    query = ReportQuery("nobody.example", histories.question(random.Random(1), "x").period)
    assert set(asdict(totals(store, query)).values()) == {0}
