"""How events come in."""

from __future__ import annotations

from mallard.ingest.submission import MAX_BODY_BYTES
from mallard.model import DropReason
from mallard.web.api.openapi.operation import Access, Operation, body

DROPPED = {
    "X-Mallard-Dropped": {
        "description": "Why the event was left out on purpose; without this header it is stored.",
        "schema": {"type": "string", "enum": list(DropReason)},
    }
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
