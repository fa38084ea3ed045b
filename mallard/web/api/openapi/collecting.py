"""What is said of `/api/event`, which Flask does not serve."""

from __future__ import annotations

from mallard.ingest import collect
from mallard.ingest.submission import (
    MAX_BODY_BYTES,
    MAX_EVENT_NAME,
    MAX_SCREEN_WIDTH,
    MAX_URL,
    Submission,
)
from mallard.model import PAGEVIEW, SITE_ID_FORM, DropReason
from mallard.reports.arguments import Lenient
from mallard.web.api.described import Answer, Body, Subject, description
from mallard.web.api.openapi.routes import Route

_URL = {"maxLength": MAX_URL}
DROPPED = {
    "X-Mallard-Dropped": (
        DropReason,
        "Why the event was left out on purpose; without this header it is stored.",
    )
}


class Event(Submission):
    """One event. Unknown keys are ignored, and null means that a key is absent."""


POST_EVENT = description(
    """Record an event.

    The body is at most {bytes:,} bytes of JSON, whatever its Content-Type says. With `site_ids`
    set, the Origin (if there is one) and `d` must be among them. Any page may call this; it needs
    no credentials.
    """,
    Subject.COLLECTING,
    Body(
        Event,
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
    Answer("It is accepted, or left out on purpose.", status=202, headers=DROPPED),
    refuses=(429,),
    facts={"bytes": MAX_BODY_BYTES},
)

GET_PIXEL = description(
    """Record an event by loading a picture.

    For mails, feeds and pages without scripts. The answer is always the picture, one transparent
    pixel; an event that is not valid is just not stored.
    """,
    Subject.COLLECTING,
    Lenient("d", "The site.", "example.com", bounds=SITE_ID_FORM, filed_as="pixel_d"),
    Lenient("u", "The page's URL.", "https://example.com/", bounds=_URL, filed_as="pixel_u"),
    Lenient(
        "n",
        "The event's name.",
        bounds={"maxLength": MAX_EVENT_NAME, "default": PAGEVIEW},
        filed_as="pixel_n",
    ),
    Lenient("r", "The referrer's URL.", bounds=_URL, filed_as="pixel_r"),
    Lenient(
        "w",
        "The screen's width in pixels.",
        bounds={"type": "integer", "minimum": 1, "maximum": MAX_SCREEN_WIDTH},
        filed_as="pixel_w",
    ),
    Answer("The picture.", files=("image/gif",), headers=DROPPED),
)

ROUTES = (
    Route("POST", collect.PATH, "post_event", POST_EVENT),
    Route("GET", collect.PATH, "get_pixel", GET_PIXEL),
)
