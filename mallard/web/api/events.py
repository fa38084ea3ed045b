"""Batches of events, from programs with a key."""

from __future__ import annotations

from typing import Annotated

from flask import Blueprint, Response, request
from msgspec import Meta

from mallard.ingest.batches import MAX_BATCH_BYTES, MAX_EVENTS, BatchEvent, ItemError, Sender, Taken
from mallard.web.api.asking import as_json
from mallard.web.api.described import Answer, Body, Subject, described
from mallard.web.client import client_address
from mallard.web.guards import caller
from mallard.web.narrowing import may_see
from mallard.web.state import parts

blueprint = Blueprint("events", __name__, url_prefix="/api/events")


Batch = Annotated[
    list[BatchEvent],
    Meta(
        min_length=1,
        max_length=MAX_EVENTS,
        description="Events in the order in which they are to be taken.",
    ),
]
_EXAMPLE = [
    {
        "d": "example.com",
        "n": "pageview",
        "u": "https://example.com/pricing",
        "timestamp": "2026-01-15T10:00:00Z",
        "client_ip": "203.0.113.7",
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    },
    {"d": "example.com", "n": "signup", "u": "https://"},
]
_TAKEN = Taken(1, 0, [ItemError(1, "u (page URL): the URL has no host")])


@blueprint.post("")
@described(
    Subject.COLLECTING,
    Body(Batch, _EXAMPLE),
    Answer("What became of them.", _TAKEN),
    refuses=(429,),
    facts={"events": MAX_EVENTS, "mebibytes": MAX_BATCH_BYTES >> 20},
)
def post_events() -> Response:
    """Record many events at once.

    For servers and importers: 1 to {events:,} events, at most {mebibytes} MiB. Besides the array
    described here JSON lines will do: one event a line. The Content-Type does not matter. Each
    event is checked, limited and counted like a single one; those that are not valid are listed,
    and do not keep the others out. When each of them is over a rate limit the answer is 429, and
    when they cannot be stored it is 503: then none is.
    """
    who = caller()
    sender = Sender(
        address=client_address(),
        user_agent=request.environ.get("HTTP_USER_AGENT", ""),
        origin=request.environ.get("HTTP_ORIGIN"),
        may_tell_of=lambda site: who is not None and may_see(who, site),
    )
    return as_json(parts().take_batch(request.get_data(cache=False), sender))
