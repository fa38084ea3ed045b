"""What host applications tell: tool usage and catalog, one event or many, with an Ingest key."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mallard.app import Mallard
from mallard.config import Portal
from mallard.portal.telling import MAX_DETAIL
from mallard.wsgi import application
from tests.conftest import CHROME, stored_events

TOOLS, CATALOG = "/api/portal/tool-usage", "/api/portal/catalog"
UPLOAD = {"tool": "pets", "event": "upload"}
SEARCH = {"event": "search", "detail": "beetle", "result_count": 3}
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"

Post = Callable[..., TestResponse]


@pytest.fixture
def portal() -> Portal:
    return Portal(tools=("pets", "prospects"))


@pytest.fixture
def post(mallard: Mallard, client: Client) -> Post:
    """Posts as a host application does; what is no text goes as JSON."""
    key = mallard.access.keys.create("shop", "Ingest").key

    def post_one(path: str, body: Any, scope: str = "Ingest") -> TestResponse:
        used = key if scope == "Ingest" else mallard.access.keys.create("x", scope).key
        data = body if isinstance(body, bytes | str) else json.dumps(body)
        headers = {"X-API-Key": used, "User-Agent": "python-requests/2.32"}
        environ = {"REMOTE_ADDR": "10.0.0.5"}
        return client.post(path, data=data, headers=headers, environ_overrides=environ)

    return post_one


def error(response: TestResponse) -> str:
    found: Any = response.json
    return str(found["error"])


def props(event: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(event["props"])
    return {key: value for key, value in found.items() if key in ("tool", "detail", "result_count")}


@pytest.mark.parametrize(
    ("path", "told", "name", "kept"),
    [
        (TOOLS, UPLOAD, "tool_upload", {"tool": "pets"}),
        (TOOLS, {"tool": "prospects", "event": "download"}, "tool_download", {"tool": "prospects"}),
        (CATALOG, SEARCH, "search", {"detail": "beetle", "result_count": 3}),
        (CATALOG, SEARCH | {"result_count": 0}, "search", {"detail": "beetle", "result_count": 0}),
        (CATALOG, {"event": "search", "detail": ""}, "search", {"detail": ""}),
        (
            CATALOG,
            {"event": "category_view", "detail": "maps"},
            "category_view",
            {"detail": "maps"},
        ),
        (CATALOG, {"event": "diff_view", "detail": "v1..v2"}, "diff_view", {"detail": "v1..v2"}),
    ],
)
def test_what_is_told_is_an_event_of_the_portals_site(
    post: Post, mallard: Mallard, path: str, told: dict[str, Any], name: str, kept: dict[str, Any]
):
    response = post(path, told)
    assert (response.status_code, response.data) == (202, b"")
    (event,) = stored_events(mallard)
    assert (event["site_id"], event["event_name"]) == ("portal", name)
    assert props(event) == kept


@pytest.mark.parametrize("event", ["category_view", "diff_view"])
def test_only_a_search_has_a_count_of_results(post: Post, mallard: Mallard, event: str):
    for count in (None, 5):
        told = {"event": event, "detail": "maps", "result_count": count}
        assert post(CATALOG, told).status_code == 202
    assert [props(event) for event in stored_events(mallard)] == [{"detail": "maps"}] * 2


def test_the_visitor_is_whom_the_application_served(post: Post, mallard: Mallard):
    for told in (
        {"client_ip": "203.0.113.7", "user_agent": CHROME},
        {"client_ip": "::ffff:203.0.113.7", "user_agent": CHROME},
        {"client_ip": "203.0.113.8", "user_agent": CHROME},
        {},
    ):
        assert post(TOOLS, UPLOAD | told).status_code == 202
    events = stored_events(mallard)
    ids = [event["visitor_id"] for event in events]
    assert ids[0] == ids[1] and len(set(ids)) == 3
    agents = [json.loads(event["props"])["user_agent"] for event in events]
    assert agents == [CHROME] * 3 + ["python-requests/2.32"]
    assert "203.0.113" not in str(events)


def test_robots_are_kept_and_marked(post: Post, mallard: Mallard):
    assert post(CATALOG, SEARCH | {"user_agent": GOOGLEBOT}).status_code == 202
    (event,) = stored_events(mallard)
    assert json.loads(event["props"])["robot"] is True


@pytest.mark.parametrize(
    ("path", "told", "said"),
    [
        (TOOLS, UPLOAD | {"tool": "dogs"}, "tool must be one of: pets, prospects"),
        (TOOLS, UPLOAD | {"event": "opened"}, "event must be one of: upload, download"),
        (
            CATALOG,
            SEARCH | {"event": "opened"},
            "event must be one of: category_view, search, diff_view",
        ),
        (TOOLS, UPLOAD | {"client_ip": "nobody"}, "client_ip is not an IP address"),
        (TOOLS, "no json", "not valid JSON"),
        (TOOLS, "[1,", "not valid JSON"),
        (TOOLS, b"\xff", "not valid JSON"),
        (TOOLS, "[" * 100_000, "not valid JSON"),
    ],
)
def test_what_is_unknown_is_400_and_says_what_there_is(
    post: Post, mallard: Mallard, path: str, told: Any, said: str
):
    response = post(path, told)
    assert response.status_code == 400
    assert said in error(response)
    assert stored_events(mallard) == []


@pytest.mark.parametrize(
    ("path", "told", "said"),
    [
        (TOOLS, {"event": "upload"}, "tool is missing"),
        (CATALOG, {"event": "search"}, "detail is missing"),
        (CATALOG, SEARCH | {"result_count": "3"}, "result_count"),
        (CATALOG, SEARCH | {"result_count": -1}, "result_count"),
        (TOOLS, "5", "must be a JSON object"),
        (TOOLS, [], "1 to 1000 events"),
    ],
)
def test_what_has_another_form_is_422(post: Post, path: str, told: Any, said: str):
    response = post(path, told)
    assert response.status_code == 422
    assert said in error(response)


def test_many_are_told_at_once_and_what_is_wrong_keeps_no_other_out(post: Post, mallard: Mallard):
    response = post(TOOLS, [UPLOAD, UPLOAD | {"tool": "dogs"}, 5, UPLOAD | {"event": "download"}])
    assert response.status_code == 200
    answer: Any = response.json
    assert (answer["accepted"], answer["dropped"]) == (2, 0)
    assert [found["index"] for found in answer["errors"]] == [1, 2]
    names = [event["event_name"] for event in stored_events(mallard)]
    assert names == ["tool_upload", "tool_download"]
    assert mallard.intake.tally.counts() == {
        "accepted": 2,
        "rejected_invalid": 1,
        "rejected_wrong_type": 1,
    }


def test_too_many_at_once_are_413(post: Post, mallard: Mallard):
    assert post(TOOLS, [UPLOAD] * 1001).status_code == 413
    assert post(TOOLS, " " * (4 << 20) + "{}").status_code == 413
    assert post(TOOLS, [UPLOAD] * 1000).status_code == 200
    assert len(stored_events(mallard)) == 1000


def test_a_batch_that_cannot_be_stored_is_503_and_none_of_it_is(post: Post, mallard: Mallard):
    directory = mallard.directory.path / "journal"
    directory.rmdir()
    directory.write_text("in the way")
    response = post(TOOLS, [UPLOAD, UPLOAD])
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    directory.unlink()
    directory.mkdir()
    assert stored_events(mallard) == []


def test_of_a_very_long_detail_the_beginning_is_kept(post: Post, mallard: Mallard):
    assert post(CATALOG, SEARCH | {"detail": '"' * 5000}).status_code == 202
    (event,) = stored_events(mallard)
    assert props(event)["detail"] == '"' * MAX_DETAIL


@pytest.mark.parametrize("path", [TOOLS, CATALOG])
def test_a_key_that_may_send_is_needed(post: Post, client: Client, path: str):
    body = UPLOAD if path == TOOLS else SEARCH
    assert client.post(path, json=body).status_code == 401
    assert post(path, body, scope="ReadOnly").status_code == 403
    assert post(path, body, scope="Admin").status_code == 202


def test_without_a_portal_there_is_nothing_at_these_addresses(start):
    client = Client(application(start(portal=None)))
    assert client.post(TOOLS, json=UPLOAD).status_code == 404
    assert client.get("/portal").status_code == 404
