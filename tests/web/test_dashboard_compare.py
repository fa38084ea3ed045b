"""Comparing with another period: in the strip, the chart, every list and the behaviour card."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from werkzeug.test import Client

from tests.conftest import NOON
from tests.web.reading import Element, page_of, table_of

pytestmark = pytest.mark.thorough

Visit = Callable[..., None]
SITE = "/?site_id=example.com&period=today"
YESTERDAY = NOON - timedelta(days=1)
MINUS = "\N{MINUS SIGN}"
SIGNUP = "page:/a", "event:signup"


@pytest.fixture
def busy(visit: Visit) -> None:
    """Two visitors yesterday, three today; one signs up each day, after /a and then /b."""
    visit("/a", visitor=1, at=YESTERDAY)
    visit("/b", visitor=1)
    visit("/b", visitor=1, event="signup")
    visit("/a", visitor=2)
    for visitor in (1, 2, 3):
        visit("/a", visitor=visitor, at=NOON + timedelta(minutes=visitor))
    visit("/b", visitor=1)
    visit("/b", visitor=1, event="signup")
    visit("/c", visitor=2)


def strip_of(page: Element) -> dict[str, str]:
    """The figures of the strip by the names of their metrics, with all that is said of them."""
    figures = page.one("ul", class_="figures").all("a")
    return {figure["id"].removeprefix("metric-"): figure.text for figure in figures}


def rows_of(page: Element, card: str) -> list[str]:
    return [row.text for row in page.by_id(f"panel-{card}").one("ol").all("li")]


def test_the_strip_always_tells_the_change_since_the_previous_period(
    client: Client, busy: None
) -> None:
    page = page_of(client, SITE)
    strip = strip_of(page)
    assert strip["visitors"] == "Unique visitors 3 +50% from 2"
    assert strip["pageviews"] == "Total pageviews 5 +67% from 3"
    assert page.by_id("metric-visitors").one("span", class_="good").text == "+50%"
    assert len(page.by_id("panel-chart").all("polyline")) == 2, "one line and its tail"
    assert rows_of(page, "pages")[0] == "/a 3 100%", "no change where nothing is compared"


def test_less_bounces_are_good_and_more_are_bad(client: Client, visit: Visit) -> None:
    visit("/a", at=YESTERDAY)
    visit("/a", visitor=2)
    visit("/a", at=NOON)
    visit("/a", visitor=2, times=2)
    figure = page_of(client, SITE).by_id("metric-bounce_rate")
    assert figure.text == f"Bounce rate 50% {MINUS}50 pp from 100%"
    assert figure.one("span", class_="good").text == f"{MINUS}50 pp"
    back = page_of(client, f"{SITE}&compare=2026-03-18..2026-03-19")
    assert back.by_id("metric-bounce_rate").text == "Bounce rate 50% 0 pp from 50%"


def test_today_is_compared_with_the_same_part_of_yesterday(client: Client, visit: Visit) -> None:
    visit("/a", at=YESTERDAY)
    visit("/b", visitor=2, at=YESTERDAY + timedelta(hours=1))
    visit("/b", visitor=3, at=YESTERDAY + timedelta(hours=2))
    visit("/a", at=NOON)
    visit("/b", visitor=2, at=NOON + timedelta(minutes=30))
    page = page_of(client, f"{SITE}&compare=previous")
    assert strip_of(page)["visitors"] == "Unique visitors 2 +100% from 1"
    assert rows_of(page, "pages") == ["/a 1 50% 0%", "/b 1 50% new"]
    assert strip_of(page_of(client, SITE))["visitors"] == "Unique visitors 2 +100% from 1"
    rows = table_of(page.by_id("panel-chart").one("table"))[13:16]
    assert [row[1:] for row in rows] == [["2", "1"], ["", "1"], ["", "1"]], "the line goes on"
    own = page_of(client, f"{SITE}&compare=2026-03-17..2026-03-18")
    assert strip_of(own)["visitors"] == f"Unique visitors 2 {MINUS}33% from 3"


def test_fewer_visitors_are_bad(client: Client, visit: Visit) -> None:
    visit("/a", at=YESTERDAY)
    visit("/a", visitor=2)
    visit("/a", at=NOON)
    figure = page_of(client, SITE).by_id("metric-visitors")
    assert figure.one("span", class_="bad").text == f"{MINUS}50%"


def test_nothing_is_said_of_a_change_since_nobody(client: Client, visit: Visit) -> None:
    visit("/a")
    assert strip_of(page_of(client, SITE))["visitors"] == "Unique visitors 1"


@pytest.mark.parametrize(
    ("choice", "text", "name"),
    [
        ("previous", "vs previous", "Tue 17 Mar 2026"),
        ("year", "vs a year before", "Tue 18 Mar 2025"),
        ("2026-03-17..2026-03-18", "vs Tue 17 Mar 2026", "Tue 17 Mar 2026"),
    ],
)
def test_the_chart_has_a_second_line(
    client: Client, busy: None, choice: str, text: str, name: str
) -> None:
    page = page_of(client, f"{SITE}&compare={choice}")
    assert page.by_id("compare").text == text
    assert page.by_id("compare")["aria-current"] == "true"
    chart = page.by_id("panel-chart")
    assert [line.text for line in chart.one("ul", class_="legend").all("li")] == [
        "Wed 18 Mar 2026",
        name,
    ]
    titles, *rows = table_of(chart.one("table"))
    assert titles == ["When", "Wed 18 Mar 2026", name]
    assert len(rows) == 24, "the hours to come have been yesterday"
    was = "2" if "Mar 2026" in name else "0"
    assert rows[12] == ["Wed 18 Mar 2026, 12:00", "3", was]
    assert rows[13] == ["Wed 18 Mar 2026, 13:00", "", "0"]
    assert chart.all("polyline", class_="series-2")


def test_a_bucket_names_its_counterpart(client: Client, busy: None) -> None:
    page = page_of(client, f"{SITE}&interval=day&compare=previous")
    (bucket,) = (one for one in page if "bucket" in one.attributes.get("class", "").split())
    assert bucket["aria-label"] == "Wed 18 Mar 2026: 3, Tue 17 Mar 2026: 2"
    assert "+50%" in bucket.text


def test_a_compared_period_of_another_length_ends_where_it_ends(client: Client, busy: None) -> None:
    week = "/?site_id=example.com&period=7d"
    shorter = page_of(client, f"{week}&compare=2026-03-16..2026-03-18").by_id("panel-chart")
    assert [row[2] for row in table_of(shorter.one("table"))[1:]] == ["0", "2", *[""] * 5]
    longer = page_of(client, f"{week}&compare=2026-01-01..2026-03-18").by_id("panel-chart")
    assert len(table_of(longer.one("table"))) == 1 + 7


def test_every_row_of_a_card_has_its_change(client: Client, busy: None) -> None:
    page = page_of(client, f"{SITE}&compare=previous")
    assert rows_of(page, "pages") == ["/a 3 100% +50%", "/b 1 33% 0%", "/c 1 33% new"]
    assert rows_of(page, "sources") == ["Direct 3 100% +50%"]
    assert rows_of(page, "events") == ["pageview 3 100% +50%", "signup 1 33% 0%"]
    entries = page_of(client, f"{SITE}&compare=previous&tab=exit_pages")
    assert sorted(rows_of(entries, "pages"))[-1] == "/c 1 33% new"


def test_the_details_have_a_column_for_the_change(client: Client, busy: None) -> None:
    page = page_of(client, "/details/pages?site_id=example.com&period=today&compare=previous")
    assert table_of(page.one("table")) == [
        ["Page", "Visitors", "Share", "Pageviews", "Entrances", "Exit rate", "Change"],
        ["/a", "3", "100%", "3", "3", "33.3%", "+50%"],
        ["/b", "1", "33.3%", "1", "0", "100%", "0%"],
        ["/c", "1", "33.3%", "1", "0", "100%", "new"],
    ]


def test_the_behaviour_card_compares_too(client: Client, busy: None) -> None:
    compared = f"{SITE}&compare=previous"
    sessions = page_of(client, f"{compared}&tab=sessions").by_id("panel-events")
    assert "Sessions 3 +50%" in sessions.text
    steps = "".join(f"&funnel={step}" for step in SIGNUP)
    funnel = page_of(client, f"{compared}&tab=funnel{steps}").by_id("panel-events")
    assert [step.text for step in funnel.all("p", class_="step")] == [
        "1 Page /a 3 100% +50%",
        "2 Event signup 1 33.3% 0%",
    ]
    steps = "".join(f"&sequence={step}" for step in SIGNUP)
    sequence = page_of(client, f"{compared}&tab=sequences{steps}").by_id("panel-events")
    assert [figure.text for figure in sequence.one("dl").all("dd")] == [
        "1 0%",
        "3 +50%",
        f"33.3% {MINUS}16.7 pp",
    ]
    flow = page_of(client, f"{compared}&tab=flow&flow=/a").by_id("panel-events")
    assert [row.text for row in flow.all("li")] == ["/b 1 33.3% 0%", "/c 1 33.3% new"]


def test_filters_hold_in_both_periods(client: Client, busy: None) -> None:
    strip = strip_of(page_of(client, f"{SITE}&compare=previous&filter=page==/b"))
    assert strip["visitors"] == "Unique visitors 1 0% from 1"


def test_the_menu_turns_comparing_on_and_off(client: Client, busy: None) -> None:
    plain = page_of(client, SITE)
    assert plain.by_id("compare").text == "Compare"
    assert plain.by_id("compare-nothing")["aria-current"] == "true"
    compared = page_of(client, plain.by_id("compare-year")["href"])
    assert compared.by_id("compare-year")["aria-current"] == "true"
    assert compared.by_id("compare-nothing")["href"] == SITE
    assert f"{SITE}&compare=year&filter=page==/a" in compared.links, "and it stays on"


@pytest.mark.parametrize(
    "choice", ["next", "2026-03-18", "2026-03-18..2026-03-17", "2024-01-01..2026-01-01", "''..''"]
)
@pytest.mark.parametrize("path", ["/?site_id=example.com", "/?", "/details/pages?site_id=a.com"])
def test_a_bad_comparison_is_400_and_named(onlooker: Client, path: str, choice: str) -> None:
    answer = onlooker.get(f"{path}&compare={choice}")
    assert answer.status_code == 400
    assert "compare must be previous, year or FROM..TO" in answer.text


@pytest.mark.parametrize("choice", ["previous", "year"])
def test_there_is_nothing_before_the_first_day(client: Client, busy: None, choice: str) -> None:
    first_day = "/?site_id=example.com&start_date=0001-01-01&end_date=0001-01-02"
    assert "Unique visitors 0" in page_of(client, first_day).text
    answer = client.get(f"{first_day}&compare={choice}")
    assert answer.status_code == 400
    assert "compare: no such days before 0001-01-01" in answer.text
