"""Where host applications tell that tools and the catalog were used."""

from __future__ import annotations

from flask import Blueprint, Response, request

from mallard.ingest.batches import Sender, summed_up
from mallard.ingest.intake import Outcome
from mallard.ingest.submission import Rejected
from mallard.model import Dropped
from mallard.portal.telling import Tellings, is_many
from mallard.web.api.stats import as_json
from mallard.web.client import client_address


def blueprint(tellings: Tellings) -> Blueprint:
    """The routes, for keys of the scope Ingest."""
    routes = Blueprint("telling", __name__, url_prefix="/api/portal")

    @routes.post("/tool-usage")
    def tool_usage() -> Response:
        """Takes in that tools were used."""
        body = request.get_data(cache=False)
        return _answer(tellings.take_tool_usage(body, _sender()), body)

    @routes.post("/catalog")
    def catalog() -> Response:
        """Takes in that the catalog was used."""
        body = request.get_data(cache=False)
        return _answer(tellings.take_catalog(body, _sender()), body)

    return routes


def _sender() -> Sender:
    return Sender(client_address(), request.environ.get("HTTP_USER_AGENT", ""))


def _answer(outcomes: list[Outcome], body: bytes) -> Response:
    """202 for a single event, as where browsers post theirs; for an array what became of each."""
    if is_many(body):
        return as_json(summed_up(outcomes))
    (outcome,) = outcomes
    if isinstance(outcome, Rejected):
        raise outcome
    response = Response(status=202)
    if isinstance(outcome, Dropped):
        response.headers["X-Mallard-Dropped"] = outcome.reason
    return response
