"""Journeys, in the API and on the page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from tests.builders import an_event, store_events
from tests.conftest import NOON
from tests.web.reading import page_of
from tests.web.test_stats_api import stats

Visit = Callable[..., None]
SITE = "/?site_id=example.com&period=7d&tab=journeys"


@pytest.fixture
def journeys(visit: Visit) -> None:
    """Two take the same way, one of them twice the first page; one comes back hours later."""
    for visitor, paths in ((1, "aab"), (2, "ab"), (3, "a"), (4, "abcdef")):
        for path in paths:
            visit(f"/{path}", visitor=visitor)
    visit("/b", visitor=3, at=NOON + timedelta(hours=2))
    visit("/c", visitor=3, at=NOON + timedelta(hours=2))


def test_a_journey_is_the_pages_of_a_session_in_order(client: Client, journeys: None) -> None:
    assert stats(client, "journeys").json == [
        {"pages": ["/a", "/b"], "sessions": 2},
        {"pages": ["/a", "/b", "/c", "/d", "/e"], "sessions": 1},
        {"pages": ["/b", "/c"], "sessions": 1},
    ]


def test_longer_ones_count_by_their_first_pages(client: Client, journeys: None) -> None:
    (first, *_) = stats(client, "journeys", pages="2", limit="1").json
    assert first == {"pages": ["/a", "/b"], "sessions": 3}
    for wrong in ("1", "11", "x"):
        refused = stats(client, "journeys", pages=wrong)
        assert (refused.status_code, "pages must be" in refused.json["error"]) == (400, True)


def test_filters_keep_whole_sessions(client: Client, journeys: None) -> None:
    rows = stats(client, "journeys", filter="page==/f").json
    assert rows == [{"pages": ["/a", "/b", "/c", "/d", "/e"], "sessions": 1}]


def test_the_panel_has_their_share_of_all_sessions(client: Client, journeys: None) -> None:
    card = page_of(client, SITE).by_id("panel-events")
    rows = [" ".join(row.text.split()) for row in card.one("ol", class_="journeys").all("li")]
    assert rows[0] == "/a → /b 2 40%"
    assert rows[1].startswith("/a → /b → /c → /d → /e … 1 20%")
    assert f"{SITE.replace('&tab', '&filter=page==/a&tab')}" in card.links


def test_beside_another_period_each_has_its_change(
    client: Client, mallard: Mallard, journeys: None
) -> None:
    before = NOON - timedelta(days=8)
    events = [
        an_event(before + timedelta(minutes=minute), f"/{path}", visitor_id=f"of before {number}")
        for number, paths in enumerate(("ab", "ab", "ab", "ab", "bc"))
        for minute, path in enumerate(paths)
    ]
    store_events(mallard.store, "before", events)
    card = page_of(client, f"{SITE}&compare=previous").by_id("panel-events")
    rows = [" ".join(row.text.split()) for row in card.one("ol", class_="journeys").all("li")]
    assert rows[0] == "/a → /b 2 40% \N{MINUS SIGN}50%"
    assert rows[1] == "/a → /b → /c → /d → /e … 1 20% new"
    assert rows[2] == "/b → /c 1 20% 0%"


def test_nobody_is_no_mistake(client: Client, visit: Visit) -> None:
    visit("/")
    card = page_of(client, SITE).by_id("panel-events")
    assert "Nobody went from one page to another in this period." in card.text


@pytest.mark.parametrize("asked", [{}, {"filter": "page~=/"}])
@pytest.mark.parametrize("told", ["engagement", "vitals"])
def test_what_a_page_tells_of_itself_is_no_page_and_keeps_a_session_as_everywhere(
    client: Client, mallard: Mallard, asked: dict[str, str], told: str
) -> None:
    names = ("pageview", told, "pageview")
    events = [
        an_event(NOON + timedelta(minutes=25 * n), f"/{n}", event_name=name)
        for n, name in enumerate(names)
    ]
    store_events(mallard.store, "batch", events)
    total = stats(client, "sessions", **asked).json["total_sessions"]
    rows = stats(client, "journeys", **asked).json
    assert rows == ([{"pages": ["/0", "/2"], "sessions": 1}] if total == 1 else [])
