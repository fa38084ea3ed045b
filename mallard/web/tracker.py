"""The tracking script as browsers get it, made small once, and what it loads when it needs more."""

import re
import string
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from itertools import chain

from flask import Blueprint, Response, request
from rjsmin import jsmin  # type: ignore[import-untyped]  # ships no annotations

from mallard.ingest import collect
from mallard.texts.catalogue import N_
from mallard.web.api.described import Answer, Subject, described

# Any site may embed the script, also one that isolates itself with Cross-Origin-Embedder-Policy.
HEADERS = {
    "Cache-Control": "public, max-age=86400",
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}

TOLD = {
    "engagement": N_("time and scroll depth"),
    "links": N_("links to other sites"),
    "downloads": N_("downloads"),
    "forms": N_("forms that are sent off"),
    "404": N_("missing pages"),
    "events": N_("events of elements"),
    "vitals": N_("how quick pages are"),
}
"""What `data-track` can ask for beside views, and what a form calls it."""

MOST_BASE_PATHS = 4
"""A trusted proxy has one; others are made anew each time."""

_LOCAL_NAME = re.compile(r"\$\w+")
_SAME_NAMES = re.compile(r"([{,])(\w):\2(?=[,}])")
"""`{d:d}`, for which `{d}` is enough."""

blueprint = Blueprint("tracker", __name__)


@blueprint.get("/mallard.js")
@blueprint.get("/tracking/script.js")
def script() -> Response:
    """The tracking script, or 304 for a browser that already holds this version."""
    return sent_script(served_script(request.script_root))


# Beside the API, not beside the script: that may be a copy on another server, with `data-api`.
@blueprint.get(f"{collect.PATH}.js")
@described(Subject.COLLECTING, Answer("The script.", files=("text/javascript",)))
def get_help() -> Response:
    """The second part of the tracking script.

    Pages load it when something is out of the ordinary: it says in the console why nothing is
    counted, and makes of an event that would be refused one that is taken.
    """
    return sent_script(served_help(request.script_root))


@blueprint.get("/mallard.track.js")
def get_more() -> Response:
    """What pages load whose tag has `data-track`: it tells more of what happens on them."""
    return sent_script(served_more())


def sent_script(script: bytes) -> Response:
    """A script that any page may load, or 304 for a browser that already holds this version."""
    response = Response(script, headers=HEADERS)
    response.content_type = "text/javascript; charset=utf-8"
    response.set_etag(sha256(script).hexdigest()[:32])
    response.make_conditional(request)
    return response


@lru_cache(maxsize=MOST_BASE_PATHS)
def served_script(base_path: str = "") -> bytes:
    """The script without comments and spaces, its local names one letter each."""
    return _smallest(_source("tracker.js", base_path))


@lru_cache(maxsize=1)
def served_more() -> bytes:
    """What `data-track` asks for, made as small; it finds its way by the first script."""
    return _smallest(_source("tracker_more.js"))


@lru_cache(maxsize=MOST_BASE_PATHS)
def served_help(base_path: str = "") -> bytes:
    """The second part, without comments and spaces."""
    return small(_source("tracker_help.js", base_path))


def small(source: str) -> bytes:
    """A script without comments and spaces."""
    code: str = jsmin(source)
    return code.encode()


def _smallest(source: str) -> bytes:
    """The same, its local names one letter each."""
    return _shorten_names(jsmin(source)).replace(";}", "}").encode("ascii")


def _source(name: str, base_path: str = "") -> str:
    """What is in a file; events go to the API below the base path."""
    source = (files("mallard") / "static" / name).read_text(encoding="utf-8")
    return source.replace(f"'{collect.PATH}'", f"'{base_path}{collect.PATH}'")


# Only names with a dollar sign are touched, so no property, global or wire field can be hit.
def _shorten_names(code: str) -> str:
    names = dict.fromkeys(name[1:] for name in _LOCAL_NAME.findall(code))
    one_letter = sorted(set(string.ascii_letters) - set(names))
    free = chain(one_letter, (letter + digit for digit in string.digits for letter in one_letter))
    letters = {name: name if len(name) == 1 else next(free) for name in names}
    code = _LOCAL_NAME.sub(lambda name: letters[name[0][1:]], code)
    return _SAME_NAMES.sub(r"\1\2", code)
