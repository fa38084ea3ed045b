"""What the request that Flask serves right now tells, without importing Flask."""

from __future__ import annotations

import sys
from dataclasses import dataclass

LONGEST_URL = 2048


@dataclass(frozen=True, slots=True)
class Served:
    """A request's client and page; all None outside of a request."""

    address: str | None = None
    user_agent: str | None = None
    url: str | None = None
    referrer: str | None = None


def served_now() -> Served:
    """The request that is served in this context."""
    # Whoever serves a request with Flask has imported it.
    flask = sys.modules.get("flask")
    if flask is None or not flask.has_request_context():
        return Served()
    request = flask.request
    url, referrer = request.url, request.referrer
    return Served(
        address=request.remote_addr,
        user_agent=request.headers.get("User-Agent", ""),
        url=url if len(url) <= LONGEST_URL else request.base_url[:LONGEST_URL],
        referrer=referrer[:LONGEST_URL] if referrer else None,
    )
