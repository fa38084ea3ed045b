"""Umami's API for reading: its arguments, and answers in its form."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import Client

from mallard.config import Peers
from tests.conftest import NOON, kept_open

SITE = "example.com"
WEBSITE = "d5c2c2a4-8d0f-4f62-9f3b-6a1f3f3c9a10"
MIDNIGHT = NOON.replace(hour=0)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, fresh_data) -> Iterator[Client]:
    """Today two came by news with telephones, and read the prices; yesterday one bought at once."""
    data_dir = tmp_path_factory.mktemp("umami") / "data"
    with kept_open(data_dir, fresh_data, peers=Peers(umami=True)) as shared:
        visit = shared.visit
        visit("/?utm_source=mail", visitor=3, at=NOON - timedelta(days=1), w=1500)
        visit("/buy", visitor=3, event="purchase", p={"tag": "pro"}, w=1500)
        for minutes, page in ((9, "/?utm_source=news"), (3, "/pricing")):
            for visitor in (1, 2):
                at = NOON - timedelta(minutes=minutes - visitor)
                visit(page, visitor=visitor, at=at, w=500)
        visit("/", site="other.org", at=NOON)
        shared.client.put(f"/api/sites/{SITE}", json={"name": "Shop", "aliases": [WEBSITE]})
        yield shared.client


def ms(at: datetime) -> str:
    return str(round(at.timestamp() * 1000))


DAYS = {"startAt": ms(MIDNIGHT - timedelta(days=6)), "endAt": ms(MIDNIGHT + timedelta(days=1))}
DAYS["endAt"] = str(int(DAYS["endAt"]) - 1)


def ask(client: Client, path: str, /, **asked: str) -> Any:
    answer = client.get(f"/api/websites/{WEBSITE}{path}", query_string=DAYS | asked)
    assert answer.status_code == 200, answer.text
    return answer.json


def pairs(rows: list[dict[str, Any]]) -> list[tuple[Any, int]]:
    return [(row["x"], row["y"]) for row in rows]


def test_websites_go_by_the_ids_that_they_had(client: Client) -> None:
    answer: Any = client.get("/api/websites").json
    assert [(site["id"], site["name"], site["domain"]) for site in answer["data"]] == [
        (WEBSITE, "Shop", SITE),
        ("other.org", "other.org", "other.org"),
    ]
    assert answer["data"][0]["createdAt"] == "2026-03-17T00:00:00.000Z"
    assert (answer["count"], answer["page"], answer["pageSize"]) == (2, 1, 20)
    second: Any = client.get("/api/websites?page=2&pageSize=1&search=o").json
    assert [site["id"] for site in second["data"]] == ["other.org"]
    assert ask(client, "") == answer["data"][0]
    assert (client.get("/api/websites/example.com").json or {})["id"] == WEBSITE
    assert client.get("/api/websites/nobody").status_code == 404


def test_figures_stand_beside_those_of_as_long_before(client: Client) -> None:
    nothing = dict.fromkeys(("pageviews", "visitors", "visits", "bounces", "totaltime"), 0)
    assert ask(client, "/stats") == {
        "pageviews": 5,
        "visitors": 3,
        "visits": 3,
        "bounces": 1,
        "totaltime": 720,
        "comparison": nothing,
    }
    day = {"startAt": ms(NOON - timedelta(hours=1)), "endAt": ms(NOON)}
    today = ask(client, "/stats", **day)
    assert (today["visitors"], today["comparison"]["visitors"]) == (2, 0)


def test_figures_are_those_of_our_own_reports(client: Client) -> None:
    own = client.get(f"/api/stats/main?site_id={SITE}&period=7d").json or {}
    told = ask(client, "/stats")
    assert told["pageviews"] == own["total_pageviews"]
    assert told["visitors"] == own["unique_visitors"]
    assert told["visits"] == own["sessions"]
    assert told["bounces"] == round(own["bounce_rate"] * own["sessions"])


def test_buckets_with_events_are_told_in_order(client: Client) -> None:
    assert ask(client, "/pageviews", unit="day", timezone="UTC") == {
        "pageviews": [
            {"x": "2026-03-17T00:00:00Z", "y": 1},
            {"x": "2026-03-18T00:00:00Z", "y": 4},
        ],
        "sessions": [
            {"x": "2026-03-17T00:00:00Z", "y": 1},
            {"x": "2026-03-18T00:00:00Z", "y": 2},
        ],
    }
    hours = ask(client, "/pageviews", unit="hour")["sessions"]
    assert pairs(hours) == [("2026-03-17T12:00:00Z", 1), ("2026-03-18T11:00:00Z", 2)]
    there = ask(client, "/pageviews", unit="hour", timezone="Asia/Kolkata")["sessions"]
    assert pairs(there) == [("2026-03-17 17:00:00", 1), ("2026-03-18 17:00:00", 2)]
    months = ask(client, "/pageviews", unit="year")["sessions"]
    assert pairs(months) == [("2026-03-01T00:00:00Z", 3)]


@pytest.mark.parametrize(
    ("kind", "rows"),
    [
        ("path", [("/", 3), ("/pricing", 2)]),
        ("url", [("/", 3), ("/pricing", 2)]),
        ("entry", [("/", 3)]),
        ("exit", [("/pricing", 2), ("/", 1)]),
        ("event", [("purchase", 1)]),
        ("referrer", [("news", 2), ("mail", 1)]),
        ("device", [("mobile", 2), ("desktop", 1)]),
        ("tag", [(None, 3), ("pro", 1)]),
        ("country", [(None, 3)]),
        ("city", [(None, 3)]),
        ("utmSource", [("news", 2), ("mail", 1)]),
    ],
)
def test_values_of_a_type(client: Client, kind: str, rows: list[tuple[Any, int]]) -> None:
    assert pairs(ask(client, "/metrics", type=kind)) == rows


def test_values_are_searched_and_come_in_pieces(client: Client) -> None:
    assert pairs(ask(client, "/metrics", type="path", search="PRIC")) == [("/pricing", 2)]
    assert pairs(ask(client, "/metrics", type="path", limit="1", offset="1")) == [("/pricing", 2)]
    expanded = ask(client, "/metrics/expanded", type="device", limit="1")
    assert expanded == [
        {
            "name": "mobile",
            "pageviews": 4,
            "visitors": 2,
            "visits": 2,
            "bounces": 0,
            "totaltime": 720,
        }
    ]


@pytest.mark.parametrize(
    ("asked", "visitors"),
    [
        ({"path": "/pricing"}, 2),
        ({"path": "neq./pricing,/"}, 1),
        ({"path": "c.PRIC"}, 2),
        ({"path": "dnc.r"}, 3),
        ({"path": "re.^/p.*g$"}, 2),
        ({"device": "Mobile"}, 2),
        ({"referrer": "news,mail", "path": "/buy"}, 1),
        ({"path": "/pricing", "path1": "/buy", "match": "any"}, 3),
        ({"path": "/pricing", "path1": "/buy"}, 0),
        ({"event": "purchase"}, 1),
        ({"eventType": "2"}, 1),
        ({"tag": "pro"}, 1),
        ({"excludeBounce": "false", "title": ""}, 3),
    ],
)
def test_filters(client: Client, asked: dict[str, str], visitors: int) -> None:
    assert ask(client, "/stats", **asked)["visitors"] == visitors


def test_who_is_there_now_and_since_when_there_are_events(client: Client) -> None:
    assert ask(client, "/active") == {"visitors": 2, "x": 2}
    found = ask(client, "/daterange")
    assert found["startDate"] == "2026-03-17T00:00:00.000Z"
    assert found["endDate"].startswith("2026-03-18T12:00:00")


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("stats", {"startAt": "today"}),
        ("stats", {"startAt": "9" * 30}),
        ("stats", {"startAt": "-1" + "0" * 15}),
        ("stats", {"startAt": DAYS["endAt"], "endAt": DAYS["startAt"]}),
        ("stats", {"startAt": "0"}),
        ("stats", {"title": "Home"}),
        ("stats", {"path": "re.(("}),
        ("stats", {"path": "a,,b"}),
        ("stats", {"path": ",".join(["a"] * 101)}),
        ("stats", {f"path{n}": "a" for n in range(21)}),
        ("stats", {"match": "some"}),
        ("stats", {"eventType": "3"}),
        ("metrics", {}),
        ("metrics", {"type": "title"}),
        ("metrics", {"type": "path", "limit": "0"}),
        ("pageviews", {"unit": "fortnight"}),
        ("pageviews", {"timezone": "Mars/Olympus"}),
    ],
)
def test_a_mistake_is_told_in_the_form_of_umami(
    client: Client, path: str, asked: dict[str, str]
) -> None:
    answer = client.get(f"/api/websites/{WEBSITE}/{path}", query_string=DAYS | asked)
    assert answer.status_code == 400, answer.text
    error = (answer.json or {})["error"]
    assert error["message"] and (error["code"], error["status"]) == ("bad-request", 400)


def test_dates_do_as_well(client: Client) -> None:
    path = f"/api/websites/{WEBSITE}/stats"
    days = {"startDate": "2026-03-18T00:00:00Z", "endDate": "2026-03-18T23:59:59.999+00:00"}
    assert (client.get(path, query_string=days).json or {})["visitors"] == 2
    assert client.get(path).status_code == 400


TEXTS = st.sampled_from(
    [
        *("", "0", "1", "-1", "path", "event", "city", "re.(", "neq.a,b", "c.", "any", "hour"),
        *("year", "x" * 300, "UTC", "1773792000000", "9" * 20),
    ]
) | st.text(max_size=8)
NAMES = st.sampled_from(
    [
        *("startAt", "endAt", "startDate", "endDate", "type", "unit", "timezone", "limit"),
        *("offset", "search", "match", "path", "path1", "tag", "country", "title", "eventType"),
        *("page", "pageSize"),
    ]
)


@given(
    path=st.sampled_from(["stats", "pageviews", "metrics", "metrics/expanded", "daterange", ""]),
    asked=st.dictionaries(NAMES, TEXTS, max_size=5),
)
def test_no_argument_makes_the_server_fail(
    client: Client, path: str, asked: dict[str, str]
) -> None:
    for query in (asked, DAYS | {"type": "path"} | asked):
        answer = client.get(f"/api/websites/{WEBSITE}/{path}", query_string=query)
        assert answer.status_code in (200, 400, 404), answer.text


def test_nothing_of_it_is_there_unless_the_settings_say_so(onlooker: Client) -> None:
    for path in ("websites", "websites/x/stats", "me"):
        assert onlooker.get(f"/api/{path}").status_code == 404
