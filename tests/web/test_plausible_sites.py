"""The part of Plausible's Sites API that there is."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import Client

from mallard.config.peers import Peers


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    return {**settings, "peers": Peers(plausible=True)}


def make(client: Client, domain: str, **more: str) -> Any:
    return client.post("/api/v1/sites", json={"domain": domain, **more})


def test_a_site_is_made_and_told_of(client: Client) -> None:
    told = {"domain": "new.example", "timezone": "Etc/UTC"}
    assert make(client, "new.example").json == told
    assert client.get("/api/v1/sites/new.example").json == told
    assert client.get("/api/v1/sites/old.example").status_code == 404
    form = client.post("/api/v1/sites", data={"domain": "form.example", "timezone": "Etc/UTC"})
    assert form.status_code == 200
    sites: Any = client.get("/api/sites").json
    assert [site["site_id"] for site in sites] == ["form.example", "new.example"]


def test_a_site_has_its_time_zone(client: Client) -> None:
    told = {"domain": "far.example", "timezone": "Asia/Kolkata"}
    assert make(client, "far.example", timezone="Asia/Kolkata").json == told
    assert (client.get("/api/sites/far.example").json or {})["timezone"] == "Asia/Kolkata"


def test_sites_are_listed_in_pieces(client: Client, visit) -> None:
    visit("/", site="b.example")
    for name in ("a.example", "c.example"):
        make(client, name)
    first: Any = client.get("/api/v1/sites?limit=2").json
    assert [site["domain"] for site in first["sites"]] == ["a.example", "b.example"]
    assert first["meta"] == {"after": "b.example", "before": None, "limit": 2}
    second: Any = client.get("/api/v1/sites?limit=2&after=b.example").json
    assert [site["domain"] for site in second["sites"]] == ["c.example"]
    assert second["meta"] == {"after": None, "before": "c.example", "limit": 2}
    back: Any = client.get("/api/v1/sites?limit=1&before=c.example").json
    assert [site["domain"] for site in back["sites"]] == ["b.example"]


@pytest.mark.parametrize("domain", ["", "../x", "a/b", "b.example", 7])
def test_what_cannot_be_a_site_is_named(client: Client, visit, domain: Any) -> None:
    visit("/", site="b.example")
    answer = make(client, domain)
    assert answer.status_code == 400 and "domain" in answer.json["error"]


def test_a_time_zone_and_a_body_have_to_fit(client: Client) -> None:
    assert "timezone" in make(client, "a.example", timezone="Mars/Olympus").json["error"]
    for body in (b"", b"{", b"[]", b"\xff", b"[" * 5000):
        assert client.post("/api/v1/sites", data=body).status_code == 400
    assert client.get("/api/v1/sites?limit=0").status_code == 400
