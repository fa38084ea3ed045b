"""`/api/event` as clients see it: statuses, headers, the pixel, and which error wins."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mallard.app import Mallard
from mallard.ingest.collect import GIF
from mallard.wsgi import application
from tests.conftest import CHROME, Shared, post_event, stored_events

EVENT = {"d": "example.com", "n": "pageview", "u": "https://example.com/pricing"}
PIXEL = "/api/event?d=example.com&u=https://example.com/mail"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def error(response) -> str:
    assert response.mimetype == "application/json"
    assert set(response.json) == {"error"}
    reason: str = response.json["error"]
    return reason


def pixel(client: Client, address: str = PIXEL, **headers: str) -> TestResponse:
    return client.get(address, headers={"User-Agent": CHROME} | headers)


def block_the_journal(mallard: Mallard) -> None:
    """A file stands where the journal's directory should be: nothing can be written."""
    directory = mallard.directory.path / "journal"
    directory.rmdir()
    directory.write_text("in the way")


def free_the_journal(mallard: Mallard) -> None:
    directory = mallard.directory.path / "journal"
    directory.unlink()
    directory.mkdir()


def test_an_accepted_event_is_202_and_empty(client: Client, mallard: Mallard) -> None:
    response = post_event(client, EVENT)
    assert (response.status_code, response.data) == (202, b"")
    assert response.headers["Content-Length"] == "0"
    assert "X-Mallard-Dropped" not in response.headers
    assert [event["pathname"] for event in stored_events(mallard)] == ["/pricing"]


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/json", "application/x-www-form-urlencoded", ""]
)
def test_the_content_type_does_not_matter(shared: Shared, content_type: str) -> None:
    body = '{"d": "example.com", "n": "pageview", "u": "https://example.com/"}'
    assert post_event(shared.client, body, Content_Type=content_type).status_code == 202


@pytest.mark.parametrize(
    ("changes", "status", "word"),
    [
        ({"d": None}, 422, "d:"),
        ({"d": ""}, 400, "d "),
        ({"d": "x" * 257}, 400, "d "),
        ({"d": "a b"}, 400, "d "),
        ({"d": "a/b"}, 400, "d "),
        ({"d": "../etc"}, 400, "d "),
        ({"d": "a..b"}, 400, "d "),
        ({"d": "ä.example"}, 400, "d "),
        ({"d": "example.com\n"}, 400, "d "),
        ({"d": "a\0"}, 400, "d "),
        ({"d": "٣"}, 400, "d "),
        ({"n": ""}, 400, "n "),
        ({"u": "https://"}, 400, "u "),
        ({"u": "https://host:99999/"}, 400, "u "),
        ({"u": "http://[::bad/"}, 400, "u "),
        ({"u": "\x01\x02"}, 400, "u "),
        ({"w": "wide"}, 422, "w:"),
        ({"rc": "E"}, 400, "rc "),
    ],
)
def test_a_bad_field_is_refused_and_named(
    shared: Shared, changes: dict[str, Any], status: int, word: str
) -> None:
    response = post_event(shared.client, EVENT | changes)
    assert response.status_code == status
    assert error(response).startswith(word)


@pytest.mark.parametrize("site_id", ["x" * 256, "localhost:8080", "a-b_c.D", ".", ":", "-"])
def test_a_site_id_may_hold_letters_digits_and_four_signs(
    client: Client, mallard: Mallard, site_id: str
) -> None:
    assert post_event(client, EVENT | {"d": site_id}).status_code == 202
    assert mallard.flusher.roll()
    assert [event["site_id"] for event in stored_events(mallard)] == [site_id]


def test_the_largest_body_is_65536_bytes(client: Client) -> None:
    body = b'{"d": "example.com", "n": "pageview", "u": "https://example.com/"}'
    assert post_event(client, body.ljust(65_536)).status_code == 202
    response = post_event(client, body.ljust(65_537))
    assert response.status_code == 413
    assert "65536 bytes" in error(response)


def test_too_many_events_are_429_until_the_promised_time(start, clock) -> None:
    client = Client(application(start(rate_limit_per_site=2)))
    assert [post_event(client, EVENT).status_code for _ in range(4)] == [202, 202, 429, 429]
    response = post_event(client, EVENT)
    assert error(response).startswith("d ")
    assert response.headers["Retry-After"] == "1"
    assert post_event(client, EVENT | {"d": "other.org"}).status_code == 202
    clock.move(seconds=1)
    assert post_event(client, EVENT).status_code == 202


def test_an_event_that_cannot_be_journalled_is_503(client: Client, mallard: Mallard) -> None:
    block_the_journal(mallard)
    response = post_event(client, EVENT)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert "cannot be stored" in error(response)
    assert str(mallard.directory.path) not in response.text
    assert pixel(client).data == GIF
    free_the_journal(mallard)
    assert post_event(client, EVENT | {"n": "later"}).status_code == 202
    assert [event["event_name"] for event in stored_events(mallard)] == ["later"]


def test_an_event_that_was_not_stored_leaves_no_attribution(
    client: Client, mallard: Mallard
) -> None:
    block_the_journal(mallard)
    lost = EVENT | {"r": "https://www.google.com/"}
    assert post_event(client, lost).status_code == 503
    free_the_journal(mallard)
    assert post_event(client, EVENT).status_code == 202
    assert [event["referrer_source"] for event in stored_events(mallard)] == [None]


