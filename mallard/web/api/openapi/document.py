"""Puts the OpenAPI document together."""

from __future__ import annotations

from functools import cache

from mallard import __version__
from mallard.web.api.openapi import (
    access,
    behaviour,
    collecting,
    downloads,
    figures,
    operating,
    privacy,
)
from mallard.web.api.openapi.operation import Json
from mallard.web.api.openapi.parameters import PARAMETERS
from mallard.web.api.openapi.refusals import refusals
from mallard.web.api.openapi.schemas import schemas

SUBJECTS = (collecting, figures, behaviour, downloads, privacy, access, operating)

ABOUT = (
    "Everything that the dashboard shows, and what is needed to send events, as JSON. Days are UTC"
    ' days. An error answers `{"error": "…"}` with the reason. Every answer carries'
    " `X-Request-ID`, which the log names too; a request may bring its own. Unknown parameters are"
    " ignored, and an empty one counts as absent."
)

TAGS = {
    "Collecting": "Events come in here, from browsers and from servers.",
    "Figures": "One site, one period, any filters.",
    "Behaviour": "What visitors do one after the other.",
    "Downloads": "Figures and events as files.",
    "Privacy": "What the law may ask for, and a look at what would be stored.",
    "Signing in": "One password opens the dashboard. Each address also works without `/api`.",
    "API keys": "For programs: as `Authorization: Bearer mm_…` or `X-API-Key: mm_…`.",
    "Operating": "For monitoring, and for those who write programs.",
}

SECURITY_SCHEMES: Json = {
    "bearerKey": {"type": "http", "scheme": "bearer", "description": "An API key, `mm_…`."},
    "headerKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "session": {"type": "apiKey", "in": "cookie", "name": "mm_session"},
    "metricsToken": {"type": "http", "scheme": "bearer", "description": "The `metrics_token`."},
}


@cache
def document() -> Json:
    """The whole API in OpenAPI 3.1."""
    paths: Json = {}
    for subject in SUBJECTS:
        for operation in subject.OPERATIONS:
            paths.setdefault(operation.path, {})[operation.method] = operation.to_json()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Mallard",
            "version": __version__,
            "description": ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "components": {
            "parameters": PARAMETERS,
            "responses": refusals(),
            "schemas": schemas(),
            "securitySchemes": SECURITY_SCHEMES,
        },
    }
