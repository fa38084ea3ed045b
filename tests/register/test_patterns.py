"""Patterns of paths and hosts, as Python and as DuckDB's expressions compare them."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mallard.reports.patterns import BadPattern, host_pattern, page_pattern


@pytest.mark.parametrize(
    ("pattern", "path", "does_fit"),
    [
        ("/admin", "/admin", True),
        ("/admin", "/admin/", False),
        ("/admin/*", "/admin/users/7", True),
        ("/admin/*", "/admin", False),
        ("*", "/", True),
        ("*.php", "/a/b.php", True),
        ("/*/edit", "/edit", False),
        ("/a*a", "/a", False),
        ("/a*b*c", "/axxbyyc", True),
        ("/a*b*c", "/axxcyyb", False),
        ("/%C3%BC*", "/übung", True),
        ("/a.c", "/abc", False),
        ("/A", "/a", False),
        ("/%2A", "/*", True),
        ("/%2A", "/x", False),
    ],
)
def test_a_star_stands_for_any_text(pattern: str, path: str, does_fit: bool) -> None:
    assert page_pattern(pattern).fits(path) is does_fit


def test_hosts_fit_in_either_spelling_and_in_any_case() -> None:
    assert host_pattern("*.MÜLLER.de").fits("shop.müller.de")
    assert host_pattern("*.xn--mller-kva.de").fits("shop.müller.de")
    assert not host_pattern("müller.de").fits("shop.müller.de")


@pytest.mark.parametrize("text", ["", "admin", "/a\n", "/" + "a" * 2048])
def test_what_is_no_pattern_is_refused(text: str) -> None:
    with pytest.raises(BadPattern):
        page_pattern(text)


SIGNS = "ab/*.[(\\-$ ü\n"


@given(st.text(SIGNS.replace("\n", ""), max_size=8), st.text(SIGNS, max_size=12))
def test_duckdb_and_python_agree(rest: str, path: str) -> None:
    pattern = page_pattern(f"/{rest}")
    text = f"/{path}"
    row = duckdb.execute("select regexp_full_match($1, $2)", [text, pattern.regex]).fetchone()
    assert row == (pattern.fits(text),)
