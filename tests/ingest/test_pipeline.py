"""What becomes of an event on its way in: bots, opt-outs, addresses and privacy flags."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from mallard import app
from mallard.config import Settings
from mallard.ingest.place_records import Location
from mallard.ingest.visitors import VisitorIds
from mallard.wsgi import application
from tests.conftest import CHROME, NOON, client_of, post_event, stored_events
from tests.waiting import PATIENCE_SECS

EVENT = {"d": "example.com", "n": "pageview", "u": "https://example.com/"}
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
CURL = "curl/8.5.0"


@pytest.fixture
def send(start, tmp_path: Path):
    """Starts a Mallard with some settings; sends one event through it and gives what it stored."""
    directories = (tmp_path / f"data-{number}" for number in itertools.count())

    def send_one(
        body: dict[str, Any] | None = None, headers: dict[str, str] | None = None, **settings: Any
    ) -> dict[str, Any]:
        mallard = start(**{"data_dir": next(directories)} | settings)
        response = post_event(client_of(mallard), EVENT | (body or {}), **(headers or {}))
        assert response.status_code == 202, response.text
        (event,) = stored_events(mallard)
        mallard.stop(PATIENCE_SECS)
        return event

    return send_one


@pytest.mark.parametrize(
    ("agent", "name", "dropped"),
    [
        (GOOGLEBOT, "pageview", "crawler"),
        (GOOGLEBOT, "purchase", "crawler"),
        (CURL, "pageview", "http_client"),
        (CURL, "purchase", None),
        ("", "pageview", "http_client"),
        ("", "purchase", None),
        (CHROME, "pageview", None),
    ],
)
def test_bots_are_dropped_and_servers_events_kept(
    client, mallard: app.Mallard, agent: str, name: str, dropped: str | None
) -> None:
    response = post_event(client, EVENT | {"n": name}, User_Agent=agent)
    assert (response.status_code, response.data) == (202, b"")
    assert response.headers.get("X-Mallard-Dropped") == dropped
    assert len(stored_events(mallard)) == (dropped is None)
    counted = client.get("/health/detailed").json["events"]
    assert counted == ({f"dropped_{dropped}": 1} if dropped else {"accepted": 1})


@pytest.mark.parametrize("name", ["pageview", "purchase"])
def test_a_browser_that_a_program_drives_is_dropped_for_a_reason_of_its_own(
    client, mallard: app.Mallard, name: str
) -> None:
    response = post_event(client, EVENT | {"n": name, "b": True})
    assert (response.status_code, response.headers["X-Mallard-Dropped"]) == (202, "automated")
    assert post_event(client, EVENT | {"b": False}).headers.get("X-Mallard-Dropped") is None
    assert len(stored_events(mallard)) == 1


def test_a_browser_that_a_program_drives_is_kept_when_the_operator_wants_it(send) -> None:
    assert send({"b": True}, filter_bots=False)["pathname"] == "/"


@pytest.mark.parametrize(
    ("url", "flag", "pathname"),
    [
        ("https://example.com/app#/settings", "", "/app#/settings"),
        ("https://example.com/app?a=1#/settings?b=2", 1, "/app#/settings?b=2"),
        ("https://example.com#top", True, "/#top"),
        ("https://example.com/app#", 1, "/app"),
        ("https://example.com/app#/settings", None, "/app"),
        ("https://example.com/app#/settings", 0, "/app"),
    ],
)
def test_the_fragment_belongs_to_the_pathname_where_the_sender_says_so(
    send, url: str, flag: object, pathname: str
) -> None:
    assert send({"u": url, "h": flag})["pathname"] == pathname


def test_bots_are_kept_when_the_operator_wants_them(send) -> None:
    assert send(headers={"User-Agent": GOOGLEBOT}, filter_bots=False)["pathname"] == "/"


def test_who_opted_out_is_dropped_when_the_operator_respects_it(start) -> None:
    client = Client(application(start(respect_gpc=True)))
    response = post_event(client, EVENT, Sec_GPC="1")
    assert (response.status_code, response.headers["X-Mallard-Dropped"]) == (202, "opted_out")
    for value in ("0", "", "11"):
        assert "X-Mallard-Dropped" not in post_event(client, EVENT, Sec_GPC=value).headers


def test_an_opt_out_is_not_respected_unless_the_operator_says_so(send) -> None:
    assert send(headers={"Sec-GPC": "1"})["pathname"] == "/"


@pytest.mark.parametrize(
    ("peer", "headers", "address"),
    [
        ("203.0.113.9", {}, "203.0.113.9"),
        ("203.0.113.9", {"X-Forwarded-For": "198.51.100.1"}, "203.0.113.9"),
        ("203.0.113.9", {"X-Real-IP": "198.51.100.1"}, "203.0.113.9"),
        ("127.0.0.1", {}, "127.0.0.1"),
        ("127.0.0.1", {"X-Forwarded-For": "198.51.100.1"}, "198.51.100.1"),
        ("10.1.2.3", {"X-Forwarded-For": "6.6.6.6, 198.51.100.1"}, "198.51.100.1"),
        ("10.1.2.3", {"X-Forwarded-For": "198.51.100.1, 192.168.0.7"}, "198.51.100.1"),
        ("10.1.2.3", {"X-Forwarded-For": "10.0.0.9, 192.168.0.7"}, "10.0.0.9"),
        ("::1", {"X-Forwarded-For": "garbage, 2001:DB8::1"}, "2001:db8::1"),
        ("::1", {"X-Forwarded-For": "garbage", "X-Real-IP": "198.51.100.1"}, "198.51.100.1"),
        ("127.0.0.1", {"X-Forwarded-For": "<script>", "X-Real-IP": "nobody"}, "127.0.0.1"),
        ("192.0.2.1", {"X-Forwarded-For": "198.51.100.1"}, "192.0.2.1"),
        ("169.254.0.1", {"X-Forwarded-For": "198.51.100.1"}, "169.254.0.1"),
    ],
)
def test_the_visitor_is_whom_a_trusted_proxy_names(
    start, peer: str, headers: dict[str, str], address: str
) -> None:
    mallard = start(visitor_salts="derived")
    Client(application(mallard)).post(
        "/api/event",
        json=EVENT,
        headers={"User-Agent": CHROME} | headers,
        environ_overrides={"REMOTE_ADDR": peer},
    )
    expected = VisitorIds("test", "daily").visitor_id("example.com", address, CHROME, NOON.date())
    assert [event["visitor_id"] for event in stored_events(mallard)] == [expected]


def test_nobody_is_believed_when_no_proxy_is_trusted(send) -> None:
    headers = {"X-Forwarded-For": "198.51.100.1"}
    forwarded = send(headers=headers, trusted_proxies=(), visitor_salts="derived")
    assert forwarded["visitor_id"] == send(visitor_salts="derived")["visitor_id"]


def test_a_person_is_another_visitor_on_every_site_and_day(client, clock, mallard) -> None:
    for site, at in (("a", NOON), ("b", NOON), ("a", NOON + timedelta(hours=12))):
        clock.now = at
        post_event(client, EVENT | {"d": site})
    assert len({event["visitor_id"] for event in stored_events(mallard)}) == 3


@pytest.mark.parametrize(
    ("rotation", "later", "is_same"),
    [
        ("daily", datetime(2026, 3, 18, 23, 59, tzinfo=UTC), True),
        ("daily", datetime(2026, 3, 19, tzinfo=UTC), False),
        ("weekly", datetime(2026, 3, 22, 23, tzinfo=UTC), True),
        ("weekly", datetime(2026, 3, 23, tzinfo=UTC), False),
        ("monthly", datetime(2026, 3, 31, 23, tzinfo=UTC), True),
        ("monthly", datetime(2026, 4, 1, tzinfo=UTC), False),
    ],
)
def test_the_visitor_id_rotates_as_often_as_the_operator_says(
    start, clock, rotation: str, later: datetime, is_same: bool
) -> None:
    mallard = start(visitor_id_rotation=rotation)
    client = Client(application(mallard))
    post_event(client, EVENT)
    clock.now = later
    post_event(client, EVENT)
    first, second = stored_events(mallard)
    assert (first["visitor_id"] == second["visitor_id"]) is is_same


def test_every_part_of_an_event_is_stored(send) -> None:
    event = send(
        {
            "u": "https://Docs.Example.com:443/a/b?utm_source=news+letter&utm_medium=mail"
            "&utm_campaign=%C3%9Cber&utm_content=x&utm_term=y#top",
            "r": "https://www.google.com/search?q=secret#top",
            "w": 800,
            "p": {"plan": "pro"},
            "ra": 9.5,
            "rc": "eur",
        }
    )
    assert event["timestamp"] == NOON.replace(tzinfo=None)
    assert event["revenue_amount"].as_tuple().digits == (9, 5, 0)
    expected = {
        "hostname": "docs.example.com",
        "pathname": "/a/b",
        "referrer": "https://www.google.com/search?q=secret#top",
        "referrer_source": "Google",
        "utm_source": "news letter",
        "utm_medium": "mail",
        "utm_campaign": "Über",
        "utm_content": "x",
        "utm_term": "y",
        "browser": "Chrome",
        "browser_version": "142.0",
        "os": "Windows",
        "os_version": "10",
        "device_type": "tablet",
        "screen_size": "800",
        "props": '{"plan":"pro"}',
        "revenue_currency": "EUR",
    }
    assert {key: event[key] for key in expected} == expected


def test_each_privacy_flag_leaves_out_what_it_names(send) -> None:
    body = {"w": 800, "r": "https://user@news.example/a?q=secret#top"}
    plain = send(body, visitor_salts="derived")
    for flag, changed in {
        "strip_referrer_query": {"referrer": "https://news.example/a"},
        "suppress_browser_version": {"browser_version": None},
        "suppress_os_version": {"os_version": None},
        "suppress_screen_size": {"screen_size": None, "device_type": None},
        "round_timestamps": {},
    }.items():
        event = send(body, visitor_salts="derived", **{flag: True})
        ignored = {"timestamp", "batch"}
        differing = {k: event[k] for k in event if k not in ignored and event[k] != plain[k]}
        assert differing == changed, flag


def test_suppressed_visitor_ids_are_different_for_every_event(start) -> None:
    mallard = start(suppress_visitor_id=True)
    client = Client(application(mallard))
    for _ in range(3):
        post_event(client, EVENT)
    assert len({event["visitor_id"] for event in stored_events(mallard)}) == 3


def test_a_location_is_that_of_the_client_not_of_the_proxy(settings) -> None:
    asked: list[str] = []

    def locate(address: str, told: str | None) -> Location:
        asked.append(address)
        return Location("DE", "Hesse", "Kassel")

    mallard = app.build(Settings(**settings), lambda: NOON, locate)
    post_event(Client(application(mallard)), EVENT, X_Forwarded_For="198.51.100.1")
    (event,) = stored_events(mallard)
    assert asked == ["198.51.100.1"]
    assert (event["country_code"], event["region"], event["city"]) == ("DE", "Hesse", "Kassel")
    mallard.stop(PATIENCE_SECS)


def test_rounded_times_keep_the_hour_and_the_order_within_it(start, clock) -> None:
    mallard = start(round_timestamps=True)
    client = Client(application(mallard))
    for minute, path in ((10, "/a"), (11, "/b"), (59, "/c"), (60, "/d")):
        clock.now = NOON + timedelta(minutes=minute)
        post_event(client, EVENT | {"u": path})
    stored = [(e["pathname"], e["timestamp"].isoformat()) for e in stored_events(mallard)]
    assert stored == [
        ("/a", "2026-03-18T12:00:00"),
        ("/b", "2026-03-18T12:00:00.000001"),
        ("/c", "2026-03-18T12:00:00.000002"),
        ("/d", "2026-03-18T13:00:00"),
    ]


def test_no_address_is_ever_written(start, tmp_path, capsys) -> None:
    """Neither the client's nor a proxy's, in no form, to no file and no log line."""
    mallard = start()
    client = Client(application(mallard))
    sent = {"X_Forwarded_For": "198.51.100.77, 10.9.8.7", "X_Real_IP": "198.51.100.78"}
    post_event(client, EVENT, **sent)
    post_event(client, b"no json", **sent)
    journal = b"".join(p.read_bytes() for p in (mallard.directory.path / "journal").iterdir())
    mallard.stop(PATIENCE_SECS)
    written = journal + b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    written += "".join(capsys.readouterr()).encode()
    for address in (b"198.51.100", b"10.9.8.7", b"127.0.0.1"):
        assert address not in written
