"""The second version of Plausible's Stats API: queries as JSON, and answers in its form."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import Client

from tests.web.plausible_site import FAR, SITE, client

__all__ = ["client"]
PLAIN: dict[str, Any] = {"site_id": SITE, "metrics": ["visitors"], "date_range": "all"}
MISTAKES: dict[str, dict[str, Any]] = {
    "another key": {"period": "7d"},
    "no metric": {"metrics": []},
    "an unknown metric": {"metrics": ["people"]},
    "a metric twice": {"metrics": ["visits", "visits"]},
    "an unknown dimension": {"dimensions": ["visit:planet"]},
    "a dimension twice": {"dimensions": ["time:day", "time", "time:day"]},
    "a wrong range": {"date_range": "0d"},
    "a long range": {"date_range": "5001d"},
    "half a range": {"date_range": ["2026-03-01"]},
    "a range backwards": {"date_range": ["2026-03-02", "2026-03-01"]},
    "a range until the end of days": {"date_range": ["9999-12-30", "9999-12-31"]},
    "a time without a zone": {"date_range": ["2026-03-01T00:00:00", "2026-03-01T01:00:00"]},
    "the end of time": {"date_range": ["9999-12-31T23:59:59+00:00", "9999-12-31T23:59:59-23:00"]},
    "a filter that is none": {"filters": ["is"]},
    "an unknown operator": {"filters": [["has", ["is", "event:name", ["a"]]]]},
    "what is done is no event": {"filters": [["has_done", ["is", "visit:source", ["a"]]]]},
    "done within done": {"filters": [["has_done", ["has_not_done", ["is", "event:page", ["/"]]]]]},
    "an unknown segment": {"filters": [["is", "segment", ["News"]]]},
    "two segments": {"filters": [["is", "segment", ["By mail", "By news"]]]},
    "a segment within": {"filters": [["not", ["is", "segment", ["By mail"]]]]},
    "a segment that is not": {"filters": [["is_not", "segment", ["By mail"]]]},
    "no values": {"filters": [["is", "event:name", []]]},
    "a modifier": {"filters": [["is", "event:name", ["a"], {"case": True}]]},
    "a time as a filter": {"filters": [["is", "time:day", ["2026-03-01"]]]},
    "an unknown goal": {"filters": [["is", "event:goal", ["Signup"]]]},
    "an expression of a goal": {"filters": [["matches", "event:goal", ["S"]]]},
    "an expression that is none": {"filters": [["matches", "event:page", ["(("]]]},
    "nothing either": {"filters": [["or", []]]},
    "an order that is not asked for": {"order_by": [["visits", "asc"]]},
    "an order without a way": {"order_by": [["visitors", "up"]]},
    "no rows": {"pagination": {"limit": 0}},
    "rows before the first": {"pagination": {"offset": -1}},
    "labels of no time": {"include": {"time_labels": True}},
    "parts of nothing": {"metrics": ["percentage"]},
    "a rate without a goal": {"metrics": ["group_conversion_rate"]},
    "exits of sources": {"metrics": ["exit_rate"], "dimensions": ["visit:source"]},
}


def ask(client: Client, **asked: Any) -> Any:
    return client.post("/api/v2/query", json=PLAIN | asked).json


def refusal(client: Client, status: int = 400, **asked: Any) -> Any:
    response = client.post("/api/v2/query", json=PLAIN | asked)
    assert (response.status_code, list(response.json or ())) == (status, ["error"])
    return response.json


def rows(client: Client, **asked: Any) -> list[list[Any]]:
    return [[*row["dimensions"], *row["metrics"]] for row in ask(client, **asked)["results"]]


def test_an_answer_has_rows_and_the_query_as_it_was_understood(client: Client) -> None:
    asked = {
        "metrics": ["visitors", "visits", "pageviews", "bounce_rate", "events"],
        "date_range": ["2026-03-17", "2026-03-18"],
        "dimensions": ["visit:source", "visit:device"],
        "include": {"imports": True, "total_rows": True},
        "pagination": {"limit": 1},
    }
    assert ask(client, **asked) == {
        "results": [{"dimensions": ["news", "Mobile"], "metrics": [2, 2, 4, 0, 4]}],
        "meta": {
            "imports_included": False,
            "imports_skip_reason": "no_imported_data",
            "total_rows": 2,
        },
        "query": {
            "site_id": SITE,
            "metrics": ["visitors", "visits", "pageviews", "bounce_rate", "events"],
            "date_range": ["2026-03-17T00:00:00+00:00", "2026-03-18T23:59:59+00:00"],
            "filters": [],
            "dimensions": ["visit:source", "visit:device"],
            "order_by": [["visitors", "desc"]],
            "include": {"imports": True, "time_labels": False, "total_rows": True},
            "pagination": {"limit": 1, "offset": 0},
        },
    }


def test_without_data_there_are_zeros(client: Client) -> None:
    asked = {"metrics": ["visitors", "bounce_rate", "scroll_depth"], "date_range": "91d"}
    answer = ask(client, filters=[["is", "visit:source", ["nobody"]]], **asked)
    assert answer["results"] == [{"dimensions": [], "metrics": [0, 0, None]}]
    assert list(answer["meta"]["metric_warnings"]) == ["scroll_depth"]


def test_times_come_first_and_empty_ones_are_only_labels(client: Client) -> None:
    asked = {"dimensions": ["time:day"], "date_range": ["2026-03-15", "2026-03-18"]}
    answer = ask(client, include={"time_labels": True}, **asked)
    assert [row["dimensions"] for row in answer["results"]] == [["2026-03-17"], ["2026-03-18"]]
    assert answer["meta"]["time_labels"] == ["2026-03-15", "2026-03-16", "2026-03-17", "2026-03-18"]
    assert rows(client, dimensions=["time:hour"], date_range="day") == [["2026-03-18 11:00:00", 2]]
    weeks = rows(client, dimensions=["time:week"], date_range=["2026-03-17", "2026-03-31"])
    assert weeks == [["2026-03-17", 3]]
    assert rows(client, dimensions=["time:month"], date_range="month") == [["2026-03-01", 3]]


def test_days_are_those_of_the_site(client: Client) -> None:
    asked = {"site_id": FAR, "dimensions": ["time:hour", "time:day"], "date_range": "day"}
    assert rows(client, **asked) == [["2026-03-18 01:00:00", "2026-03-18", 1]]
    day = ask(client, site_id=FAR, date_range="day")["query"]["date_range"]
    assert day == ["2026-03-18T00:00:00+05:30", "2026-03-18T23:59:59+05:30"]
    for hour, visitors in ((19, 0), (20, 1)):
        hours = [f"2026-03-17T{hour}:00:00+00:00", f"2026-03-17T{hour}:59:59+00:00"]
        assert rows(client, site_id=FAR, date_range=hours) == [[visitors]]


@pytest.mark.parametrize(
    ("date_range", "visitors"),
    [
        ("day", 2),
        ("24h", 3),
        ("7d", 1),
        ("1d", 1),
        ("month", 3),
        ("1mo", 0),
        ("year", 3),
        ("all", 3),
        (["2026-03-18", "2026-03-18"], 2),
        (["2026-03-18T11:52:30+00:00", "2026-03-18T11:57:59+00:00"], 1),
        (["2026-03-18T12:52:00+01:00", "2026-03-18T12:57:59+01:00"], 2),
        (["2026-03-17T12:00:00+00:00", "2026-03-17T12:00:00+00:00"], 1),
    ],
)
def test_ranges(client: Client, date_range: Any, visitors: int) -> None:
    assert rows(client, date_range=date_range) == [[visitors]]


def test_who_is_new_in_a_part_of_a_day_was_not_there_before_it(client: Client) -> None:
    """Two came nine minutes ago, and read on three minutes ago."""
    lately = ["2026-03-18T11:55:00+00:00", "2026-03-18T12:00:00+00:00"]
    hour = ["2026-03-18T11:00:00+00:00", "2026-03-18T12:00:00+00:00"]
    for date_range, new, returning in ((lately, 0, 2), (hour, 2, 0)):
        for name, visitors in (("New", new), ("Returning", returning)):
            filters = [["is", "segment", [name]]]
            assert rows(client, date_range=date_range, filters=filters) == [[visitors]], name


@pytest.mark.parametrize(
    ("condition", "visitors"),
    [
        (["is", "visit:source", ["news", "mail"]], 3),
        (["is_not", "visit:source", ["news"]], 1),
        (["is", "visit:source", ["NEWS"]], 0),
        (["is", "visit:source", ["NEWS"], {"case_sensitive": False}], 2),
        (["contains", "visit:source", ["ew", "x"]], 2),
        (["contains", "visit:source", ["EW"]], 0),
        (["contains_not", "visit:source", ["EW"], {"case_sensitive": False}], 1),
        (["matches", "event:page", ["^/p.*b$"]], 2),
        (["matches_not", "event:page", ["^/$", "^/buy$"]], 2),
        (["matches_wildcard", "event:page", ["/pri**"]], 2),
        (["matches_wildcard_not", "event:page", ["/", "/b*"]], 2),
        (["is", "event:page", ["/pricing|a;b"]], 2),
        (["is", "visit:device", ["Mobile"]], 2),
        (["is", "visit:country_name", ["(not set)"]], 3),
        (["is", "event:goal", ["Buys"]], 1),
        (["contains", "event:goal", ["pri"], {"case_sensitive": False}], 2),
        (["is", "event:props:plan", ["pro"]], 1),
        (["has_done", ["is", "event:page", ["/buy"]]], 1),
        (["has_not_done", ["is", "event:goal", ["Buys"]]], 2),
        (["not", ["has_done", ["contains", "event:page", ["pri"]]]], 1),
        (["is", "segment", ["By mail"]], 1),
        (["not", ["is", "visit:source", ["mail"]]], 2),
        (["and", [["is", "event:page", ["/buy"]], ["is", "event:name", ["purchase"]]]], 1),
        (["and", [["is", "event:page", ["/"]], ["is", "event:name", ["purchase"]]]], 0),
        (["or", [["is", "event:page", ["/buy"]], ["not", ["is", "visit:source", ["mail"]]]]], 3),
    ],
)
def test_filters(client: Client, condition: list[Any], visitors: int) -> None:
    assert rows(client, filters=[condition]) == [[visitors]]


def test_who_has_done_something_counts_with_all_that_they_did(client: Client) -> None:
    condition = ["has_done", ["is", "event:name", ["purchase"]]]
    asked = {"dimensions": ["event:page"], "metrics": ["visitors", "events"]}
    assert rows(client, filters=[condition], **asked) == [["/", 1, 1], ["/buy", 1, 1]]
    both = [["is", "segment", ["By news"]], condition]
    assert rows(client, filters=both) == [[0]]
    assert rows(client, filters=both[:1]) == [[2]]


def test_rows_come_in_the_order_that_is_asked_for(client: Client) -> None:
    asked = {"dimensions": ["event:page"], "metrics": ["visitors", "events"]}
    assert rows(client, order_by=[["event:page", "desc"]], **asked) == [
        ["/pricing|a;b", 2, 2],
        ["/buy", 1, 1],
        ["/", 3, 3],
    ]
    ordered = rows(client, order_by=[["visitors", "asc"]], pagination={"offset": 1}, **asked)
    assert [row[0] for row in ordered] == ["/pricing|a;b", "/"]


def test_shares_are_of_all_visitors_or_of_their_group(client: Client) -> None:
    metrics = ["percentage", "conversion_rate", "group_conversion_rate"]
    asked = {"metrics": metrics, "dimensions": ["visit:source"]}
    condition = ["is", "event:goal", ["Buys", "Prices"]]
    assert rows(client, filters=[condition], **asked) == [
        ["news", 66.67, 66.67, 100],
        ["mail", 33.33, 33.33, 100],
    ]
    asked["dimensions"] = ["event:goal"]
    ordered = rows(client, order_by=[["group_conversion_rate", "asc"]], **asked)
    assert ordered == [
        ["As a pro", 33.33, 33.33, 33.33],
        ["Buys", 33.33, 33.33, 33.33],
        ["Prices", 66.67, 66.67, 66.67],
    ]


def test_the_exit_rate_is_of_the_views_of_a_page(client: Client) -> None:
    asked = {"metrics": ["visits", "exit_rate"], "dimensions": ["visit:exit_page"]}
    assert rows(client, **asked) == [["/pricing|a;b", 2, 100], ["/", 1, 33.33]]


@pytest.mark.parametrize("what", MISTAKES)
def test_a_mistake_is_named(client: Client, what: str) -> None:
    assert refusal(client, **MISTAKES[what])["error"]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"\xff", b"null", b"[" * 5000, b'{"a":"\\ud800"}']
)
def test_what_is_no_query_is_refused(client: Client, body: bytes) -> None:
    assert client.post("/api/v2/query", data=body).status_code == 400


def test_filters_are_neither_deep_nor_many(client: Client) -> None:
    deep: Any = ["is", "event:name", ["a"]]
    for _ in range(9):
        deep = ["not", deep]
    assert "deep" in refusal(client, filters=[deep])["error"]
    many = [["is", "event:name", ["a"] * 101]]
    assert "at most" in refusal(client, filters=many)["error"]


def test_an_unknown_site_is_refused(client: Client) -> None:
    assert refusal(client, 401, site_id="nobody.example")["error"]


OF_QUERIES = st.sampled_from(
    [
        *("has_done", "has_not_done", "segment", "By mail"),
        *("is", "is_not", "contains", "matches", "matches_wildcard", "and", "or", "not", "a|b;c"),
        *("event:page", "event:goal", "event:props:plan", "visit:source", "visit:country", "time"),
        *("time:hour", "time:week", "visitors", "visits", "exit_rate", "percentage", "asc", "day"),
        *(
            "Buys",
            "(not set)",
            "(",
            "[",
            "*",
            "%",
            "\0",
            "'; drop table events; --",
            "all",
            7,
            None,
        ),
    ]
)
ANYTHING = st.recursive(OF_QUERIES, lambda part: st.lists(part, max_size=4), max_leaves=12)
BODIES = st.fixed_dictionaries(
    {"site_id": st.just(SITE)},
    optional={
        "metrics": st.lists(OF_QUERIES, max_size=3),
        "date_range": ANYTHING,
        "dimensions": st.lists(OF_QUERIES, max_size=3),
        "filters": st.lists(ANYTHING, max_size=3),
        "order_by": ANYTHING,
        "include": ANYTHING,
        "pagination": st.dictionaries(st.sampled_from(["limit", "offset"]), st.integers()),
    },
)


@given(changes=BODIES)
def test_no_query_makes_the_server_fail(client: Client, changes: dict[str, Any]) -> None:
    for body in (changes, PLAIN | changes):
        response = client.post("/api/v2/query", json=body)
        assert response.status_code in (200, 400), response.text
        assert (response.json or {}).keys() & {"results", "error"}
