"""What pages of other products need of an answer to be let on by their browsers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

MAX_ASKED = 512
"""So long a list of headers that a page asks for is granted."""


def cors(environ: WSGIEnvironment) -> list[tuple[str, str]]:
    """Lets a page see the answer, also one that sends its credentials along.

    That is for the pages' sake alone: nothing that is answered so looks at a credential.
    """
    origin = environ.get("HTTP_ORIGIN")
    if not origin or not origin.isprintable():
        return [("Access-Control-Allow-Origin", "*")]
    return [
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Allow-Credentials", "true"),
        ("Vary", "Origin"),
    ]


def preflight(environ: WSGIEnvironment) -> list[tuple[str, str]]:
    """Grants what the page asks for: a method that sends, and its headers."""
    asked = environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", "")
    is_fit = asked.isprintable() and len(asked) <= MAX_ASKED
    return [
        ("Access-Control-Allow-Methods", "GET, POST"),
        ("Access-Control-Allow-Headers", (is_fit and asked) or "Content-Type"),
        ("Access-Control-Max-Age", "86400"),
    ]
