"""Who may send batches, and that a key for it is good for nothing else."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.ingest.addresses import TrustedProxies
from mallard.web.factory import create_flask_app
from mallard.web.guards import BY_KEY, OF_NOBODY, PUBLIC
from mallard.wsgi import parts_of
from tests.conftest import CHROME
from tests.web.access.conftest import json_of

BATCH = [{"d": "example.com", "n": "pageview", "u": "https://example.com/"}]
REVOKED = "mm_" + "0" * 64


@pytest.fixture
def ingester(guarded: Mallard) -> dict[str, str]:
    """The headers of an Ingest key."""
    return {"X-API-Key": guarded.access.keys.create("shop", "Ingest").key}


@pytest.fixture
def flask_app(guarded: Mallard) -> Flask:
    return create_flask_app(parts_of(guarded, TrustedProxies([])))


def send(client: Client, headers: dict[str, str] | None = None):
    return client.post("/api/events", json=BATCH, headers={"User-Agent": CHROME} | (headers or {}))


@pytest.mark.parametrize("who", ["ingester", "admin"])
def test_ingest_and_admin_keys_send_batches(stranger: Client, who: str, request) -> None:
    response = send(stranger, request.getfixturevalue(who))
    assert (response.status_code, json_of(response)["accepted"]) == (200, 1)


@pytest.mark.parametrize(
    "headers", [{}, {"X-API-Key": REVOKED}, {"Authorization": f"Bearer {REVOKED}"}], ids=str
)
def test_without_a_key_it_is_401(
    stranger: Client, signed_in: Client, guarded: Mallard, headers: dict[str, str]
) -> None:
    clients = [stranger, signed_in] if headers else [stranger]
    for client in clients:
        response = send(client, headers)
        assert (response.status_code, list(json_of(response))) == (401, ["error"])
        assert response.headers["WWW-Authenticate"] == "Bearer"
    assert guarded.intake.tally.counts() == {}


def test_with_a_revoked_key_it_is_401(stranger: Client, guarded: Mallard) -> None:
    made = guarded.access.keys.create("shop", "Ingest")
    assert guarded.access.keys.revoke(made.key_hash)
    assert send(stranger, {"X-API-Key": made.key}).status_code == 401


def test_while_no_password_is_set_a_key_is_needed_all_the_same(
    client: Client, mallard: Mallard
) -> None:
    assert send(client).status_code == 401
    assert send(client, {"X-API-Key": REVOKED}).status_code == 401
    key = mallard.access.keys.create("shop", "Ingest").key
    assert send(client, {"X-API-Key": key}).status_code == 200


def test_with_a_readonly_key_it_is_403(stranger: Client, reader: dict[str, str]) -> None:
    response = send(stranger, reader)
    assert response.status_code == 403
    assert "Ingest" in json_of(response)["error"]


def test_a_session_alone_is_403_and_beside_a_key_does_no_harm(
    signed_in: Client, ingester: dict[str, str]
) -> None:
    response = send(signed_in)
    assert response.status_code == 403
    assert "Ingest" in json_of(response)["error"]
    assert send(signed_in, ingester).status_code == 200


def test_an_ingest_key_may_do_nothing_else(
    flask_app: Flask, stranger: Client, ingester: dict[str, str]
) -> None:
    tried = 0
    for rule in flask_app.url_map.iter_rules():
        path = re.sub(r"<[^>]*>", "x", rule.rule)
        for method in (rule.methods or set()) - {"OPTIONS"}:
            if rule.endpoint not in PUBLIC | OF_NOBODY | BY_KEY:
                response = stranger.open(path, method=method, headers=ingester)
                # A shared link opens to whoever has it, and looks at no key.
                refusal = 404 if rule.endpoint.startswith("shared.") else 403
                assert response.status_code == refusal, (method, rule)
                tried += 1
    assert tried > 40


def test_a_body_for_another_route_is_no_larger_for_an_ingest_key(
    stranger: Client, ingester: dict[str, str]
) -> None:
    for path in ("/api/keys", "/api/auth/login", "/api/event"):
        response = stranger.post(path, data=b" " * 65_537, headers=ingester)
        assert response.status_code == 413


@pytest.mark.parametrize("headers", [{}, {"X-API-Key": REVOKED}], ids=str)
def test_a_stranger_learns_nothing_of_the_body(stranger: Client, headers: dict[str, str]) -> None:
    for body in (b"", b"{", b" " * (5 << 20)):
        assert stranger.post("/api/events", data=body, headers=headers).status_code == 401


def test_the_settings_page_offers_the_scope_and_says_what_it_may(signed_in: Client) -> None:
    page = signed_in.get("/settings").text
    assert "<option>Ingest</option>" in page
    assert "Ingest only sends batches of events" in page
