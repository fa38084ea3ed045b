"""The heatmap of a week, in the API and on the page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.register.site import Site
from tests.conftest import NOON, Clock
from tests.web.reading import page_of, table_of
from tests.web.test_stats_api import stats

Visit = Callable[..., None]
SITE = "/?site_id=example.com&period=30d&tab=heatmap"
WEDNESDAY_NOON = 2 * 24 + 12


@pytest.fixture
def two_weeks(visit: Visit, clock: Clock) -> None:
    """Two come on a Wednesday at noon, one of them twice, and one a week later."""
    clock.now = NOON - timedelta(weeks=1)
    for visitor, path in ((1, "/"), (1, "/docs"), (2, "/")):
        visit(path, visitor=visitor)
    clock.now = NOON
    visit("/", visitor=1)


def test_each_hour_of_the_week_has_what_came_in_it(client: Client, two_weeks: None) -> None:
    rows = stats(client, "heatmap", period="30d").json
    assert [(row["weekday"], row["hour"]) for row in rows] == [
        (weekday, hour) for weekday in range(1, 8) for hour in range(24)
    ]
    assert rows[WEDNESDAY_NOON] == {
        "weekday": 3, "hour": 12, "visitors": 3, "pageviews": 4, "hours": 5,
    }  # fmt: skip
    assert sum(row["visitors"] for row in rows) == 3
    assert rows[WEDNESDAY_NOON + 1]["hours"] == 4, "this afternoon has not begun"


def test_filters_hold_for_it(client: Client, two_weeks: None) -> None:
    row = stats(client, "heatmap", period="30d", filter="page==/docs").json[WEDNESDAY_NOON]
    assert (row["visitors"], row["pageviews"]) == (1, 1)


def test_hours_are_those_of_the_site(client: Client, mallard: Mallard, two_weeks: None) -> None:
    mallard.sites.replace("example.com", Site(timezone="Asia/Kolkata"), None)
    found = {
        (row["weekday"], row["hour"]): row["pageviews"]
        for row in stats(client, "heatmap", period="30d").json
        if row["pageviews"]
    }
    assert found == {(3, 17): 4}, "noon is half past five there"
    assert "Hours are those of Asia/Kolkata" in page_of(client, SITE).by_id("panel-events").text


def test_the_panel_tells_averages_and_the_busiest_hour(client: Client, two_weeks: None) -> None:
    card = page_of(client, SITE).by_id("panel-events")
    assert "Busiest: Wednesday 12:00 to 13:00: 0.6 visitors" in card.text
    rows = table_of(card.one("table"))
    assert (rows[3][0], rows[3][13]) == ("Wednesday", "0.6")
    assert len([one for one in card if one.attributes.get("class") == "level-10"]) == 2
    by_views = page_of(client, f"{SITE}&heat=pageviews").by_id("panel-events")
    assert "Wednesday 12:00 to 13:00: 0.8 pageviews" in by_views.text


def test_a_week_without_anybody_says_so(client: Client, two_weeks: None) -> None:
    card = page_of(client, f"{SITE}&filter=page==/nowhere").by_id("panel-events")
    assert "Nothing matches the filters in this period." in card.text


def test_another_figure_is_a_mistake_that_is_named(client: Client, two_weeks: None) -> None:
    panel = client.get("/panels/heatmap?site_id=example.com&heat=money")
    assert panel.status_code == 400
    assert "Heat must be one of visitors, pageviews." in panel.text
