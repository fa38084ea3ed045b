"""`/metrics` for Prometheus, and the names under which requests are measured."""

from __future__ import annotations

import hmac

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as BaseResponse

from mallard.metrics.exposition import CONTENT_TYPE
from mallard.web.api.described import Answer, Subject, described
from mallard.web.state import parts

ROUTE = "mallard.route"
"""Where a request's WSGI environment says which route served it."""

blueprint = Blueprint("monitoring", __name__)


@blueprint.get("/metrics")
@described(
    Subject.OPERATING,
    Answer("The metrics.", "mallard_buffered_events 42.0\n"),
    Answer("The token is missing or wrong.", "a bearer token is needed\n", status=401),
    scheme="metricsToken",
)
def get_metrics() -> BaseResponse:
    """Metrics for Prometheus.

    The token is asked for where `metrics_token` is set. Where there is a portal, browsers get the
    operator's page here.
    """
    if parts().settings.portal is None:
        return _text()
    response = _page() if _prefers_a_page() else _text()
    response.vary.add("Accept")
    return response


def _prefers_a_page() -> bool:
    accepted = request.accept_mimetypes
    return accepted.quality("text/html") > accepted.quality("text/plain")


def _page() -> BaseResponse:
    from mallard.web.guards import admit_by_token
    from mallard.web.portal.page import page

    return admit_by_token() or page()


def _text() -> Response:
    token = parts().settings.metrics_token
    if token is not None and not has_bearer(token):
        refusal = Response("a bearer token is needed\n", status=401, mimetype="text/plain")
        refusal.headers["WWW-Authenticate"] = "Bearer"
        return refusal
    response = Response(parts().metrics_text(), content_type=CONTENT_TYPE)
    response.headers["Cache-Control"] = "no-store"
    return response


def name_route(response: Response) -> Response:
    """Notes the route of the request; what no route fits stays unnamed."""
    if request.url_rule is not None:
        request.environ[ROUTE] = request.url_rule.rule
    return response


def has_bearer(token: str) -> bool:
    """Whether the request carries this bearer token."""
    scheme, _, offered = request.headers.get("Authorization", "").partition(" ")
    # WSGI hands headers over as Latin-1, whatever they hold.
    given = offered.strip().encode("latin-1", "replace")
    return hmac.compare_digest(given, token.encode()) and scheme.lower() == "bearer"
