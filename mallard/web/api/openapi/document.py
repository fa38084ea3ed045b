"""Puts the OpenAPI document together."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from flask import Blueprint

from mallard import __version__
from mallard.web.api.described import Subject
from mallard.web.api.openapi import collecting
from mallard.web.api.openapi.operation import operation, parameters_of
from mallard.web.api.openapi.refusals import refusals
from mallard.web.api.openapi.routes import Route, routes_of
from mallard.web.api.openapi.schemas import Json, Schemas
from mallard.web.blueprints import BLUEPRINTS

ABOUT = (
    "Everything that the dashboard shows, and what is needed to send events, as JSON. Days are"
    ' those of the time zone of the site. An error answers `{"error": "…"}` with the reason. Every'
    " answer carries `X-Request-ID`, which the log names too; a request may bring its own. Unknown"
    " parameters are ignored, and an empty one counts as absent."
)

SECURITY_SCHEMES: Json = {
    "bearerKey": {"type": "http", "scheme": "bearer", "description": "An API key, `mm_…`."},
    "headerKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "session": {"type": "apiKey", "in": "cookie", "name": "mm_session"},
    "metricsToken": {"type": "http", "scheme": "bearer", "description": "The `metrics_token`."},
}


@cache
def document() -> Json:
    """The whole API in OpenAPI 3.1."""
    return describe(BLUEPRINTS)


def describe(blueprints: Iterable[Blueprint]) -> Json:
    """The collecting of events and the described routes of these blueprints in OpenAPI 3.1."""
    chapters = list(Subject)
    routes = sorted(
        (*collecting.ROUTES, *routes_of(blueprints)),
        key=lambda route: chapters.index(route.said.subject),
    )
    schemas = Schemas(routes)
    used = [chapter for chapter in chapters if any(r.said.subject is chapter for r in routes)]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Mallard",
            "version": __version__,
            "description": ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": chapter.title, "description": chapter.about} for chapter in used],
        "paths": _paths(routes, schemas),
        "components": {
            "parameters": _parameters(routes),
            "responses": refusals(routes, schemas),
            "schemas": schemas.components,
            "securitySchemes": SECURITY_SCHEMES,
        },
    }


def _paths(routes: Iterable[Route], schemas: Schemas) -> Json:
    paths: Json = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = operation(route, schemas)
    return paths


def _parameters(routes: Iterable[Route]) -> Json:
    """Every parameter once. Raises ValueError where two that differ are filed under one name."""
    found: Json = {}
    for route in routes:
        for name, parameter in parameters_of(route):
            if found.setdefault(name, parameter) != parameter:
                raise ValueError(f"{route.path}: another parameter is filed as {name}")
    return found
