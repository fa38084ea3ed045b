"""The cookie of a browser that has told the password and has yet to tell the code."""

from __future__ import annotations

from mallard.people.accounts import HALF_SECS
from mallard.web.private_cookie import R, with_cookie, without_cookie

COOKIE = "mm_half"


def with_half(response: R, token: str) -> R:
    """Gives the browser the token of its half of a session."""
    return with_cookie(response, COOKIE, token, HALF_SECS)


def without_half(response: R) -> R:
    """Takes it away."""
    return without_cookie(response, COOKIE)
