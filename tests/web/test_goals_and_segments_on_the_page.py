"""Goals and segments on the pages of a site that has some, and nothing of them on any other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import Client

from tests.conftest import NOON, Shared
from tests.web.reading import Element, page_of

pytestmark = pytest.mark.thorough

SITE = "/?site_id=example.com&period=today"
DOCUMENT = {
    "goals": [
        {"name": "Sign-up", "event": "signup"},
        {"name": "Reads & <more>", "page": "/blog/*"},
    ],
    "segments": [{"name": "By mail", "filters": ["utm_source==mail"]}],
}


@pytest.fixture(scope="module")
def busy(shared: Shared) -> Iterator[Client]:
    """Two came by news, one of them signed up and paid; two by mail, one of them read the blog."""
    visit = shared.visit
    for visitor, source in ((1, "news"), (2, "news"), (3, "mail"), (4, "mail")):
        at = NOON + timedelta(minutes=visitor)
        visit(f"/?utm_source={source}", visitor=visitor, at=at)
    visit("/blog/a", visitor=4)
    visit("/join", visitor=1, event="signup", ra=49.9, rc="EUR")
    visit("/", site="plain.example")
    shared.client.put("/api/sites/example.com", json=DOCUMENT)
    yield shared.client


def json_of(client: Client, address: str) -> Any:
    return client.get(address).json


def rows_of(card: Element) -> list[str]:
    return [row.text for row in card.all("ol", class_="rows")[0].all("li")]


def test_a_site_with_goals_has_a_tab_of_them(busy: Client) -> None:
    card = page_of(busy, SITE).by_id("panel-events")
    assert card.by_id("tab-goals").text == "Goals"
    card = page_of(busy, f"{SITE}&tab=goals").by_id("panel-events")
    rows = [row.text for row in card.one("tbody").all("tr")]
    assert rows == ["Sign-up 1 1 25% 49.90 EUR", "Reads & <more> 1 1 25%"]


def test_a_site_without_goals_and_segments_has_nothing_of_them(busy: Client) -> None:
    page = page_of(busy, "/?site_id=plain.example&period=today")
    assert not [one for one in page if one.attributes.get("id") in ("tab-goals", "segment")]
    card = page_of(busy, "/panels/goals?site_id=plain.example").by_id("panel-events")
    assert "This site has no goals." in card.text


def test_a_goal_is_chosen_and_let_go_of_by_a_click(busy: Client) -> None:
    card = page_of(busy, f"{SITE}&tab=goals").by_id("panel-events")
    chosen = card.by_id("goal-1")["href"]
    assert chosen == f"{SITE}&goal=Sign-up&tab=goals&tab=entry_pages"
    page = page_of(busy, chosen)
    assert page.one("a", id="goal-1")["href"] == f"{SITE}&tab=goals&tab=entry_pages"
    chip = page.one("ul", class_="chips")
    assert chip.one("span").text == "Goal Sign-up"
    assert chip.one("a")["href"] == f"{SITE}&tab=goals&tab=entry_pages"
    exits = page_of(busy, f"{SITE}&tab=exit_pages&tab=goals").by_id("goal-1")["href"]
    assert exits == f"{SITE}&goal=Sign-up&tab=exit_pages&tab=goals"


def test_a_chosen_goal_stands_in_the_strip_and_beside_every_row(busy: Client) -> None:
    page = page_of(busy, f"{SITE}&goal=Sign-up&tab=utm_source")
    assert [one.text for one in page.all("li", class_="of-goal")] == [
        "Conversions 1 Sign-up",
        "Conversion rate 25% Sign-up",
    ]
    card = page.by_id("panel-sources")
    assert card.one("p", class_="columns").text.split()[-3:] == ["Visitors", "Conversions", "Rate"]
    assert rows_of(card) == ["mail 2 0 0%", "news 2 1 50%"]
    assert rows_of(page.by_id("panel-pages"))[0] == "/ 4 1 25%"


def test_a_figure_of_the_goal_is_charted_by_a_click(busy: Client) -> None:
    page = page_of(busy, f"{SITE}&goal=Sign-up")
    assert [one.text for one in page.one("ul", class_="legend").all("li")][1:] == ["Conversions"]
    there = page.by_id("metric-conversion_rate")["href"]
    assert there == f"{SITE}&metric=conversion_rate&goal=Sign-up"
    page = page_of(busy, there)
    assert page.by_id("metric-conversion_rate")["aria-current"] == "true"
    assert len(page.one("ul", class_="legend").all("li")) == 1
    (caption,) = page.all("caption")
    assert caption.text == "Conversion rate"
    hours = [row.text for row in page.one("div", class_="visually-hidden").all("tr")]
    assert any(row.endswith("12:00 25%") for row in hours)
    # Without the goal there is nothing of it to chart.
    assert page.one("ul", class_="chips").one("a")["href"] == SITE
    refused = busy.get(f"{SITE}&metric=conversions")
    assert refused.status_code == 400 and "metric=conversions needs a goal" in refused.text


def test_conversions_stand_beside_the_visitors_in_the_chart(busy: Client) -> None:
    page = page_of(busy, f"{SITE}&goal=Sign-up")
    rows = [row.text for row in page.one("div", class_="visually-hidden").all("tr")]
    assert rows[0].endswith("Conversions")
    assert any(row.endswith("12:00 4 1") for row in rows)
    compared = page_of(busy, f"{SITE}&goal=Sign-up&compare=previous")
    legend = [one.text for one in compared.one("ul", class_="legend").all("li")]
    assert "Conversions" not in legend and len(legend) == 2


def test_the_rate_per_entry_page_and_channel_is_two_clicks_away(busy: Client) -> None:
    card = page_of(busy, f"{SITE}&tab=goals").by_id("panel-events")
    chosen = page_of(busy, card.by_id("goal-1")["href"])
    assert {row[-6:].strip() for row in rows_of(chosen.by_id("panel-sources"))} == {"1 25%"}
    assert chosen.by_id("panel-pages").one("h2").text == "Entry pages"
    assert rows_of(chosen.by_id("panel-pages")) == ["/ 4 1 25%"]


def test_what_is_no_goal_yet_is_made_one_by_a_click(client: Client, visit: Any) -> None:
    visit("/", visitor=1)
    visit("/a*b", visitor=2)
    visit("/a*b", visitor=3, event="Buys")
    client.put("/api/sites/example.com", json={"goals": [{"name": "Home", "page": "/"}]})
    card = page_of(client, f"{SITE}&tab=goals&filter=page==/").by_id("panel-events")
    forms = card.one("ul", class_="to-make").all("form")
    sent = [{one["name"]: one["value"] for one in form.all("input")} for form in forms]
    assert [(one["what"], one["value"]) for one in sent] == [("event", "Buys"), ("page", "/a%2Ab")]
    response = client.post(forms[1]["action"], data=sent[1])
    assert response.headers["Location"] == f"{SITE}&filter=page==/&goal=/a*b&tab=goals"
    # Whoever has not seen that changes nothing.
    assert client.post(forms[0]["action"], data=sent[0]).status_code == 412
    settings = page_of(client, "/settings/sites/example.com").by_id("goals")
    (form,) = settings.one("ul", class_="to-make").all("form")
    made = {one["name"]: one["value"] for one in form.all("input")}
    assert client.post(form["action"], data=made).status_code == 303
    names = [goal["name"] for goal in json_of(client, "/api/sites/example.com")["goals"]]
    assert names == ["Home", "/a*b", "Buys"]


def test_a_goal_that_needs_money_counts_only_with_some(client: Client, visit: Any) -> None:
    visit("/", visitor=1, event="Buys", ra=5, rc="EUR")
    visit("/", visitor=2, event="Buys")
    goal = {"name": "Pays", "event": "Buys", "money": True}
    client.put("/api/sites/example.com", json={"goals": [goal]})
    (row,) = json_of(client, "/api/stats/goals?site_id=example.com&period=day")
    assert (row["visitors"], row["conversions"], row["conversion_rate"]) == (1, 1, 0.5)
    assert row["revenue"] == [{"currency": "EUR", "amount": "5.00"}]
    there = "/api/stats/main?site_id=example.com&period=day&filter=did!=goal:Pays"
    main = json_of(client, there)
    assert main["unique_visitors"] == 1


def test_details_are_sorted_by_conversions(busy: Client) -> None:
    url = "/details/utm_source?site_id=example.com&period=today&goal=Sign-up&order=conversion_rate"
    page = page_of(busy, url)
    assert [row.text for row in page.one("tbody").all("tr")] == [
        "news 2 50% 2 100% 1m 30s 1 50%",
        "mail 2 50% 3 50% 0s 0 0%",
    ]
    csv = busy.get(url.replace("?", ".csv?")).text.split()
    assert csv == [
        "utm_source,visitors,pageviews,conversions,conversion_rate",
        "news,2,2,1,0.5",
        "mail,2,3,0,0.0",
    ]
    back = page.one("ul", class_="chips").one("a")["href"]
    assert "order=" not in back and "goal=" not in back


def test_countries_are_sorted_by_conversions_too(busy: Client) -> None:
    url = "/details/countries?site_id=example.com&period=today&goal=Sign-up&order=conversions"
    (row,) = page_of(busy, url).one("tbody").all("tr")
    assert row.text.endswith("4 100% 5 75% 45s 1 25%")


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        (f"{SITE}&goal=Buys", "none of the name 'Buys'"),
        (f"{SITE}&segment=Rich", "none of the name 'Rich'"),
        ("/details/pages?site_id=example.com&order=conversions", "needs a goal"),
        ("/details/countries?site_id=example.com&order=conversions", "needs a goal"),
        ("/?order=conversions", "order must be one of"),
    ],
)
def test_what_is_not_there_is_said(busy: Client, url: str, problem: str) -> None:
    response = busy.get(url)
    assert response.status_code == 400
    assert problem in response.text.replace("&#39;", "'")


def test_a_segment_is_chosen_in_the_menu(busy: Client) -> None:
    page = page_of(busy, SITE)
    assert page.by_id("segment").text == "Everyone"
    there = page.by_id("segment-1")
    assert (there.text, there["href"]) == ("By mail", f"{SITE}&segment=By+mail")
    page = page_of(busy, there["href"])
    assert page.by_id("segment").text == "By mail"
    assert page.by_id("metric-visitors").one("b").text == "2"
    assert page.by_id("segment-0")["href"] == SITE


def test_a_segment_goes_with_other_filters_and_stays_in_every_link(busy: Client) -> None:
    page = page_of(busy, f"{SITE}&segment=By+mail&filter=page==/blog/a&tab=utm_source")
    assert page.by_id("metric-visitors").one("b").text == "1"
    row = page.by_id("panel-sources").all("a")[-2]
    assert "segment=By+mail" in row["href"]
    empty = page_of(busy, f"{SITE}&segment=By+mail&filter=page==/join")
    assert "Nothing matches the filters" in empty.by_id("panel-overview").text
    assert empty.by_id("unfilter")["href"] == SITE


def test_a_segment_means_the_same_to_the_api(busy: Client) -> None:
    query = "site_id=example.com&period=day"
    for report in (
        "main",
        "breakdown/pages",
        "goals",
        "retention",
        "sequences?steps=page:/,page:/",
    ):
        there = f"/api/stats/{report}{'&' if '?' in report else '?'}{query}"
        by_name = busy.get(f"{there}&segment=By+mail")
        assert by_name.status_code == 200
        assert by_name.json == busy.get(f"{there}&filter=utm_source==mail").json
    wrong = busy.get(f"/api/stats/main?{query}&segment=Rich")
    assert (wrong.status_code, wrong.json) == (
        400,
        {"error": "segment: the site has none of the name 'Rich'; there are By mail"},
    )


def test_the_page_of_who_is_here_knows_segments(busy: Client) -> None:
    page = page_of(busy, "/realtime?site_id=example.com&segment=By+mail")
    assert page.by_id("now").text
