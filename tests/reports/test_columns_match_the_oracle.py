"""The further columns of breakdowns of random histories under random filters."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from mallard.reports.arguments import BadQuery
from mallard.reports.breakdown import DIMENSIONS, breakdown
from mallard.reports.breakdown_rows import BreakdownRow, PlaceRow
from mallard.reports.columns import OF_DIMENSIONS, SESSION_COLUMNS
from mallard.reports.conversions import conversions
from mallard.reports.filters import Filter
from mallard.reports.listed import Listed, check_columns, check_order, listed, listed_of
from mallard.reports.totals import totals
from mallard.store.store import Store
from tests.reports import column_oracle
from tests.reports.test_figures_match_the_oracle import QUESTIONS, SOME, questions
from tests.reports.test_goals_match_the_oracle import GOALS

pytestmark = pytest.mark.fuzz

TOLD = [name for name, columns in OF_DIMENSIONS.items() if columns]


def key_of(row: BreakdownRow) -> tuple[str, ...]:
    return (row.value, row.country_code) if isinstance(row, PlaceRow) else (row.value,)


def test_what_is_told_of_rows_is_what_the_oracle_says(store: Store, history) -> None:
    rng = random.Random(51)
    some = 0
    for query, view in questions(history, seed=51, times=2 * QUESTIONS):
        dimension = rng.choice([*TOLD, "pages", "events", "entry_pages", "sources"])
        columns = OF_DIMENSIONS[dimension]
        rows = listed(store, query, dimension, columns)
        assert [one.row for one in rows] == breakdown(store, query, dimension)
        told = column_oracle.told(view, dimension, DIMENSIONS[dimension])
        for one in rows:
            expected = told.get(key_of(one.row), dict.fromkeys(columns, 0))
            assert one.more == pytest.approx(expected), (query, dimension, one)
            some += any(one.more.values())
    assert some


def ordered(rows: list[Listed], column: str) -> list[Listed]:
    def place(one: Listed) -> tuple[object, ...]:
        return -one.more[column], -one.row.visitors, -one.row.pageviews, *key_of(one.row)

    return sorted(rows, key=place)


def test_rows_are_ordered_by_a_column_beside_a_goal_or_not(store: Store, history) -> None:
    rng = random.Random(52)
    for query, _ in questions(history, seed=52, times=SOME):
        dimension, goal = rng.choice(TOLD), rng.choice([None, None, *GOALS])
        columns = OF_DIMENSIONS[dimension]
        every = listed(store, replace(query, limit=1000), dimension, columns, goal)
        if goal is not None:
            plain = conversions(store, replace(query, limit=1000), dimension, goal)
            assert [one.row for one in every] == plain
        for column in columns:
            offset = rng.choice((0, 1, 3))
            part = listed(store, query, dimension, columns, goal, order=column, offset=offset)
            assert part == ordered(every, column)[offset : offset + query.limit], (query, dimension)
        keys = tuple(rng.sample([one.row.key for one in every], min(2, len(every))))
        these = listed_of(store, query, dimension, columns, goal, keys)
        assert these == [one for one in every if one.row.key in keys]


def test_a_search_applies_to_rows_ordered_by_a_column(store: Store, history) -> None:
    for query, _ in questions(history, seed=53, times=8):
        every = replace(query, limit=1000)
        rows = listed(store, every, "pages", ("exit_rate",), order="exit_rate")
        found = listed(store, every, "pages", ("exit_rate",), search="Ä", order="exit_rate")
        assert found == [one for one in rows if "ä" in one.row.value.lower()]


def test_a_source_has_the_figures_that_a_filter_by_it_leaves(store: Store, history) -> None:
    for query, _ in questions(history, seed=54, times=SOME):
        for one in listed(store, query, "sources", SESSION_COLUMNS):
            alone = Filter("source", "==", (one.row.value,))
            found = totals(store, replace(query, filters=(*query.filters, alone)))
            for name in SESSION_COLUMNS:
                assert one.more[name] == pytest.approx(getattr(found, name)), (query, one)


def test_columns_that_a_row_does_not_have_are_refused() -> None:
    for dimension, columns in OF_DIMENSIONS.items():
        check_columns(dimension, columns)
    with pytest.raises(BadQuery, match="rows of pages have no bounce_rate; there are entrances"):
        check_columns("pages", ("entrances", "bounce_rate"))
    with pytest.raises(BadQuery, match="rows of hostnames have no events; there are none"):
        check_columns("hostnames", ("events",))
    with pytest.raises(BadQuery, match="order=exit_rate needs columns=exit_rate"):
        check_order("pages", "exit_rate", has_goal=True, columns=("entrances",))
    check_order("prop:plan", "events", has_goal=False)
