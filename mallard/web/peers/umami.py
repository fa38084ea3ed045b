"""Umami's `/api/send`: an existing page that loads its tracker goes on as it is.

Its answers and errors have the form that Umami's clients read, so it is no part of our own API's
description.
"""

from __future__ import annotations

from uuid import uuid4

from flask import Blueprint, Response, current_app, jsonify, request

from mallard.ingest.refusals import Rejected
from mallard.model import Dropped, DropReason
from mallard.peers.umami import PATH, Umami
from mallard.web.rooms import Room

CORS = {"Access-Control-Allow-Origin": "*"}
PREFLIGHT = CORS | {
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "Content-Type, x-umami-cache",
    "Access-Control-Max-Age": "86400",
}
CACHE = "mallard"
"""The tracker wants a token to send with its next request. Ours is one for all: it is no id."""
CRAWLER = {"beep": "boop"}
"""What Umami answers a robot."""

NAME = "mallard.umami"

blueprint = Blueprint("umami", __name__)


def room_of(umami: Umami) -> Room:
    """The room in Umami's place."""
    return Room(NAME, umami, (blueprint,))


@blueprint.post(PATH, provide_automatic_options=False)
def send() -> Response:
    """Takes an event in."""
    umami: Umami = current_app.extensions[NAME]
    return _answer(umami.take(request.environ, request.get_data(cache=False)))


@blueprint.route(PATH, methods=["OPTIONS"])
def preflight() -> Response:
    """Lets every page post JSON, and the tracker its header."""
    return Response(status=204, headers=PREFLIGHT)


@blueprint.errorhandler(Rejected)
def refuse(rejected: Rejected) -> Response:
    """The reason in the form that Umami's clients read."""
    code = "bad-request" if rejected.status == 400 else str(rejected.counted_as)
    error = {"message": rejected.reason, "code": code, "status": rejected.status}
    response = jsonify({"error": error})
    response.status_code = rejected.status
    if rejected.retry_after_secs is not None:
        response.headers["Retry-After"] = str(rejected.retry_after_secs)
    response.headers.update(CORS)
    return response


def _answer(dropped: Dropped | None) -> Response:
    if dropped is not None and dropped.reason is DropReason.CRAWLER:
        response = jsonify(CRAWLER)
    else:
        # Both ids are made up: an answer that told visitors apart would be a mark on them.
        made_up = {"sessionId": str(uuid4()), "visitId": str(uuid4())}
        response = jsonify({"cache": CACHE} | made_up)
    if dropped is not None:
        response.headers["X-Mallard-Dropped"] = dropped.reason
    response.headers.update(CORS)
    return response
