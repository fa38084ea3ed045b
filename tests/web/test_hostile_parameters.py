"""What people try in parameters: SQL, paths, line breaks; on every operation of the API."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from werkzeug.test import Client, TestResponse

from mallard.app import Mallard
from mallard.web.api.openapi import document
from mallard.wsgi import application
from tests.conftest import Shared, post_event
from tests.waiting import PATIENCE_SECS

pytestmark = pytest.mark.thorough

SQL = (
    "'",
    "\\'",
    "' or '1'='1",
    "'; drop table events; --",
    "'); delete from events where ('1'='1",
    "1 union select key from api_keys",
    "$site_id",
    "%s ? :1 -- /* ;",
    "read_text('/etc/passwd')",
)
PATHS = (
    "..",
    "../other.org",
    "a/../../etc",
    "/etc/passwd",
    "..%2f..%2fetc",
    "a\\..\\b",
    "a..b",
    "date=2026-01-01/..",
    "~root",
    "a\0b",
    "file:///etc",
    "*",
    "?",
    "[a]",
)
BREAKS = ("a\r\nSet-Cookie: mm_session=x", "a\nX-Injected: 1", "a\rb", "\u2028", "a\0b")

EVENT = {"d": "other.org", "n": "pageview", "u": "https://other.org/secret"}
GOOD = {"site_id": "example.com", "steps": "page:/,event:a", "page": "/", "dimension": "pages"}


def parameters() -> Iterator[tuple[str, str, str]]:
    """Method, path and name of every query and path parameter of the API."""
    known = document()["components"]["parameters"]
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            for reference in operation.get("parameters", []):
                name = known[reference["$ref"].rpartition("/")[2]]["name"]
                yield method.upper(), path, name


EVERYWHERE = list(parameters())
OF_SITES = [(method, path) for method, path, name in EVERYWHERE if name == "site_id"]


def ask(client: Client, method: str, path: str, **changes: str) -> TestResponse:
    """The answer to a good question with something in it that is not."""
    args = GOOD | {"start_date": "2026-03-18", "end_date": "2026-03-19"} | changes
    for name in ("dimension", "key_hash"):
        path = path.replace("{" + name + "}", quote(args.get(name, "x"), safe=""))
    return client.open(path, method=method, query_string=args)


@pytest.fixture(scope="module")
def with_another_site(shared: Shared) -> Client:
    assert post_event(shared.client, EVENT).status_code == 202
    return shared.client


def other_site(client: Client) -> Any:
    """What is known about the site that is none of ours."""
    return client.get("/api/stats/main?site_id=other.org&period=day").json


@pytest.mark.parametrize("text", SQL)
def test_sql_in_a_parameter_is_only_text(with_another_site: Client, text: str) -> None:
    client = with_another_site
    before = other_site(client)
    for method, path, name in EVERYWHERE:
        response = ask(client, method, path, **{name: text})
        assert response.status_code < 500, (method, path, name)
        assert b"/secret" not in response.data, (method, path, name)
        assert other_site(client) == before, (method, path, name)


@pytest.mark.parametrize("text", SQL)
def test_sql_in_an_event_is_only_text(client: Client, mallard: Mallard, text: str) -> None:
    body = {"d": "example.com", "n": text, "u": f"https://example.com/{text}", "p": {text: text}}
    assert post_event(client, body).status_code == 202
    assert mallard.flusher.roll()
    answer = client.get("/api/stats/breakdown/events?site_id=example.com&period=day")
    assert [row["value"] for row in answer.json or ()] == [text]
    filtered = {"site_id": "example.com", "period": "day", "filter": f"event=={text}"}
    found = client.get("/api/stats/main", query_string=filtered).json or {}
    assert found["unique_visitors"] == 1


@pytest.mark.parametrize("text", PATHS)
def test_a_path_for_a_site_is_refused_everywhere(client: Client, data_dir: Path, text: str) -> None:
    before = sorted(data_dir.rglob("*"))
    for method, path in OF_SITES:
        response = ask(client, method, path, site_id=text)
        is_harmless = path == "/api/diagnostics" and "rejected" in response.text
        assert response.status_code in (400, 403) or is_harmless, (method, path, response.text)
    assert sorted(data_dir.rglob("*")) == before


@pytest.mark.parametrize("text", PATHS)
def test_no_event_makes_a_directory_elsewhere(
    client: Client, mallard: Mallard, data_dir: Path, text: str
) -> None:
    assert post_event(client, EVENT | {"d": text}).status_code == 400
    assert client.get("/api/event", query_string={"d": text, "u": "/"}).status_code == 200
    assert mallard.flusher.roll()
    assert not list((data_dir / "events").iterdir())


@pytest.mark.parametrize("text", BREAKS)
def test_a_line_break_in_a_parameter_makes_no_header(shared: Shared, text: str) -> None:
    for method, path, name in EVERYWHERE:
        response = ask(shared.client, method, path, **{name: text})
        assert response.status_code < 500, (method, path, name)
        assert not {"Set-Cookie", "X-Injected"} & set(response.headers)


@pytest.mark.parametrize("text", BREAKS)
@pytest.mark.parametrize("path", ["/health", "/api/event", "/nowhere"])
def test_a_line_break_in_the_request_s_id_is_not_sent_back(
    onlooker: Client, path: str, text: str
) -> None:
    sent = {"HTTP_X_REQUEST_ID": text.encode().decode("latin-1")}
    response = onlooker.get(path, environ_overrides=sent)
    assert "Set-Cookie" not in response.headers
    assert len(response.headers["X-Request-ID"]) == 36


@pytest.mark.parametrize("text", BREAKS)
def test_a_line_break_in_where_to_go_next_makes_no_header(start, text: str) -> None:
    client = Client(application(start(admin_password="correct horse")))
    form = {"password": "correct horse", "next": f"/{text}"}
    response = client.post("/login", data=form)
    assert response.status_code < 500
    assert "X-Injected" not in response.headers
    assert len(response.headers.getlist("Set-Cookie")) <= 1


def test_nothing_is_sent_to_other_machines(
    start: Callable[..., Mallard], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_socket: socket.socket, address: Any) -> None:
        raise AssertionError(f"somebody connects to {address}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    mallard = start()
    client = Client(application(mallard))
    mallard.start()
    assert post_event(client, EVENT).status_code == 202
    for path in ("/", "/?site_id=other.org", "/metrics", "/health/detailed", "/api/docs"):
        assert client.get(path, follow_redirects=True).status_code == 200
    assert client.get("/api/export/events?site_id=other.org").text
    with mallard.store.database.reader() as connection:
        sql = "select name, value from duckdb_settings() where name like 'auto%extensions'"
        found = dict(connection.execute(sql).fetchall())
    assert found == {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    assert mallard.stop(PATIENCE_SECS)


TOO_MANY = {
    "filters": "filter=page!%3D/x&" * 15_000,
    "values of a filter": "filter=page%3D%3D" + "|".join(["/x"] * 15_000),
    "steps": "steps=" + ",".join(["page:/x"] * 15_000),
    "steps one by one": "step=page:/x&" * 15_000,
}


@pytest.mark.parametrize("path", ["/api/stats/main", "/api/stats/funnel", "/api/stats/export"])
@pytest.mark.parametrize("what", ["filters", "values of a filter"])
def test_too_many_conditions_are_refused_before_a_query_is_made(
    client: Client, what: str, path: str
) -> None:
    answer = client.get(f"{path}?site_id=example.com&steps=page:/,page:/b&{TOO_MANY[what]}")
    assert answer.status_code == 400
    assert "at most" in (answer.json or {})["error"]


@pytest.mark.parametrize("what", ["steps", "steps one by one"])
def test_too_many_steps_are_refused_before_a_query_is_made(client: Client, what: str) -> None:
    answer = client.get(f"/api/stats/sequences?site_id=example.com&{TOO_MANY[what]}")
    assert answer.status_code == 400
    assert "steps" in (answer.json or {})["error"]


@pytest.mark.parametrize("asked", ["filter=page!%3D/x&" * 21, "filter=page%3D%3Da" + "%7Ca" * 100])
def test_a_page_with_too_many_conditions_says_so(client: Client, asked: str) -> None:
    answer = client.get(f"/?site_id=example.com&{asked}")
    assert answer.status_code == 400
    assert "at most" in answer.text
