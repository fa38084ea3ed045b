"""What path rules make of paths: one page has one path, and what has been ruled stays as it is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mallard.ingest.urls import BadUrl, parse_page
from mallard.register.path_rules import PathRules, path_rules_of
from mallard.register.site import Paths
from mallard.reports.decoding import decoded


def ruled(url: str, has_fragment: bool = False, **rules: Any) -> str:
    page = parse_page(f"https://example.com{url}", "example.com", has_fragment)
    return PathRules(Paths(**rules)).of_event(page.pathname, page.query)


@pytest.mark.parametrize(
    ("rules", "url", "expected"),
    [
        ({"trailing_slash": "drop"}, "/a/", "/a"),
        ({"trailing_slash": "drop"}, "/a//?b=c/", "/a"),
        ({"trailing_slash": "drop"}, "/", "/"),
        ({"trailing_slash": "drop"}, "//", "/"),
        ({"trailing_slash": "add"}, "/a", "/a/"),
        ({"trailing_slash": "add"}, "/a/", "/a/"),
        ({"trailing_slash": "add"}, "/a/file.pdf", "/a/file.pdf"),
        ({"trailing_slash": "add"}, "/a.b/c", "/a.b/c/"),
        ({"index": "drop"}, "/blog/index.html", "/blog/"),
        ({"index": "drop"}, "/Index.PHP", "/"),
        ({"index": "drop"}, "/my-index.html", "/my-index.html"),
        ({"index": "drop"}, "/index.html/more", "/index.html/more"),
        ({"index": "drop", "trailing_slash": "drop"}, "/blog/index.html", "/blog"),
        ({"lower_case": True}, "/About/Us", "/about/us"),
        ({"lower_case": True}, "/%C3%9Cber", "/über"),
        ({"lower_case": True}, "/A%2FB%3F", "/a%2fb%3f"),
        ({"keep_query": ("q",)}, "/search?page=2&q=a+b%20c&q=", "/search?q=a%20b%20c&q="),
        ({"keep_query": ("q",)}, "/search?page=2", "/search"),
        ({"keep_query": ("id", "q")}, "/?q=1&id=2", "/?id=2&q=1"),
        ({"keep_query": ("a b", "f[x]")}, "/?a+b=1&f%5Bx%5D=2", "/?a%20b=1&f[x]=2"),
        ({"keep_query": ("q",), "trailing_slash": "drop"}, "/s/?q=/", "/s?q=/"),
        ({"group": ("/order/*",)}, "/order/7/items", "/order/*"),
        ({"group": ("/order/*",)}, "/order", "/order"),
        ({"group": ("/ü*", "/*")}, "/%C3%BCber", "/ü*"),
        ({"group": ("/Order/*",), "lower_case": True}, "/ORDER/7", "/Order/*"),
        ({"group": ("/s?q=*",), "keep_query": ("q",)}, "/s?q=anything&x=1", "/s?q=*"),
        ({"group": ("/a",), "trailing_slash": "drop", "index": "drop"}, "/a/index.htm", "/a"),
    ],
    ids=str,
)
def test_one_page_has_one_path(rules: dict[str, Any], url: str, expected: str) -> None:
    assert ruled(url, **rules) == expected


def test_a_fragment_that_counts_stays_as_it_is() -> None:
    rules: Any = {"trailing_slash": "drop", "lower_case": True, "keep_query": ("q",)}
    assert ruled("/App/?q=1#/A/?b=c", True, **rules) == "/app?q=1#/A/?b=c"
    assert ruled("/App/#/A", **rules) == "/app"


def test_without_rules_there_is_nothing_to_apply() -> None:
    assert path_rules_of(Paths()) is None
    assert path_rules_of(Paths(lower_case=True)) is not None


SIGNS = "aBİ/.?=&%+*#2é index.html"
RULES = st.builds(
    Paths,
    index=st.sampled_from(("keep", "drop")),
    trailing_slash=st.sampled_from(("keep", "drop", "add")),
    lower_case=st.booleans(),
    keep_query=st.lists(st.sampled_from(("a", "B", "é", "a b", "%2A")), unique=True).map(tuple),
    group=st.lists(st.text("aB/*.2%", max_size=5).map("/{}".format), max_size=3).map(tuple),
)


@given(RULES, st.text(SIGNS, max_size=20), st.booleans())
def test_what_has_been_ruled_stays_as_it_is(rules: Paths, rest: str, has_fragment: bool) -> None:
    try:
        page = parse_page(f"https://example.com/{rest}", "example.com", has_fragment)
    except BadUrl:
        return
    path_rules = PathRules(rules)
    once = path_rules.of_event(page.pathname, page.query)
    assert once.startswith("/")
    assert path_rules.of_history(once) == once
    assert decoded(decoded(once)) == decoded(once)
    # What was stored before there were rules becomes the same, but for parameters.
    if not rules.keep_query or not page.query:
        assert path_rules.of_history(page.pathname) == once
