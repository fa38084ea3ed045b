"""Figures by several dimensions of random histories, compared with the same in plain Python."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from mallard.reports.by_dimensions import by_dimensions
from mallard.reports.combinations import DIMENSIONS, METRICS, ByDimensions
from mallard.reports.filters import Filter
from mallard.reports.query import ReportQuery
from mallard.reports.totals import totals
from mallard.reports.where import OPERATORS, AllOf, AnyOf, Compared, HasDone, Not, Reaches, Where
from mallard.store.store import Store
from tests.fuzz.size import so_many
from tests.reports import dimensions_oracle, histories, oracle
from tests.reports.reading import Events
from tests.reports.test_goals_match_the_oracle import GOALS
from tests.reports.test_kept_sessions_match_the_oracle import sites, store

__all__ = ["sites", "store"]
pytestmark = pytest.mark.fuzz

QUESTIONS = so_many(44, 3000)
TOLD = (*(name for name in DIMENSIONS if name not in ("hour", "goal")),)
BESIDE = ("hour", "goal", "prop:plan", "prop:a/b")
TEXTS = ("/", "/a", "/A", "a|b", "google", "Google", "DE", "pageview", "pro", "(unknown)", "ä", "e")


def some_where(rng: random.Random, of_legs: bool, depth: int = 0) -> Where:
    choice = rng.random()
    if depth < 2 and choice < 0.4:
        parts = tuple(some_where(rng, of_legs, depth + 1) for _ in range(rng.randint(0, 3)))
        return rng.choice((AllOf, AnyOf))(parts)
    if depth < 2 and choice < 0.5:
        kind = rng.choice((Not, Not, HasDone))
        return kind(some_where(rng, of_legs, depth + 1))
    if choice < 0.6:
        goals = [goal for goal in GOALS if not (of_legs and goal.asks_events)]
        return Reaches(tuple(rng.sample(goals, rng.randint(0, 2))))
    names = [name for name in TOLD if name not in ("day", "week", "month")]
    values = tuple(rng.sample(TEXTS, rng.randint(1, 3)))
    dimension = rng.choice(names if of_legs else [*names, "prop:plan"])
    return Compared(dimension, rng.choice(OPERATORS), values, rng.random() < 0.3)


def some_question(rng: random.Random, of_legs: bool) -> ByDimensions:
    names = TOLD if of_legs else (*TOLD, *BESIDE, *BESIDE)
    dimensions = tuple(dict.fromkeys(rng.choices(names, k=rng.randint(0, 3))))
    where = some_where(rng, of_legs) if rng.random() < 0.6 else AllOf()
    metrics = tuple(rng.sample(list(METRICS), rng.randint(1, len(METRICS))))
    return ByDimensions(dimensions, metrics, where, limit=100_000, goals=GOALS)


def questions(sites, seed: int, of_legs: bool) -> Iterator[tuple[ReportQuery, ByDimensions, Any]]:
    rng = random.Random(seed)
    for _ in range(QUESTIONS):
        query = histories.question(rng, rng.choice(list(sites)))
        asked = some_question(rng, of_legs)
        view = oracle.View(sites[query.site_id], query.site_id, query.period, query.filters)
        yield query, asked, dimensions_oracle.figures(view, asked, query.period)


def compare(store: Any, query: ReportQuery, asked: ByDimensions, expected: Any) -> None:
    found = by_dimensions(store, query, asked)
    assert found.total == len(found.rows) == len(expected), (query, asked)
    for key, figures in found.rows:
        wanted = tuple(expected[key][metric] for metric in asked.metrics)
        assert figures == pytest.approx(wanted), (query, asked, key)


def test_figures_of_kept_sessions(store: Store, sites) -> None:
    for query, asked, expected in questions(sites, seed=1, of_legs=True):
        compare(store, query, asked, expected)


def test_figures_of_events(store: Store, sites) -> None:
    for query, asked, expected in questions(sites, seed=2, of_legs=False):
        compare(store, query, asked, expected)


def test_days_that_are_not_worked_out_yet_say_the_same(store: Store, sites) -> None:
    for query, asked, expected in questions(sites, seed=3, of_legs=True):
        compare(Events(store), query, asked, expected)


def test_rows_come_in_the_order_that_is_asked_for_piece_by_piece(store: Store, sites) -> None:
    rng = random.Random(4)
    for query, asked, expected in questions(sites, seed=4, of_legs=True):
        names = rng.sample([*asked.dimensions, *asked.metrics], 1)
        order = tuple((name, rng.random() < 0.5) for name in names)
        asked = replace(asked, order=order)
        rows = by_dimensions(store, query, asked).rows
        columns = [*asked.with_places.dimensions, *asked.metrics]
        (name, is_descending) = order[0]
        values = [(*key, *figures)[columns.index(name)] for key, figures in rows]
        assert values == sorted(values, reverse=is_descending), (query, asked)
        offset, limit = rng.randint(0, len(rows) + 1), rng.randint(1, 5)
        piece = by_dimensions(store, query, replace(asked, offset=offset, limit=limit))
        assert piece.rows == rows[offset : offset + limit]
        assert piece.total == len(expected)


def test_a_row_says_what_the_totals_say_where_its_value_is_a_filter(store: Store, sites) -> None:
    rng = random.Random(5)
    names = [name for name in TOLD if name not in ("page", "hostname", "event", "channel")]
    names = [name for name in names if name not in ("day", "week", "month", "region", "city")]
    for site in sites:
        query = replace(histories.question(rng, site), filters=())
        name = rng.choice(names)
        for (value,), figures in by_dimensions(
            store, query, ByDimensions((name,), tuple(METRICS))
        ).rows:
            told = totals(store, replace(query, filters=(Filter(name, "==", (value,)),)))
            row = dict(zip(METRICS, figures, strict=True))
            assert row["visitors"] == told.unique_visitors, (query, name, value)
            assert row["pageviews"] == told.total_pageviews
            assert row["sessions"] == told.sessions
            assert row["bounce_rate"] == pytest.approx(told.bounce_rate)
            assert row["avg_visit_duration_secs"] == pytest.approx(told.avg_visit_duration_secs)
            assert row["views_per_session"] == pytest.approx(told.views_per_session)
