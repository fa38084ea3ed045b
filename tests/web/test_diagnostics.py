"""The diagnostics show whose request it is, what would be stored, and what became of events."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs
from werkzeug.test import Client

from mallard import app
from mallard.config import Settings
from mallard.ingest.place_records import Location
from mallard.ingest.refusals import MOST_HOSTS
from mallard.wsgi import application
from tests.conftest import CHROME, NOON, Clock, post_event, stored_events
from tests.waiting import PATIENCE_SECS
from tests.web.reading import parsed

SECRET = "a-secret-that-nobody-may-see"
ADDRESS = "198.51.100.77"
FORWARDED = {"User-Agent": CHROME, "X-Forwarded-For": f"{ADDRESS}, 10.0.0.1"}
PEER = {"REMOTE_ADDR": "127.0.0.1"}


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    return settings | {"secret": SECRET}


def diagnostics(client: Client, headers: dict[str, str] | None = None, **args: str) -> Any:
    response = client.get(
        "/api/diagnostics",
        query_string=args,
        headers=FORWARDED | (headers or {}),
        environ_overrides=PEER,
    )
    assert response.status_code == 200, response.text
    return response.json


def test_the_address_is_shown_with_the_way_it_came(client: Client) -> None:
    address = diagnostics(client)["address"]
    assert (address["client"], address["taken_from"]) == (ADDRESS, "X-Forwarded-For")
    assert address["peer"] == {"sent": "127.0.0.1", "address": "127.0.0.1", "is_trusted": True}
    assert [step["is_trusted"] for step in address["forwarded_for"]] == [False, True]


def test_a_cdns_header_is_shown_beside_what_else_was_said(start) -> None:
    client = Client(application(start(client_ip_header="CF-Connecting-IP")))
    told = {"X-Forwarded-For": "10.0.0.7", "CF-Connecting-IP": ADDRESS}
    address = diagnostics(client, told)["address"]
    assert (address["client"], address["taken_from"]) == (ADDRESS, "CF-Connecting-IP")
    assert address["named"] == {"sent": ADDRESS, "address": ADDRESS, "is_trusted": False}
    page = client.get("/diagnostics", headers=told, environ_overrides=PEER)
    assert f"<strong>{ADDRESS}</strong>, taken from CF-Connecting-IP" in page.text


def test_the_sample_is_what_such_a_pageview_stores(client: Client, mallard: app.Mallard) -> None:
    page, referrer = "https://example.com/a?utm_source=letter", "https://www.google.com/"
    sample = diagnostics(client, site_id="example.com", url=page, referrer=referrer, width="1200")[
        "sample"
    ]
    assert stored_events(mallard) == []
    body = {"d": "example.com", "n": "pageview", "u": page, "r": referrer, "w": 1200}
    post_event(client, body, X_Forwarded_For=FORWARDED["X-Forwarded-For"])
    (stored,) = stored_events(mallard)
    shown = sample["event"]
    assert sample["outcome"] == "stored"
    assert shown.pop("timestamp") == f"{stored['timestamp']:%Y-%m-%d %H:%M:%S.%f}"
    assert shown == {name: stored[name] for name in shown}
    assert set(stored) - set(shown) <= {"timestamp", "batch"}


def test_the_sample_has_the_time_that_would_be_stored(start, clock: Clock) -> None:
    client = Client(application(start(round_timestamps=True)))
    clock.move(minutes=25)
    assert diagnostics(client)["sample"]["event"]["timestamp"] == "2026-03-18 12:00:00.000000"


def test_looking_at_it_leaves_nothing_behind(client: Client, mallard: app.Mallard) -> None:
    with capture_logs() as logs:
        for _ in range(3):
            diagnostics(client)
            assert client.get("/diagnostics", headers=FORWARDED).status_code == 200
    assert stored_events(mallard) == []
    assert mallard.intake.tally.counts() == {}
    assert ADDRESS not in str(logs)


@pytest.mark.parametrize(
    ("headers", "args", "outcome", "reason"),
    [
        ({"User-Agent": "curl/8"}, {}, "dropped", "http_client"),
        ({"Sec-GPC": "1"}, {}, "dropped", "opted_out"),
        ({"DNT": "1"}, {}, "dropped", "opted_out"),
        ({}, {"site_id": "../x"}, "rejected", "site id"),
        ({}, {"url": "http://["}, "rejected", "URL"),
    ],
)
def test_the_sample_says_why_nothing_would_be_stored(
    start, headers: dict[str, str], args: dict[str, str], outcome: str, reason: str
) -> None:
    client = Client(application(start(respect_gpc=True)))
    sample = diagnostics(client, headers, **args)["sample"]
    assert (sample["outcome"], sample["event"]) == (outcome, None)
    assert reason in sample["reason"]


def test_the_sample_is_of_a_site_that_there_is(client: Client, visit, start) -> None:
    assert diagnostics(client)["sample"]["event"]["site_id"] == "example.com"
    visit(site="docs")
    assert diagnostics(client)["sample"]["event"]["site_id"] == "docs"


def test_what_became_of_events_is_counted_by_day_and_reason(
    client: Client, visit, clock: Clock
) -> None:
    visit(at=NOON - timedelta(days=1), times=3)
    diagnostics(client)
    clock.now = NOON
    visit()
    post_event(client, {"d": "a", "n": "pageview", "u": "/"}, User_Agent="curl/8")
    post_event(client, {"d": "a"})
    post_event(client, "{")
    days = diagnostics(client)["days"]
    assert days[:2] == [
        {
            "day": "2026-03-18",
            "accepted": 1,
            "dropped": {"http_client": 1},
            "rejected": {"invalid": 1, "wrong_type": 1},
            "failed": {},
        },
        {"day": "2026-03-17", "accepted": 3, "dropped": {}, "rejected": {}, "failed": {}},
    ]
    assert len(days) == 7


def test_what_was_refused_is_counted_by_field_with_the_last_reasons(
    client: Client, clock: Clock
) -> None:
    event = {"d": "a.example", "n": "pageview", "u": "https://a.example/secret-page"}
    for wrong in ({"ra": "49,90 €"}, {"ra": "free"}, {"u": "x" * 2049}, {"w": "wide"}):
        post_event(client, event | wrong)
    post_event(client, {"d": "a.example"})
    client.get("/api/event?d=../&u=/secret-page", headers=FORWARDED)
    clock.move(minutes=1)
    post_event(client, "{")
    found = diagnostics(client)
    assert found["refused"] == {"ra": 2, "u": 1, "w": 1, "n": 1, "d": 1, "request": 1}
    last, *_, first = found["refusals"]
    assert (last["field"], last["status"], last["times"]) == ("request", 400, 1)
    assert last["at"].startswith("2026-03-18T12:01:00")
    assert (first["field"], first["times"]) == ("ra", 2)
    assert first["reason"] == "ra (revenue amount) must be a number, or a string such as 49.90"
    page = client.get("/diagnostics", headers={"User-Agent": CHROME}).text
    assert "ra 2, u 1" in page and first["reason"] in page
    for sent in ("secret-page", "49,90", "free", "wide", "a.example", ADDRESS):
        assert sent not in str(found["refusals"])


def test_events_refused_in_a_batch_are_counted_by_field_too(
    start, mallard: app.Mallard, client: Client
) -> None:
    key = mallard.access.keys.create("importer", "Ingest").key
    event = {"d": "a.example", "n": "pageview", "u": "https://a.example/"}
    batch = [event, event | {"rc": "€"}, event | {"timestamp": "2126-01-01T00:00:00Z"}]
    headers = {"X-API-Key": key, "User-Agent": CHROME}
    answer: Any = client.post("/api/events", json=batch, headers=headers).json
    assert answer["accepted"] == 1
    assert diagnostics(client)["refused"] == {"rc": 1, "timestamp": 1}


def test_whose_pages_were_refused_is_told_with_the_line_to_add(start, clock: Clock) -> None:
    client = Client(application(start(site_ids=("example.com", "docs"))))
    event = {"d": "example.com", "n": "pageview", "u": "https://shop.example.com/secret-page"}
    for origin in ("https://shop.example.com", "https://SHOP.example.com:8443", "https://b.test"):
        assert post_event(client, event, Origin=origin).status_code == 403
        clock.move(minutes=1)
    for origin in ("https://example.com", f"http://{ADDRESS}", "http://[2001:db8::7]", "null"):
        post_event(client, event, Origin=origin)
    post_event(client, event, Origin=f"https://{'a' * 254}")
    found = diagnostics(client)
    assert found["foreign_hosts"] == [
        {"host": "b.test", "at": "2026-03-18T12:02:00Z", "times": 1},
        {"host": "shop.example.com", "at": "2026-03-18T12:01:00Z", "times": 2},
    ]
    assert found["refused"] == {"request": 7}
    page = parsed(client.get("/diagnostics", headers={"User-Agent": CHROME}).text)
    refusals = page.by_id("refusals").text
    assert 'site_ids = ["example.com", "docs", "shop.example.com"]' in refusals
    for sent in ("secret-page", "8443", ADDRESS, "2001:db8"):
        assert sent not in refusals + str(found["foreign_hosts"])


def test_a_host_that_keeps_coming_outlasts_those_that_are_made_up(start) -> None:
    client = Client(application(start(site_ids=("example.com",))))
    event = {"d": "example.com", "n": "pageview", "u": "https://example.com/"}
    for origin in 2 * ["https://shop.test"] + [f"https://made-up-{n}.test" for n in range(40)]:
        post_event(client, event, Origin=origin)
    hosts = [foreign["host"] for foreign in diagnostics(client)["foreign_hosts"]]
    assert len(hosts) == MOST_HOSTS
    assert (hosts[0], hosts[-1]) == ("made-up-39.test", "shop.test")


def test_without_a_list_of_sites_no_host_is_foreign(client: Client) -> None:
    post_event(client, "{", Origin="https://anyone.example")
    assert diagnostics(client)["foreign_hosts"] == []
    assert "Pages of other hosts" not in client.get("/diagnostics").text


def test_only_so_many_reasons_are_kept(client: Client) -> None:
    for length in range(40):
        post_event(client, "[" * length + "x")
    assert len(diagnostics(client)["refusals"]) == 20


def test_the_counts_outlive_a_restart(start, clock: Clock) -> None:
    mallard = start()
    post_event(Client(application(mallard)), {"d": "a", "n": "pageview", "u": "/"})
    mallard.stop(PATIENCE_SECS)
    assert diagnostics(Client(application(start())))["days"][0]["accepted"] == 1


def test_the_page_shows_all_of_it_and_never_the_secret(client: Client, visit) -> None:
    visit(times=2)
    response = client.get("/diagnostics", headers=FORWARDED, environ_overrides=PEER)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store, no-cache"
    for text in (ADDRESS, "10.0.0.1", "X-Forwarded-For", "visitor_id", "Chrome", "2026-03-18"):
        assert text in response.text
    assert SECRET not in response.text + str(diagnostics(client))


def test_what_others_send_is_shown_as_text(client: Client) -> None:
    headers = {"User-Agent": CHROME, "X-Forwarded-For": "<script>alert(1)</script>"}
    page = client.get("/diagnostics?url=%22%3E%3Cscript%3E", headers=headers).text
    assert "<script>alert" not in page
    assert '"><script>' not in page


def test_it_is_not_for_strangers(start) -> None:
    client = Client(application(start(admin_password="correct horse battery")))
    assert client.get("/api/diagnostics").status_code == 401
    assert client.get("/diagnostics").status_code == 303


def test_the_menu_leads_to_it(client: Client) -> None:
    assert 'href="/diagnostics"' in client.get("/").text


def test_the_location_in_the_sample_is_the_one_of_the_address(settings, clock) -> None:
    one = app.build(
        Settings(**settings),
        clock,
        lambda address, _: Location("DE" if address == ADDRESS else None),
    )
    assert diagnostics(Client(application(one)))["sample"]["event"]["country_code"] == "DE"
    one.stop(PATIENCE_SECS)
