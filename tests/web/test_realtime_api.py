"""`/api/stats/realtime`: who is here at this moment."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from mallard.reports.realtime import HOURLY_TIMES_NOTE
from tests.conftest import NOON

URL = "/api/stats/realtime?site_id=example.com"


def test_who_is_here(client, visit, clock) -> None:
    visit("/old", visitor=9, at=NOON)
    visit("/a", visitor=1, at=NOON + timedelta(minutes=10), r="https://www.google.com/")
    visit("/b", visitor=1)
    visit("/a", visitor=2, event="signup")
    clock.move(minutes=4)
    found = client.get(URL).json
    assert found["current_visitors"] == 2
    assert found["pages"] == [{"value": "/a", "visitors": 2}, {"value": "/b", "visitors": 1}]
    assert found["sources"] == [
        {"value": "(unknown)", "visitors": 1},
        {"value": "Google", "visitors": 1},
    ]
    assert len(found["minutes"]) == 30
    assert found["minutes"][-1]["minute"] == "2026-03-18T12:14"
    assert [minute for minute in found["minutes"] if minute["visitors"]] == [
        {"minute": "2026-03-18T12:00", "visitors": 1, "pageviews": 1},
        {"minute": "2026-03-18T12:10", "visitors": 2, "pageviews": 2},
    ]


def test_nobody_is_here(client) -> None:
    found = client.get(URL).json
    assert (found["current_visitors"], found["pages"], found["sources"]) == (0, [], [])
    assert {minute["visitors"] for minute in found["minutes"]} == {0}


def test_filters_hold(client, visit) -> None:
    visit("/a", visitor=1)
    visit("/b", visitor=2, w=400)
    found = client.get(f"{URL}&filter=device==mobile").json
    assert found["current_visitors"] == 1
    assert found["pages"] == [{"value": "/b", "visitors": 1}]


@pytest.mark.parametrize("query", ["", "?site_id=a/b", "?site_id=example.com&filter=x"])
def test_a_bad_question_is_400(client, query: str) -> None:
    response = client.get(f"/api/stats/realtime{query}")
    assert (response.status_code, set(response.json)) == (400, {"error"})


class TestWithACache:
    @pytest.fixture
    def settings(self, settings: dict[str, Any]) -> dict[str, Any]:
        return settings | {"cache_ttl_secs": 3600}

    def test_every_visit_shows_at_once(self, client, visit, mallard) -> None:
        for visitor in range(1, 4):
            visit("/", visitor=visitor)
            assert client.get(URL).json["current_visitors"] == visitor
        assert len(mallard.reports.cache) == 0


class TestWithRoundTimestamps:
    @pytest.fixture
    def settings(self, settings: dict[str, Any]) -> dict[str, Any]:
        return settings | {"round_timestamps": True}

    def test_a_header_says_that_minutes_are_not_known(self, client, visit) -> None:
        visit("/", at=NOON + timedelta(minutes=20))
        response = client.get(URL)
        assert response.headers["X-Mallard-Note"] == HOURLY_TIMES_NOTE
        assert response.json["current_visitors"] == 0
        assert response.json["minutes"][9] == {
            "minute": "2026-03-18T12:00",
            "visitors": 1,
            "pageviews": 1,
        }


def test_there_is_no_note_where_times_are_exact(client) -> None:
    assert "X-Mallard-Note" not in client.get(URL).headers
