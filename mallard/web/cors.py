"""Which other origin may read our answers: `dashboard_origin` alone, when it is set."""

from __future__ import annotations

from flask import Response, request

from mallard.web.state import parts

PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, X-API-Key, X-Request-ID",
    "Access-Control-Max-Age": "600",
}


def allow(response: Response) -> Response:
    """Adds what lets pages of `dashboard_origin` read the answer.

    What is meant for every page, such as the tracking script, says so itself.
    """
    allowed = parts().settings.dashboard_origin
    if allowed is None or "Access-Control-Allow-Origin" in response.headers:
        return response
    response.vary.add("Origin")
    if request.headers.get("Origin") == allowed:
        response.headers["Access-Control-Allow-Origin"] = allowed
        response.headers["Access-Control-Allow-Credentials"] = "true"
        if request.method == "OPTIONS":
            response.headers.update(PREFLIGHT)
    return response
