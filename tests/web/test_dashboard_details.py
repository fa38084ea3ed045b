"""The details views: every value of a dimension, searched, ordered, in pages and as a file."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.model import Event
from mallard.web.dashboard.panels import PANELS
from tests.builders import an_event, store_events
from tests.conftest import NOON, Shared
from tests.web.reading import HTMX, page_of, parsed, table_of

pytestmark = pytest.mark.thorough

Store = Callable[[Iterable[Event]], None]
Visit = Callable[..., None]
QUERY = "?site_id=example.com&period=today"
PAGES = f"/details/pages{QUERY}"
COUNTRIES = f"/details/countries{QUERY}"
MANY = 120


@pytest.fixture
def store(mallard: Mallard) -> Store:
    """Stores events without a visit."""
    return lambda events: store_events(mallard.store, "batch", events)


@pytest.fixture
def many_pages(store: Store) -> None:
    """As many pages, each with a visitor less than the one before."""
    store(
        an_event(path=f"/page-{page:03}", visitor_id=f"v{visitor}")
        for page in range(MANY)
        for visitor in range(max(1, MANY - page - 100))
    )


@pytest.fixture
def travellers(store: Store) -> None:
    """Visitors from six places, one of them unknown; two from Austria, one twice from Åland."""
    codes = ("AT", "AT", "AX", "AX", "DE", "CI", "TR", None)
    store(
        an_event(country_code=code, visitor_id="Åland" if code == "AX" else f"v{number}")
        for number, code in enumerate(codes)
    )


def rows_of(client: Client, url: str) -> list[list[str]]:
    return table_of(page_of(client, url).one("table"))[1:]


def first_cells(client: Client, url: str) -> list[str]:
    return [row[0] for row in rows_of(client, url)]


def lines_of(client: Client, url: str) -> list[str]:
    """The lines of a CSV file."""
    answer = client.get(url)
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "text/csv"
    return answer.text.splitlines()


def test_a_card_leads_to_its_details_and_those_back(client: Client, visit: Visit) -> None:
    visit("/a")
    url = f"/{QUERY}&filter=page==/a&metric=sessions"
    assert f"/details/pages{QUERY}&metric=sessions&filter=page==/a" in page_of(client, url).links
    details = page_of(client, f"{PAGES}&metric=sessions&filter=page==/a&search=a&page=1")
    assert details.by_id("back")["href"] == f"/{QUERY}&metric=sessions&filter=page==/a"
    assert details.one("h1").text == "Pages Wed 18 Mar 2026"
    assert details.one("table").all("a")[-1].text == "/a"


def test_rows_have_visitors_share_and_pageviews(client: Client, visit: Visit) -> None:
    visit("/a", times=3)
    visit("/b", visitor=2)
    cells = [row[:4] for row in rows_of(client, PAGES)]
    assert cells == [["/a", "1", "50%", "3"], ["/b", "1", "50%", "1"]]


def test_a_row_leads_to_the_filtered_site_page(client: Client, visit: Visit) -> None:
    visit("/a|b")
    page = page_of(client, f"{PAGES}&search=a&order=value")
    (link,) = page.one("tbody").links
    assert link == f"/{QUERY}&filter=page==/a%257Cb"
    assert "Unique visitors 1" in page_of(client, link).text


@pytest.fixture(scope="module")
def with_a_visit(shared: Shared) -> Client:
    shared.visit("/a", r="https://www.google.com/", w=400)
    return shared.client


@pytest.mark.parametrize("name", [name for name, panel in PANELS.items() if panel.filtered_by])
def test_every_list_has_details_and_a_file(with_a_visit: Client, name: str) -> None:
    client = with_a_visit
    page = page_of(client, f"/details/{name}{QUERY}")
    (row,) = page.one("tbody").all("tr")
    (link,) = row.links
    assert "Unique visitors 1" in page_of(client, link).text
    header, line = lines_of(client, f"/details/{name}.csv{QUERY}")
    named = f"{name},country_code" if name in ("regions", "cities") else name
    assert header == f"{named},visitors,pageviews"
    assert line.endswith(",1,1")


@pytest.mark.parametrize("name", ["colours", "overview", "funnel", "pages.txt", "pages/csv", ""])
def test_other_details_are_not_found(client: Client, visit: Visit, name: str) -> None:
    visit("/")
    assert client.get(f"/details/{name}{QUERY}").status_code == 404
    assert client.get(f"/details/{name}.csv{QUERY}").status_code == 404


def test_the_list_has_pages(client: Client, many_pages: None) -> None:
    first = page_of(client, PAGES)
    assert len(first.one("tbody").all("tr")) == 50
    assert first.one("nav", class_="pages").text == "Page 1 of 3 Next"
    assert rows_of(client, PAGES)[0][:4] == ["/page-000", "20", "100%", "20"]
    second = page_of(client, first.by_id("next-page")["href"])
    assert second.one("nav", class_="pages").text == "Previous Page 2 of 3 Next"
    third = page_of(client, second.by_id("next-page")["href"])
    assert len(third.one("tbody").all("tr")) == MANY - 100
    assert [a.text for a in third.one("nav", class_="pages").all("a")] == ["Previous"]
    shown = [row.text for one in (first, second, third) for row in one.one("tbody").all("th")]
    assert sorted(shown) == [f"/page-{number:03}" for number in range(MANY)]
    assert second.by_id("previous-page")["href"] == PAGES


def test_a_page_beyond_the_end_is_the_last(client: Client, many_pages: None) -> None:
    assert rows_of(client, f"{PAGES}&page=9999") == rows_of(client, f"{PAGES}&page=3")
    assert rows_of(client, f"{COUNTRIES}&page=7") == rows_of(client, COUNTRIES)


def test_the_list_is_searched_whatever_the_case(client: Client, many_pages: None) -> None:
    assert first_cells(client, f"{PAGES}&search=PAGE-00") == [f"/page-00{n}" for n in range(10)]
    found = page_of(client, f"{PAGES}&search=+page-1+&page=2")
    assert found.by_id("search")["value"] == "page-1"
    assert not found.all("nav", class_="pages"), "a search begins its own list"
    assert first_cells(client, f"{PAGES}&search=nowhere") == ["Nothing was found in this period."]
    for text in ("%", "_", "\\", "'"):
        url = f"{PAGES}&{urlencode({'search': text})}"
        assert first_cells(client, url) == ["Nothing was found in this period."], text


def test_htmx_asks_for_a_search_and_gets_the_region(client: Client, many_pages: None) -> None:
    answer = client.get(f"{PAGES}&search=page-007", headers=HTMX)
    assert "<html" not in answer.text
    assert table_of(parsed(answer.text).one("table"))[1][0] == "/page-007"


def test_the_list_is_ordered(client: Client, visit: Visit) -> None:
    visit("/b", times=2)
    visit("/c", visitor=2)
    visit("/c", visitor=3)
    visit("/a", visitor=4, times=3)
    for order, paths in (
        ("visitors", ["/c", "/a", "/b"]),
        ("pageviews", ["/a", "/c", "/b"]),
        ("value", ["/a", "/b", "/c"]),
    ):
        url = f"{PAGES}&order={order}"
        assert first_cells(client, url) == paths
        sort = page_of(client, url).by_id(f"order-{order}")
        assert sort["href"] == (PAGES if order == "visitors" else url)
        (title,) = (th for th in page_of(client, url).all("th") if "aria-sort" in th.attributes)
        assert title["aria-sort"] == ("ascending" if order == "value" else "descending")
    searched = page_of(client, f"{PAGES}&search=c&order=value&page=1").by_id("order-pageviews")
    assert searched["href"] == f"{PAGES}&search=c&order=pageviews"


def test_countries_are_ordered_by_name(client: Client, travellers: None) -> None:
    assert first_cells(client, COUNTRIES)[0] == "Austria"
    assert first_cells(client, f"{COUNTRIES}&order=value") == [
        "Åland Islands",
        "Austria",
        "Côte d’Ivoire",  # noqa: RUF001 - as it is called
        "Germany",
        "Türkiye",
        "Unknown",
    ]
    by_views = rows_of(client, f"{COUNTRIES}&order=pageviews")
    assert [row[3] for row in by_views] == ["2", "2", "1", "1", "1", "1"]
    assert f"/{QUERY}&filter=country==DE" in page_of(client, COUNTRIES).links


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("GERM", "Germany"),
        ("åland", "Åland Islands"),
        ("aland", "Åland Islands"),
        ("turkiye", "Türkiye"),
        ("de", "Nothing was found in this period."),
    ],
)
def test_countries_are_searched_by_name(
    client: Client, travellers: None, search: str, found: str
) -> None:
    url = f"{COUNTRIES}&{urlencode({'search': search})}"
    assert first_cells(client, url) == [found]


def test_the_file_has_every_row_that_the_search_keeps(client: Client, many_pages: None) -> None:
    page = page_of(client, f"{PAGES}&page=2")
    (link,) = (a["href"] for a in page.all("a", class_="button") if a.text == "CSV")
    assert len(lines_of(client, link)) == 1 + MANY
    found = lines_of(client, f"/details/pages.csv{QUERY}&search=page-00&order=value&page=2")
    assert found[0] == "pages,visitors,pageviews"
    assert found[1:] == [f"/page-00{n},{20 - n},{20 - n}" for n in range(10)]


def test_the_file_has_codes_of_the_countries_that_the_search_names(
    client: Client, travellers: None
) -> None:
    file = f"/details/countries.csv{QUERY}"
    assert lines_of(client, f"{file}&search=germany") == ["countries,visitors,pageviews", "DE,1,1"]
    assert lines_of(client, file)[1:] == [
        "AT,2,2",
        "AX,1,2",
        "(unknown),1,1",
        "CI,1,1",
        "DE,1,1",
        "TR,1,1",
    ]


def test_filters_hold_in_the_file(client: Client, visit: Visit) -> None:
    visit("/a", visitor=1)
    visit("/b", visitor=2, w=400)
    file = f"/details/pages.csv{QUERY}&filter=device==mobile"
    assert lines_of(client, file) == ["pages,visitors,pageviews", "/b,1,1"]


def test_the_file_carries_the_comparison(client: Client, visit: Visit) -> None:
    visit("/a", visitor=1, times=3, at=NOON - timedelta(days=1))
    visit("/a", visitor=2)
    visit("/a", visitor=1, at=NOON)
    visit("/b", visitor=2)
    file = "/details/pages.csv?site_id=example.com&period=today&compare=2026-03-17..2026-03-18"
    assert lines_of(client, file) == [
        "pages,visitors,pageviews,compared_visitors,compared_pageviews",
        "/a,1,1,2,4",
        "/b,1,1,0,0",
    ]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@sum(a1)", "=\"a\",'b'"])
def test_no_value_becomes_a_formula(client: Client, visit: Visit, name: str) -> None:
    visit("/", event=name)
    answer = client.get(f"/details/events.csv{QUERY}")
    assert list(csv.reader(answer.text.splitlines()))[1] == [f"'{name}", "1", "0"]
    named = 'attachment; filename="example.com_events_'
    assert answer.headers["Content-Disposition"].startswith(named)
    assert answer.headers["Cache-Control"] == "no-store, no-cache"


def test_nothing_to_list_is_said(client: Client, visit: Visit) -> None:
    visit("/a", site="other.org")
    assert first_cells(client, PAGES) == ["No visits in this period."]
    filtered = f"{PAGES.replace('example.com', 'other.org')}&filter=page==/b"
    assert first_cells(client, filtered) == ["Nothing matches the filters in this period."]
    assert lines_of(client, f"/details/pages.csv{QUERY}") == ["pages,visitors,pageviews"]
