"""Batches of events, from programs with a key."""

from __future__ import annotations

from flask import Blueprint, Response, request

from mallard.ingest.batches import Sender
from mallard.web.api.stats import as_json
from mallard.web.client import client_address
from mallard.web.state import parts

blueprint = Blueprint("events", __name__, url_prefix="/api/events")


@blueprint.post("")
def take() -> Response:
    """Takes the events in, and tells what became of them."""
    sender = Sender(
        address=client_address(),
        user_agent=request.environ.get("HTTP_USER_AGENT", ""),
        origin=request.environ.get("HTTP_ORIGIN"),
    )
    return as_json(parts().take_batch(request.get_data(cache=False), sender))
