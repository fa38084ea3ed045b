"""The description of the API: for programs at `/api/openapi.json`, for people at `/api/docs`."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from flask import Blueprint, Response, jsonify, render_template
from markupsafe import Markup, escape

from mallard.web.api.described import Answer, Subject, described
from mallard.web.base_path import address
from mallard.web.dashboard.view import asked_url
from mallard.web.state import parts

blueprint = Blueprint("reference", __name__, url_prefix="/api")


@blueprint.get("/openapi.json")
@described(Subject.OPERATING, Answer("The description.", {"openapi": "3.1.0"}))
def get_description() -> Response:
    """This description, as OpenAPI 3.1."""
    return jsonify(parts().description() | {"servers": [{"url": address("/")}]})


@blueprint.get("/docs")
@described(Subject.OPERATING, Answer("The page.", files=("text/html",)))
def get_docs() -> str:
    """This description, as a page."""
    api, operations = parts().description(), defaultdict(list)
    for path, item in api["paths"].items():
        for method, operation in item.items():
            operations[operation["tags"][0]].append((method, path, operation))
    return render_template(
        "reference/page.html",
        url=asked_url({}),
        sites=[],
        api=api,
        operations=operations,
    )


@blueprint.app_template_filter("resolved")
def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """The component that a reference names; anything else as it is."""
    if "$ref" not in part:
        return part
    found = parts().description()
    for name in part["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return found


@blueprint.app_template_filter("prose")
def prose(text: str) -> Markup:
    """The text with what stands in backticks as code."""
    pieces = (escape(piece) for piece in text.split("`"))
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if number % 2 else piece
        for number, piece in enumerate(pieces)
    )


@blueprint.app_template_filter("kind")
def kind(schema: dict[str, Any]) -> str:
    """What a value is, in a word or two."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if schema.get("type") == "array":
        return f"list of {kind(schema['items'])}"
    if "anyOf" in schema:
        return " or ".join(kind(choice) for choice in schema["anyOf"])
    kinds = schema.get("type", "any")
    return schema.get("format", kinds) if isinstance(kinds, str) else " or ".join(kinds)


@blueprint.app_template_filter("form")
def form(schema: dict[str, Any]) -> str:
    """The name of what a body is made of: of a list, that of its items."""
    found = resolved(schema)
    return kind(found["items"] if found.get("type") == "array" else schema)


@blueprint.app_template_filter("bounds")
def bounds(schema: dict[str, Any]) -> str:
    """What else must hold of a value."""
    said = []
    if "enum" in schema:
        said.append("one of " + ", ".join(f"`{value}`" for value in schema["enum"]))
    if "minimum" in schema and "maximum" in schema:
        said.append(f"{schema['minimum']:g} to {schema['maximum']:g}")
    if "maxLength" in schema:
        said.append(f"at most {schema['maxLength']} characters")
    if "default" in schema:
        said.append(f"`{schema['default']}` when absent")
    return "; ".join(said)


@blueprint.app_template_filter("pretty")
def pretty(example: object) -> str:
    """An example, as JSON for people."""
    return (
        example if isinstance(example, str) else json.dumps(example, indent=2, ensure_ascii=False)
    )


@blueprint.app_template_filter("needed")
def needed(operation: dict[str, Any]) -> str:
    """What one needs to ask for this."""
    security = operation["security"]
    if not security:
        return "For everybody."
    if {} in security:
        return "For everybody, or for those with the token where one is set."
    ways = {name: scopes for way in security for name, scopes in way.items()}
    (scope,) = ways["bearerKey"]
    keys = f"API keys with the scope {scope}" + ("." if scope == "Admin" else " or Admin.")
    token = "For those with the metrics token, for those" if "metricsToken" in ways else "For those"
    return f"{token} who are signed in, and for {keys}" if "session" in ways else f"Only for {keys}"
