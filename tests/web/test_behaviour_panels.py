"""The behaviour card of a site's page: its tabs, its forms and what they find."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from werkzeug.test import Client

from mallard import app
from mallard.wsgi import application
from tests.conftest import NOON, Clock, visits
from tests.waiting import PATIENCE_SECS
from tests.web.reading import HTMX, fields_of, page_of, parsed

pytestmark = pytest.mark.thorough

Visit = Callable[..., None]
SITE = "/?site_id=example.com&period=7d"
PANEL = "/panels/{}?site_id=example.com&period=7d"
PRICING_TO_SIGNUP = "&tab=funnel&funnel=page:/pricing&funnel=event:signup&window=1+hour"
TABS = ("events", "revenue", "sessions", "funnel", "retention", "sequences", "flow")


def card_of(client: Client, url: str) -> str:
    """The text of the behaviour card on a page that is well."""
    return page_of(client, url).by_id("panel-events").text


@pytest.fixture
def shoppers(visit: Visit) -> None:
    """Three see the prices, two look at the docs then, one of them signs up."""
    for visitor in (1, 2, 3):
        visit("/pricing", visitor=visitor)
    for visitor in (1, 2):
        visit("/docs", visitor=visitor)
    visit("/docs", visitor=1, event="signup")


def test_the_card_opens_with_the_events(client: Client, shoppers: None) -> None:
    card = page_of(client, SITE).by_id("panel-events")
    titles = "Events Properties Revenue Sessions Funnel Retention Sequences Flow"
    assert card.text.startswith(titles)
    assert [row.text for row in card.all("li")] == ["pageview 3 100%", "signup 1 33%"]
    assert f"{SITE}&filter=event==signup" in card.links
    assert card.by_id("tab-events").tag == "h2"


def test_sessions_have_three_figures(client: Client, shoppers: None) -> None:
    card = card_of(client, f"{SITE}&tab=sessions")
    assert "Sessions 3 Average duration 0s" in card
    assert "Pages per session 1.7" in card


def test_a_tab_that_is_closed_is_not_computed(client: Client, visit: Visit) -> None:
    visit("/")
    page = client.get(f"{SITE}&funnel=nonsense&window=soon&weeks=never&flow=nowhere")
    assert page.status_code == 200
    assert 'role="alert"' not in page.text


def test_the_funnel_shows_who_is_left_and_who_was_lost(client: Client, shoppers: None) -> None:
    card = card_of(client, SITE + "&tab=funnel&funnel=/pricing&funnel=/docs&funnel=event:signup")
    assert "Within 1 day of the first step Visitors Of step 1" in card
    assert "1 Page /pricing 3 100%" in card
    assert "1 visitor lost (33.3%) Where did they go instead? 2 Page /docs 2 66.7%" in card
    assert "1 visitor lost (50%) Where did they go instead? 3 Event signup 1 33.3%" in card


def test_what_was_lost_leads_to_where_it_went(client: Client, shoppers: None) -> None:
    page = client.get(SITE + PRICING_TO_SIGNUP).text
    (link,) = re.findall(r'href="([^"]*)"[^>]*>Where did they go', page)
    card = card_of(client, unescape(link))
    said = "Next page of 2 visitors on /pricing who did not reach the step event signup"
    assert f"{said} Visitors Share /docs 1 50%" in card


def test_filters_and_period_apply(client: Client, visit: Visit, shoppers: None) -> None:
    assert "1 Page /pricing 2 100%" in card_of(
        client, f"{SITE}{PRICING_TO_SIGNUP}&filter=page==/docs"
    )
    last_year = "/?site_id=example.com&start_date=2025-01-01&end_date=2025-02-01"
    assert "1 Page /pricing 0 0%" in card_of(client, last_year + PRICING_TO_SIGNUP)


def test_steps_may_be_joined_by_commas_and_a_path_may_hold_one(
    client: Client, visit: Visit
) -> None:
    visit("/a,b")
    url = f"{SITE}&tab=funnel&funnel=page:/a,b,event:pageview"
    assert fields_of(client, url, "funnel") == ["page:/a,b", "event:pageview", ""]
    assert "1 Page /a,b 1 100%" in card_of(client, url)


def test_a_form_leads_to_a_tidy_address(client: Client, visit: Visit) -> None:
    visit("/")
    sent = "&tab=funnel&funnel=/pricing&funnel=&funnel=+event:signup&funnel=&window=2&window=hour"
    answer = client.get(SITE + sent)
    assert answer.status_code == 302
    assert parse_qsl(urlsplit(answer.location).query) == [
        ("site_id", "example.com"),
        ("period", "7d"),
        ("tab", "funnel"),
        ("funnel", "page:/pricing"),
        ("funnel", "event:signup"),
        ("window", "2 hour"),
    ]
    assert client.get(answer.location).status_code == 200


def test_a_form_has_one_more_field_than_steps_up_to_twenty(client: Client, visit: Visit) -> None:
    visit("/")
    for given, shown in ((0, 3), (2, 3), (5, 6), (19, 20), (20, 20)):
        steps = "&sequence=event:x" * given
        assert len(fields_of(client, f"{SITE}&tab=sequences{steps}", "sequence")) == shown


def test_forms_suggest_the_busiest_pages_and_events(client: Client, shoppers: None) -> None:
    page = client.get(f"{SITE}&tab=funnel&filter=page==/docs").text
    options = re.findall(r'<option value="([^"]*)">([^<]*)</option>', page)
    assert ("page:/pricing", "3 visitors") in options, "a filter hides no page"
    assert ("event:signup", "1 visitor") in options
    assert '<option value="/pricing">' in client.get(f"{SITE}&tab=flow").text


def test_nothing_asked_is_no_mistake(client: Client, visit: Visit) -> None:
    visit("/")
    for tab, hint in (("funnel", "Name the steps"), ("sequences", "two or more"), ("flow", "Choo")):
        panel = client.get(PANEL.format(tab))
        assert panel.status_code == 200
        assert hint in panel.text
        assert hint in card_of(client, f"{SITE}&tab={tab}")


def test_a_sequence_shows_three_figures(client: Client, shoppers: None) -> None:
    card = card_of(client, f"{SITE}&tab=sequences&sequence=/pricing&sequence=event:signup")
    assert "Converting visitors 1 All visitors 3 Conversion rate 33.3%" in card


def test_a_next_page_leads_to_its_own_next_pages(client: Client, visit: Visit) -> None:
    for path in ("/", "/a b", "/c"):
        visit(path)
    page = client.get(f"{SITE}&tab=flow&flow=/").text
    (link,) = re.findall(r'id="flow-1" href="([^"]*)"', page)
    assert "1 visitor on /a b Visitors Share /c 1 100%" in card_of(client, unescape(link))


def test_a_page_that_nobody_left_says_so(client: Client, visit: Visit) -> None:
    visit("/")
    assert "Nobody went on" in card_of(client, f"{SITE}&tab=flow&flow=/")


def test_where_they_went_instead_is_of_those_who_did_not_reach_the_next_step(
    client: Client, visit: Visit
) -> None:
    visit("/pricing", visitor=1)
    visit("/pricing", visitor=1, event="signup")
    visit("/welcome", visitor=1)
    for visitor, path in ((2, "/docs"), (3, "/docs"), (4, "/blog")):
        visit("/pricing", visitor=visitor)
        visit(path, visitor=visitor)
    asked = f"{SITE}&tab=funnel&funnel=page:/pricing&funnel=event:signup"
    link = page_of(client, asked).by_id("instead-2")["href"]
    card = page_of(client, link).by_id("panel-events")
    assert "3 visitors on /pricing who did not reach the step event signup" in card.text
    assert [row.text for row in card.one("ol", class_="rows").all("li")] == [
        "/docs 2 66.7%",
        "/blog 1 33.3%",
    ]
    on = card.by_id("flow-1")["href"]
    assert "flow=/docs" in on and "stopped" not in on
    for number in ("0", "2", "x"):
        wrong = client.get(f"{link.replace('stopped=1', f'stopped={number}')}")
        assert "Stopped must be the number of a step" in wrong.text


def test_the_api_tells_where_they_went_instead_too(client: Client, visit: Visit) -> None:
    visit("/pricing", visitor=1)
    visit("/welcome", visitor=1, event="signup")
    visit("/home", visitor=1)
    for visitor, path in ((2, "/docs"), (3, "/docs"), (4, "/blog")):
        visit("/pricing", visitor=visitor)
        visit(path, visitor=visitor)
    asked = {"site_id": "example.com", "period": "30d", "page": "/pricing", "window": "1 hour"}
    asked |= {"steps": "page:/pricing,event:signup", "stopped": "1"}
    answer: Any = client.get("/api/stats/flow", query_string=asked | {"compare": "previous"})
    rows = [(row["next_page"], row["visitors"]) for row in answer.json]
    assert rows == [("/docs", 2), ("/blog", 1)]
    assert {row["comparison"]["visitors"] for row in answer.json} == {0}
    for wrong in ({"stopped": "2"}, {"stopped": "x"}, {"steps": "page:/"}, {"window": "long"}):
        refused: Any = client.get("/api/stats/flow", query_string=asked | wrong)
        assert (refused.status_code, next(iter(wrong)) in refused.json["error"]) == (400, True)


@pytest.fixture
def monthly_ids(settings: dict[str, Any]) -> None:
    settings["visitor_id_rotation"] = "monthly"


def test_retention_tells_who_came_back(monthly_ids: None, client: Client, visit: Visit) -> None:
    for visitor in (1, 2):
        visit("/", visitor=visitor, at=NOON - timedelta(days=7))
    visit("/", at=NOON)
    url = f"{SITE}&tab=retention&weeks=3"
    assert "9 Mar 2 Y 100% 2 Y 50% 1 0% 50% This week, so far" in card_of(client, url)
    assert client.get(url).text.count('<td class="blank"></td>') == 1
    assert "first of each month" in card_of(client, url)
    before = f"{url}&start_date=2026-03-01&end_date=2026-03-02"
    assert "No visits in these weeks" in card_of(client, before)


def test_a_cohort_of_which_nobody_came_back_has_a_dash(
    monthly_ids: None, client: Client, visit: Visit
) -> None:
    visit("/", at=NOON - timedelta(days=14))
    visit("/", at=NOON - timedelta(days=7))
    visit("/", visitor=2)
    visit("/", at=NOON, visitor=3)
    card = card_of(client, f"{SITE}&tab=retention&weeks=3")
    assert "9 Mar 1 Y 100% 1 - 0% 0 16 Mar 1 Y 100% 1" in card


def test_retention_without_a_return_says_why(
    start: Callable[..., app.Mallard], clock: Clock
) -> None:
    for rotation, said in (("monthly", "Nobody has come back"), ("daily", "change every day")):
        mallard = start(visitor_id_rotation=rotation)
        client = Client(application(mallard))
        for days in (14, 7, 0):
            visits(client, clock)("/", at=NOON - timedelta(days=days), visitor=days + 1)
        panel = parsed(client.get(f"{SITE}&tab=retention").text).by_id("panel-events")
        assert said in panel.text
        assert not panel.all("table")
        mallard.stop(PATIENCE_SECS)


def test_retention_with_daily_ids_says_why_there_is_only_a_first_week(
    client: Client, visit: Visit
) -> None:
    visit("/")
    assert "Only week 0 can be shown: visitor ids rotate daily" in card_of(
        client, f"{SITE}&tab=retention"
    )


@pytest.mark.parametrize("tab", ["sessions", "funnel", "sequences", "flow"])
def test_rounded_times_are_told(start: Callable[..., app.Mallard], tab: str) -> None:
    note = "at hour resolution"
    mallard = start()
    assert note not in Client(application(mallard)).get(PANEL.format(tab)).text
    mallard.stop(PATIENCE_SECS)
    rounded = Client(application(start(round_timestamps=True)))
    assert note in rounded.get(PANEL.format(tab)).text
    assert note in rounded.get(PANEL.format("overview")).text


def test_htmx_is_told_the_address_of_the_page(client: Client, visit: Visit) -> None:
    visit("/")
    sent = "&funnel=/pricing&funnel=&window=1&window=day"
    panel = client.get(PANEL.format("funnel") + sent, headers=HTMX)
    assert panel.text.strip().startswith('<section id="panel-events"')
    assert panel.headers["HX-Push-Url"] == (f"{SITE}&tab=funnel&funnel=page:/pricing&window=1+day")
    assert "HX-Push-Url" not in client.get(PANEL.format("funnel") + sent).headers


def test_another_site_is_shown_without_this_ones_questions(client: Client, visit: Visit) -> None:
    visit("/")
    page = client.get(SITE + PRICING_TO_SIGNUP).text
    assert f'href="{SITE.replace("&", "&amp;")}"' in page


def test_cards_hold_nothing_that_the_security_policy_forbids(
    client: Client, shoppers: None
) -> None:
    evil = '"><script>alert(1)</script>'
    asked = {"funnel": evil, "sequence": evil, "flow": f"/{evil}", "weeks": evil, "window": evil}
    for tab in TABS:
        for query in ({}, asked, {"funnel": "/", "sequence": "/", "flow": "/"}):
            query_string = {"site_id": "example.com", "tab": tab, **query}
            page = client.get("/", query_string=query_string).text
            assert not re.search(r"<[^>]*\s(style|on\w+|hx-on[^=]*)=", page)
            assert "<script>alert" not in page
