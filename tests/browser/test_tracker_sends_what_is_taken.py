"""Whatever a page holds, the tracker sends nothing that the server would refuse."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page

from mallard.ingest.submission import Fields, check_fields, parse_body
from mallard.ingest.urls import parse_page

if TYPE_CHECKING:
    from tests.browser.conftest import Collector, Event, Sent, Site, Visit

JUNK = "&".join(f"unread{number}=value" for number in range(80))
LONG_QUERY = f"?{JUNK}&utm_source=letter&{JUNK}&ref=friend"


def taken(event: Event) -> Fields:
    """What the server makes of the event; it raises Rejected for what it would refuse."""
    return check_fields(parse_body(json.dumps(event).encode()))


@pytest.fixture
def purchase(page: Page, visit: Visit, sent: Sent) -> Callable[[str], Fields]:
    """What the server makes of an event with these options."""

    def purchase(options: str) -> Fields:
        visit("/cart", "data-manual")
        page.evaluate(f"mallard('purchase', {options})")
        [event] = sent(1)
        assert event["n"] == "purchase"
        return taken(event)

    return purchase


def test_a_long_query_loses_what_nobody_reads(visit: Visit, sent: Sent) -> None:
    origin = visit(f"/landing{LONG_QUERY}#part")
    [event] = sent(1)
    assert event["u"] == f"{origin}/landing?utm_source=letter&ref=friend"
    assert taken(event).url == event["u"]


def test_an_address_that_is_long_all_the_same_is_cut(
    page: Page, visit: Visit, sent: Sent, collector: Collector
) -> None:
    origin = visit("/start")
    collector.wait_for(1)
    page.evaluate("history.pushState(0, '', '/' + 'ä'.repeat(1000))")
    event = sent(2)[1]
    assert taken(event).url.startswith(f"{origin}/%C3%A4")
    assert parse_page(event["u"], "site.test").pathname.endswith("%A4")


def test_after_a_page_with_a_long_query_events_are_still_sent(
    page: Page, site: Site, visit: Visit, sent: Sent, collector: Collector
) -> None:
    origin = visit(f"/landing{LONG_QUERY}")
    collector.wait_for(1)
    page.evaluate("history.pushState(0, '', '/cart')")
    collector.wait_for(2)
    page.evaluate("mallard('purchase', {revenue: 5})")
    _, cart, purchase = sent(3)
    assert cart["r"] == purchase["r"] == f"{origin}/landing?utm_source=letter&ref=friend"
    assert taken(cart).event_name == "pageview"
    assert taken(purchase).revenue_amount == "5.00"


def test_a_long_referrer_is_cut(
    page: Page, site: Site, tag: Callable[..., str], sent: Sent, collector: Collector
) -> None:
    site.add("/links", '<a href="/start">Read this</a>')
    site.add("/start", tag())
    page.goto(site.at("site.test") + f"/links{LONG_QUERY}")
    page.click("a")
    [event] = sent(1)
    assert taken(event).referrer == site.at("site.test") + "/links?utm_source=letter&ref=friend"


@pytest.mark.parametrize(
    ("amount", "stored"),
    [
        ("49.9", "49.90"),
        ("0.1 + 0.2", "0.30"),
        ("-5", "-5.00"),
        ("1e-7", "0.00"),
        ("0", "0.00"),
        ("12n", "12.00"),
        ("'49.90'", "49.90"),
        ("'49,90 €'", "49.90"),
        ("'€ 49.90'", "49.90"),
        ("'1.234,56'", "1234.56"),
        ("'$1,234.56'", "1234.56"),
        ("'1 234,5'", "1234.50"),
        ("'1.234 kr'", "1234.00"),
        ("'-3,50'", "-3.50"),
        ("'CHF 49.-'", "49.00"),
        ("'free'", None),
        ("'2 x 49.90'", None),
        ("''", None),
        ("NaN", None),
        ("Infinity", None),
        ("1e10", None),
        ("null", None),
        ("true", None),
        ("[5]", None),
        ("{}", None),
    ],
)
def test_an_amount_is_sent_as_a_number_or_left_out(
    purchase: Callable[[str], Fields], amount: str, stored: str | None
) -> None:
    assert purchase(f"{{revenue: {amount}}}").revenue_amount == stored


@pytest.mark.parametrize(
    ("currency", "stored"),
    [
        ("'EUR'", "EUR"),
        ("'eur'", "EUR"),
        ("' EUR '", "EUR"),
        ("'€'", None),
        ("'Euro'", None),
        ("978", None),
        ("['EUR']", None),
    ],
)
def test_a_currency_is_sent_if_it_is_a_code(
    purchase: Callable[[str], Fields], currency: str, stored: str | None
) -> None:
    found = purchase(f"{{revenue: '49,90 €', currency: {currency}}}")
    assert (found.revenue_amount, found.revenue_currency) == ("49.90", stored)


@pytest.mark.parametrize(
    ("props", "stored"),
    [
        ("{plan: 'pro'}", {"plan": "pro"}),
        ("{size: '27\" \\n\\\\ud83d'}", {"size": '27" \n\\ud83d'}),
        ("{cut: 'smile \\ud83d'}", {"cut": "smile �"}),
        ('\'{"plan": "pro"}\'', {"plan": "pro"}),
        ("{big: 5n}", {"big": "5"}),
        ("{count: 1e20, odd: NaN}", {"count": 1e20, "odd": None}),
        ("{text: 'ä'.repeat(4000)}", {"text": "ä" * 4000}),
        ("{text: 'x'.repeat(5000)}", None),
        ("[1]", None),
        ("'text'", None),
        ("5", None),
        ("null", None),
        ("() => 5", None),
        ("{deep: JSON.parse('['.repeat(1500) + ']'.repeat(1500))}", None),
    ],
)
def test_properties_are_sent_if_they_are_an_object_that_fits(
    purchase: Callable[[str], Fields], props: str, stored: dict[str, Any] | None
) -> None:
    found = purchase(f"{{props: {props}, revenue: 5}}")
    assert found.revenue_amount == "5.00"
    assert (None if found.props is None else json.loads(found.props)) == stored


@pytest.mark.parametrize(
    ("name", "stored"),
    [("'x'.repeat(300)", "x" * 256), ("'😀'.repeat(300)", "😀" * 256), ("5", "5")],
)
def test_a_name_is_sent_as_text_that_fits(
    page: Page, visit: Visit, sent: Sent, name: str, stored: str
) -> None:
    visit("/", "data-manual")
    page.evaluate(f"mallard({name})")
    assert taken(sent(1)[0]).event_name == stored


def test_an_address_of_the_pages_own_that_is_none_costs_no_event(
    page: Page, visit: Visit, sent: Sent
) -> None:
    origin = visit("/start#part", "data-manual")
    page.evaluate("mallard('signup', {url: 'http://['})")
    assert taken(sent(1)[0]).url == f"{origin}/start"


def test_with_data_hash_the_fragment_belongs_to_the_path(
    page: Page, visit: Visit, sent: Sent, collector: Collector
) -> None:
    visit("/app#/inbox", "data-hash")
    collector.wait_for(1)
    page.evaluate("location.hash = '/settings'")
    paths = [
        parse_page(event["u"], "site.test", taken(event).has_fragment).pathname for event in sent(2)
    ]
    assert paths == ["/app#/inbox", "/app#/settings"]


def test_where_the_second_part_cannot_be_loaded_the_rest_goes_on(
    page: Page, visit: Visit, sent: Sent
) -> None:
    page.route("**/api/event.js", lambda route: route.abort())
    visit("/", "data-manual")
    page.evaluate("mallard('lost', {revenue: '5 €', callback: () => { window.isDone = true }})")
    page.wait_for_function("window.isDone")
    page.evaluate("mallard('signup', {props: {plan: 'pro'}, revenue: 5.5, currency: 'EUR'})")
    assert [event["n"] for event in sent(1)] == ["signup"]


def test_what_is_usual_needs_no_second_part(page: Page, visit: Visit, sent: Sent) -> None:
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    visit("/pricing?utm_source=letter&gclid=abc#plans")
    page.evaluate("mallard('purchase', {props: {plan: 'pro'}, revenue: 49.9, currency: 'EUR'})")
    sent(2)
    assert not any(url.endswith("event.js") for url in loaded)
