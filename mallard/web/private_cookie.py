"""Cookies for people who sign in, which no script reads; visitors of the counted sites get none."""

from __future__ import annotations

from typing import Literal, TypeVar

from werkzeug.wrappers import Response

from mallard.web.base_path import cookie_path
from mallard.web.client import is_secure

R = TypeVar("R", bound=Response)
SameSite = Literal["Strict", "Lax"]
"""Lax ones come along also where a link on another's page leads here."""


def with_cookie(
    response: R,
    name: str,
    value: str,
    max_age_secs: int,
    same_site: SameSite = "Strict",
    path: str | None = None,
) -> R:
    """Gives the browser a cookie, for all of our paths or for those below one."""
    response.set_cookie(
        name,
        value,
        max_age=max_age_secs,
        path=cookie_path() if path is None else path,
        secure=is_secure(),
        httponly=True,
        samesite=same_site,
    )
    return response


def without_cookie(response: R, name: str, same_site: SameSite = "Strict") -> R:
    """Takes a cookie for all of our paths away."""
    response.delete_cookie(
        name, path=cookie_path(), secure=is_secure(), httponly=True, samesite=same_site
    )
    return response
