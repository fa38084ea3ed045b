"""The cookie of a browser that is signed in."""

from __future__ import annotations

from mallard.web.client import SESSION_COOKIE
from mallard.web.private_cookie import R, with_cookie, without_cookie
from mallard.web.state import parts


def with_session(response: R, token: str) -> R:
    """Gives the browser the session's token."""
    return with_cookie(response, SESSION_COOKIE, token, parts().settings.session_ttl_secs)


def without_session(response: R) -> R:
    """Takes the token away."""
    return without_cookie(response, SESSION_COOKIE)
