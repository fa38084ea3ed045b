"""Properties of random histories under random filters: their keys, and the rows of their values."""

from __future__ import annotations

import random
from dataclasses import asdict, astuple, replace

import pytest

from mallard.model import Period
from mallard.reports.breakdown import breakdown, breakdown_count, breakdown_of
from mallard.reports.filters import Filter, parse_filter
from mallard.reports.properties import properties, properties_of
from mallard.reports.query import ReportQuery
from mallard.reports.totals import totals
from mallard.store.store import Store
from tests.builders import NOON, TODAY, an_event, open_store, store_events
from tests.reports import histories, oracle
from tests.reports.test_figures_match_the_oracle import SOME, questions

pytestmark = pytest.mark.fuzz


def test_the_keys_are_those_of_the_oracle(store: Store, history) -> None:
    some = 0
    for query, view in questions(history, seed=41):
        expected = oracle.properties(view)
        rows = [astuple(row) for row in properties(store, query)]
        assert rows == expected[: query.limit], query
        these = tuple(row[0] for row in expected[1::2])
        assert [astuple(row) for row in properties_of(store, query, these)] == expected[1::2]
        some += len(rows) > 2
    assert some


def test_the_values_are_those_of_the_oracle(store: Store, history) -> None:
    rng = random.Random(42)
    some = 0
    for query, view in questions(history, seed=42):
        key = rng.choice(histories.KEYS)
        expected = oracle.by_property(view, key)
        rows = [asdict(row) for row in breakdown(store, query, f"prop:{key}")]
        assert rows == expected[: query.limit], (query, key)
        these = tuple(row["value"] for row in expected[1::2])
        rows = [asdict(row) for row in breakdown_of(store, query, f"prop:{key}", these)]
        assert rows == expected[1::2], (query, key)
        some += any(row["revenue"] for row in rows)
    assert some


def test_values_are_searched_and_ordered(store: Store, history) -> None:
    rng = random.Random(43)
    for query, view in questions(history, seed=43, times=SOME):
        key, text = rng.choice(histories.KEYS), rng.choice(("", "P", "o", "ünï", "5", '"', "|"))
        found = [
            row for row in oracle.by_property(view, key) if text.lower() in row["value"].lower()
        ]
        dimension, offset = f"prop:{key}", rng.choice((0, 1, 3))
        assert breakdown_count(store, query, dimension, text) == len(found)
        for order in ("pageviews", "value"):
            if order == "pageviews":
                found.sort(key=lambda row: (-row["pageviews"], -row["visitors"], row["value"]))
            else:
                found.sort(key=lambda row: row["value"])
            rows = breakdown(store, query, dimension, text, order, offset)
            assert [asdict(row) for row in rows] == found[offset : offset + query.limit], query


def test_a_value_is_what_a_filter_by_it_leaves(store: Store, history) -> None:
    """Whatever it holds; without other filters of events, which would go with it."""
    rng = random.Random(44)
    for query, _ in questions(history, seed=44, times=SOME):
        key = rng.choice(histories.KEYS)
        of_sessions = tuple(f for f in query.filters if f.keeps_sessions)
        query = replace(query, filters=of_sessions)
        for row in breakdown(store, query, f"prop:{key}"):
            alone = Filter(f"prop:{key}", "==", (row.value,))
            assert parse_filter(str(alone)) == alone
            found = totals(store, replace(query, filters=(*of_sessions, alone)))
            assert (row.visitors, row.pageviews) == (
                found.unique_visitors,
                found.total_pageviews,
            ), (query, alone)


def test_an_elements_second_time_in_an_event_does_not_count(tmp_path) -> None:
    store = open_store(tmp_path / "data")
    store_events(
        store,
        "b1",
        [
            an_event(event_name="order", props='{"sku":["a","b","a"]}', revenue_amount="5.00"),
            an_event(visitor_id="v2", event_name="order", props='{"sku":"a"}'),
        ],
    )
    query = ReportQuery("example.com", Period(TODAY, TODAY.replace(day=TODAY.day + 1)))
    rows = [astuple(row)[:4] for row in breakdown(store, query, "prop:sku")]
    assert rows == [("a", 2, 0, 2), ("b", 1, 0, 1)]
    assert [astuple(row) for row in properties(store, query)] == [("sku", 2, 2)]
    store.close()


@pytest.mark.parametrize(
    "props", ["nonsense", "[1]", '"plan"', "7", '{"plan":"\\ud800"}', "", " {", "[{}"]
)
def test_what_is_no_object_has_no_properties(tmp_path, props: str) -> None:
    """Files that others have written may hold anything."""
    store = open_store(tmp_path / "data")
    at = NOON.replace(hour=11)
    store_events(store, "b1", [an_event(props=props), an_event(at, props=' {"plan" : "pro"}')])
    query = ReportQuery("example.com", Period(TODAY, TODAY.replace(day=TODAY.day + 1)))
    assert [row.key for row in properties(store, query)] == ["plan"]
    rows = [astuple(row)[:4] for row in breakdown(store, query, "prop:plan")]
    assert rows == [("(unknown)", 1, 1, 1), ("pro", 1, 1, 1)]
    assert (
        totals(store, replace(query, filters=(parse_filter("prop:plan!=pro"),))).total_pageviews
        == 1
    )
    store.close()
