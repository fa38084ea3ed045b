"""Goals, and breakdowns beside one, of random histories under random filters."""

from __future__ import annotations

import random
from dataclasses import asdict, astuple, replace

import pytest

from mallard.reports.breakdown import DIMENSIONS
from mallard.reports.breakdown_rows import PlaceRow
from mallard.reports.conversions import Converted, conversions, conversions_of, converted_totals
from mallard.reports.goal import Goal
from mallard.reports.goal_series import converted_timeseries, goal_series
from mallard.reports.goals import goals
from mallard.reports.timeseries import timeseries
from mallard.reports.totals import totals
from mallard.store.store import Store
from tests.reports import goal_oracle, histories
from tests.reports.test_figures_match_the_oracle import SOME, questions

pytestmark = pytest.mark.fuzz

GOALS = (
    Goal("signs up", event="signup"),
    Goal("views", event="pageview"),
    Goal("as a pro", event="signup", props=(("plan", "pro"),)),
    Goal("five", event="ünï ☃", props=(("n", "5"), ("plan", "free"))),
    Goal("of several", event="pageview", props=(("plan", "free"), ("n", "0.5"))),
    Goal("of none", event="pageview", props=(("plan", "(unknown)"),)),
    Goal("of a slash", event="pageview", props=(("a/b", "x"),)),
    Goal("home", page="/"),
    Goal("spelt", page="/%C3%A4"),
    Goal("below", page="/*a*"),
    Goal("beginning", page="/l*"),
    Goal("never", page="/nowhere/*"),
    Goal("all", page="*"),
    Goal("of a bar", page="/b%7Cc"),
    Goal("paid", event="signup", money=True),
    Goal("paid by a pro", event="signup", props=(("plan", "pro"),), money=True),
    Goal("paid on a page", page="/a*", money=True),
)


def test_goals(store: Store, history) -> None:
    rng = random.Random(31)
    some = 0
    for query, view in questions(history, seed=31):
        wanted = tuple(rng.sample(GOALS, rng.choice((1, 3, len(GOALS)))))
        rows = [asdict(row) for row in goals(store, query, wanted)]
        expected = goal_oracle.goals(view, wanted)
        for row, one in zip(rows, expected, strict=True):
            assert row.pop("conversion_rate") == pytest.approx(one.pop("conversion_rate"))
        assert rows == expected, (query, wanted)
        some += any(row["revenue"] for row in rows)
    assert some


def test_headline_figures_beside_a_goal(store: Store, history) -> None:
    rng = random.Random(32)
    for query, view in questions(history, seed=32, times=SOME):
        goal = rng.choice(GOALS)
        row = asdict(converted_totals(store, query, goal))
        (expected,) = goal_oracle.goals(view, [goal])
        assert row.pop("conversions") == expected["conversions"], (query, goal)
        assert row.pop("conversion_rate") == pytest.approx(expected["conversion_rate"])
        assert row == asdict(totals(store, query))


def test_conversions_over_time(store: Store, history) -> None:
    rng = random.Random(36)
    some = 0
    for query, view in questions(history, seed=36):
        goal = rng.choice(GOALS)
        rows = [astuple(row) for row in goal_series(store, query, goal)]
        expected = goal_oracle.series(view, goal, query.period, query.interval)
        assert rows == [(*row[:2], pytest.approx(row[2])) for row in expected], (query, goal)
        some += any(times for _, times, _ in rows)
        beside = [asdict(row) for row in converted_timeseries(store, query, goal)]
        assert [(row.pop("conversions"), row.pop("conversion_rate")) for row in beside] == [
            row[1:] for row in rows
        ]
        assert beside == [asdict(row) for row in timeseries(store, query)]
    assert some


def key_of(row: Converted) -> tuple[str, ...]:
    return (row.value, row.country_code) if isinstance(row, PlaceRow) else (row.value,)


def figures_of(row: Converted) -> tuple[int, int, int, float]:
    return row.visitors, row.pageviews, row.conversions, row.conversion_rate


def test_breakdowns_beside_a_goal(store: Store, history) -> None:
    rng = random.Random(33)
    some = 0
    for query, view in questions(history, seed=33, times=SOME):
        goal = rng.choice(GOALS)
        dimension = rng.choice([*DIMENSIONS, *(f"prop:{key}" for key in histories.KEYS)])
        column = DIMENSIONS.get(dimension, dimension)
        every = replace(query, limit=1000)
        rows = conversions(store, every, dimension, goal)
        expected = goal_oracle.conversions(view, column, goal)
        found = {key_of(row): figures_of(row) for row in rows}
        assert found == expected, (query, goal, dimension)
        some += any(row.conversions for row in rows)
        for order in ("conversions", "conversion_rate"):
            ordered = sorted(
                rows, key=lambda r: (-getattr(r, order), -r.visitors, -r.pageviews, *key_of(r))
            )
            offset = rng.choice((0, 1, 3))
            part = conversions(store, query, dimension, goal, order=order, offset=offset)
            assert part == ordered[offset : offset + query.limit], (query, goal, dimension)
        keys = tuple(rng.sample([row.key for row in rows], min(2, len(rows))))
        assert conversions_of(store, query, dimension, goal, keys) == [
            row for row in rows if row.key in keys
        ]
    assert some


def test_a_search_applies_to_rows_ordered_by_conversions(store: Store, history) -> None:
    for query, _ in questions(history, seed=34, times=8):
        goal, every = GOALS[1], replace(query, limit=1000, filters=())
        rows = conversions(store, every, "pages", goal, order="conversions")
        found = conversions(store, every, "pages", goal, "Ä", "conversions")
        assert found == [row for row in rows if "ä" in row.value.lower()]


def test_of_no_goals_there_are_no_rows(store: Store, history) -> None:
    query = histories.question(random.Random(1), next(iter(history)))
    assert goals(store, query, ()) == []
