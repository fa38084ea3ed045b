"""The list of all sites: their figures, their order, the search, many of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.register.site import Site
from mallard.store import many_sites as many_sites_module
from mallard.store.upkeep.days import Upkeep
from mallard.web.dashboard import sites
from mallard.wsgi import application
from tests.builders import an_event, store_events
from tests.conftest import NOON
from tests.web.reading import HTMX, page_of, parsed

pytestmark = pytest.mark.thorough

Visit = Callable[..., None]


def names_of(client: Client, url: str) -> list[str]:
    return [title.text for title in page_of(client, url).one("ul", class_="sites").all("h2")]


@pytest.fixture
def three_sites(visit: Visit) -> None:
    """One with most visitors, one with most pageviews, one that lost half of its visitors."""
    for visitor in (1, 2):
        visit("/", site="lost.example", visitor=visitor, at=NOON - timedelta(days=1))
    visit("/", site="lost.example", at=NOON)
    visit("/", site="busy.example", times=9)
    for visitor in (1, 2, 3):
        visit("/", site="loved.example:8443", visitor=visitor)


def test_every_site_has_its_figures_and_leads_to_its_page(
    client: Client, three_sites: None
) -> None:
    page = page_of(client, "/?period=today&metric=sessions&compare=year")
    cards = {card["href"]: card for card in page.all("a", class_="site")}
    loved = "/?site_id=loved.example:8443&period=today&compare=year&metric=sessions"
    assert cards[loved].text == "loved.example:8443 Visitors 3 new Pageviews 3"
    lost = next(card for url, card in cards.items() if "lost" in url)
    assert lost.one("dl").text == "Visitors 1 \N{MINUS SIGN}50% Pageviews 1"
    assert len(lost.all("span", class_="bad")) == 1
    assert all(len(card.one("polyline")["points"].split()) == 24 for card in cards.values())
    assert page.one("h1").text == "All sites Wed 18 Mar 2026"


def test_the_period_applies(client: Client, three_sites: None) -> None:
    page = page_of(client, "/?start_date=2026-03-17&end_date=2026-03-18")
    (lost,) = (card for card in page.all("a", class_="site") if "lost" in card.text)
    assert lost.one("dl").text == "Visitors 2 new Pageviews 2"


def test_sites_are_ordered(client: Client, three_sites: None) -> None:
    lost, busy, loved = "lost.example", "busy.example", "loved.example:8443"
    for order, names in (
        (None, [loved, busy, lost]),
        ("visitors", [loved, busy, lost]),
        ("pageviews", [busy, loved, lost]),
        ("value", [busy, lost, loved]),
    ):
        url = f"/?period=today&order={order}" if order else "/?period=today"
        assert names_of(client, url) == names
        chosen = page_of(client, url).one("nav", **{"aria-label": "Order"})
        assert chosen.one("a", **{"aria-current": "true"})["id"] == f"order-{order or 'visitors'}"
    assert client.get("/?order=age").status_code == 400


def test_sites_are_searched(client: Client, three_sites: None) -> None:
    assert names_of(client, "/?period=today&search=LO") == ["loved.example:8443", "lost.example"]
    assert names_of(client, "/?search=nowhere") == []
    assert "No site of that name." in page_of(client, "/?search=nowhere").text
    page = page_of(client, "/?period=today&search=lo&order=value&page=7")
    assert page.by_id("search")["value"] == "lo"
    form = page.one("form", role="search")
    kept = {field["name"]: field["value"] for field in form.all("input", type="hidden")}
    assert kept == {"period": "today", "order": "value"}
    answer = client.get("/?search=lost", headers=HTMX)
    assert "<html" not in answer.text
    assert [h2.text for h2 in parsed(answer.text).one("ul", class_="sites").all("h2")] == [
        "lost.example"
    ]


def test_one_site_leads_straight_to_its_page(client: Client, visit: Visit) -> None:
    visit("/")
    answer = client.get("/?period=7d&compare=year")
    assert answer.status_code == 302
    assert answer.location == "/?site_id=example.com&period=7d&compare=year"
    assert not page_of(client, answer.location).all("a", class_="all")
    visit("/", site="other.org")
    assert set(names_of(client, "/?period=7d")) == {"example.com", "other.org"}


def test_the_menu_finds_what_begins_like_that_first(client: Client, many_sites: list[str]) -> None:
    def found(search: str) -> list[str]:
        return [a.text for a in page_of(client, f"/sites?period=today&search={search}").all("a")]

    assert found("") == many_sites[: sites.IN_THE_MENU]
    assert found("5") == ["50.example", "05.example", *(f"{n}5.example" for n in (1, 2, 3, 4))]
    assert found(" 17.EXAMPLE") == ["17.example"]
    answer = client.get("/sites/first?period=7d&search=17")
    assert answer.location == "/?site_id=17.example&period=7d"
    assert client.get("/sites/first?period=7d&search=x-y").location == "/?period=7d&search=x-y"
    assert "Find a site" in client.get("/?site_id=17.example").text


def test_a_filter_is_of_one_site_and_does_not_apply(client: Client, three_sites: None) -> None:
    assert names_of(client, "/?period=today&filter=page==/nowhere")[0] == "loved.example:8443"


@pytest.fixture
def many_sites(mallard: Mallard) -> list[str]:
    """More sites than a page has room for, each with a visitor more than the one before."""
    names = [f"{number:02}.example" for number in range(2 * sites.PAGE_SIZE + 3)]
    store_events(
        mallard.store,
        "batch",
        (
            an_event(site_id=name, visitor_id=f"v{visitor}")
            for number, name in enumerate(names)
            for visitor in range(number + 1)
        ),
    )
    return names


def test_many_sites_have_pages(client: Client, many_sites: list[str]) -> None:
    first = page_of(client, "/?period=today")
    assert first.one("nav", class_="pages").text == "Page 1 of 3 Next"
    shown = names_of(client, "/?period=today")
    for number in (2, 3):
        shown += names_of(client, f"/?period=today&page={number}")
    assert shown == many_sites[::-1]
    assert names_of(client, "/?period=today&page=999") == many_sites[2::-1]
    assert page_of(client, "/?search=00.").all("nav", class_="pages") == []


ASKED_AT_ONCE = 2
"""The figures of all sites, and those before of the ones that are shown."""


def asked_for(mallard: Mallard, client: Client, url: str) -> int:
    """How many statements a page makes the store run."""

    def so_far() -> int:
        counts, _ = mallard.metrics.queries.of().state()
        return sum(counts)

    before = so_far()
    assert client.get(url).status_code == 200
    return so_far() - before


@pytest.mark.parametrize("state", ["hot", "in files", "worked out"])
def test_what_is_asked_does_not_grow_with_the_sites(
    start: Callable[..., Mallard], state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sites, "PAGE_SIZE", 2)
    mallard = start(cache_ttl_secs=0)
    names = [f"{number}.example" for number in range(4 * sites.PAGE_SIZE)]
    store_events(mallard.store, "b", [an_event(site_id=name) for name in names])
    if state != "hot":
        mallard.store.roll()
    if state == "worked out":
        Upkeep(mallard.store, lambda: NOON.date()).build_all()
    client = Client(application(mallard))
    most = ASKED_AT_ONCE + sites.PAGE_SIZE  # and the line of each that is shown
    for order in ("visitors", "pageviews", "value"):
        assert 0 < asked_for(mallard, client, f"/?period=30d&order={order}") <= most
    # All time begins with the first event of any site, which one of them tells.
    assert 0 < asked_for(mallard, client, "/?period=all") <= most + 1


def test_sites_are_listed_by_name_until_figures_are_worked_out(
    client: Client, mallard: Mallard, three_sites: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many_sites_module, "MOST_FILES", 2)
    by_visitors = ["loved.example:8443", "busy.example", "lost.example"]
    note = "Until then sites are listed by name."
    assert names_of(client, "/?period=today") == by_visitors
    mallard.store.roll()
    page = page_of(client, "/?period=today")
    assert note in page.one("header", class_="heading").text
    assert page.by_id("order-value")["aria-current"] == "true"
    assert names_of(client, "/?period=today") == sorted(by_visitors)
    assert note not in page_of(client, "/?period=today&order=value").text
    Upkeep(mallard.store, lambda: NOON.date()).build_all()
    assert names_of(client, "/?period=today") == by_visitors
    assert note not in page_of(client, "/?period=today").text


def test_a_site_whose_large_day_goes_on_is_in_its_place(client: Client, mallard: Mallard) -> None:
    mallard.store.rollups.keeps_from = 0

    def come(site: str, first: int, end: int) -> None:
        visits = [an_event(site_id=site, visitor_id=f"v{n}") for n in range(first, end)]
        store_events(mallard.store, f"{site} {first}", visits)

    for site, visitors in (("few.example", 1), ("grows.example", 2), ("many.example", 4)):
        come(site, 0, visitors)
    mallard.store.roll()
    Upkeep(mallard.store, lambda: NOON.date()).build_all()
    come("grows.example", 2, 9)
    mallard.store.roll()
    found = ["grows.example", "many.example", "few.example"]
    assert names_of(client, "/?period=today") == found


def test_there_is_no_change_since_before_the_first_day(client: Client, visit: Visit) -> None:
    visit("/")
    visit("/", site="other.org")
    page = page_of(client, "/?start_date=0001-01-01&end_date=0001-01-02")
    assert {card.one("dl").text for card in page.all("a", class_="site")} == {
        "Visitors 0 Pageviews 0"
    }


def test_a_site_is_called_by_its_name_and_found_by_either(
    mallard: Mallard, client: Client, three_sites: None
) -> None:
    mallard.sites.replace("lost.example", Site(name="A lost one"), None)
    mallard.sites.replace("new.example", Site(name="Zoo"), None)
    assert names_of(client, "/?period=today&order=value") == [
        "A lost one",
        "busy.example",
        "loved.example:8443",
        "Zoo",
    ]
    for search in ("a lost", "lost.ex"):
        found = page_of(client, f"/sites?search={search}").all("a")
        assert [(link.text, link["href"]) for link in found] == [
            ("A lost one", "/?site_id=lost.example&period=30d")
        ]
    page = page_of(client, "/?site_id=lost.example")
    assert page.one("title").text == "A lost one · Mallard"
    assert page.one("h1").text.startswith("A lost one,")
    assert "No events yet" in page_of(client, "/?site_id=new.example").text


def test_pinned_sites_come_first_whatever_the_order(
    mallard: Mallard, client: Client, three_sites: None
) -> None:
    mallard.sites.replace("lost.example", Site(is_pinned=True), None)
    for order in ("visitors", "pageviews"):
        assert names_of(client, f"/?period=today&order={order}")[0] == "lost.example"
    assert names_of(client, "/?period=today&order=value") == [
        "lost.example",
        "busy.example",
        "loved.example:8443",
    ]
    menu = page_of(client, "/sites?period=today&search=").all("a")
    assert menu[0].text == "lost.example"
