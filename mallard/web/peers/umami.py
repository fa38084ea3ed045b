"""Umami's places: an existing page that loads its tracker goes on as it is, and so do its clients.

Answers and errors have the form that Umami's clients read, so they are no part of our own API's
description.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from flask import Blueprint, Response, current_app, jsonify, request

from mallard.ingest.intake import Outcome
from mallard.ingest.refusals import Rejected
from mallard.model import Dropped, DropReason
from mallard.peers import answers
from mallard.peers.umami import BATCH_PATH, PATH, Umami
from mallard.web.client import holds_ingest_key
from mallard.web.peers.scripts import peer_script
from mallard.web.rooms import Room

CACHE = "mallard"
"""The tracker wants a token to send with its next request. Ours is one for all: it is no id."""
CRAWLER: dict[str, Any] = {"beep": "boop"}
"""What Umami answers a robot."""

NAME = "mallard.umami"

blueprint = Blueprint("umami", __name__)
whole = Blueprint("umami_whole", __name__)
"""What of Umami is there where all its clients are to go on."""


def room_of(umami: Umami, is_whole: bool) -> Room:
    """The room in Umami's place."""
    return Room(NAME, umami, (blueprint, whole) if is_whole else (blueprint,))


@blueprint.post(PATH, provide_automatic_options=False)
def send() -> Response:
    """Takes an event in."""
    body = request.get_data(cache=False)
    return _with_cors(_answer(_umami().take(request.environ, body, holds_ingest_key())))


@whole.post(BATCH_PATH, provide_automatic_options=False)
def batch() -> Response:
    """Takes events in, and tells what became of each."""
    body = request.get_data(cache=False)
    outcomes = _umami().take_batch(request.environ, body, holds_ingest_key())
    details = [
        {"index": index, "response": _told(outcome)} for index, outcome in enumerate(outcomes)
    ]
    errors = sum(isinstance(outcome, Rejected) for outcome in outcomes)
    sums = {"size": len(outcomes), "processed": len(outcomes) - errors, "errors": errors}
    return _with_cors(jsonify(sums | {"details": details, "cache": CACHE}))


@whole.get("/api/heartbeat")
def heartbeat() -> Response:
    """Says that somebody is there."""
    return jsonify({"ok": True})


@whole.get("/script.js")
@whole.get("/umami.js")
def script() -> Response:
    """Our script for pages that have Umami's tag."""
    return peer_script("umami.js")


@blueprint.route(PATH, methods=["OPTIONS"])
@whole.route(BATCH_PATH, methods=["OPTIONS"])
def preflight() -> Response:
    """Lets every page post JSON, and the tracker its header."""
    return Response(status=204, headers=[*answers.preflight(request.environ), *_cors()])


@blueprint.errorhandler(Rejected)
@whole.errorhandler(Rejected)
def refuse(rejected: Rejected) -> Response:
    """The reason in the form that Umami's clients read."""
    response = jsonify(_error(rejected))
    response.status_code = rejected.status
    if rejected.retry_after_secs is not None:
        response.headers["Retry-After"] = str(rejected.retry_after_secs)
    return _with_cors(response)


def _umami() -> Umami:
    found: Umami = current_app.extensions[NAME]
    return found


def _cors() -> list[tuple[str, str]]:
    return answers.cors(request.environ)


def _with_cors(response: Response) -> Response:
    response.headers.extend(_cors())
    return response


def _error(rejected: Rejected) -> dict[str, Any]:
    code = "bad-request" if rejected.status == 400 else str(rejected.counted_as)
    return {"error": {"message": rejected.reason, "code": code, "status": rejected.status}}


def _told(outcome: Outcome) -> dict[str, Any]:
    """The answer to one event."""
    if isinstance(outcome, Rejected):
        return _error(outcome)
    if outcome is not None and outcome.reason is DropReason.CRAWLER:
        return CRAWLER
    # Both ids are made up: an answer that told visitors apart would be a mark on them.
    return {"cache": CACHE, "sessionId": str(uuid4()), "visitId": str(uuid4())}


def _answer(dropped: Dropped | None) -> Response:
    response = jsonify(_told(dropped))
    if dropped is not None:
        response.headers["X-Mallard-Dropped"] = dropped.reason
    return response
