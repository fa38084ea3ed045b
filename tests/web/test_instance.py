"""The document of the instance by HTTP and by its form, and what it changes on pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from tests.builders import NOON
from tests.web.reading import parsed

URL = "/api/instance"
AHEAD = "Pacific/Kiritimati"


def json_of(response: Any) -> Any:
    return response.json


def test_the_document_is_what_was_put(client: Client) -> None:
    empty = client.get(URL)
    assert (json_of(empty), empty.headers.get("ETag")) == ({}, None)
    wanted = {"name": "Figures", "default_timezone": AHEAD}
    made = client.put(URL, json=wanted)
    assert (made.status_code, json_of(made)) == (200, wanted)
    read = client.get(URL)
    assert (json_of(read), read.headers["ETag"]) == (wanted, made.headers["ETag"])


def test_it_is_replaced_by_whoever_names_its_version(client: Client) -> None:
    assert client.put(URL, json={}, headers={"If-Match": "*"}).status_code == 412
    first = client.put(URL, json={"name": "One"}).headers["ETag"]
    assert client.put(URL, json={"name": "Two"}).status_code == 428
    assert client.put(URL, json={"name": "Two"}, headers={"If-Match": first}).status_code == 200
    assert client.put(URL, json={}, headers={"If-Match": first}).status_code == 412
    assert json_of(client.get(URL)) == {"name": "Two"}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b'{"nme": "x"}', "nme"),
        (b'{"name": 1}', "$.name"),
        (b'{"default_timezone": "Kolkata"}', "default_timezone: 'Kolkata' is no time zone"),
        (b"", "truncated"),
        (b"\xff", "malformed"),
    ],
)
def test_what_is_wrong_is_400_and_named(client: Client, content: bytes, problem: str) -> None:
    response = client.put(URL, data=content)
    assert response.status_code == 400
    assert problem in json_of(response)["error"]
    assert json_of(client.get(URL)) == {}


def test_a_file_that_somebody_has_spoilt_is_409(client: Client, mallard: Mallard) -> None:
    version = client.put(URL, json={"name": "One"}).headers["ETag"]
    (mallard.directory.path / "instance.json").write_text("{")
    refused = client.put(URL, json={}, headers={"If-Match": version})
    assert refused.status_code == 409
    assert "instance.json" in json_of(refused)["error"]


def test_sites_without_a_time_zone_have_its_days(
    client: Client, visit: Callable[..., None]
) -> None:
    visit("/", at=NOON)
    client.put("/api/sites/own.example", json={"timezone": "UTC"})
    client.put(URL, json={"default_timezone": AHEAD})
    rows = json_of(client.get("/api/sites"))
    assert {row["site_id"]: row["timezone"] for row in rows} == {
        "example.com": AHEAD,
        "own.example": "UTC",
    }
    figures = client.get("/api/stats/timeseries?site_id=example.com&period=7d")
    assert figures.headers["X-Timezone"] == AHEAD
    assert json_of(figures)[-1]["visitors"] == 1
    assert "Days are those of Pacific/Kiritimati." in client.get("/?site_id=example.com").text
    assert f"the instance</a>, {AHEAD}" in client.get("/settings/sites/example.com").text


def form(client: Client) -> dict[str, str]:
    card = parsed(client.get("/settings").text).by_id("instance")
    fields = [one.attributes for one in card.one("form").all("input")]
    sent = [one for one in fields if one.get("type") != "checkbox" or "checked" in one]
    return {one["name"]: one.get("value", "") for one in sent}


def test_its_name_is_in_the_titles_of_pages(client: Client) -> None:
    assert "<title>All sites · Mallard</title>" in client.get("/").text
    sent = form(client) | {"name": " Figures <of> the shop "}
    assert client.post("/settings/instance", data=sent).status_code == 303
    for address in ("/", "/settings"):
        assert " · Figures &lt;of&gt; the shop</title>" in client.get(address).text
    assert form(client)["name"] == "Figures <of> the shop"


def test_the_form_says_what_is_wrong_and_keeps_what_was_typed(client: Client) -> None:
    refused = client.post("/settings/instance", data=form(client) | {"timezone": "Kolkata"})
    card = parsed(refused.text).by_id("instance")
    assert refused.status_code == 400
    assert "'Kolkata' is no time zone" in card.one("p", class_="wrong").text
    assert card.one("input", name="timezone")["value"] == "Kolkata"
    assert json_of(client.get(URL)) == {}


def test_the_form_is_of_one_version(client: Client) -> None:
    old = form(client)
    assert client.post("/settings/instance", data=old | {"own": AHEAD}).status_code == 303
    refused = client.post("/settings/instance", data=old | {"name": "Two"})
    assert refused.status_code == 412
    assert "Somebody else has changed this" in refused.text
    assert json_of(client.get(URL)) == {"default_timezone": AHEAD}
    assert (
        client.post("/settings/instance", data=form(client) | {"timezone": ""}).status_code == 303
    )
    assert json_of(client.get(URL)) == {}
