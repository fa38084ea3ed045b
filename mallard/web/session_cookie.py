"""The one cookie, for people who are signed in; visitors of the counted sites get none."""

from __future__ import annotations

from typing import TypeVar

from werkzeug.wrappers import Response

from mallard.web.base_path import cookie_path
from mallard.web.client import SESSION_COOKIE, is_secure
from mallard.web.state import parts

R = TypeVar("R", bound=Response)


def with_session(response: R, token: str) -> R:
    """Gives the browser the session's token."""
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=parts().settings.session_ttl_secs,
        path=cookie_path(),
        secure=is_secure(),
        httponly=True,
        samesite="Strict",
    )
    return response


def without_session(response: R) -> R:
    """Takes the token away."""
    response.delete_cookie(
        SESSION_COOKIE,
        path=cookie_path(),
        secure=is_secure(),
        httponly=True,
        samesite="Strict",
    )
    return response
