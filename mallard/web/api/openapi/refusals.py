"""The errors of the API: one form for all, under their statuses."""

from __future__ import annotations

from mallard.web.api.openapi.operation import Json, ref, refusal_name

RETRY_AFTER: Json = {
    "Retry-After": {
        "description": "Whole seconds to wait.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    }
}

TEXTS = {
    400: ("A parameter or field is missing or cannot be used.", "site_id is missing"),
    401: ("No session, and no API key that is valid.", "log in, or send an API key"),
    403: ("The caller may not do this.", "this needs a key with the scope Admin"),
    404: ("There is no such thing.", "Key not found"),
    409: ("It is done already.", "Admin password already configured"),
    413: ("The body is too large.", "the body is larger than 65536 bytes"),
    422: ("The body is JSON, but not of the form asked for.", "u is missing"),
    429: ("Too many requests.", "too many requests; ask again later"),
    500: ("Something went wrong; the log tells more.", "internal error"),
    503: (
        "It would take too long or too much memory now.",
        "the report took longer than 30 seconds; ask for fewer days",
    ),
}
"""What each status means, and a message to go with it."""

LATER = (429, 503)


def refusals() -> Json:
    """The components that operations refer to."""
    return {refusal_name(status): _refusal(status, *texts) for status, texts in TEXTS.items()}


def _refusal(status: int, description: str, message: str) -> Json:
    content = {"application/json": {"schema": ref("Error"), "example": {"error": message}}}
    answer: Json = {"description": description, "content": content}
    if status in LATER:
        answer["headers"] = RETRY_AFTER
    if status == 401:
        scheme = {"schema": {"type": "string"}, "description": "How to say who asks: Bearer."}
        answer["headers"] = {"WWW-Authenticate": scheme}
    return answer
