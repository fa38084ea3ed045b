"""The site page, as a browser without JavaScript and as htmx ask for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from werkzeug.test import Client

from tests.conftest import NOON
from tests.web.reading import HTMX, links_of, page_of, table_of, text_of

pytestmark = pytest.mark.thorough

Visit = Callable[..., None]
CROSS = "\N{MULTIPLICATION SIGN}"
SITE = "/?site_id=example.com&period=today"


def test_without_a_site_it_shows_what_to_paste(client: Client) -> None:
    page = text_of(client, "/")
    assert 'src="http://localhost/mallard.js" data-domain="your-site.com"' in page
    assert "Waiting for the first pageview" in page


def test_a_site_page_shows_figures_chart_and_cards(client: Client, visit: Visit) -> None:
    visit("/pricing", times=2)
    page = page_of(client, SITE)
    opened = [heading.text for heading in page.all("h2")]
    assert opened == ["Channels", "Pages", "Countries", "Browsers", "Events", "Keyboard shortcuts"]
    assert page.by_id("metric-pageviews").text.startswith("Total pageviews 2")
    row = page.by_id("panel-pages").one("li")
    assert row.text == "/pricing 1 100%"
    channels = page.by_id("panel-sources")
    assert channels.one("li").text == "Direct 1 100%"
    assert f"{SITE}&filter=channel==Direct" in channels.links
    assert f"{SITE}&tab=sources" in channels.links
    sources = page_of(client, f"{SITE}&tab=sources").by_id("panel-sources")
    assert sources.one("li").text == "Direct / None 1 100%"
    assert SITE in sources.links


def test_six_figures_stand_in_one_strip_and_each_chooses_the_chart(
    client: Client, visit: Visit
) -> None:
    visit("/", times=3)
    strip = page_of(client, SITE).one("ul", class_="figures")
    assert [figure.text for figure in strip.all("li")] == [
        "Unique visitors 1",
        "Sessions 1",
        "Total pageviews 3",
        "Views per session 3.0",
        "Bounce rate 0%",
        "Visit duration 2s",
    ]
    assert strip.links[:2] == [SITE, f"{SITE}&metric=sessions"]


@pytest.mark.parametrize(
    ("metric", "title", "value"),
    [
        (None, "Unique visitors", "1"),
        ("sessions", "Sessions", "1"),
        ("pageviews", "Total pageviews", "3"),
        ("views_per_session", "Views per session", "3.0"),
        ("bounce_rate", "Bounce rate", "0%"),
        ("avg_visit_duration_secs", "Visit duration", "2s"),
    ],
)
def test_the_chart_shows_the_metric_of_the_address(
    client: Client, visit: Visit, metric: str | None, title: str, value: str
) -> None:
    visit("/", times=3)
    page = page_of(client, f"{SITE}&metric={metric}" if metric else SITE)
    (charted,) = (a for a in page.one("ul", class_="figures").all("a", **{"aria-current": "true"}))
    assert charted["id"] == f"metric-{metric or 'visitors'}"
    table = page.by_id("panel-overview").one("table")
    assert table.one("caption").text == title
    assert table_of(table)[-1] == ["Wed 18 Mar 2026, 12:00", value]


def test_the_chart_ends_at_the_running_bucket_which_is_dashed(client: Client, visit: Visit) -> None:
    visit("/", at=NOON - timedelta(hours=1))
    visit("/", at=NOON)
    chart = page_of(client, SITE).by_id("panel-chart")
    assert len(table_of(chart.one("table"))) == 1 + 13, "a title and the hours until now"
    (tail,) = chart.all("polyline", class_="tail")
    assert len(tail["points"].split()) == 2
    yesterday = "start_date=2026-03-17&end_date=2026-03-18"
    chart = page_of(client, f"/?site_id=example.com&{yesterday}").by_id("panel-chart")
    assert len(table_of(chart.one("table"))) == 1 + 24
    assert not [line for line in chart.all("polyline", class_="tail") if line["points"]]


def test_the_chart_can_be_walked_with_the_keyboard(client: Client, visit: Visit) -> None:
    visit("/")
    chart = page_of(client, "/?site_id=example.com&period=7d").by_id("panel-chart")
    buckets = chart.all("a", class_="bucket")
    assert [bucket["tabindex"] for bucket in buckets] == ["-1"] * 6 + ["0"]
    assert buckets[-1]["aria-label"] == "Wed 18 Mar 2026: 1"


def test_a_bucket_leads_to_its_days_alone(client: Client, visit: Visit) -> None:
    visit("/")
    week = page_of(client, "/?site_id=example.com&period=90d&interval=week")
    *_, last = week.all("a", class_="bucket")
    assert last["href"] == "/?site_id=example.com&start_date=2026-03-16&end_date=2026-03-19"
    month = page_of(client, "/?site_id=example.com&period=90d&interval=month")
    first, *_, last = month.all("a", class_="bucket")
    assert first["href"] == "/?site_id=example.com&start_date=2025-12-19&end_date=2026-01-01"
    assert last["href"] == "/?site_id=example.com&start_date=2026-03-01&end_date=2026-03-19"
    hour = page_of(client, SITE)
    assert not hour.all("a", class_="bucket"), "an hour has no page of its own"
    assert len(hour.all("g", class_="bucket")) == 13


def test_a_site_without_events_shows_zeros_and_what_to_paste(client: Client) -> None:
    page = text_of(client, "/?site_id=new.example")
    assert "No events yet" in page
    assert 'data-domain="new.example"' in page
    assert "Unique visitors 0" in page
    assert "No visits in this period." in page


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("period=ever", "period must be one of"),
        ("start_date=2026-02-30&end_date=2026-03-02", "start_date must be a date"),
        ("filter=colour==red", "the dimension must be one of"),
        ("metric=happiness", "metric must be one of visitors, sessions"),
        ("interval=fortnight", "interval must be one of"),
        ("compare=tomorrow", "compare must be"),
        ("order=beauty", "order must be one of"),
        ("page=0", "page must be a whole number"),
        (f"search={'x' * 257}", "search must have at most 256"),
        ("from=2026-01-02&to=", None),
        ("period=7d&tab=nonsense&colour=red", None),
    ],
)
def test_a_bad_query_is_answered_with_its_reason(
    onlooker: Client, query: str, reason: str | None
) -> None:
    page = onlooker.get(f"/?site_id=example.com&{query}")
    assert page.status_code == (400 if reason else 200)
    assert (reason or "Unique visitors") in page.text


def test_a_site_id_with_a_path_in_it_is_refused(client: Client) -> None:
    assert client.get("/?site_id=../etc").status_code == 400


def test_a_row_leads_to_its_filter_and_a_chip_away_from_it(client: Client, visit: Visit) -> None:
    visit("/a|b")
    visit("/c")
    filtered = f"{SITE}&filter=page==/a%257Cb"
    assert filtered in links_of(client, SITE)
    page = page_of(client, filtered)
    assert page.one("li", class_="chip").text == f"Page is /a|b {CROSS}"
    assert page.by_id("metric-pageviews").text.startswith("Total pageviews 1")
    edit, lift = page.one("li", class_="chip").links
    assert lift == SITE and edit.startswith("/filter?edited=page==/a%257Cb&site_id=")


def test_several_filters_can_be_removed_at_once(client: Client, visit: Visit) -> None:
    visit("/c")
    filtered = f"{SITE}&filter=page==/c&filter=source!=Google&filter=country==(unknown)"
    chips = page_of(client, filtered).one("ul", class_="chips")
    assert [chip.text for chip in chips.all("li")] == [
        f"Page is /c {CROSS}",
        f"Source is not Google {CROSS}",
        f"Country is Unknown {CROSS}",
        "Remove all",
    ]
    assert chips.one("a", class_="clear")["href"] == SITE


def test_a_card_turns_to_the_tab_in_the_address(client: Client, visit: Visit) -> None:
    visit("/")
    assert f"{SITE}&tab=hostnames" in links_of(client, SITE)
    turned = page_of(client, f"{SITE}&tab=hostnames")
    assert SITE in turned.by_id("panel-pages").links
    assert turned.by_id("tab-hostnames").tag == "h2"
    assert turned.by_id("panel-pages").one("li").text == "example.com 1 100%"


def test_every_tab_can_be_turned_to(client: Client, visit: Visit) -> None:
    visit("/")
    tabs = [a for a in page_of(client, SITE).all("a") if a.attributes.get("id", "")[:4] == "tab-"]
    assert len(tabs) == 33 - 5, "all panels but the five that are open"
    for tab in tabs:
        turned = page_of(client, tab["href"])
        assert turned.by_id(tab["id"]).tag == "h2", tab["href"]


def test_figures_can_be_taken_away_as_files(client: Client, visit: Visit) -> None:
    visit("/x")
    visit("/y")
    menu = page_of(client, f"{SITE}&filter=page==/x").one("details", class_="export-menu")
    daily, _, daily_json, *raw = menu.links
    assert client.get(daily).text.splitlines()[1].startswith("2026-03-18,1,1,/x")
    (day,) = client.get(daily_json).json or []
    assert day["pageviews"] == 1
    assert len(raw) == 4, "CSV, for Excel, JSON lines and Parquet"
    for link in raw:
        assert client.get(link).status_code == 200


def test_htmx_gets_the_region_and_everyone_else_the_page(client: Client, visit: Visit) -> None:
    visit("/")
    region, page = client.get(SITE, headers=HTMX), client.get(SITE)
    assert "<html" not in region.text
    assert region.text.startswith("<title>example.com · Mallard</title>")
    assert "<html" in page.text
    assert "HX-Request" in region.vary and "HX-Request" in page.vary
    for header in ("HX-Boosted", "HX-History-Restore-Request"):
        assert "<html" in client.get(SITE, headers={**HTMX, header: "true"}).text


def test_a_panel_stands_at_its_own_address(client: Client, visit: Visit) -> None:
    visit("/pricing")
    panel = client.get("/panels/pages?site_id=example.com&period=today").text.strip()
    assert panel.startswith('<section id="panel-pages"')
    assert panel.endswith("</section>")
    assert "/pricing" in panel
    assert client.get("/panels/nonsense?site_id=example.com").status_code == 404
    assert client.get("/panels/pages").status_code == 400


def test_waiting_ends_with_the_first_event(client: Client, visit: Visit) -> None:
    for url in ("/waiting", "/waiting?site_id=example.com"):
        assert "HX-Refresh" not in client.get(url).headers
    visit("/")
    for url in ("/waiting", "/waiting?site_id=example.com"):
        assert client.get(url).headers["HX-Refresh"] == "true"
    assert "HX-Refresh" not in client.get("/waiting?site_id=other.org").headers
