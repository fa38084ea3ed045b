"""The portal's part of the API's description: there where the portal is, and true."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.config import Portal, Project
from mallard.web.api.openapi import document
from mallard.web.portal.room import BLUEPRINTS
from mallard.wsgi import application

pytestmark = pytest.mark.thorough

TOKEN = {"Authorization": "Bearer token"}
READS = ("downloads", "clones", "tool-usage", "catalog")


@pytest.fixture
def portal() -> Portal:
    pets = Project(git="https://git.example.org/pets.git")
    return Portal(tools=("pets",), projects={"pets": pets})


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    return {**settings, "metrics_token": "token"}


@pytest.fixture
def described(client: Client) -> dict[str, Any]:
    found: Any = client.get("/api/openapi.json").json
    return dict(found)


def test_it_is_valid_and_adds_to_what_is_always_there(described: dict[str, Any]):
    schemathesis.openapi.from_dict(described).validate()
    assert set(described["paths"]) > set(document()["paths"])
    assert "Portal" in {tag["name"] for tag in described["tags"]}
    assert "Portal" not in {tag["name"] for tag in document()["tags"]}


def test_every_route_of_it_is_described(described: dict[str, Any], mallard: Mallard):
    app: Any = application(mallard)
    rules = [
        rule for rule in app._pages.url_map.iter_rules() if rule.rule.startswith("/api/portal/")
    ]
    assert {rule.endpoint.partition(".")[0] for rule in rules} == {"portal_api", "telling"}
    assert {blueprint.name for blueprint in BLUEPRINTS} >= {"portal_api", "telling"}
    for rule in rules:
        for method in (rule.methods or set()) & {"GET", "POST"}:
            assert method.lower() in described["paths"][rule.rule], rule


def test_the_token_opens_the_figures_and_an_ingest_key_tells(described: dict[str, Any]):
    for name in READS:
        security = described["paths"][f"/api/portal/{name}"]["get"]["security"]
        assert {"metricsToken": []} in security and {"headerKey": ["ReadOnly"]} in security
        assert {} not in security
    for name in ("tool-usage", "catalog"):
        security = described["paths"][f"/api/portal/{name}"]["post"]["security"]
        assert security == [{"bearerKey": ["Ingest"]}, {"headerKey": ["Ingest"]}]


@pytest.mark.parametrize("name", READS)
def test_answers_and_examples_have_the_form_that_is_described(
    described: dict[str, Any], client: Client, name: str
):
    operation = described["paths"][f"/api/portal/{name}"]["get"]
    content = operation["responses"]["200"]["content"]["application/json"]
    whole = {"components": described["components"], "allOf": [content["schema"]]}
    jsonschema_rs.validate(whole, content["example"])
    answer = client.get(f"/api/portal/{name}?days=all", headers=TOKEN)
    jsonschema_rs.validate(whole, answer.json)
    assert set(answer.json or {}) == set(content["example"])


def test_an_example_of_what_is_told_is_taken(described: dict[str, Any], mallard: Mallard):
    client = Client(application(mallard))
    key = mallard.access.keys.create("shop", "Ingest").key
    for name in ("tool-usage", "catalog"):
        operation = described["paths"][f"/api/portal/{name}"]["post"]
        body = operation["requestBody"]["content"]["application/json"]
        whole = {"components": described["components"], "allOf": [body["schema"]]}
        for sent, status in ((body["example"], 202), ([body["example"]], 200)):
            jsonschema_rs.validate(whole, sent)
            answer = client.post(f"/api/portal/{name}", json=sent, headers={"X-API-Key": key})
            assert answer.status_code == status and str(status) in operation["responses"]


def test_people_read_of_it_at_the_docs(client: Client):
    page = client.get("/api/docs").text
    assert "/api/portal/tool-usage" in page and "Tell that a tool was used" in page
    assert page.count("For those with the metrics token, for those who are signed in,") == 4