def test_the_first_check_that_fails_decides(start) -> None:
    """Size, origin, parse, site id, rate, the other fields, bot, URL."""
    client = Client(application(start(site_ids=("example.com",), rate_limit_per_site=1)))
    foreign = {"Origin": "https://evil.example"}

    def status(body: Any, **headers: str) -> int:
        return post_event(client, body, **headers).status_code

    assert status(b"x" * 70_000, **foreign) == 413
    assert status(b"no json", **foreign) == 403
    assert status(b"no json") == 400
    assert status({"d": "other.org", "n": ""}) == 422
    assert status(EVENT | {"d": "../", "n": ""}) == 400
    assert status(EVENT | {"d": "other.org", "n": ""}) == 403
    assert status(EVENT | {"n": "x" * 300}, User_Agent=GOOGLEBOT) == 400
    assert status(EVENT | {"n": "x" * 300}) == 429
    assert status(EVENT | {"d": "other.org"}) == 403


def test_a_dropped_bot_is_not_asked_for_a_good_url(client: Client) -> None:
    response = post_event(client, EVENT | {"u": "https://"}, User_Agent=GOOGLEBOT)
    assert (response.status_code, response.headers["X-Mallard-Dropped"]) == (202, "crawler")


@pytest.mark.parametrize(
    "address",
    [
        PIXEL,
        PIXEL + "&n=open&w=640&r=https://news.example/",
        "/api/event",
        "/api/event?d=example.com",
        "/api/event?d=../&u=/",
        "/api/event?d=example.com&u=https://",
        "/api/event?d=example.com&u=%FF%00%ED%A0%80&n=%F0%9F",
        "/api/event?d=example.com&u=/&w=NaN",
        "/api/event?" + "&".join(f"a{n}=1" for n in range(200)),
        "/api/event?d=example.com&u=/&n=" + "x" * 300,
        "/api/event?%",
    ],
)
def test_the_pixel_is_always_the_same_picture(shared: Shared, address: str) -> None:
    response = pixel(shared.client, address)
    assert (response.status_code, response.mimetype) == (200, "image/gif")
    assert (response.data, len(response.data)) == (GIF, 43)
    assert response.data.startswith(b"GIF89a")
    assert response.headers["Content-Length"] == "43"
    assert response.headers["Cache-Control"] == "no-store"


def test_the_pixel_stores_what_it_is_told(client: Client, mallard: Mallard) -> None:
    pixel(client, PIXEL + "&n=open&w=640&r=https://news.example/a&p={}&ra=5&rc=EUR&n=second")
    pixel(client)
    pixel(client, "/api/event?d=example.com")
    opened, viewed = stored_events(mallard)
    assert (opened["event_name"], opened["pathname"]) == ("open", "/mail")
    assert (opened["device_type"], opened["screen_size"]) == ("mobile", "640")
    assert opened["referrer"] == "https://news.example/a"
    assert (opened["props"], opened["revenue_amount"]) == (None, None)
    assert viewed["event_name"] == "pageview"


def test_a_foreign_pixel_is_answered_and_not_stored(start) -> None:
    mallard = start(site_ids=("example.com",))
    client = Client(application(mallard))
    assert pixel(client, PIXEL, Origin="https://evil.example").data == GIF
    assert pixel(client, "/api/event?d=other.org&u=/").data == GIF
    assert stored_events(mallard) == []


def test_looking_at_the_pixel_s_head_counts_nothing(client: Client, mallard: Mallard) -> None:
    response = client.head(PIXEL, headers={"User-Agent": CHROME})
    assert (response.status_code, response.data) == (200, b"")
    assert stored_events(mallard) == []


def test_a_preflight_is_answered_for_anyone(shared: Shared) -> None:
    response = shared.client.options(
        "/api/event",
        headers={"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"},
    )
    assert (response.status_code, response.data) == (204, b"")
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in response.headers["Access-Control-Allow-Methods"]
    assert "Content-Type" in response.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize("body", [EVENT, b"no json", b"x" * 70_000, {"n": 5}])
def test_every_answer_may_be_read_by_any_page(shared: Shared, body: Any) -> None:
    response = post_event(shared.client, body, Origin="https://shop.example")
    assert response.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE"])
def test_other_methods_are_405(shared: Shared, method: str) -> None:
    response = shared.client.open("/api/event", method=method)
    assert response.status_code == 405
    assert "POST" in error(response)
    assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


@pytest.mark.parametrize("path", ["/api/event/", "/api/eventx", "/api/event/x"])
def test_a_neighbouring_path_is_404(shared: Shared, path: str) -> None:
    response = shared.client.post(path, json=EVENT)
    assert response.status_code == 404
    error(response)


@pytest.mark.parametrize(
    ("event", "status", "told"),
    [
        ({"domain": "example.com", "name": "pageview", "url": "https://example.com/long"}, 202, ""),
        ({"domain": "example.com", "n": "pageview", "url": "https://example.com/long"}, 202, ""),
        ({"name": "pageview", "url": "https://example.com/long"}, 422, "d is missing"),
        ({"domain": "", "name": "pageview", "url": "https://example.com/"}, 422, "d is missing"),
        ({"domain": 5, "name": "pageview", "url": "https://example.com/"}, 422, "domain:"),
        ({"domain": "a,b", "name": "pageview", "url": "https://example.com/"}, 400, "d (site id)"),
    ],
)
def test_long_names_are_understood_where_the_short_ones_are_missing(
    client: Client, event: dict[str, Any], status: int, told: str
) -> None:
    answer = client.post("/api/event", json=event, headers={"User-Agent": CHROME})
    assert answer.status_code == status
    assert told in answer.text
