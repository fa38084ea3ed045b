"""Response headers: those of every answer, and those of pages and of the JSON API."""

from __future__ import annotations

import gzip

from flask import Response, request

ON_EVERY_ANSWER = [
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
    ("Permissions-Policy", "geolocation=(), microphone=(), camera=()"),
]

OVER_HTTPS = [("Strict-Transport-Security", "max-age=31536000; includeSubDomains; preload")]
"""Only where https is there: it would lock browsers out of a host that has none."""

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)

COMPRESSED = ("text/html", "application/json", "image/svg+xml", "text/plain")
WORTH_COMPRESSING = 1024


FRAMED = "mallard.framed"
"""Set in the environment of a request whose answer says itself who may embed it."""
FRAME_OPTIONS = "X-Frame-Options"


def finish(response: Response) -> Response:
    """Adds the headers that a page or a JSON answer needs, and compresses it when asked to."""
    if response.mimetype == "text/html":
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    if response.mimetype in ("text/html", "application/json"):
        response.headers.setdefault("Cache-Control", "no-store, no-cache")
    return _compress(response)


def _compress(response: Response) -> Response:
    if response.mimetype not in COMPRESSED or response.is_streamed:
        return response
    response.vary.add("Accept-Encoding")
    if (
        request.accept_encodings.quality("gzip") > 0
        and not response.content_encoding
        and (response.content_length or 0) >= WORTH_COMPRESSING
    ):
        response.set_data(gzip.compress(response.get_data(), compresslevel=6))
        response.content_encoding = "gzip"
    return response
