"""The dashboard's pages, as a browser without JavaScript and as htmx ask for them."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from werkzeug.test import Client

Visit = Callable[..., None]
HTMX = {"HX-Request": "true"}


def text_of(client: Client, url: str) -> str:
    """The page's text, without markup and runs of blanks."""
    page = client.get(url)
    assert page.status_code == 200, page.text
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page.text)).split())


def links_of(client: Client, url: str) -> list[str]:
    return [unescape(link) for link in re.findall(r'href="([^"]*)"', client.get(url).text)]


def test_without_a_site_it_shows_what_to_paste(client: Client) -> None:
    page = text_of(client, "/")
    assert 'src="http://localhost/mallard.js" data-domain="your-site.com"' in page
    assert "Waiting for the first pageview" in page


def test_every_site_is_listed_with_its_figures(client: Client, visit: Visit) -> None:
    visit("/", times=3)
    visit("/", site="other.org:8443")
    page = text_of(client, "/?period=7d")
    assert "example.com Visitors 1 Pageviews 3" in page
    assert "other.org:8443 Visitors 1 Pageviews 1" in page
    assert "/?site_id=other.org:8443&period=7d" in links_of(client, "/?period=7d")


def test_a_site_page_shows_figures_chart_and_cards(client: Client, visit: Visit) -> None:
    visit("/pricing", times=2)
    page = text_of(client, "/?site_id=example.com&period=today")
    assert "Total pageviews 2" in page
    for title in ("Pages", "Sources", "Browsers", "Operating systems", "Devices", "Countries"):
        assert title in page
    assert "/pricing" in page
    assert "100%" in page
    assert "Direct / None" in page


def test_a_site_without_events_shows_zeros_and_what_to_paste(client: Client) -> None:
    page = text_of(client, "/?site_id=new.example")
    assert "No events yet" in page
    assert 'data-domain="new.example"' in page
    assert "Unique visitors 0" in page


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("period=year", "period must be one of"),
        ("start_date=2026-02-30&end_date=2026-03-02", "start_date must be a date"),
        ("filter=colour==red", "the dimension must be one of"),
        ("from=2026-01-02&to=", None),
        ("period=7d&tab=nonsense&colour=red", None),
    ],
)
def test_a_bad_query_is_answered_with_its_reason(
    client: Client, query: str, reason: str | None
) -> None:
    page = client.get(f"/?site_id=example.com&{query}")
    assert page.status_code == (400 if reason else 200)
    assert (reason or "Unique visitors") in page.text


def test_a_site_id_with_a_path_in_it_is_refused(client: Client) -> None:
    assert client.get("/?site_id=../etc").status_code == 400


def test_a_row_leads_to_its_filter_and_a_chip_away_from_it(client: Client, visit: Visit) -> None:
    visit("/a|b")
    visit("/c")
    site = "/?site_id=example.com&period=today"
    filtered = f"{site}&filter=page==/a%257Cb"
    assert filtered in links_of(client, site)
    assert "Page is /a|b" in text_of(client, filtered)
    assert "Total pageviews 1" in text_of(client, filtered)
    assert site in links_of(client, filtered)


def test_a_period_link_keeps_filters_and_tabs(client: Client, visit: Visit) -> None:
    visit("/x")
    kept = "filter=page==/x&tab=hostnames"
    found = links_of(client, f"/?site_id=example.com&period=7d&{kept}")
    assert f"/?site_id=example.com&period=90d&{kept}" in found


def test_the_dates_of_the_form_are_both_included(client: Client) -> None:
    answer = client.get("/?site_id=example.com&filter=page==/x&from=2026-03-01&to=2026-03-31")
    assert answer.location == (
        "/?site_id=example.com&start_date=2026-03-01&end_date=2026-04-01&filter=page==/x"
    )
    assert "1 Mar to 31 Mar 2026" in text_of(client, answer.location)


def test_a_card_turns_to_the_tab_in_the_address(client: Client, visit: Visit) -> None:
    visit("/")
    url = "/?site_id=example.com&period=today"
    assert f"{url}&tab=hostnames" in links_of(client, url)
    assert url in links_of(client, f"{url}&tab=hostnames")
    assert '<h2 id="tab-hostnames"' in client.get(f"{url}&tab=hostnames").text


def test_htmx_gets_the_region_and_everyone_else_the_page(client: Client, visit: Visit) -> None:
    visit("/")
    url = "/?site_id=example.com&period=7d"
    region, page = client.get(url, headers=HTMX), client.get(url)
    assert "<html" not in region.text
    assert region.text.startswith("<title>example.com · Mallard</title>")
    assert "<html" in page.text
    assert "HX-Request" in region.vary and "HX-Request" in page.vary
    for header in ("HX-Boosted", "HX-History-Restore-Request"):
        assert "<html" in client.get(url, headers={**HTMX, header: "true"}).text


def test_a_panel_stands_at_its_own_address(client: Client, visit: Visit) -> None:
    visit("/pricing")
    panel = client.get("/panels/pages?site_id=example.com&period=today").text.strip()
    assert panel.startswith('<section id="panel-pages"')
    assert panel.endswith("</section>")
    assert "/pricing" in panel
    assert client.get("/panels/nonsense?site_id=example.com").status_code == 404
    assert client.get("/panels/pages").status_code == 400


def test_waiting_ends_with_the_first_event(client: Client, visit: Visit) -> None:
    assert "HX-Refresh" not in client.get("/waiting?site_id=example.com").headers
    visit("/")
    assert client.get("/waiting?site_id=example.com").headers["HX-Refresh"] == "true"


def test_values_from_visitors_are_escaped(client: Client, visit: Visit) -> None:
    visit("/<script>alert(1)</script>")
    for url in ("/?site_id=example.com", "/?site_id=example.com&filter=page==<script>alert(1)"):
        assert "<script>alert" not in client.get(url).text


def test_pages_hold_nothing_that_the_security_policy_forbids(client: Client, visit: Visit) -> None:
    visit("/")
    for url in ("/", "/?site_id=example.com", "/?site_id=new", "/?site_id=example.com&period=x"):
        page = client.get(url).text
        assert not re.search(r"<[^>]*\s(style|on\w+|hx-on[^=]*)=", page)
        assert all('src="/static/' in tag for tag in re.findall(r"<(?:script|img)[^>]*>", page))


def test_assets_are_kept_for_ever_under_hashed_names(client: Client) -> None:
    found = re.findall(r'(?:href|src)="(/static/[^"]+)"', client.get("/").text)
    assert {re.sub(r"\.[0-9a-f]{12}\.", ".", path) for path in found} == {
        f"/static/{name}" for name in ("mallard.css", "dashboard.js", "htmx.js", "favicon.svg")
    }
    for path in found:
        plain, small = client.get(path), client.get(path, headers={"Accept-Encoding": "gzip"})
        assert plain.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert small.content_encoding == "gzip" and len(small.data) < len(plain.data)
    assert client.get("/static/mallard.000000000000.css").status_code == 404
