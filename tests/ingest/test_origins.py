"""Which pages may send events when the operator has listed the sites."""

from __future__ import annotations

import pytest
from werkzeug.test import Client

from mallard.register.site import Site
from mallard.wsgi import application
from tests.conftest import post_event

EVENT = {"d": "example.com", "n": "pageview", "u": "https://example.com/"}


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "https://example.com",
        "http://example.com",
        "http://example.com:8080",
        "https://EXAMPLE.com",
        "https://www.example.com",
        "https://www.EXAMPLE.com:8443",
        "https://localhost:3000",
        "http://[::1]:8000",
        "http://[::1]",
    ],
)
def test_a_listed_origin_may_send(start, origin: str | None) -> None:
    client = Client(application(start(site_ids=("Example.com", "localhost", "::1"))))
    headers = {} if origin is None else {"Origin": origin}
    assert post_event(client, EVENT | {"d": "Example.com"}, **headers).status_code == 202


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "example.com",
        "https://shop.example.com",
        "https://www.www.example.com",
        "https://wwwexample.com",
        "https://example.com.evil.io",
        "https://evil-example.com",
        "https://evil.io/example.com",
        "https://evil.io#example.com",
        "https://evil.io?example.com",
        "https://example.com@evil.io",
        "https://evil.io\\example.com",
        "https://example.com:80:80",
        "https://example.com:port",
        "https://example.com/",
        "https://example.com evil.io",
        "https://[::2]",
        "https://[example.com]",
        "https://exämple.com",
    ],
)
def test_any_other_origin_is_refused(start, origin: str) -> None:
    client = Client(application(start(site_ids=("example.com", "::1"))))
    response = post_event(client, EVENT, Origin=origin.encode().decode("latin-1"))
    assert (response.status_code, "Origin" in response.text) == (403, True)


def test_a_site_outside_the_list_is_refused_with_and_without_an_origin(start) -> None:
    client = Client(application(start(site_ids=("example.com",))))
    for headers in ({}, {"Origin": "https://example.com"}):
        response = post_event(client, EVENT | {"d": "other.org"}, **headers)
        assert (response.status_code, '"d ' in response.text) == (403, True)


def test_without_a_list_every_origin_may_send(client: Client) -> None:
    for origin in ("null", "https://anyone.example"):
        assert post_event(client, EVENT, Origin=origin).status_code == 202


def test_the_host_with_www_and_without_is_one_sites(start) -> None:
    client = Client(application(start(site_ids=("www.example.com",))))
    sent = EVENT | {"d": "www.example.com"}
    for origin in ("https://example.com", "https://www.example.com"):
        assert post_event(client, sent, Origin=origin).status_code == 202
    assert post_event(client, sent, Origin="https://shop.example.com").status_code == 403


@pytest.mark.parametrize(
    ("origin", "site", "status"),
    [
        ("https://shop.example.com", "example.com", 202),
        ("https://a.b.example.com:8443", "shop.Example.com", 202),
        ("https://example.com", "example.com", 202),
        ("https://shop.example.com.evil.io", "example.com", 403),
        ("https://evilexample.com", "example.com", 403),
        ("https://shop.other.org", "example.com", 403),
        ("https://other.org", "other.org", 202),
        (None, "notexample.com", 403),
        (None, ".example.com", 403),
        (None, "shop.other.org", 403),
    ],
)
def test_a_star_lists_all_that_is_below(start, origin: str | None, site: str, status: int) -> None:
    listed = ("example.com", "*.example.com", "other.org")
    client = Client(application(start(site_ids=listed)))
    headers = {} if origin is None else {"Origin": origin}
    assert post_event(client, EVENT | {"d": site}, **headers).status_code == status


def test_how_many_sites_a_star_may_bring_in_an_hour_is_bounded(start) -> None:
    listed = {"site_ids": ("*.example.com",), "max_new_sites_per_hour": 1}
    client = Client(application(start(**listed)))
    sent = [post_event(client, EVENT | {"d": f"{n}.example.com"}).status_code for n in (1, 2)]
    assert sent == [202, 429]


def test_pages_of_an_alias_of_a_listed_site_may_send(start) -> None:
    mallard = start(site_ids=("example.com",))
    mallard.sites.replace("example.com", Site(aliases=("old.example",)), None)
    client = Client(application(mallard))
    sent = EVENT | {"d": "old.example"}
    for origin in ("https://old.example", "https://example.com"):
        assert post_event(client, sent, Origin=origin).status_code == 202
    assert post_event(client, sent, Origin="https://older.example").status_code == 403


def test_a_star_is_no_site_of_the_pages(start) -> None:
    client = Client(application(start(site_ids=("*.example.com",))))
    assert "*.example.com" not in client.get("/settings").text
    assert client.get("/diagnostics").status_code == 200
