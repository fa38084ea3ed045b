"""`/api/sites`: a site's document by HTTP, which nobody overwrites unseen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mallard.app import Mallard
from mallard.wsgi import application
from tests.conftest import stored_events
from tests.waiting import PATIENCE_SECS

SHOP = {"name": "Shop", "goals": [{"name": "Sign-up", "event": "signup"}]}


def put(client: Client, document: Any, version: str | None = None, site: str = "example.com"):
    headers = {} if version is None else {"If-Match": version}
    return client.put(f"/api/sites/{site}", json=document, headers=headers)


def json_of(response: TestResponse) -> Any:
    return response.json


def test_sites_with_events_and_sites_with_a_document_are_listed(
    client: Client, visit: Callable[..., None]
) -> None:
    assert json_of(client.get("/api/sites")) == []
    visit("/", site="b.example")
    put(client, SHOP, site="c.example")
    put(client, {}, site="a.example")
    assert json_of(client.get("/api/sites")) == [
        {
            "site_id": "a.example",
            "name": "a.example",
            "pinned": False,
            "timezone": "UTC",
            "has_events": False,
        },
        {
            "site_id": "b.example",
            "name": "b.example",
            "pinned": False,
            "timezone": "UTC",
            "has_events": True,
        },
        {
            "site_id": "c.example",
            "name": "Shop",
            "pinned": False,
            "timezone": "UTC",
            "has_events": False,
        },
    ]


def test_a_document_is_what_was_put(client: Client) -> None:
    made = put(client, SHOP)
    assert (made.status_code, json_of(made)) == (200, SHOP)
    read = client.get("/api/sites/example.com")
    assert (read.status_code, json_of(read)) == (200, SHOP)
    assert read.headers["ETag"] == made.headers["ETag"]


def test_a_site_with_events_has_an_empty_document_and_any_other_none(
    client: Client, visit: Callable[..., None]
) -> None:
    visit("/")
    read = client.get("/api/sites/example.com")
    assert (read.status_code, json_of(read), read.headers.get("ETag")) == (200, {}, None)
    assert client.get("/api/sites/other.example").status_code == 404


def test_a_document_is_replaced_by_whoever_names_its_version(client: Client) -> None:
    first = put(client, SHOP).headers["ETag"]
    assert put(client, {}).status_code == 428
    second = put(client, {"name": "Two"}, first)
    assert second.status_code == 200
    assert put(client, {"name": "Three"}, first).status_code == 412
    assert put(client, {"name": "Three"}, "*").status_code == 200
    assert json_of(client.get("/api/sites/example.com")) == {"name": "Three"}


def test_a_version_of_no_document_is_none_that_could_be_meant(client: Client) -> None:
    assert put(client, SHOP, '"0f3a9c51d2e47b68"').status_code == 412
    assert put(client, SHOP, "*").status_code == 412
    assert client.get("/api/sites/example.com").status_code == 404


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b'{"gaols": []}', "gaols"),
        (b'{"timezone": "Mars/Olympus"}', "timezone: 'Mars/Olympus' is no time zone"),
        (b'{"aliases": ["a b"]}', "aliases: 'a b'"),
        (b'{"paths": {"index": "lose"}}', "$.paths.index"),
        (b'{"exclude": {"countries": ["Germany"]}}', "Germany"),
        (b"{", "truncated"),
        (b"", "truncated"),
        (b"\xff", "malformed"),
    ],
)
def test_what_is_wrong_is_400_and_named(client: Client, content: bytes, problem: str) -> None:
    response = client.put("/api/sites/example.com", data=content)
    assert response.status_code == 400
    assert problem in json_of(response)["error"]
    assert client.get("/api/sites/example.com").status_code == 404


@pytest.mark.parametrize("site", ["a..b", "a%20b", "ü", "x" * 257])
def test_what_is_no_id_of_a_site_is_400(client: Client, site: str) -> None:
    assert put(client, {}, site=site).status_code == 400
    assert client.get(f"/api/sites/{site}").status_code == 404


def test_deleting_a_site_takes_all_it_has(
    start: Callable[..., Mallard], visit: Callable[..., None], mallard: Mallard, client: Client
) -> None:
    visit("/")
    mallard.flusher.roll()
    visit("/hot")
    visit("/", site="other.example")
    put(client, SHOP)
    mallard.access.set_up("correct horse")
    key = {"X-API-Key": mallard.access.keys.create("test", "Admin").key}
    gone = client.delete("/api/sites/example.com", headers=key)
    assert (gone.status_code, json_of(gone)) == (200, {"status": "deleted", "events_deleted": 2})
    assert client.delete("/api/sites/example.com", headers=key).status_code == 404
    assert [row["site_id"] for row in json_of(client.get("/api/sites", headers=key))] == [
        "other.example"
    ]
    assert [event["site_id"] for event in stored_events(mallard)] == ["other.example"]
    assert not list(mallard.directory.path.glob("sites/*"))
    assert not list(mallard.directory.path.glob("events/site_id=example.com"))


def test_a_site_is_deleted_only_in_the_version_that_is_named(
    mallard: Mallard, client: Client, visit: Callable[..., None]
) -> None:
    visit("/")
    first = put(client, SHOP).headers["ETag"]
    put(client, {}, first)
    mallard.access.set_up("correct horse")
    key = {"X-API-Key": mallard.access.keys.create("test", "Admin").key}
    refused = client.delete("/api/sites/example.com", headers=key | {"If-Match": first})
    assert refused.status_code == 412
    assert len(stored_events(mallard)) == 1


def test_nothing_is_deleted_while_everybody_may_do_everything(
    client: Client, visit: Callable[..., None]
) -> None:
    visit("/")
    refused = client.delete("/api/sites/example.com")
    assert refused.status_code == 403
    assert "/setup" in json_of(refused)["error"]


def test_a_document_edited_by_hand_meanwhile_is_not_overwritten(
    mallard: Mallard, client: Client
) -> None:
    version = put(client, SHOP).headers["ETag"]
    (path,) = mallard.directory.path.glob("sites/*")
    path.write_text('{"site_id": "example.com", "name": "By hand"}')
    assert put(client, {}, version).status_code == 412
    assert json_of(client.get("/api/sites/example.com")) == {"name": "By hand"}
    path.write_text("{")
    version = client.get("/api/sites/example.com").headers["ETag"]
    refused = put(client, {}, version)
    assert refused.status_code == 409
    assert path.name in json_of(refused)["error"]


def test_documents_are_there_after_a_restart(
    start: Callable[..., Mallard], mallard: Mallard, client: Client
) -> None:
    put(client, SHOP)
    mallard.stop(PATIENCE_SECS)
    assert json_of(Client(application(start())).get("/api/sites/example.com")) == SHOP
