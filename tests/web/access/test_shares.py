"""Shared links: who has one sees just what was chosen of one site, as long as it is good."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.web.dashboard.panels import PANELS
from tests.conftest import NOON, Clock, client_of, visits
from tests.web.access.sharing import OTHER, SITE, share, stranger_of, with_visits
from tests.web.reading import parsed

pytestmark = pytest.mark.thorough

SHARED_PAGES = ["", "/", "/?period=30d", "/panels/pages", "/details/pages", "/details/pages.csv"]
PAGES_OF_THE_DASHBOARD = [
    "/settings",
    "/sites",
    "/sites/first",
    "/filter?by=page",
    "/filter/values?by=page",
    "/saved/views",
    "/waiting",
    "/diagnostics",
    "/api/stats/main?site_id=example.com",
    "/api/stats/export?site_id=example.com",
    "/api/export/events?site_id=example.com",
    "/api/sites",
    "/api/event",
    "/export",
]


@pytest.fixture
def mallard(guarded: Mallard, clock: Clock) -> Mallard:
    with_visits(guarded, clock)
    return guarded


@pytest.fixture
def anyone(mallard: Mallard) -> Client:
    return stranger_of(mallard)


def figure(page: str, name: str = "visitors") -> str:
    """A headline of a page."""
    return parsed(page).by_id(f"metric-{name}").one("b").text


@pytest.mark.parametrize("path", SHARED_PAGES)
def test_a_stranger_sees_the_figures_by_the_link_alone(
    mallard: Mallard, anyone: Client, path: str
) -> None:
    link = share(mallard)
    response = anyone.get(link + path)
    assert response.status_code == 200
    assert "/shop/shoes" in response.text
    assert anyone.get(path or "/").status_code in (303, 404)


def test_it_shows_what_the_dashboard_shows(
    mallard: Mallard, anyone: Client, signed_in: Client
) -> None:
    link = share(mallard)
    for period in ("today", "7d", "all"):
        own = signed_in.get(f"/?site_id={SITE}&period={period}").text
        theirs = anyone.get(f"{link}/?period={period}").text
        for name in ("visitors", "pageviews", "bounce_rate"):
            assert figure(theirs, name) == figure(own, name)


@pytest.mark.parametrize("path", PAGES_OF_THE_DASHBOARD)
def test_nothing_else_is_behind_it(mallard: Mallard, anyone: Client, path: str) -> None:
    link = share(mallard)
    assert anyone.get(link + path).status_code == 404
    assert anyone.post(link + path.partition("?")[0]).status_code in (404, 405)


def test_no_route_of_it_tells_of_another_site(mallard: Mallard, anyone: Client) -> None:
    link = share(mallard, panels=[*PANELS, "realtime"])
    paths = ["", "/", "/live", "/realtime", "/realtime/visitors"]
    paths += [f"/panels/{name}" for name in PANELS]
    paths += [f"/details/{name}" for name, panel in PANELS.items() if panel.filtered_by]
    paths += [f"/details/{name}.csv" for name, panel in PANELS.items() if panel.filtered_by]
    for path in paths:
        asked = f"{link}{path}?site_id={OTHER}&period=all&flow=/shop/shoes&funnel=page:/about"
        response = anyone.get(asked)
        assert response.status_code == 200, path
        assert "elsewhere" not in response.text, path
        assert OTHER not in response.text.replace(f"site_id={OTHER}", ""), path


def test_every_link_of_its_pages_stays_within_it(mallard: Mallard, anyone: Client) -> None:
    link = share(mallard, panels=[*PANELS, "realtime"])
    addresses = r'(?:href|action|hx-get|hx-post)="([^"]*)"'
    asked = "/?tab=funnel&funnel=page:/about"
    for path in ("/", "/details/pages", "/live", "/realtime", asked, "/?filter=page==/about"):
        found = anyone.get(link + path)
        assert found.status_code == 200
        for there in re.findall(addresses, found.text):
            is_static = there.startswith("/static/")
            assert is_static or there.startswith((f"{link}/", f"{link}?", "#")), (path, there)


def test_its_links_lead_somewhere(mallard: Mallard, anyone: Client) -> None:
    link = share(mallard, panels=["pages", "regions", "countries", "revenue", "funnel", "goals"])
    page = anyone.get(f"{link}/?tab=funnel&funnel=page:/about&funnel=page:/none").text
    links = set(re.findall(r'(?:href|hx-get)="(/share/[^"]*)"', page))
    assert len(links) > 20
    for there in links:
        days = "?from=2026-03-01&to=2026-03-02" if there.endswith("/go") else ""
        status = anyone.get(there.replace("&amp;", "&") + days, follow_redirects=True).status_code
        assert status == 200, there


def test_only_chosen_panels_are_there(mallard: Mallard, anyone: Client) -> None:
    link = share(mallard, panels=["entry_pages", "countries"])
    page = parsed(anyone.get(link).text)
    titles = [one.attributes["id"] for one in page.all("h2", tabindex="-1")]
    assert titles == ["tab-entry_pages", "tab-countries"]
    for name, panel in PANELS.items():
        is_shown = name in ("overview", "entry_pages", "countries")
        assert (anyone.get(f"{link}/panels/{name}").status_code == 200) is is_shown, name
        if panel.filtered_by:
            for ending in ("", ".csv"):
                status = anyone.get(f"{link}/details/{name}{ending}").status_code
                assert (status == 200) is is_shown, name
        tabbed = anyone.get(f"{link}/?tab={name}").text
        assert (f'id="tab-{name}"' in tabbed) is (is_shown and name != "overview"), name
    for path in ("/live", "/realtime", "/realtime/visitors"):
        assert anyone.get(link + path).status_code == 404
    assert "current visitor" not in anyone.get(link).text


def test_who_is_there_now_is_shown_if_it_was_chosen(mallard: Mallard, anyone: Client) -> None:
    link = share(mallard, panels=["realtime"])
    assert "current visitor" in anyone.get(link).text
    assert "/secret-plans" in anyone.get(f"{link}/realtime").text


def test_nobody_filters_by_what_is_not_shown(mallard: Mallard, anyone: Client) -> None:
    link = share(mallard, panels=["pages"])
    assert anyone.get(f"{link}/?filter=page==/about").status_code == 200
    for one in ("country==DE", "event==signup", "prop:a==b", "did==event:signup", "source~=news",
                "visitor_type==new", "hostname~=e"):  # fmt: skip
        for path in ("/", "/panels/pages", "/details/pages", "/details/pages.csv"):
            response = anyone.get(f"{link}{path}?filter={one}")
            assert response.status_code == 400, (path, one)
            assert "does not filter by" in response.text


@pytest.mark.parametrize(
    "query",
    ["", "filter=page==/secret-plans", "filter=page!=/shop/*", "filter=page~*/*", "segment=x",
     "filter=event==signup", "site_id=example.com", "filter=", "goal=x", "timezone=UTC"],
)  # fmt: skip
def test_the_filters_of_a_link_cannot_be_lifted(
    mallard: Mallard, anyone: Client, query: str
) -> None:
    link = share(mallard, filters=["page~*/shop/*"], panels=[*PANELS, "realtime"])
    for path in ("/", "/panels/pages", "/panels/funnel", "/panels/flow", "/details/pages",
                 "/details/pages.csv", "/panels/events", "/realtime", "/live"):  # fmt: skip
        response = anyone.get(f"{link}{path}?period=all&{query}")
        assert response.status_code in (200, 400)
        assert not re.search(r'(?m)(clip">|title="|value="|^)/secret-plans', response.text), path
    whole = anyone.get(f"{link}/?period=all&{query}")
    if whole.status_code == 200 and "secret" not in query:
        assert figure(whole.text) == "2"


def test_filters_of_a_viewer_only_take_away(mallard: Mallard, anyone: Client) -> None:
    link = share(mallard, filters=["page~*/shop/*"])
    assert figure(anyone.get(f"{link}/?period=all").text) == "2"
    assert figure(anyone.get(f"{link}/?period=all&filter=page==/shop/hats").text) == "1"
    nothing = anyone.get(f"{link}/?period=all&filter=page==/secret-plans").text
    assert "Nothing matches the filters" in nothing
    assert figure(nothing) == "0"


def test_a_filter_of_the_other_kind_would_widen_what_is_kept_and_is_refused(
    mallard: Mallard, anyone: Client
) -> None:
    link = share(mallard, filters=["page~*/shop/*"])
    refused = anyone.get(f"{link}/?filter=event==pageview")
    assert refused.status_code == 400
    by_event = share(mallard, filters=["event==signup"])
    assert anyone.get(f"{by_event}/?filter=page~=/").status_code == 400
    assert anyone.get(f"{by_event}/?filter=event==signup").status_code == 200


def test_suggestions_keep_to_what_is_shown(mallard: Mallard, anyone: Client) -> None:
    narrow = share(mallard, filters=["page~*/shop/*"])
    assert "/secret-plans" not in anyone.get(f"{narrow}/panels/funnel?period=all").text
    without_pages = share(mallard, panels=["funnel", "flow", "sequences"])
    for name in ("funnel", "flow", "sequences"):
        text = anyone.get(f"{without_pages}/panels/{name}?period=all").text
        assert "/secret-plans" not in text
        assert "signup" not in text.replace("event:signup</code>", "")


def test_no_day_before_the_first_is_shown(mallard: Mallard, anyone: Client) -> None:
    link = share(mallard, since=str((NOON - timedelta(days=10)).date()))
    page = anyone.get(f"{link}/?period=all&compare=previous").text
    assert "/long-ago" not in page
    assert figure(page) == "3"
    old = "start_date=2026-01-01&end_date=2026-03-01"
    for path in ("/", "/panels/pages", "/details/pages", "/details/pages.csv"):
        assert "/long-ago" not in anyone.get(f"{link}{path}?{old}").text
        compared = anyone.get(f"{link}{path}?period=7d&compare=2026-01-01..2026-03-01")
        assert "long-ago" not in compared.text
    assert anyone.get(f"{link}/panels/retention").status_code == 404


def test_a_goal_that_has_gone_closes_the_link_and_names_no_other(
    mallard: Mallard, anyone: Client, admin: dict[str, str]
) -> None:
    goals = {"goals": [{"name": "Sign-up", "event": "signup"}, {"name": "Hidden", "event": "x"}]}
    put = anyone.put(f"/api/sites/{SITE}", json=goals, headers=admin)
    link = share(mallard, filters=["did==goal:Sign-up"], panels=["pages"])
    assert figure(anyone.get(link).text) == "1"
    assert "Hidden" not in anyone.get(f"{link}/?goal=nothing").text
    etag = anyone.get(f"/api/sites/{SITE}", headers=admin).headers["ETag"]
    without = {"goals": goals["goals"][1:]}
    put = anyone.put(f"/api/sites/{SITE}", json=without, headers=admin | {"If-Match": etag})
    assert put.status_code == 200
    closed = anyone.get(link)
    assert closed.status_code == 400
    assert "Hidden" not in closed.text


def test_goals_are_shown_and_none_is_made(
    mallard: Mallard, anyone: Client, admin: dict[str, str]
) -> None:
    goals = {"goals": [{"name": "Sign-up", "event": "signup"}]}
    assert anyone.put(f"/api/sites/{SITE}", json=goals, headers=admin).status_code == 200
    link = share(mallard, panels=["goals"])
    panel = anyone.get(f"{link}/panels/goals").text
    assert "Sign-up" in panel
    assert "/secret-plans" not in panel
    assert 'method="post"' not in panel
    chosen = anyone.get(f"{link}/?goal=Sign-up")
    assert figure(chosen.text, "conversions") == "1"


def test_properties_are_filtered_by_where_they_are_shown(
    mallard: Mallard, anyone: Client, clock: Clock
) -> None:
    visits(client_of(mallard), clock)("/about", event="order", p={"plan": "pro"}, visitor=1)
    link = share(mallard, panels=["properties"])
    panel = anyone.get(f"{link}/panels/properties").text
    assert "filter=prop:plan==pro" in panel
    for path in ("/?filter=prop:plan==pro", "/details/properties?property=plan"):
        assert anyone.get(link + path).status_code == 200
    other = share(mallard, panels=["events"])
    assert anyone.get(f"{other}/?filter=prop:plan==pro").status_code == 400
    assert anyone.get(f"{other}/details/properties?property=plan").status_code == 404
    by_page = share(mallard, panels=["properties"], filters=["page~=/a"])
    assert anyone.get(f"{by_page}/?filter=prop:plan==pro").status_code == 400
