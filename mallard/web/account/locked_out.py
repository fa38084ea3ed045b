"""What a page says to whoever has guessed too often."""

from __future__ import annotations

from collections.abc import Callable

from werkzeug.wrappers import Response

from mallard.auth.lockout import LockedOut
from mallard.texts.catalogue import N_, _, plural

PASSWORDS = N_("Too many wrong passwords. Try again in %(wait)s.")
CODES = N_("Too many wrong codes. Try again in %(wait)s.")


def locked_out(error: LockedOut, text: str, page: Callable[[str], Response]) -> Response:
    """A page, made with one of the texts above, which tells when one may try again."""
    wait = _in_words(error.retry_after_secs)
    response = page(_(text, wait=wait))
    response.headers["Retry-After"] = str(error.retry_after_secs)
    return response


def _in_words(seconds: int) -> str:
    """A wait for people: whole minutes, rounded up, or seconds when there are few."""
    if seconds > 60:
        minutes = -(-seconds // 60)
        return plural("%(count)d minute", "%(count)d minutes", minutes, count=minutes)
    return plural("%(count)d second", "%(count)d seconds", seconds, count=seconds)
