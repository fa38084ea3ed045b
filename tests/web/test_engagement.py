"""What pages tell of themselves, from the request to the figures."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from tests.conftest import NOON, Clock, kept_open, post_event
from tests.web.test_stats_api import stats

VIEW = {"d": "example.com", "n": "pageview", "u": "https://example.com/"}
VISITOR = "203.0.0.2"
"""Whoever visits as number 1."""
TOLD = VIEW | {"n": "engagement", "p": {"e": 42_000, "sd": 80}}


def tell(client: Client, clock: Clock, secs: float = 0, **fields: Any) -> Any:
    """A page tells of itself, so long after noon."""
    clock.now = NOON + timedelta(seconds=secs)
    return post_event(client, TOLD | fields, X_Forwarded_For=VISITOR)


def counted(mallard: Mallard) -> dict[str, int]:
    return mallard.intake.tally.counts()


def test_a_visit_of_one_page_lasts_until_the_page_was_left_and_is_still_a_bounce(
    client: Client, clock: Clock, visit: Callable[..., None]
) -> None:
    visit("/", at=NOON)
    assert tell(client, clock, 60).status_code == 202
    found = stats(client, "main").json
    assert found["bounce_rate"] == 1.0
    assert found["avg_visit_duration_secs"] == pytest.approx(60, abs=0.001)
    assert (found["unique_visitors"], found["sessions"], found["total_pageviews"]) == (1, 1, 1)
    assert (found["avg_engaged_secs"], found["avg_scroll_depth"]) == (42.0, 80.0)
    assert found["engagement_rate"] == 1.0


def test_a_long_read_is_told_in_parts(
    client: Client, clock: Clock, visit: Callable[..., None]
) -> None:
    visit("/", at=NOON)
    for secs, spent, depth in ((20, 4000, 30), (40, 5500, 90), (60, 499, 50)):
        tell(client, clock, secs, p={"e": spent, "sd": depth})
    visit("/", visitor=2)
    found = stats(client, "main").json
    assert (found["avg_engaged_secs"], found["avg_scroll_depth"]) == (9.999 / 2, 90.0)
    assert found["engagement_rate"] == 0.0
    tell(client, clock, 61, p={"e": 1})
    assert stats(client, "main").json["engagement_rate"] == 0.5


def test_pages_have_their_times_on_request(
    client: Client, clock: Clock, visit: Callable[..., None]
) -> None:
    visit("/", at=NOON)
    tell(client, clock, 30)
    visit("/b", at=NOON + timedelta(seconds=40))
    rows = stats(client, "breakdown/pages", columns="engagement").json
    row = {"visitors": 1, "pageviews": 1}
    assert rows == [
        {"value": "/", **row, "avg_engaged_secs": 42.0, "avg_scroll_depth": 80.0},
        {"value": "/b", **row, "avg_engaged_secs": 0.0, "avg_scroll_depth": 0.0},
    ]
    asked = {"columns": "exit_rate,engagement", "order": "avg_engaged_secs"}
    assert stats(client, "breakdown/pages", **asked).json[0]["exit_rate"] == 0.0
    answer = stats(client, "breakdown/pages", order="avg_scroll_depth")
    assert "needs columns=engagement" in answer.json["error"]
    answer = stats(client, "breakdown/browsers", columns="engagement")
    assert "the rows of browsers have no engagement" in answer.json["error"]


def test_they_stand_beside_a_goals_conversions(
    client: Client, clock: Clock, visit: Callable[..., None]
) -> None:
    goal = {"goals": [{"name": "Read", "page": "/"}]}
    assert client.put("/api/sites/example.com", json=goal).status_code == 200
    visit("/", at=NOON - timedelta(days=1))
    visit("/", at=NOON)
    alone = stats(client, "main", goal="Read").json
    assert "engagement_rate" not in alone
    tell(client, clock, 30)
    found = stats(client, "main", goal="Read", compare="previous").json
    assert (found["conversions"], found["conversion_rate"]) == (1, 1.0)
    assert (found["avg_engaged_secs"], found["avg_scroll_depth"]) == (42.0, 80.0)
    assert found["engagement_rate"] == 1.0
    assert found["change"]["engagement_rate"] is None
    assert found["change"]["conversions"] == 0


def test_it_is_no_event_no_goal_and_no_step(
    client: Client, clock: Clock, visit: Callable[..., None]
) -> None:
    visit("/", at=NOON)
    tell(client, clock, 30)
    assert [row["value"] for row in stats(client, "breakdown/events").json] == ["pageview"]
    assert stats(client, "properties").json == []
    assert stats(client, "main", filter="event==engagement").json["sessions"] == 0
    assert stats(client, "main", filter="prop:sd==80").json["sessions"] == 0
    steps = stats(client, "funnel", steps="page:/,page:/").json
    assert [row["visitors"] for row in steps] == [1, 0]


def test_what_is_compared_with_days_of_which_nothing_was_told_has_no_change(
    client: Client, clock: Clock, visit: Callable[..., None]
) -> None:
    visit("/", at=NOON - timedelta(days=1))
    visit("/", at=NOON)
    tell(client, clock, 30)
    found = stats(client, "main", compare="previous").json
    assert found["change"]["engagement_rate"] is None
    assert "engagement_rate" not in found["comparison"]


def test_it_begins_no_session(
    client: Client, clock: Clock, mallard: Mallard, visit: Callable[..., None]
) -> None:
    assert tell(client, clock).headers["X-Mallard-Dropped"] == "engagement"
    visit("/", at=NOON)
    late = tell(client, clock, 1801)
    assert (late.status_code, late.headers["X-Mallard-Dropped"]) == (202, "engagement")
    assert tell(client, clock, 1800).headers.get("X-Mallard-Dropped") is None
    # That kept the session alive.
    assert "X-Mallard-Dropped" not in tell(client, clock, 3600).headers
    assert counted(mallard) == {"accepted": 3, "dropped_engagement": 2}
    assert stats(client, "main").json["sessions"] == 1


@pytest.mark.parametrize(
    ("fields", "stored"),
    [
        ({"e": 3100, "sd": 40, "p": {"plan": "pro"}}, {"e": 3100, "sd": 40}),
        ({"e": 3100.7, "sd": 255, "p": None}, {"e": 3100}),
        ({"p": '{"sd": 140}'}, {"sd": 100}),
        ({"p": {"e": 10**12, "sd": -1}, "ra": "5"}, {"e": 86_400_000}),
        ({"p": {"e": True}}, None),
        ({"p": {"e": "12"}}, None),
        ({"p": [1]}, None),
        ({"p": None, "sd": 255}, None),
    ],
)
def test_only_measures_are_kept_of_it(
    client: Client,
    clock: Clock,
    visit: Callable[..., None],
    fields: dict[str, Any],
    stored: dict[str, int] | None,
) -> None:
    visit("/", at=NOON)
    answer = tell(client, clock, 5, **fields)
    if stored is None:
        assert answer.status_code == 400
        assert "needs e, milliseconds, or sd" in answer.json["error"]
        return
    assert answer.status_code == 202
    rows = client.get("/api/gdpr/export?site_id=example.com&format=jsonl").text.splitlines()
    (told,) = (json.loads(row) for row in rows if "engagement" in row)
    assert json.loads(told["props"]) == stored
    assert told["revenue_amount"] is None


def test_visits_last_as_before_where_it_is_not_recorded(tmp_path: Path, fresh_data: Path) -> None:
    with kept_open(tmp_path / "data", fresh_data, record_engagement=False) as kept:
        kept.visit("/", at=NOON)
        answer = post_event(kept.client, TOLD, X_Forwarded_For=VISITOR)
        assert answer.headers["X-Mallard-Dropped"] == "engagement"
        assert stats(kept.client, "main").json["avg_visit_duration_secs"] == 0
