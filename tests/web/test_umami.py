"""Umami's place: what its tracker and clients post is counted, and answered as they expect."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from werkzeug.test import Client, TestResponse

from mallard.app import Mallard
from mallard.config import UmamiSettings
from mallard.register.site import Site
from mallard.wsgi import application
from tests.conftest import CHROME, post_event, stored_events

WEBSITE = "d5c2c2a4-8d0f-4f62-9f3b-6a1f3f3c9a10"
SITE = "example.com"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
PAGE = {
    "website": WEBSITE,
    "hostname": "www.example.com",
    "url": "/pricing?utm_source=letter#plans",
    "referrer": "https://search.example/",
    "screen": "1920x1080",
    "language": "en-GB",
    "title": "Pricing",
}


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    return {**settings, "umami": UmamiSettings(websites={WEBSITE: SITE})}


def send(client: Client, kind: str = "event", /, **changes: Any) -> TestResponse:
    """Posts as the tracker does in a browser behind a proxy that names the visitor."""
    return post(client, {"type": kind, "payload": PAGE | changes})


def post(client: Client, body: Any, **headers: str) -> TestResponse:
    sent = {
        "User-Agent": CHROME,
        "Origin": "https://www.example.com",
        "X-Forwarded-For": "203.0.113.7",
        "x-umami-cache": "mallard",
        "Sec-Fetch-Site": "cross-site",
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    data = body if isinstance(body, bytes | str) else json.dumps(body)
    return client.post(
        "/api/send",
        data=data,
        content_type="application/json",
        headers=sent,
        environ_overrides={"REMOTE_ADDR": "127.0.0.1"},
    )


def from_a_server(client: Client, **payload: Any) -> TestResponse:
    """Posts as a program on a trusted machine does."""
    return client.post(
        "/api/send",
        json={"type": "event", "payload": {"website": WEBSITE, **payload}},
        headers={"User-Agent": "Mozilla/5.0 Umami/v20.0.0"},
        environ_overrides={"REMOTE_ADDR": "10.0.0.5"},
    )


def stored(mallard: Mallard) -> dict[str, Any]:
    (event,) = stored_events(mallard)
    return event


def test_a_page_is_counted_as_its_tracker_tells_it(client: Client, mallard: Mallard):
    assert send(client).status_code == 200
    event = stored(mallard)
    expected = {
        "site_id": SITE,
        "event_name": "pageview",
        "pathname": "/pricing",
        "hostname": "www.example.com",
        "referrer": "https://search.example/",
        "utm_source": "letter",
        "screen_size": "1920",
        "props": None,
    }
    assert {name: event[name] for name in expected} == expected


def test_the_visitor_is_the_one_that_our_own_tracker_would_tell_of(
    client: Client, mallard: Mallard
):
    send(client)
    own = {"d": SITE, "n": "pageview", "u": "https://example.com/"}
    post_event(client, own, X_Forwarded_For="203.0.113.7")
    assert len({event["visitor_id"] for event in stored_events(mallard)}) == 1


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("save_uploaded", {"tool": "pets"}),
        ("save_downloaded", {"tool": "prospects"}),
        ("catalog_search", {"query": "beetle", "result_count": 3}),
        ("catalog_category", {"category": "maps"}),
        ("git_clone", {"project": "pets"}),
    ],
)
def test_the_documented_events_arrive_with_their_payloads(
    client: Client, mallard: Mallard, name: str, data: dict[str, Any]
):
    assert send(client, name=name, data=data).status_code == 200
    event = stored(mallard)
    assert event["event_name"] == name
    assert json.loads(event["props"]) == data


def test_the_answer_has_a_token_and_ids_that_mark_nobody(client: Client):
    first, second = send(client), send(client)
    assert set(first.json or {}) == {"cache", "sessionId", "visitId"}
    assert first.json and second.json
    assert first.json["cache"] == second.json["cache"] != ""
    ids = {answer[key] for answer in (first.json, second.json) for key in ("sessionId", "visitId")}
    assert len({UUID(text) for text in ids}) == 4
    assert first.headers.getlist("Set-Cookie") == []


def test_any_page_may_read_the_answer_and_send_the_token(client: Client):
    asked = {
        "Origin": "https://www.example.com",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,x-umami-cache",
    }
    response = client.options("/api/send", headers=asked)
    assert response.status_code == 204
    assert response.headers["Access-Control-Allow-Origin"] == "https://www.example.com"
    assert response.headers["Access-Control-Allow-Credentials"] == "true"
    assert "POST" in response.headers["Access-Control-Allow-Methods"]
    allowed = response.headers["Access-Control-Allow-Headers"].lower().split(",")
    assert {"content-type", "x-umami-cache"} <= {name.strip() for name in allowed}
    for sent in (send(client), send(client, website="unknown")):
        assert sent.headers["Access-Control-Allow-Origin"] == "https://www.example.com"


@pytest.mark.parametrize("kind", ["identify", "performance"])
def test_who_somebody_is_and_how_fast_a_page_was_is_answered_and_dropped(
    client: Client, mallard: Mallard, kind: str
):
    response = send(client, kind, data={"email": "a@b.example"}, lcp=1200.5, id="user-1")
    assert response.status_code == 200 and response.json and response.json["cache"]
    assert response.headers["X-Mallard-Dropped"] == kind
    assert stored_events(mallard) == []
    assert mallard.intake.tally.counts() == {f"dropped_{kind}": 1}


def test_an_id_of_the_pages_own_follows_nobody(client: Client, mallard: Mallard):
    send(client, id="user-1")
    post(client, {"type": "event", "payload": PAGE | {"id": "user-1"}}, X_Forwarded_For="8.8.8.8")
    events = stored_events(mallard)
    assert len({event["visitor_id"] for event in events}) == 2
    assert all("user-1" not in str(event) for event in events)


def test_a_website_that_is_not_ours_is_refused_as_umami_does(client: Client, mallard: Mallard):
    response = send(client, website="00000000-0000-0000-0000-000000000000")
    assert response.status_code == 400
    error = {"message": "Website not found.", "code": "bad-request", "status": 400}
    assert response.json == {"error": error}
    assert stored_events(mallard) == []
    assert mallard.intake.tally.counts() == {"rejected_invalid": 1}


def test_the_case_of_an_id_does_not_matter(client: Client, mallard: Mallard):
    assert send(client, website=WEBSITE.upper()).status_code == 200
    assert stored(mallard)["site_id"] == SITE


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no json",
        b"\xff",
        "[]",
        "{}",
        '{"type": "event"}',
        '{"type": "event", "payload": []}',
        '{"type": "event", "payload": {"website": 5}}',
        {"type": "other", "payload": PAGE},
        {"type": "event", "payload": PAGE | {"data": [1]}},
        {"type": "event", "payload": PAGE | {"url": "http://[::1"}},
        {"type": "event", "payload": PAGE | {"url": "/x", "hostname": "a b"}},
        {"type": "event", "payload": PAGE | {"name": "n" * 257}},
        {"type": "event", "payload": PAGE | {"data": {"a": "x" * 5000}}},
        '{"type": "event", "payload": {"website": "x", "timestamp": 1e999}}',
        "[" * 30_000,
    ],
)
def test_what_is_no_event_is_400_with_a_reason(client: Client, mallard: Mallard, body: Any):
    response = post(client, body)
    assert response.status_code == 400
    assert response.json and response.json["error"]["message"]
    assert stored_events(mallard) == []


def test_a_robot_is_told_so_and_not_counted(client: Client, mallard: Mallard):
    response = post(client, {"type": "event", "payload": PAGE}, User_Agent=GOOGLEBOT)
    assert (response.status_code, response.json) == (200, {"beep": "boop"})
    assert stored_events(mallard) == []


@pytest.mark.parametrize(
    ("data", "revenue"),
    [
        ({"revenue": 49.9, "currency": "eur"}, ("49.90", "EUR")),
        ({"revenue": "49.90", "currency": "EUR"}, ("49.90", "EUR")),
        ({"revenue": 49.9}, ("None", None)),
        ({"revenue": 0, "currency": "EUR"}, ("None", None)),
        ({"revenue": "much", "currency": "EUR"}, ("None", None)),
        ({"revenue": True, "currency": "EUR"}, ("None", None)),
        ({"revenue": "nan", "currency": "EUR"}, ("None", None)),
        ({"revenue": "1e300", "currency": "EUR"}, ("None", None)),
        ({"revenue": 9_999_999_999.99, "currency": "EUR"}, ("9999999999.99", "EUR")),
        ({"revenue": 5, "currency": "Euro"}, ("None", None)),
        ({"revenue": 10**400, "currency": "EUR"}, ("None", None)),
    ],
)
def test_an_amount_with_a_currency_is_revenue_and_any_other_keeps_no_event_out(
    client: Client, mallard: Mallard, data: dict[str, Any], revenue: tuple[str, str | None]
):
    assert send(client, name="order", data=data).status_code == 200
    event = stored(mallard)
    assert (str(event["revenue_amount"]), event["revenue_currency"]) == revenue


def test_a_tag_is_a_property(client: Client, mallard: Mallard):
    assert send(client, tag="variant-b", data={"plan": "pro"}).status_code == 200
    assert json.loads(stored(mallard)["props"]) == {"tag": "variant-b", "plan": "pro"}


@pytest.mark.parametrize("url", [None, "", "/", "https://www.example.com/"])
def test_a_page_may_be_told_in_many_ways(client: Client, mallard: Mallard, url: str | None):
    assert send(client, url=url).status_code == 200
    event = stored(mallard)
    assert (event["hostname"], event["pathname"]) == ("www.example.com", "/")


def test_a_page_with_a_very_long_query_counts(client: Client, mallard: Mallard):
    long = "/search?q=" + "x" * 5000
    assert send(client, url=long, referrer=long).status_code == 200
    assert stored(mallard)["pathname"] == "/search"


def test_a_previous_page_of_the_same_host_is_no_source(client: Client, mallard: Mallard):
    send(client, referrer="/start", url="/next")
    assert stored(mallard)["referrer_source"] is None


def test_its_pages_need_not_be_among_the_sites_by_their_hosts(start, clock):
    mallard = start(site_ids=(SITE,))
    client = Client(application(mallard))
    payload = {"type": "event", "payload": PAGE}
    response = post(client, payload, Origin="https://quite.another.example")
    assert response.status_code == 200
    assert stored(mallard)["site_id"] == SITE


def test_a_server_of_ours_tells_of_its_clients(client: Client, mallard: Mallard, clock):
    at = clock.now.timestamp() - 60
    told = {"name": "order", "ip": "198.51.100.9", "userAgent": CHROME, "timestamp": int(at)}
    assert from_a_server(client, **told).status_code == 200
    own = {"d": SITE, "n": "order", "u": "https://example.com/"}
    post_event(client, own, X_Forwarded_For="198.51.100.9")
    earlier, later = stored_events(mallard)
    assert earlier["timestamp"] == datetime.fromtimestamp(int(at), clock.now.tzinfo).replace(
        tzinfo=None
    )
    assert earlier["visitor_id"] == later["visitor_id"]
    assert (earlier["hostname"], earlier["browser"]) == (SITE, "Chrome")


def test_nobody_else_is_believed(client: Client, mallard: Mallard):
    send(client)
    send(client, ip="198.51.100.9", userAgent="Lynx", timestamp=1)
    first, second = stored_events(mallard)
    assert first["visitor_id"] == second["visitor_id"]
    assert second["browser"] == "Chrome" and second["timestamp"] > first["timestamp"]


@pytest.mark.parametrize("told", [{"ip": "nobody"}, {"timestamp": 1e18}, {"timestamp": 4e9}])
def test_a_server_that_tells_nonsense_is_told_so(client: Client, told: dict[str, Any]):
    response = from_a_server(client, name="order", **told)
    assert response.status_code == 400
    assert "nobody" not in response.text


def test_a_full_disk_is_503_and_says_when_to_come_again(client: Client, mallard: Mallard):
    directory = mallard.directory.path / "journal"
    directory.rmdir()
    directory.write_text("in the way")
    response = send(client)
    assert response.status_code == 503 and response.json
    assert response.json["error"]["status"] == 503
    assert response.headers["Retry-After"] == "5"
    directory.unlink()
    directory.mkdir()


def test_without_its_settings_there_is_nothing_at_its_address(start):
    client = Client(application(start(umami=None)))
    assert client.post("/api/send", json={}).status_code == 404
    assert client.options("/api/send").status_code == 404


def test_a_website_that_the_settings_do_not_name_may_be_an_alias(client: Client, mallard: Mallard):
    other = "0b9f7a5e-6d0b-4c39-8a51-0c5e7d6f1a22"
    assert send(client, website=other).status_code == 400
    mallard.sites.replace("b.example", Site(aliases=(other,)), None)
    assert send(client, website=other.upper()).status_code == 200
    assert [event["site_id"] for event in stored_events(mallard)] == ["b.example"]
