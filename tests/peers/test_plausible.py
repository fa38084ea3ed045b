"""What Plausible's clients send to `/api/event` is counted, in whatever form they send it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mallard.app import Mallard
from mallard.config import Peers
from mallard.register.site import Site
from tests.conftest import CHROME, stored_events

SITE = "example.com"
VIEW: dict[str, Any] = {"n": "pageview", "u": f"https://{SITE}/pricing", "d": SITE}
LONG: dict[str, Any] = {"name": "pageview", "url": f"https://{SITE}/pricing", "domain": SITE}


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    return {**settings, "peers": Peers(plausible=True)}


def send(client: Client, event: Any, **headers: str) -> TestResponse:
    return client.post(
        "/api/event",
        data=event if isinstance(event, bytes) else json.dumps(event),
        content_type="text/plain",
        headers={"User-Agent": CHROME} | {n.replace("_", "-"): v for n, v in headers.items()},
    )


def stored(client: Client, mallard: Mallard, event: Any) -> list[dict[str, Any]]:
    answer = send(client, event)
    assert (answer.status_code, answer.data) == (202, b"")
    return stored_events(mallard)


@pytest.mark.parametrize("event", [VIEW, LONG, VIEW | {"v": 36, "i": False}])
def test_short_and_long_names_are_one_event(client: Client, mallard: Mallard, event: Any) -> None:
    (found,) = stored(client, mallard, event)
    assert (found["site_id"], found["event_name"], found["pathname"]) == (
        SITE,
        "pageview",
        "/pricing",
    )


def test_all_of_a_server_s_event_is_taken(client: Client, mallard: Mallard) -> None:
    more = {
        "name": "Purchase",
        "referrer": "https://search.example/",
        "screen_width": 500,
        "props": {"plan": "pro"},
        "revenue": {"amount": 1322.22, "currency": "usd"},
        "interactive": True,
    }
    (found,) = stored(client, mallard, LONG | more)
    expected = {
        "event_name": "Purchase",
        "referrer": "https://search.example/",
        "device_type": "mobile",
        "props": '{"plan":"pro"}',
        "revenue_currency": "USD",
    }
    assert found | expected == found
    assert str(found["revenue_amount"]) == "1322.22"


@pytest.mark.parametrize(
    ("revenue", "amount", "currency"),
    [
        ({"amount": "49.90", "currency": "EUR"}, "49.90", "EUR"),
        ('{"amount":"12.50","currency":"EUR"}', "12.50", "EUR"),
        ({"amount": "much", "currency": "EUR"}, "None", None),
        ({"amount": 5, "currency": "EURO"}, "None", None),
        ("none", "None", None),
        ([1], "None", None),
    ],
)
def test_revenue_that_is_none_costs_no_event(
    client: Client, mallard: Mallard, revenue: Any, amount: str, currency: str | None
) -> None:
    (found,) = stored(client, mallard, VIEW | {"n": "Purchase", "$": revenue})
    assert (str(found["revenue_amount"]), found["revenue_currency"]) == (amount, currency)


@pytest.mark.parametrize(
    ("domains", "sites"),
    [
        ("a.example,b.example", ["a.example", "b.example"]),
        (" www.a.example , a.example,", ["a.example"]),
        ("www.example.com", [SITE]),
        (None, [SITE]),
        ("", [SITE]),
    ],
)
def test_an_event_is_one_for_each_of_its_sites(
    client: Client, mallard: Mallard, domains: str | None, sites: list[str]
) -> None:
    found = stored(client, mallard, VIEW | {"d": domains, "u": "https://www.example.com/"})
    assert [event["site_id"] for event in found] == sites


def test_a_site_that_is_refused_keeps_no_other_out(client: Client, mallard: Mallard) -> None:
    (found,) = stored(client, mallard, VIEW | {"d": "a b,b.example"})
    assert found["site_id"] == "b.example"
    assert mallard.intake.tally.counts() == {"accepted": 1, "rejected_invalid": 1}


def test_an_event_that_no_site_takes_is_refused_and_counted_once(
    client: Client, mallard: Mallard
) -> None:
    answer = send(client, VIEW | {"d": "a b"})
    assert (answer.status_code, "d (site id)" in answer.text) == (400, True)
    assert mallard.intake.tally.counts() == {"rejected_invalid": 1}


def test_engagement_is_no_event(client: Client, mallard: Mallard) -> None:
    answer = send(client, VIEW | {"n": "engagement", "sd": 40, "e": 3100})
    assert (answer.status_code, answer.headers["X-Mallard-Dropped"]) == (202, "engagement")
    assert mallard.intake.tally.counts() == {"dropped_engagement": 1}
    assert stored_events(mallard) == []


@pytest.mark.parametrize(("flag", "path"), [(1, "/app#/route"), ("1", "/app#/route"), (0, "/app")])
def test_the_fragment_is_part_of_the_path_where_the_page_says_so(
    client: Client, mallard: Mallard, flag: Any, path: str
) -> None:
    page = f"https://{SITE}/app#/route"
    (found,) = stored(client, mallard, VIEW | {"u": page, "h": flag})
    assert found["pathname"] == path


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"p": {"a": 1, "b": "x", "c": True, "d": None, "e": "", "f": [1], "g": {}}},
         {"a": 1, "b": "x", "c": True}),
        ({"p": '{"a":"1"}'}, {"a": "1"}),
        ({"p": {"a": 1}, "m": {"a": 2}}, {"a": 2}),
        ({"meta": '{"a":3}', "props": {"a": 1}}, {"a": 3}),
        ({"p": "no json"}, None),
        ({"p": [1]}, None),
        ({"p": {}}, None),
    ],
)  # fmt: skip
def test_properties_are_those_with_a_value(
    client: Client, mallard: Mallard, sent: Any, kept: Any
) -> None:
    (found,) = stored(client, mallard, VIEW | {"n": "Choice"} | sent)
    assert (json.loads(found["props"]) if found["props"] else None) == kept


def test_more_properties_than_fit_are_left_out_and_the_event_counts(
    client: Client, mallard: Mallard
) -> None:
    many = {f"key{number}": "x" * 300 for number in range(50)}
    (found,) = stored(client, mallard, VIEW | {"p": many})
    assert list(json.loads(found["props"])) == [f"key{number}" for number in range(13)]
    few = {f"key{number}": number for number in range(50)}
    *_, found = stored(client, mallard, VIEW | {"p": few})
    assert len(json.loads(found["props"])) == 30


@pytest.mark.parametrize(("name", "stored_as"), [(404, "404"), ("404", "404"), (0, "0")])
def test_a_name_may_be_a_number(
    client: Client, mallard: Mallard, name: Any, stored_as: str
) -> None:
    (found,) = stored(client, mallard, VIEW | {"n": name})
    assert found["event_name"] == stored_as


def test_a_long_referrer_is_cut(client: Client, mallard: Mallard) -> None:
    (found,) = stored(client, mallard, VIEW | {"r": "https://a.example/" + "x" * 5000})
    assert len(found["referrer"]) <= 2048


@pytest.mark.parametrize(
    ("event", "status", "field"),
    [
        ({"u": "https://a.example/", "d": SITE}, 422, "n is missing"),
        ({"n": "pageview", "d": SITE}, 422, "u is missing"),
        ({"n": "pageview", "u": "/only-a-path"}, 422, "d is missing"),
        ({"n": "pageview", "u": "data:text/html,x"}, 422, "d is missing"),
        ({"n": "pageview", "u": "https://a b/"}, 400, "u (page URL)"),
        ({"n": [], "u": "x", "d": "y"}, 422, "n:"),
        (VIEW | {"d": ",".join(f"s{n}.example" for n in range(31))}, 400, "d names more than"),
        (b"{", 400, "not valid JSON"),
        (b"[]", 422, "must be a JSON object"),
        (b'{"p":' + b"[" * 5000, 400, "not valid JSON"),
        (b"\xff", 400, "not valid JSON"),
    ],
)
def test_what_is_no_event_is_refused_with_its_field(
    client: Client, event: Any, status: int, field: str
) -> None:
    answer: Any = send(client, event)
    assert answer.status_code == status
    assert field in answer.json["error"]


def test_a_page_that_sends_credentials_is_let_on(client: Client) -> None:
    asked = {
        "Origin": "https://example.com",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type, x-of-the-page",
    }
    answer = client.options("/api/event", headers=asked)
    assert answer.status_code == 204
    granted = answer.headers["Access-Control-Allow-Headers"]
    assert granted == "content-type, x-of-the-page"
    for found in (answer, send(client, VIEW, Origin="https://example.com")):
        assert found.headers["Access-Control-Allow-Origin"] == "https://example.com"
        assert found.headers["Access-Control-Allow-Credentials"] == "true"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/js/script.js", 200),
        ("/js/script.hash.outbound-links.file-downloads.js", 200),
        ("/js/plausible.js", 200),
        ("/js/p.js", 200),
        ("/js/pa-abc_DEF-123.js", 200),
        ("/js/jquery.js", 404),
        ("/js/script.js.map", 404),
        ("/js/..%2fscript.js", 404),
    ],
)
def test_the_scripts_are_where_pages_look_for_them(client: Client, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    if status == 200:
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert answer.content_type == "text/javascript; charset=utf-8"


def test_names_of_any_form_stand_for_a_site(client: Client, mallard: Mallard) -> None:
    names = ("example.com/blog", "bücher.example", "7", "pa-abc")
    mallard.sites.replace(SITE, Site(aliases=names), None)
    for name in names:
        assert send(client, VIEW | {"d": name}).status_code == 202
    assert {event["site_id"] for event in stored_events(mallard)} == {SITE}
    for own in ("pa-abc", "pa-7"):
        assert f'"domain":"{SITE}"' in client.get(f"/js/{own}.js").text
