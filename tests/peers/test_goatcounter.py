"""What GoatCounter's script and clients send to `/count` and `/api/v0/count` is counted."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from werkzeug.test import Client, TestResponse

from mallard.app import Mallard
from mallard.config import Peers
from mallard.ingest.collect import GIF
from mallard.register.site import Site
from tests.conftest import CHROME, stored_events

SITE = "example.com"
PAGE = f"https://www.{SITE}/blog/one"


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    return {**settings, "peers": Peers(goatcounter=True)}


def count(
    client: Client, method: str = "POST", headers: dict[str, str] | None = None, **query: Any
) -> TestResponse:
    """Asks as the script does: a beacon tells its origin, a picture the page."""
    told = {"Origin": f"https://www.{SITE}"} if method == "POST" else {"Referer": PAGE}
    return client.open(
        f"/count?{urlencode(query)}",
        method=method,
        headers={"User-Agent": CHROME} | (told if headers is None else headers),
    )


def stored(mallard: Mallard) -> dict[str, Any]:
    return stored_events(mallard)[-1]


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_view_is_counted_for_the_site_of_its_page(
    client: Client, mallard: Mallard, method: str
) -> None:
    answer = count(
        client,
        method,
        p="/pricing?x=1",
        t="Prices",
        r="https://search.example/",
        s="1920,1080,2",
        q="?utm_source=letter",
        b="0",
        rnd="abcde",
    )
    assert (answer.status_code, answer.data, answer.mimetype) == (200, GIF, "image/gif")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    expected = {
        "site_id": SITE,
        "event_name": "pageview",
        "pathname": "/pricing",
        "hostname": f"www.{SITE}",
        "referrer": "https://search.example/",
        "screen_size": "1920",
    }
    assert stored(mallard) | expected == stored(mallard)


def test_campaigns_come_from_the_query(client: Client, mallard: Mallard) -> None:
    count(client, p="/", q="?utm_source=letter&utm_medium=email")
    assert (stored(mallard)["utm_source"], stored(mallard)["utm_medium"]) == ("letter", "email")


@pytest.mark.parametrize(
    ("headers", "path"),
    [({"Referer": PAGE}, "/blog/one"), ({"Origin": f"https://{SITE}"}, "/")],
)
def test_an_event_is_named_by_its_path(
    client: Client, mallard: Mallard, headers: dict[str, str], path: str
) -> None:
    count(client, headers=headers, p="/download-pdf", e="true")
    assert (stored(mallard)["event_name"], stored(mallard)["pathname"]) == ("download-pdf", path)


@pytest.mark.parametrize(
    ("query", "status", "reason"),
    [
        ({"p": "/", "b": "150"}, 202, None),
        ({"p": "/", "b": "5"}, 400, "b (robot)"),
        ({"p": "/", "b": "x"}, 400, "b (robot)"),
        ({}, 400, "p (path)"),
        ({"p": "/", "s": "0,0,0"}, 200, None),
        ({"p": "x" * 9000}, 400, "u (page URL)"),
    ],
)
def test_the_picture_comes_with_every_answer(
    client: Client, query: dict[str, Any], status: int, reason: str | None
) -> None:
    answer = count(client, **query)
    assert (answer.status_code, answer.data) == (status, GIF)
    assert (reason or "") in answer.headers.get("X-Goatcounter", "")


def test_without_a_page_it_is_the_only_site(client: Client, mallard: Mallard) -> None:
    assert count(client, headers={}, p="/").status_code == 400
    mallard.sites.replace(SITE, Site(), None)
    assert count(client, headers={}, p="/").status_code == 200
    mallard.sites.replace("other.example", Site(), None)
    refused = count(client, headers={}, p="/")
    assert "add it to a site's aliases" in refused.headers["X-Goatcounter"]


@pytest.mark.parametrize("page", ["https://[", "data:text/html,x", "null", "https://", "x" * 300])
def test_a_page_that_is_none_is_as_if_it_were_absent(client: Client, page: str) -> None:
    answer = count(client, headers={"Referer": page, "Origin": page}, p="/")
    assert (answer.status_code, answer.data) == (400, GIF)


def with_key(client: Client, mallard: Mallard, body: Any, scope: str = "Ingest") -> TestResponse:
    key = mallard.access.keys.create("server", scope).key
    headers = {"Authorization": f"Bearer {key}", "User-Agent": "python-requests/2"}
    return client.post("/api/v0/count", json=body, headers=headers)


def test_a_program_with_a_key_tells_of_its_visitors(client: Client, mallard: Mallard) -> None:
    mallard.sites.replace(SITE, Site(), None)
    hits = [
        {"path": "/one", "ip": "203.0.113.1", "user_agent": CHROME, "size": [1280, 800, 1]},
        {"path": "/two", "ip": "203.0.113.2", "user_agent": CHROME, "query": "?ref=letter"},
        {"path": "signup", "event": True, "created_at": "2026-01-15T11:00:00Z"},
    ]
    answer = with_key(client, mallard, {"no_sessions": True, "filter": [], "hits": hits})
    assert (answer.status_code, answer.json) == (202, {})
    found = {event["pathname"]: event for event in stored_events(mallard)}
    assert set(found) == {"/one", "/two", "/"}
    assert found["/one"]["visitor_id"] != found["/two"]["visitor_id"]
    assert (found["/one"]["screen_size"], found["/two"]["referrer_source"]) == ("1280", "letter")
    assert found["/"]["event_name"] == "signup"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"hits": []}, "hits must be"),
        ({"hits": [{"path": "/", "ip": "nowhere"}]}, "ip is not"),
        ({"hits": [{"path": ""}]}, "p (path)"),
        ({}, "hits is missing"),
        ([], "must be a JSON object"),
    ],
)
def test_what_is_no_hit_is_refused_with_its_reason(
    client: Client, mallard: Mallard, body: Any, told: str
) -> None:
    mallard.sites.replace(SITE, Site(), None)
    answer = with_key(client, mallard, body)
    assert answer.status_code in (400, 422)
    assert told in answer.text


def test_only_a_key_may_tell_of_others(client: Client, mallard: Mallard) -> None:
    mallard.sites.replace(SITE, Site(), None)
    body = {"hits": [{"path": "/"}]}
    assert client.post("/api/v0/count", json=body).status_code == 401
    assert with_key(client, mallard, body, "ReadOnly").status_code == 403
    assert with_key(client, mallard, body).status_code == 202


def test_nothing_of_it_is_there_without_the_setting(
    onlooker: Client,
) -> None:
    for path in ("/count?p=/", "/count.js", "/js/script.js", "/script.js", "/api/heartbeat"):
        assert onlooker.get(path).status_code == 404
    for path in ("/api/v0/count", "/api/batch", "/api/send", "/count"):
        assert onlooker.post(path).status_code == 404
