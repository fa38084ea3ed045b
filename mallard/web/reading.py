"""In which language a page is told: its reader's, as the browser asks for it, or the address.

Nothing is kept of it: no cookie, no account has a language.
"""

from __future__ import annotations

from functools import lru_cache

from flask import Flask, Response, request
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from mallard.texts.language import ENGLISH, LANGUAGES, tell_in
from mallard.web.dashboard.page_url import LANG
from mallard.web.errors import is_for_programs
from mallard.web.state import parts

LONGEST = 256
FOR_PROGRAMS = (".csv", ".json", ".svg")


def register(app: Flask) -> None:
    """Has every page told in the language of its reader."""
    app.before_request(_choose)
    app.after_request(_vary)
    app.teardown_request(_forget)


def _choose() -> None:
    asked = request.args.get(LANG)
    if is_for_programs() or (asked is None and request.path.endswith(FOR_PROGRAMS)):
        tell_in(ENGLISH)
    elif asked in LANGUAGES:
        tell_in(asked)
    else:
        accepted = request.headers.get("Accept-Language", "")[:LONGEST]
        tell_in(_best(accepted, parts().settings.language))


def _vary(response: Response) -> Response:
    """Keeps a cache from giving a page in one language to a reader of another."""
    if response.mimetype == "text/html":
        response.vary.add("Accept-Language")
    return response


def _forget(_: BaseException | None) -> None:
    tell_in(ENGLISH)


@lru_cache(maxsize=256)
def _best(accepted: str, usual: str) -> str:
    """The first of the languages that a header asks for which is known, whatever its country."""
    wanted = parse_accept_header(accepted, LanguageAccept).values()
    spoken = (tag.lower().partition("-")[0] for tag in wanted)
    return next((one for one in spoken if one in LANGUAGES), usual)
