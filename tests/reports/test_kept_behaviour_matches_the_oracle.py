"""Funnels, sequences, flows, retention and money of sessions that were kept, against the oracle."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import asdict, astuple
from datetime import timedelta
from typing import Literal

import pytest

from mallard.reports.flow import flow
from mallard.reports.flow_tree import flow_tree
from mallard.reports.funnel import Lost, funnel
from mallard.reports.goal_series import goal_series
from mallard.reports.goals import goals
from mallard.reports.journeys import journeys
from mallard.reports.query import ReportQuery
from mallard.reports.retention import retention
from mallard.reports.revenue import revenue
from mallard.reports.sequences import sequences
from mallard.store import heavy
from mallard.store.store import Store
from tests.fuzz.size import so_many
from tests.reports import behaviour_oracle, goal_oracle, histories, oracle
from tests.reports.reading import days_rolled
from tests.reports.test_behaviour_matches_the_oracle import WINDOWS, expected_retention, steps
from tests.reports.test_goals_match_the_oracle import GOALS as ALL_GOALS
from tests.reports.test_kept_sessions_match_the_oracle import LAST_DAY, SITES, sites, store

__all__ = ["sites", "store"]
pytestmark = pytest.mark.fuzz
GOALS = [goal for goal in ALL_GOALS if not goal.props]
"""Kept sessions tell of these."""

QUESTIONS = so_many(14, 1000)


def questions(sites, seed: int) -> Iterator[tuple[ReportQuery, oracle.View]]:
    rng = random.Random(seed)
    for _ in range(QUESTIONS):
        query = histories.question(rng, rng.choice(list(sites)))
        yield query, oracle.View(sites[query.site_id], query.site_id, query.period, query.filters)


def test_funnels(store: Store, sites) -> None:
    rng = random.Random(31)
    for query, view in questions(sites, seed=31):
        taken, window = steps(rng, least=1), rng.choice(WINDOWS)
        found = [row.visitors for row in funnel(store, query, taken, window)]
        assert found == behaviour_oracle.funnel(view, taken, window), (query, taken, window)


def test_sequences(store: Store, sites) -> None:
    rng = random.Random(32)
    for query, view in questions(sites, seed=32):
        taken = steps(rng, least=2)
        found = sequences(store, query, taken)
        expected = behaviour_oracle.sequences(view, taken)
        assert (found.converting_visitors, found.total_visitors) == expected, (query, taken)


def test_trees_of_flows_and_journeys(store: Store, sites) -> None:
    rng = random.Random(51)
    some = 0
    for query, view in questions(sites, seed=51):
        page, depth = rng.choice(histories.PAGES), rng.randint(1, 3)
        for direction in ("forward", "backward"):
            found = astuple(flow_tree(store, query, page, direction, depth))
            expected = behaviour_oracle.flow_tree(view, page, direction, depth)
            assert found == expected, (query, page, direction, depth)
        ways = [astuple(row) for row in journeys(store, query, depth + 1)]
        assert ways == behaviour_oracle.journeys(view, depth + 1)[: query.limit], (query, depth)
        some += bool(ways)
    assert some


def test_flows_of_all_and_of_those_whom_a_funnel_lost(store: Store, sites) -> None:
    rng = random.Random(33)
    for query, view in questions(sites, seed=33):
        page, taken, window = rng.choice(histories.PAGES), steps(rng, least=2), rng.choice(WINDOWS)
        rows = [astuple(row) for row in flow(store, query, page)]
        assert rows == behaviour_oracle.flow(view, page), (query, page)
        lost = Lost(taken, window, rng.randrange(1, len(taken)))
        rows = [astuple(row) for row in flow(store, query, page, lost)]
        expected = behaviour_oracle.flow_of_lost(view, page, taken, window, lost.number)
        assert rows == expected, (query, page, lost)


def test_trees_of_flows(store: Store, sites) -> None:
    rng = random.Random(37)
    for query, view in questions(sites, seed=37):
        page, depth = rng.choice(histories.PAGES), rng.choice((1, 2, 3))
        direction: Literal["forward", "backward"] = rng.choice(("forward", "backward"))
        found = astuple(flow_tree(store, query, page, direction, depth))
        expected = behaviour_oracle.flow_tree(view, page, direction, depth)
        assert found == expected, (query, page, direction, depth)


def test_retention(store: Store, sites) -> None:
    rng = random.Random(34)
    for query, _ in questions(sites, seed=34):
        weeks = rng.choice((1, 2, 4, 9))
        rows = [astuple(row) for row in retention(store, query, weeks)]
        assert rows == expected_retention(sites[query.site_id], query, weeks), (query, weeks)


def test_goals(store: Store, sites) -> None:
    rng = random.Random(38)
    some = 0
    for query, view in questions(sites, seed=38):
        wanted = tuple(rng.sample(GOALS, 4))
        rows = [asdict(row) for row in goals(store, query, wanted)]
        expected = goal_oracle.goals(view, wanted)
        for row, one in zip(rows, expected, strict=True):
            assert row.pop("conversion_rate") == pytest.approx(one.pop("conversion_rate")), query
        assert rows == expected, (query, wanted)
        goal = rng.choice(GOALS)
        buckets = [astuple(row) for row in goal_series(store, query, goal)]
        series = goal_oracle.series(view, goal, query.period, query.interval)
        assert buckets == [(*row[:2], pytest.approx(row[2])) for row in series], (query, goal)
        some += any(row["revenue"] for row in rows)
    assert some


def test_what_sessions_brought_in(store: Store, sites) -> None:
    for query, view in questions(sites, seed=35):
        rows = [astuple(row) for row in revenue(store, query)]
        assert rows == oracle.revenue(view)[: query.limit], query


def test_the_events_are_asked_where_many_of_them_are_in_no_session_that_is_kept(
    store: Store, sites, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heavy, "LIGHT_BYTES", 0)
    rng = random.Random(36)
    for query, view in list(questions(sites, seed=36))[:12]:
        taken, window = steps(rng, least=1), rng.choice(WINDOWS)
        found = [row.visitors for row in funnel(store, query, taken, window)]
        assert found == behaviour_oracle.funnel(view, taken, window), (query, taken, window)


def test_they_rest_on_the_sessions_of_days_that_are_over(store: Store, sites) -> None:
    last = histories.FIRST_DAY + timedelta(days=histories.DAYS)
    rolled = [
        days_rolled(
            store,
            f"site{number}.example",
            histories.FIRST_DAY,
            last,
            lambda reader, query: sequences(reader, query, steps(random.Random(1), least=2)),
        )
        for number in range(SITES)
    ]
    assert max(rolled) >= (LAST_DAY - histories.FIRST_DAY).days - 1
