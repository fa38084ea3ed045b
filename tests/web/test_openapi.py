"""The description of the API: complete, valid, with examples that are true, and readable."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from flask import Flask
from werkzeug.test import Client

from mallard import __version__
from mallard.app import Mallard
from mallard.ingest import collect
from mallard.ingest.addresses import TrustedProxies
from mallard.reports.breakdown import DIMENSIONS
from mallard.web.api.openapi import document
from mallard.web.factory import create_flask_app
from mallard.web.guards import PUBLIC
from mallard.wsgi import application, parts_of

OUTSIDE_API = ("/health", "/health/ready", "/health/detailed", "/metrics")
OWN_METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}

Operation = tuple[str, str]


def described() -> dict[Operation, dict[str, Any]]:
    """Every operation of the document by method and path."""
    return {
        (method.upper(), path): operation
        for path, item in document()["paths"].items()
        for method, operation in item.items()
    }


@pytest.fixture
def flask_app(mallard: Mallard) -> Flask:
    return create_flask_app(parts_of(mallard, TrustedProxies([])))


def routes(app: Flask) -> dict[Operation, str]:
    """The endpoint of every route that the document should have."""
    return {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)): rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/") or rule.rule in OUTSIDE_API
        for method in (rule.methods or set()) & OWN_METHODS
    }


def test_every_route_is_described_and_every_description_has_a_route(flask_app: Flask) -> None:
    events = {("GET", collect.PATH), ("POST", collect.PATH)}
    assert set(described()) == set(routes(flask_app)) | events


def test_exactly_the_public_routes_are_described_as_public(flask_app: Flask) -> None:
    operations = described()
    for operation, endpoint in routes(flask_app).items():
        security = operations[operation]["security"]
        is_public = not security or {} in security
        assert is_public is (endpoint in PUBLIC), operation


def test_the_document_is_valid_openapi() -> None:
    schemathesis.openapi.from_dict(document()).validate()
    assert document()["openapi"].startswith("3.1")
    assert document()["info"]["version"] == __version__


def test_operations_have_names_of_their_own() -> None:
    names = [operation["operationId"] for operation in described().values()]
    assert len(names) == len(set(names))


def test_the_dimensions_are_those_of_the_code() -> None:
    assert document()["components"]["parameters"]["dimension"]["schema"]["enum"] == list(DIMENSIONS)


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    found = document()
    if "$ref" not in part:
        return part
    for name in part["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return found


def examples() -> Iterator[tuple[str, Any, Any]]:
    """Where an example stands, its schema, and itself."""
    for (method, path), operation in described().items():
        replies = {status: resolved(r) for status, r in operation["responses"].items()}
        if "requestBody" in operation:
            replies["body"] = operation["requestBody"]
        for name, reply in replies.items():
            for content in reply.get("content", {}).values():
                if "example" in content:
                    yield f"{method} {path} {name}", content["schema"], content["example"]
        for parameter in map(resolved, operation.get("parameters", [])):
            if "example" in parameter:
                yield f"{path} {parameter['name']}", parameter["schema"], parameter["example"]


@pytest.mark.parametrize(("where", "schema", "example"), list(examples()))
def test_an_example_is_of_the_form_beside_it(where: str, schema: Any, example: Any) -> None:
    whole = {"components": document()["components"], "allOf": [schema]}
    jsonschema_rs.validate(whole, example)


def test_every_component_is_used() -> None:
    text = str(document())
    for kind, components in document()["components"].items():
        for name in components:
            is_used = f"#/components/{kind}/{name}'" in text or kind == "securitySchemes"
            assert is_used, (kind, name)


def test_programs_get_the_document(onlooker: Client) -> None:
    response = onlooker.get("/api/openapi.json")
    assert (response.status_code, response.mimetype) == (200, "application/json")
    assert response.json == document()


def test_people_get_a_page_with_every_operation(onlooker: Client) -> None:
    response = onlooker.get("/api/docs")
    assert (response.status_code, response.mimetype) == (200, "text/html")
    for (_, path), operation in described().items():
        assert f'id="{operation["operationId"]}"' in response.text
        assert f"<code>{path}</code>" in response.text


def test_the_page_loads_nothing_from_elsewhere_and_has_no_inline_code(onlooker: Client) -> None:
    response = onlooker.get("/api/docs")
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert not re.search(r'(?:src|href)="(?:https?:)?//', response.text)
    assert not re.search(r"<style|\sstyle=|<script(?! (?:defer )?src=)|\son\w+=", response.text)


def test_every_link_on_the_page_has_a_target(onlooker: Client) -> None:
    text = onlooker.get("/api/docs").text
    ids = set(re.findall(r'\sid="([^"]+)"', text))
    assert set(re.findall(r'href="#([^"]+)"', text)) <= ids


@pytest.mark.parametrize("path", ["/api/docs", "/api/openapi.json"])
def test_a_stranger_is_told_to_log_in(start, path: str) -> None:
    client = Client(application(start(admin_password="correct horse")))
    assert client.get(path).status_code == 401
