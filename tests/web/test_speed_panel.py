"""The tab that tells how quick pages are, and what is added to that of sessions."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from werkzeug.test import Client

from tests.conftest import NOON

SITE = "/?site_id=example.com&period=day"


def text_of(client: Client, address: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", client.get(address).text).split())


def test_each_measure_is_judged_by_its_thresholds(
    client: Client, visit: Callable[..., None]
) -> None:
    visit("/pricing")
    visit(
        "/pricing", event="vitals", p={"lcp": 2500, "inp": 501, "cls": 0.2, "fcp": 1801, "ttfb": 9}
    )
    text = text_of(client, f"{SITE}&tab=vitals")
    expected = "1 2,500 ms good 501 ms poor 0.20 needs improvement 1,801 ms needs improvement"
    assert f"All pages {expected} 9 ms good" in text
    assert f"/pricing {expected}" in text


def test_where_nothing_was_measured_the_tab_says_so(
    client: Client, visit: Callable[..., None]
) -> None:
    visit("/")
    assert "No page has told how quick it is" in text_of(client, f"{SITE}&tab=vitals")


def test_sessions_tell_how_their_pages_were_looked_at(
    client: Client, visit: Callable[..., None]
) -> None:
    visit("/", at=NOON)
    assert "Scroll depth" not in text_of(client, f"{SITE}&tab=sessions")
    visit("/", event="engagement", p={"e": 65_000, "sd": 42}, at=NOON + timedelta(seconds=70))
    for more in ("", "&filter=page==/"):
        text = text_of(client, f"{SITE}&tab=sessions{more}")
        assert "Time on pages 1m 05s Scroll depth 42% Engaged sessions 100%" in text
