"""Days are those of the site's time zone, in the API and on the pages, or of one that is named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.register.site import Site
from mallard.web.dashboard.wording import MINUS
from tests.conftest import NOON
from tests.web.access.site_page import form_of, send
from tests.web.access.site_page import page as settings_page
from tests.web.reading import page_of, parsed
from tests.web.test_stats_api import HOSTILE, stats

pytestmark = pytest.mark.thorough

SITE = "example.com"
AHEAD = "Pacific/Kiritimati"
"""14 hours before UTC: at NOON it is two o'clock in the next morning."""
REPORTS = (
    "main",
    "timeseries",
    "timeseries/sessions",
    "breakdown/pages",
    "goals",
    "revenue",
    "sessions",
    "realtime",
    "retention",
    "heatmap",
    "journeys",
    "export",
    "funnel?steps=page:/",
    "flow?page=/",
    "sequences?steps=page:/,page:/b",
)


@pytest.fixture
def ahead(mallard: Mallard) -> Mallard:
    mallard.sites.replace(SITE, Site(timezone=AHEAD), None)
    return mallard


def ask(client: Client, report: str, **query: Any) -> Any:
    report, _, more = report.partition("?")
    pairs = dict(pair.split("=") for pair in more.split("&") if more)
    return stats(client, report, **pairs, **query)


@pytest.mark.parametrize("report", REPORTS)
def test_every_answer_says_which_zone_it_is_in(client: Client, ahead: Mallard, report: str) -> None:
    found = ask(client, report)
    assert (found.status_code, found.headers["X-Timezone"]) == (200, AHEAD)
    assert ask(client, report, timezone="Asia/Kolkata").headers["X-Timezone"] == "Asia/Kolkata"
    assert ask(client, report, site_id="other.example").headers["X-Timezone"] == "UTC"


@pytest.mark.parametrize("zone", ["Mars/Olympus", "localtime", "+05:30", "europe/berlin", *HOSTILE])
def test_what_is_no_zone_is_400_and_named(onlooker: Client, zone: str) -> None:
    for report in REPORTS:
        found = ask(onlooker, report, timezone=zone)
        assert found.status_code == 400
        assert found.json["error"].startswith("timezone: ")
        assert "X-Timezone" not in found.headers


def test_today_is_the_day_of_the_site(client: Client, visit: Callable[..., None], ahead) -> None:
    visit("/yesterday", at=NOON - timedelta(hours=3))
    visit("/today", at=NOON)
    pages = stats(client, "breakdown/pages").json
    assert [row["value"] for row in pages] == ["/today"]
    assert [row["value"] for row in stats(client, "breakdown/pages", period="yesterday").json] == [
        "/yesterday"
    ]
    assert len(stats(client, "breakdown/pages", timezone="UTC").json) == 2
    hours = stats(client, "timeseries").json
    assert [hour["date"] for hour in hours if hour["visitors"]] == ["2026-03-19 02:00"]
    days = stats(client, "timeseries", period="7d").json
    assert [day["date"] for day in days if day["visitors"]] == ["2026-03-18", "2026-03-19"]


def test_explicit_dates_are_local_days(client: Client, visit: Callable[..., None], ahead) -> None:
    visit("/", at=NOON)
    dates = {"start_date": "2026-03-19", "end_date": "2026-03-20"}
    assert stats(client, "main", **dates).json["unique_visitors"] == 1
    assert stats(client, "main", **dates, timezone="UTC").json["unique_visitors"] == 0


def test_a_comparison_ends_at_this_time_of_the_local_day(
    client: Client, visit: Callable[..., None], ahead: Mallard
) -> None:
    visit("/", at=NOON - timedelta(hours=24))
    visit("/", at=NOON - timedelta(hours=23, minutes=50))
    visit("/", at=NOON)
    found = stats(client, "main", compare="previous").json
    assert found["comparison"]["total_pageviews"] == 1


def test_figures_by_several_dimensions_are_by_local_days(
    client: Client, visit: Callable[..., None], ahead: Mallard
) -> None:
    visit("/", at=NOON - timedelta(hours=3))
    visit("/", at=NOON)
    found = client.get(
        "/api/stats/query",
        query_string={"site_id": SITE, "period": "7d", "dimensions": "day", "metrics": "visitors"},
    )
    assert found.headers["X-Timezone"] == AHEAD
    assert "2026-03-19" in found.text
    assert "2026-03-18" in found.text


