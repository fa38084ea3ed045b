"""All of Umami's clients go on: batches, the heartbeat, and servers that tell of others."""

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
EVENT: dict[str, Any] = {
    "type": "event",
    "payload": {"website": SITE, "hostname": SITE, "url": "/pricing"},
}


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    return {**settings, "peers": Peers(umami=True)}


@pytest.fixture(autouse=True)
def known_site(mallard: Mallard) -> None:
    mallard.sites.replace(SITE, Site(), None)


def post(client: Client, path: str, body: Any, key: str | None = None) -> TestResponse:
    headers = {"User-Agent": CHROME, "Authorization": f"Bearer {key}"}
    return client.post(
        path,
        data=json.dumps(body),
        headers=headers,
        content_type="application/json",
        environ_overrides={"REMOTE_ADDR": "127.0.0.1"},
    )


def told(website: str = SITE, **payload: Any) -> dict[str, Any]:
    return {"type": "event", "payload": {"website": website, "url": "/", **payload}}


def test_a_batch_is_taken_event_by_event(client: Client, mallard: Mallard) -> None:
    batch = [EVENT, told("unknown"), {"type": "identify", "payload": {"website": SITE}}, told()]
    answer: Any = post(client, "/api/batch", batch).json
    assert (answer["size"], answer["processed"], answer["errors"]) == (4, 3, 1)
    assert [detail["index"] for detail in answer["details"]] == [0, 1, 2, 3]
    assert answer["details"][1]["response"]["error"]["message"] == "Website not found."
    assert answer["cache"] == answer["details"][0]["response"]["cache"]
    assert [event["pathname"] for event in stored_events(mallard)] == ["/pricing", "/"]
    assert mallard.intake.tally.counts() == {
        "accepted": 2,
        "rejected_invalid": 1,
        "dropped_identify": 1,
    }


@pytest.mark.parametrize("body", [{}, [5], "x", None, [EVENT] * 501])
def test_what_is_no_batch_is_refused_whole(client: Client, mallard: Mallard, body: Any) -> None:
    answer: Any = post(client, "/api/batch", body)
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "bad-request")
    assert stored_events(mallard) == []


@pytest.mark.parametrize(
    ("scope", "is_believed"),
    [("Ingest", True), ("Admin", True), ("ReadOnly", False), (None, False)],
)
def test_who_holds_a_key_may_tell_of_others(
    client: Client, mallard: Mallard, scope: str | None, is_believed: bool
) -> None:
    key = mallard.access.keys.create("server", scope).key if scope else "mm_nothing"
    for address in ("203.0.113.1", "203.0.113.2"):
        about = {"ip": address, "userAgent": f"{CHROME} of somebody"}
        assert post(client, "/api/send", told(**about), key).status_code == 200
    first, second = stored_events(mallard)
    assert (first["visitor_id"] != second["visitor_id"]) is is_believed


def test_the_heartbeat_answers(client: Client) -> None:
    assert client.get("/api/heartbeat").json == {"ok": True}


@pytest.mark.parametrize("path", ["/script.js", "/umami.js"])
def test_its_script_is_there(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
