"""How events come in."""

from __future__ import annotations

from mallard.ingest.batches import MAX_BATCH_BYTES, MAX_EVENTS
from mallard.ingest.submission import MAX_BODY_BYTES
from mallard.model import DropReason
from mallard.web.api.openapi.operation import Access, Operation, answer, body, ref

DROPPED = {
    "X-Mallard-Dropped": {
        "description": "Why the event was left out on purpose; without this header it is stored.",
        "schema": {"type": "string", "enum": list(DropReason)},
    }
}
_BATCH = [
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
_TAKEN = {
    "accepted": 1,
    "dropped": 0,
    "errors": [{"index": 1, "error": "u (page URL): the URL has no host"}],
}
_PICTURE = {"image/gif": {"schema": {"type": "string"}}}

OPERATIONS = (
    Operation(
        method="post",
        path="/api/event",
        name="postEvent",
        tag="Collecting",
        summary="Record an event",
        description=f"The body is at most {MAX_BODY_BYTES:,} bytes of JSON, whatever its"
        " Content-Type says. With `site_ids` set, the Origin (if there is one) and `d` must be"
        " among them. Any page may call this; it needs no credentials.",
        body=body(
            "Event",
            {
                "d": "example.com",
                "n": "signup",
                "u": "https://example.com/pricing?utm_source=letter",
                "r": "https://search.example/",
                "w": 1440,
                "p": {"plan": "pro"},
                "ra": 49.9,
                "rc": "EUR",
            },
        ),
        answers={
            202: {"description": "It is accepted, or left out on purpose.", "headers": DROPPED}
        },
        refusals=(400, 403, 413, 422, 429, 500, 503),
        access=Access.ANYBODY,
    ),
    Operation(
        method="post",
        path="/api/events",
        name="postEvents",
        tag="Collecting",
        summary="Record many events at once",
        description=f"For servers and importers: 1 to {MAX_EVENTS:,} events, at most"
        f" {MAX_BATCH_BYTES >> 20} MiB. Besides the array described here JSON lines will do: one"
        " event a line. The Content-Type does not matter. Each event is checked, limited and"
        " counted like a single one; those that are not valid are listed, and do not keep the"
        " others out. When each of them is over a rate limit the answer is 429, and when they"
        " cannot be stored it is 503: then none is.",
        body=body("Batch", _BATCH),
        answers={200: answer("What became of them.", ref("Taken"), _TAKEN)},
        refusals=(400, 413, 422, 429, 500, 503),
        access=Access.SENDER,
    ),
    Operation(
        method="get",
        path="/api/event",
        name="getPixel",
        tag="Collecting",
        summary="Record an event by loading a picture",
        description="For mails, feeds and pages without scripts. The answer is always the picture,"
        " one transparent pixel; an event that is not valid is just not stored.",
        parameters=("pixel_d", "pixel_u", "pixel_n", "pixel_r", "pixel_w"),
        answers={200: {"description": "The picture.", "headers": DROPPED, "content": _PICTURE}},
        refusals=(500,),
        access=Access.ANYBODY,
    ),
)
