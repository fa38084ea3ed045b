"""The errors of the API: one form for all, and which of them a route may answer."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from mallard.web import csrf
from mallard.web.api.openapi.routes import Route
from mallard.web.api.openapi.schemas import Json, Schemas
from mallard.web.errors import Error

TEXTS = {
    400: ("A parameter or field is missing or cannot be used.", "site_id is missing"),
    401: ("No session, and no API key that is valid.", "log in, or send an API key"),
    403: ("The caller may not do this.", "this needs a key with the scope Admin"),
    404: ("There is no such thing.", "Key not found"),
    409: ("What is there already stands in the way.", "Admin password already configured"),
    412: (
        "What was to be changed is of another version.",
        "the document is not the one that If-Match names; read it again",
    ),
    413: ("The body is too large.", "the body is larger than 65536 bytes"),
    422: ("The body is JSON, but not of the form asked for.", "u is missing"),
    428: (
        "Which version is to be changed is not said.",
        "the site has a document; say by If-Match which version is to be replaced",
    ),
    429: ("Too many requests.", "too many requests; ask again later"),
    431: (
        "The address and the headers are too long together.",
        "the headers are longer than 16384 bytes",
    ),
    500: ("Something went wrong; the log tells more.", "internal error"),
    502: (
        "Another server that is asked for it refuses, or cannot be reached.",
        "the server does not take it: 550 no such mailbox",
    ),
    503: (
        "It cannot be had now: it takes too long or too much memory, or the disk is full.",
        "the report took longer than 30 seconds; ask for fewer days",
    ),
}
"""What each status means, and a message to go with it."""

WHO_ASKS: Json = {
    "WWW-Authenticate": {
        "description": "How to say who asks: Bearer.",
        "schema": {"type": "string"},
    }
}
RETRY_AFTER: Json = {
    "Retry-After": {
        "description": "Whole seconds to wait.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    }
}
HEADERS = {401: WHO_ASKS, 429: RETRY_AFTER, 503: RETRY_AFTER}


def refusals_of(route: Route) -> set[int]:
    """The statuses of the errors that a route may answer."""
    said = route.said
    rules = (
        (route.path.startswith("/api/"), (500,)),
        (said.body is not None, (400, 413, 422)),
        (any(parameter.is_judged for parameter in route.in_query), (400,)),
        (bool(route.in_query), (431,)),
        (bool(route.in_path), (404,)),
        (route.scope is not None, (401, 403)),
        # From elsewhere, or on a full disk.
        (route.method not in csrf.SAFE_METHODS, (403, 503)),
        (route.is_limited, (429,)),
        (route.reads_events, (503,)),
        (True, said.refuses),
    )
    return {status for holds, statuses in rules if holds for status in statuses}


def refusal_name(status: int) -> str:
    """What an error's description is filed under, such as NotFound."""
    return HTTPStatus(status).phrase.title().replace(" ", "").replace("-", "")


def refusals(routes: Iterable[Route], schemas: Schemas) -> Json:
    """The components that the operations of these routes refer to."""
    named = {status for route in routes for status in refusals_of(route)}
    return {refusal_name(status): _refusal(status, schemas) for status in sorted(named)}


def _refusal(status: int, schemas: Schemas) -> Json:
    description, message = TEXTS[status]
    content = {"schema": schemas.of(Error), "example": {"error": message}}
    answer = {"description": description, "content": {"application/json": content}}
    return answer | ({"headers": HEADERS[status]} if status in HEADERS else {})
