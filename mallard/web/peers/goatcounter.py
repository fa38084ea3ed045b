"""GoatCounter's places: pages that carry its script, and programs that count by its API."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify, request

from mallard.ingest.collect import GIF
from mallard.ingest.refusals import Rejected
from mallard.peers import answers
from mallard.peers.goatcounter import PATH, GoatCounter
from mallard.web.peers.scripts import peer_script
from mallard.web.rooms import Room

NAME = "mallard.goatcounter"

blueprint = Blueprint("goatcounter", __name__)


def room_of(counter: GoatCounter) -> Room:
    """The room in GoatCounter's place."""
    return Room(NAME, counter, (blueprint,))


@blueprint.route(PATH, methods=["GET", "POST"], provide_automatic_options=False)
def count() -> Response:
    """Takes a hit in, and answers the picture that the page shows."""
    status, headers = 200, {}
    try:
        dropped = _counter().take(request.environ)
    except Rejected as rejected:
        status, headers = rejected.status, {"X-Goatcounter": _one_line(rejected.reason)}
    else:
        if dropped is not None:
            status, headers = 202, {"X-Mallard-Dropped": str(dropped.reason)}
    response = Response(GIF, status, headers, "image/gif")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers.extend(answers.cors(request.environ))
    return response


@blueprint.route(PATH, methods=["OPTIONS"])
def preflight() -> Response:
    """Lets every page count."""
    headers = [*answers.preflight(request.environ), *answers.cors(request.environ)]
    return Response(status=204, headers=headers)


@blueprint.post("/api/v0/count")
def count_hits() -> Response | tuple[Response, int]:
    """Takes hits in that a program tells of."""
    outcomes = _counter().take_hits(request.environ, request.get_data(cache=False))
    errors = {
        str(index): outcome.reason
        for index, outcome in enumerate(outcomes)
        if isinstance(outcome, Rejected)
    }
    if errors:
        return jsonify({"errors": errors}), 400
    return jsonify({}), 202


@blueprint.get("/count.js")
def script() -> Response:
    """Our script for pages that have GoatCounter's tag."""
    return peer_script("goatcounter.js")


@blueprint.errorhandler(Rejected)
def refuse(rejected: Rejected) -> Response:
    """The reason in the form that GoatCounter's clients read."""
    response = jsonify({"error": rejected.reason})
    response.status_code = rejected.status
    if rejected.retry_after_secs is not None:
        response.headers["Retry-After"] = str(rejected.retry_after_secs)
    return response


def _counter() -> GoatCounter:
    found: GoatCounter = current_app.extensions[NAME]
    return found


def _one_line(reason: str) -> str:
    return reason.encode("ascii", "replace").decode()
