"""Searched, ordered, paged and chosen rows of breakdowns, against those of the oracle."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import astuple, replace
from typing import Any

import pytest

from mallard.model import Event
from mallard.reports import places
from mallard.reports.breakdown import DIMENSIONS, breakdown, breakdown_count, breakdown_of
from mallard.reports.breakdown_rows import ORDERS, BreakdownRow
from mallard.store.store import Store
from tests.fuzz.size import so_many
from tests.reports import oracle
from tests.reports.test_figures_match_the_oracle import questions

pytestmark = pytest.mark.fuzz

TIMES = so_many(18, 500)
BUSY = ("pages", "entry_pages", "exit_pages", "sources", "events", "utm_campaign", "cities")
TEXTS = ("", "a", "A", "/", "GOO", "b|", "Ä", "DE", "%", "_", "(UNKNOWN)", "nowhere")
KEYS: dict[str, Callable[[oracle.Row], Any]] = {
    "visitors": lambda row: (-row[1], -row[2], row[0], *row[3:]),
    "pageviews": lambda row: (-row[2], -row[1], row[0], *row[3:]),
    "value": lambda row: (row[0], *row[3:]),
}


def listings(history: dict[str, list[Event]], seed: int):
    """A question, a dimension, and all its rows."""
    rng = random.Random(seed)
    for query, view in questions(history, seed, TIMES):
        name = rng.choice(BUSY)
        yield query, name, oracle.breakdown(view, DIMENSIONS[name]), rng


def tuples(rows: list[BreakdownRow]) -> list[tuple[Any, ...]]:
    return [astuple(row) for row in rows]


def key(row: oracle.Row) -> str:
    """What tells a row from others: of a place, also its country."""
    return places.key(row[3], row[0]) if len(row) > 3 else row[0]


def test_a_search_keeps_what_contains_its_text_in_any_case(store: Store, history) -> None:
    for query, name, rows, rng in listings(history, seed=21):
        text = rng.choice(TEXTS)
        expected = [row for row in rows if text.lower() in row[0].lower()]
        found = tuples(breakdown(store, query, name, text))
        assert found == expected[: query.limit], (query, name, text)
        assert breakdown_count(store, query, name, text) == len(expected), (query, name, text)


@pytest.mark.parametrize("order", ORDERS)
def test_rows_come_in_the_order_asked_for(store: Store, history, order: str) -> None:
    for query, name, rows, _ in listings(history, seed=22):
        expected = sorted(rows, key=KEYS[order])[: query.limit]
        assert tuples(breakdown(store, query, name, order=order)) == expected, (query, name)


def test_pages_of_rows_make_up_the_whole(store: Store, history) -> None:
    for query, name, rows, rng in listings(history, seed=23):
        offset, order = rng.choice((0, 1, 2, 5, 1_000_000)), rng.choice(list(ORDERS))
        expected = sorted(rows, key=KEYS[order])[offset : offset + query.limit]
        found = tuples(breakdown(store, query, name, order=order, offset=offset))
        assert found == expected, (query, name, offset)


def test_chosen_values_have_their_rows_whatever_the_limit(store: Store, history) -> None:
    for query, name, rows, rng in listings(history, seed=24):
        possible = [*map(key, rows), "nowhere", "(unknown)"]
        keys = tuple(rng.sample(possible, min(3, len(possible))))
        found = tuples(breakdown_of(store, replace(query, limit=1), name, keys))
        assert found == [row for row in rows if key(row) in keys], (query, name, keys)


def test_no_values_have_no_rows(store: Store, history) -> None:
    query, _ = next(questions(history, seed=25))
    assert breakdown_of(store, query, "pages", ()) == []
