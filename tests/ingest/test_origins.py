"""Which pages may send events when the operator has listed the sites."""

from __future__ import annotations

import pytest
from werkzeug.test import Client

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
        "https://www.example.com",
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