def test_realtime_tells_the_time_there(client: Client, visit: Callable[..., None], ahead) -> None:
    visit("/", at=NOON)
    minutes = stats(client, "realtime").json["minutes"]
    assert minutes[-1] == {"minute": "2026-03-19T02:00", "visitors": 1, "pageviews": 1}
    assert minutes[0]["minute"] == "2026-03-19T01:31"


def test_all_time_begins_with_the_first_local_day(
    client: Client, visit: Callable[..., None], ahead: Mallard
) -> None:
    visit("/", at=NOON - timedelta(days=2))
    visit("/", at=NOON)
    days = stats(client, "timeseries", period="all").json
    assert [day["date"] for day in days] == ["2026-03-17", "2026-03-18", "2026-03-19"]


def test_the_daily_export_is_of_local_days(client: Client, visit: Callable[..., None], ahead):
    visit("/", at=NOON)
    found = stats(client, "export", period="today")
    assert found.text.splitlines()[1].startswith("2026-03-19,1,1,")
    assert "example.com_days_2026-03-19_2026-03-19.csv" in found.headers["Content-Disposition"]


def test_the_list_of_sites_has_the_zone_of_each(client: Client, visit, ahead: Mallard) -> None:
    visit("/", at=NOON, site="b.example")
    rows: Any = client.get("/api/sites").json
    zones = {row["site_id"]: row["timezone"] for row in rows}
    assert zones == {SITE: AHEAD, "b.example": "UTC"}


def test_the_pages_list_each_site_on_its_own_days(
    client: Client, visit: Callable[..., None], ahead: Mallard
) -> None:
    visit("/", at=NOON - timedelta(hours=3))
    visit("/", at=NOON - timedelta(hours=3), site="b.example")
    visit("/", at=NOON - timedelta(minutes=5), site="c.example")
    ahead.sites.replace("c.example", Site(timezone=AHEAD), None)
    visit("/b", at=NOON, site="c.example", visitor=2)
    page = page_of(client, "/?period=today")
    cards = [(card.one("h2").text, card.one("dl").text) for card in page.all("a", class_="site")]
    assert cards == [
        ("c.example", "Visitors 2 new Pageviews 2"),
        ("b.example", "Visitors 1 new Pageviews 1"),
        ("example.com", "Visitors 0 0% Pageviews 0"),
    ]


def test_the_page_of_a_site_says_whose_days_it_shows(client: Client, ahead: Mallard, visit) -> None:
    visit("/", at=NOON)
    page = page_of(client, f"/?site_id={SITE}&period=7d")
    assert f"Days are those of {AHEAD}." in page.text
    last = page.all("input", name="from")[0]
    assert (last["max"], last["value"]) == ("2026-03-19", "2026-03-13")


def test_an_hour_that_comes_twice_is_told_apart_on_the_page(
    client: Client, visit: Callable[..., None], mallard: Mallard
) -> None:
    mallard.sites.replace(SITE, Site(timezone="America/New_York"), None)
    visit("/", at=datetime(2026, 11, 1, 6, 30, tzinfo=UTC))
    page = client.get(f"/?site_id={SITE}&period=today").text
    assert f"Sun 1 Nov 2026, 01:00 (UTC{MINUS}04:00): 0" in page
    assert f"Sun 1 Nov 2026, 01:00 (UTC{MINUS}05:00): 1" in page


def test_a_site_is_moved_to_another_zone_on_its_page(client: Client, visit, mallard) -> None:
    visit("/", at=NOON)
    assert send(client, "timezone", {"timezone": f" {AHEAD} "}).status_code == 303
    assert mallard.sites.of(SITE).timezone == AHEAD
    assert send(client, "timezone", {"own": "Asia/Kolkata"}).status_code == 303
    _, shown = form_of(settings_page(client), "timezone")
    assert shown["timezone"] == "Asia/Kolkata"
    assert send(client, "timezone", {"timezone": ""}).status_code == 303
    assert mallard.sites.zone_of(SITE) == "UTC"
    wrong = send(client, "timezone", {"timezone": "Kolkata"})
    assert wrong.status_code == 400
    card = parsed(wrong.text).by_id("timezone")
    assert "'Kolkata' is no time zone" in card.one("p", class_="wrong").text
    assert form_of(card, "timezone")[1]["timezone"] == "Kolkata"
