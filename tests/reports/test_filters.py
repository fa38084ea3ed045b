"""Filters: how they are spelled, and which events, sessions and figures they leave."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mallard.model import Event, Period
from mallard.reports.arguments import BadQuery
from mallard.reports.breakdown import breakdown
from mallard.reports.filters import MAX_FILTERS, MAX_VALUES, Filter, parse_filter, parse_filters
from mallard.reports.query import ReportQuery
from mallard.reports.separators import Separator
from mallard.reports.totals import totals
from tests.builders import NOON, TODAY, an_event, open_store, store_events

DAY = Period(TODAY, TODAY + timedelta(days=1))
DOCUMENTED = """
page hostname event channel source referrer utm_source utm_medium utm_campaign utm_content utm_term
country region city browser browser_version os os_version device screen_size entry_page exit_page
"""
DIMENSIONS = DOCUMENTED.split()


@pytest.mark.parametrize("dimension", [*DIMENSIONS, "prop:plan", "prop:a.b/c d", "prop:ü"])
@pytest.mark.parametrize("operator", ["==", "!=", "~=", "!~"])
def test_every_dimension_takes_every_operator(dimension: str, operator: str) -> None:
    assert parse_filter(f"{dimension}{operator}x") == Filter(dimension, operator, ("x",))


@pytest.mark.parametrize("dimension", [*DIMENSIONS, "prop:plan", "prop:a.b/c d", "prop:ü"])
@pytest.mark.parametrize("operator", ["~*", "!*"])
def test_every_dimension_takes_patterns(dimension: str, operator: str) -> None:
    assert parse_filter(f"{dimension}{operator}/x*") == Filter(dimension, operator, ("/x*",))


@pytest.mark.parametrize("dimension", ["page", "entry_page", "exit_page"])
def test_a_pattern_of_pages_begins_like_a_path(dimension: str) -> None:
    assert parse_filter(f"{dimension}~**.html|/a*").values == ("*.html", "/a*")
    with pytest.raises(ValueError, match="filter: 'blog/\\*' is no pattern of paths"):
        parse_filter(f"{dimension}!*blog/*")


def test_a_bar_stands_between_values_and_a_literal_one_is_escaped() -> None:
    assert parse_filter("page==/a|/b").values == ("/a", "/b")
    assert parse_filter("page==/a%7Cb|%7c").values == ("/a|b", "|")
    assert parse_filter("page==/a%7Db").values == ("/a%7Db",)


def test_a_value_may_hold_anything_else() -> None:
    for value in ("a==b", "!=", "~=x", "' or 1=1 --", '"', "line\nbreak", "(unknown)", "\0"):
        assert parse_filter(f"source=={value}").values == (value,)


@pytest.mark.parametrize(
    "text",
    ["", "page", "page=x", "page<x", "==x", "Page==x", "pathname==/", "prop:==x", "prop==x",
     "page==", "page==|", "page==a|", "page== |".replace(" ", ""), "visitor_id==x", "1=1;==x"],
)  # fmt: skip
def test_what_is_no_filter_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(ValueError, match="filter"):
        parse_filter(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("did==signup", "did is event:NAME or goal:NAME"),
        ("did==event:", "did is event:NAME or goal:NAME"),
        ("did==event:a|page:/", "did is event:NAME or goal:NAME"),
        ("did~=event:a", "did takes no other operator than == and !="),
        ("visitor_type==old", "visitor_type is new or returning"),
        ("visitor_type!*new", "visitor_type takes no other operator than == and !="),
    ],
)
def test_what_keeps_visitors_is_refused_with_what_it_may_be(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=f"filter: {problem}"):
        parse_filter(text)


def test_a_goal_that_nobody_knows_is_said_to_be_missing(paths) -> None:
    with pytest.raises(BadQuery, match="filter: the site has no goal of the name 'Buys'"):
        paths("did==goal:Buys")


@pytest.mark.parametrize(
    ("most", "too_many", "what"),
    [
        (["page!=/x"] * MAX_FILTERS, ["page!=/x"] * (MAX_FILTERS + 1), "of them"),
        (["page!=/x"] * MAX_FILTERS, ["page!=/x"] * 15_000, "of them"),
        (["page==" + "|".join("x" * MAX_VALUES)], ["page==" + "|".join("x" * 101)], "values"),
        (["page==x|y|z|a|b"] * 20, ["page==x|y|z|a|b"] * 19 + ["page==x|y|z|a|b|c"], "values"),
    ],
)
def test_so_many_filters_and_values_may_be_asked_together_and_no_more(
    most: list[str], too_many: list[str], what: str
) -> None:
    assert len(parse_filters(most)) == len(most)
    with pytest.raises(ValueError, match=f"filter: give at most .* {what}"):
        parse_filters(too_many)


@given(
    st.sampled_from(DIMENSIONS),
    st.sampled_from(["==", "!=", "~=", "!~"]),
    st.lists(st.text(min_size=1), min_size=1),
)
def test_a_filter_is_read_as_it_was_written(dimension, operator, values) -> None:
    written = Filter(dimension, operator, tuple(values))
    assert parse_filter(str(written)) == written


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("/a%7Cb", "/a|b"),
        ("/a%257Cb", "/a%7Cb"),
        ("/a%257cb", "/a%7cb"),
        ("/a%25257Cb", "/a%257Cb"),
        ("/a%25b", "/a%25b"),
        ("/100%25", "/100%25"),
        ("/%", "/%"),
    ],
)
def test_an_escape_can_be_escaped_itself_and_all_else_stays(text: str, value: str) -> None:
    assert parse_filter(f"page=={text}") == Filter("page", "==", (value,))
    assert str(Filter("page", "==", (value,))) == f"page=={text}"


@given(st.lists(st.text(alphabet="%27Cc5|,aA"), min_size=1), st.sampled_from("|,"))
def test_any_values_pass_through_their_joined_text(values: list[str], mark: str) -> None:
    assert Separator(mark).split(Separator(mark).joined(values)) == values


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    """The pages left of two visitors by filters, and the figures."""
    events: list[Event] = []

    def event(minute: int, path: str, visitor_id: str, **fields: Any) -> None:
        at = NOON + timedelta(minutes=minute)
        events.append(an_event(at, path, visitor_id=visitor_id, **fields))

    event(0, "/", "anna", country_code="DE", referrer_source="Google", props='{"plan":"pro"}')
    event(1, "/prices", "anna", country_code="DE", hostname="shop.example.com")
    event(2, "/prices", "anna", event_name="signup", props='{"plan":"free","a/b~c":1}')
    event(60, "/late", "anna", country_code="DE")
    event(5, "/prices", "ben", country_code="US", referrer_source="google", props='{"a":"x"}')
    store = open_store(tmp_path_factory.mktemp("filters"))
    store_events(store, "b1", events[:3])
    store.roll()
    store_events(store, "b2", events[3:])

    def found(*filters: str) -> tuple[list[str], int, int]:
        query = ReportQuery("example.com", DAY, filters=tuple(map(parse_filter, filters)))
        rows = breakdown(store, query, "pages")
        figures = totals(store, query)
        return sorted(row.value for row in rows), figures.total_pageviews, figures.sessions

    yield found
    store.close()


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([], (["/", "/late", "/prices"], 4, 3)),
        (["page==/prices"], (["/prices"], 2, 2)),
        (["page!=/prices"], (["/", "/late"], 2, 2)),
        (["page~=PRI"], (["/prices"], 2, 2)),
        (["page!~PRI"], (["/", "/late"], 2, 2)),
        (["page~*/*R*ES"], (["/prices"], 2, 2)),
        (["page~*/pri"], ([], 0, 0)),
        (["page!*/p*|/l*"], (["/"], 1, 1)),
        (["source!~goo"], (["/late"], 1, 1)),
        (["source~*G*"], (["/", "/prices"], 3, 2)),
        (["source!*g*"], (["/late"], 1, 1)),
        (["source~*(unknown)"], ([], 0, 0)),
        (["prop:plan!~o"], (["/late", "/prices"], 3, 3)),
        (["prop:plan~*?r*"], ([], 0, 0)),
        (["hostname~*shop.*"], (["/prices"], 1, 1)),
        (["page==/|/late"], (["/", "/late"], 2, 2)),
        (["event==signup"], (["/prices"], 0, 1)),
        (["hostname==(unknown)"], (["/", "/late", "/prices"], 3, 3)),
        (["hostname!=shop.example.com"], (["/", "/late", "/prices"], 3, 3)),
        (["prop:plan==pro"], (["/"], 1, 1)),
        (["prop:plan==(unknown)"], (["/late", "/prices"], 3, 3)),
        (["prop:plan!=pro"], (["/late", "/prices"], 3, 3)),
        (["prop:plan~=R"], (["/", "/prices"], 1, 1)),
        (["prop:a/b~c==1"], (["/prices"], 0, 1)),
        (["prop:$.plan==pro"], ([], 0, 0)),
        (["source==Google"], (["/", "/prices"], 2, 1)),
        (["source~=google"], (["/", "/prices"], 3, 2)),
        (["source!=Google"], (["/late", "/prices"], 2, 2)),
        (["source==(unknown)"], (["/late"], 1, 1)),
        (["source!=(unknown)"], (["/", "/prices"], 3, 2)),
        (["country==DE"], (["/", "/late", "/prices"], 3, 2)),
        (["entry_page==/prices"], (["/prices"], 1, 1)),
        (["exit_page==/prices"], (["/", "/prices"], 3, 2)),
        (["entry_page==/", "page==/prices"], (["/prices"], 1, 1)),
        (["page==/", "page==/prices"], ([], 0, 0)),
        (["page==/", "event==signup"], (["/", "/prices"], 1, 1)),
        (["page==/late", "event==signup"], ([], 0, 0)),
        (["page==/prices", "event==pageview"], (["/", "/prices"], 3, 2)),
        (["hostname==shop.example.com", "prop:plan==pro"], (["/", "/prices"], 2, 1)),
        (["event==signup", "prop:plan==pro"], ([], 0, 0)),
        (["page==/", "event==signup", "country==DE"], (["/", "/prices"], 1, 1)),
        (["page==/", "event==signup", "country==US"], ([], 0, 0)),
        (["page==/", "event==signup", "exit_page==/late"], ([], 0, 0)),
        (["country==DE", "country==US"], ([], 0, 0)),
        (["did==event:signup"], (["/", "/late", "/prices"], 3, 2)),
        (["did!=event:signup"], (["/prices"], 1, 1)),
        (["did==event:signup|event:pageview"], (["/", "/late", "/prices"], 4, 3)),
        (["did!=event:signup|event:pageview"], ([], 0, 0)),
        (["did==event:signup", "page==/late"], (["/late"], 1, 1)),
        (["did==event:signup", "country==US"], ([], 0, 0)),
        (["visitor_type==new"], (["/", "/late", "/prices"], 4, 3)),
        (["visitor_type==returning"], ([], 0, 0)),
        (["visitor_type!=returning", "did==event:signup"], (["/", "/late", "/prices"], 3, 2)),
        (["page==' or 1=1 --"], ([], 0, 0)),
        (["page==\0"], ([], 0, 0)),
    ],
    ids=lambda value: " and ".join(value) if isinstance(value, list) else "",
)
def test_filters_leave_matching_events_or_whole_sessions(paths, filters, expected) -> None:
    assert paths(*filters) == expected
